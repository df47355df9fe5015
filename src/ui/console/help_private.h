/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of help share: help_rows.c makes the rows, help.c draws them and
 * takes the keys. */
#ifndef MIUST_HELP_PRIVATE_H
#define MIUST_HELP_PRIVATE_H

#include "app/config/option.h"
#include "ui/console/help.h"

enum help_section {
	HELP_HERE,       /* keys of this view */
	HELP_EVERYWHERE, /* keys of all views */
	HELP_CONSOLE,    /* commands without a key */
	HELP_WORDS,      /* what the words on this screen mean */
	HELP_ELSEWHERE,  /* only if something is typed: keys, commands, words of other views */
	HELP_SETTINGS,   /* likewise: settings */
	HELP_NOT_NOW,    /* refused, and why */
	HELP_SECTIONS
};

struct help_row {
	enum help_section section;
	char keys[48];     /* "+ -", ":" for the console, "2 %" for a key of view 2 */
	char command[160]; /* as run, or as typed by the user: "try KEY VALUE" */
	const char *help;
	const char *refused;         /* or NULL */
	const struct verb *of;       /* NULL: a setting or a word */
	const char *line;            /* what Enter runs, or opens the console with */
	const struct option *option; /* of HELP_SETTINGS */
	int view;                    /* another view, where Enter goes first; -1: stays here */
	bool needs_more;             /* the console: an argument is missing */
	int place;                   /* as made */
};

struct help_rows {
	struct help_row *at;
	int n;
};

/* Those that match u->help.filter, sorted by section; free at. */
void help_make(const struct ui *u, struct help_rows *rows);
const char *help_sentence(const struct help_row *r);

#endif
