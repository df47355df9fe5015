/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command: console lines, found among all verbs (ui/state/verb.h) and run.
 *
 * A view's own verb hides one of the same name that works everywhere. A unique
 * prefix of a name is enough; an ambiguous one lists its candidates. Keys are
 * bound to such lines by the bindings text (keys.h).
 */
#ifndef MIUST_COMMAND_H
#define MIUST_COMMAND_H

#include "ui/state/ui.h"

/* A name, and what answers to it. */
struct ui_command {
	const char *name;
	const struct verb *everywhere; /* or NULL */
	const struct verb *in[VIEWS];  /* the views' own, or NULL */
};

const struct ui_command *command_at(int i); /* all of them in order; NULL at the end */
/* By a name or a unique prefix; NULL: none, or several. */
const struct ui_command *command_find(const char *name, struct err *e);
bool command_is_here(const struct ui *u, const struct ui_command *c);
/* What answers here; where nothing does, what answers in the first other view. */
const struct verb *command_verb(const struct ui *u, const struct ui_command *c);

/* Does --readonly leave nothing of it? Then it is not offered. */
bool command_is_locked(const struct ui *u, const struct verb *v);
/* Its arguments, as help and completion show them here; out has size n. */
const char *command_args(const struct ui *u, const struct verb *v, char *out, size_t n);
/* NULL if the command line would be taken now, in this view; else the reason. A
 * command that opens the console is judged by what it types there. */
const char *command_refused(const struct ui *u, const char *line);

/* Run one line ("set train.optimizer.lr 1e-4"). Empty lines and # comments do
 * nothing. Errors are sentences; nothing is changed then. */
int command_run(struct ui *u, const char *line, struct err *e);
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
