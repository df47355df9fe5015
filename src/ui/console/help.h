/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * help: the keys and commands that work here, filtered by what is typed.
 *
 * Made of the verbs and the bindings, as is the manual page (manual.c).
 */
#ifndef MIUST_HELP_H
#define MIUST_HELP_H

#include "ui/state/ui.h"
#include "ui/term/key.h"

void help_open(struct ui *u);
void help_draw(const struct ui *u, struct canvas *c); /* over the view */
/* Characters filter, arrows move, Enter runs (or opens the console with what
 * needs arguments), Esc closes. */
void help_key(struct ui *u, struct key k);

/* The keys bound to a command line in this view or everywhere, "u"; "" if none. */
char *help_key_for(const struct ui *u, const char *command, char *out, size_t n);

/* The manual page of miust-tui in roff, as `miust-tui --manual` prints it. */
void manual_print(FILE *out);

#endif
