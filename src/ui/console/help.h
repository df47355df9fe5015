/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * help: the keys and commands that work here, and the words on this screen. What
 * is typed filters them, and also finds settings and what other views have.
 *
 * Made from the verbs, the bindings, the settings and word_table (words.h), as
 * are the manual page and the pages in doc/ (manual.c). help_rows.c makes the
 * rows.
 */
#ifndef MIUST_HELP_H
#define MIUST_HELP_H

#include "app/cmd/cli.h"
#include "ui/state/ui.h"
#include "ui/term/key.h"

void help_open(struct ui *u);
void help_draw(const struct ui *u, struct canvas *c); /* over the view */
/* Characters filter, arrows move, Enter runs (or opens the console with what
 * needs arguments), Esc closes. */
void help_key(struct ui *u, struct key k);

/* The keys bound to a command line in this view or everywhere, "u"; "" if none. */
char *help_key_for(const struct ui *u, const char *command, char *out, size_t n);

/* The manual page of miust-tui in roff, as `miust-tui --manual` prints it; c is what
 * the program takes on its command line. */
void manual_print(const struct command *c, FILE *out);
/* doc/keys.md and doc/words.md: `miust-tui --markdown keys`, `... words`. */
void manual_keys(FILE *out);
void manual_words(FILE *out);
/* Print the page that the command line asks for, "--manual" or "--markdown keys";
 * false if it asks for none. */
bool manual_asked(const struct command *c, int argc, char **argv, FILE *out);

#endif
