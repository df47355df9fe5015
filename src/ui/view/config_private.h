/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of view 6 share: config.c has its lines and commands, config_draw.c draws. */
#ifndef MIUST_UI_CONFIG_PRIVATE_H
#define MIUST_UI_CONFIG_PRIVATE_H

#include "app/config/option.h"
#include "base/str.h"
#include "ui/view/config.h"

enum { CONFIG_LINES = 192 };

struct config_line {
	const char *group; /* a title, or NULL */
	const struct option *o;
};

/* Titles and settings, as they are searched for. */
struct config_lines {
	struct config_line at[CONFIG_LINES];
	int n, settings;
	int selected; /* its line; -1: nothing is found */
};

void config_lines(const struct ui *u, struct config_lines *l);
/* Rows of the list in a view of this size, and above it. */
int config_list_rows(const struct ui *u, int rows, int cols);
int config_head_rows(int rows);

/* What would hold if nothing had been set: the data, and defaults resolved for its
 * layout. */
void config_defaults(const struct settings *set, struct settings *out);

/* Is it the next run's value that is edited? A setting that the run on the screen cannot
 * take has no other. */
bool config_edits_next(const struct ui *u, const struct option *o);

/* Why the next run cannot start as it is drafted, in up to `rows` lines of the width;
 * returns how many there are. c NULL: they are only counted. */
int config_fault(const struct ui *u, struct canvas *c, int row, int cols);
void config_draw(const struct ui *u, struct canvas *c);

/* What the run makes of a setting, appended: the learning rate in force beside the base
 * rate, utterances and weights of the classes. False: nothing to say. */
bool config_remark(const struct ui *u, const struct option *o, struct str *out);
/* The same on one or two rows of the canvas. */
void config_put_remark(const struct ui *u, struct canvas *c, int row, int rows,
		       const struct option *o);

#endif
