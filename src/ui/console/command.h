/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command: the one table of console commands.
 *
 * Parsing, completion, help, the manual page and the key line are loops over
 * command_table; keys are bound to command lines by the bindings text (keys.h).
 * A unique prefix of a name is enough; an ambiguous one lists its candidates.
 */
#ifndef MIUST_COMMAND_H
#define MIUST_COMMAND_H

#include "ui/view/view.h"

enum complete { /* what an argument can be */
		COMPLETE_NOTHING,
		COMPLETE_KEY_VALUE, /* a setting, then its value */
		COMPLETE_KEY,       /* a setting */
		COMPLETE_FILE,
		COMPLETE_SESSION,
		COMPLETE_UTTERANCE, /* an id */
		COMPLETE_COMMAND,
		COMPLETE_VIEW,
		COMPLETE_COLUMN, /* of view 3 */
		COMPLETE_SLICE,  /* of its utterances */
		COMPLETE_FILTER, /* a condition on its columns */
		COMPLETE_BREAK,  /* a condition on the run's figures, behind `when` */
		COMPLETE_WORDS,  /* the words of `args`, separated by | */
};

/* What a command changes beside the screen: with --readonly all but those that
 * change nothing are refused and not offered. */
enum {
	CHANGES_NOTHING = 0,
	CHANGES_SESSION = 1, /* the one on the screen, or its run */
	CHANGES_FILES = 2,   /* others */
	CHANGES = CHANGES_SESSION | CHANGES_FILES,
	FIRST_LOOKS = 4, /* its first argument ("list" of "list|empty") changes nothing */
	LATE = 8,        /* came later: takes no prefix that an older verb had alone */
};

struct ui_command {
	const char *name; /* "set" */
	const char *args; /* "KEY VALUE", "" */
	const char *help; /* a sentence, for help and manual */
	unsigned views;   /* bit per view that answers to it; 0: works everywhere */
	enum complete complete;
	/* Works everywhere: run here. NULL: the view's command gets it. */
	int (*run)(struct ui *u, const char *args, struct err *e);
	const char *(*refused)(const struct ui *u); /* why not now, or NULL */
	unsigned traits;                            /* what it changes, and the two above */
};

extern const struct ui_command command_table[];
extern const int command_count;

/* Run one line ("set train.optimizer.lr 1e-4"). Empty lines and # comments do
 * nothing. Errors are sentences; nothing is changed then. */
int command_run(struct ui *u, const char *line, struct err *e);
const struct ui_command *command_find(const char *name, struct err *e); /* prefix rule */
/* Does --readonly leave nothing of it? Then it is not offered. */
bool command_is_locked(const struct ui *u, const struct ui_command *c);
/* Its arguments, as help and completion show them here; out has size n. */
const char *command_args(const struct ui *u, const struct ui_command *c, char *out, size_t n);
/* NULL if the command line would be taken now, in this view; else the reason. A
 * command that opens the console stands for what it types there. */
const char *command_refused(const struct ui *u, const char *line);
/* Lines of a text still to be run, in order; the first error stops with
 * FILE:LINE, so does quit. With u->settle each line's work is waited for, and
 * what it reports as an error is one. */
struct script {
	const char *path;
	char *at, *end;
	long number; /* of the last line run */
};
int command_lines(struct ui *u, struct script *l, struct err *e);
int command_source(struct ui *u, const char *path, struct err *e);

#endif
