/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys: which key runs which command, as text in the console's own language.
 *
 *	bind VIEW KEY COMMAND...   # label
 *
 * VIEW is all or a view's name. The label is what the key line shows; keys that
 * follow each other with the same label are shown together ("+ - smooth"). The
 * built-in bindings are such a text too, a view's own in its row (view.h), so a
 * user's miustrc can change any of them. Order is the order of the key line: most
 * used first.
 */
#ifndef MIUST_KEYS_H
#define MIUST_KEYS_H

#include "ui/state/view.h"
#include "ui/term/key.h"

struct binding {
	int view; /* enum view_id, or -1: all */
	struct key key;
	char *command;
	char *label; /* "" : not on the key line */
};

int keys_bind(const char *text, struct err *e);                       /* the arguments of `bind` */
const struct binding *keys_find(enum view_id v, const struct key *k); /* or NULL */
const struct binding *keys_at(int i); /* all of them in order; NULL at the end */
void keys_reset(void);                /* back to the built-in ones */

#endif
