/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete: what may stand at the console's cursor.
 *
 * A loop over the command table: commands, settings and their values, files,
 * sessions, utterances, columns, views and words. Empty choices are skipped.
 * Works on u->console alone; readline asks it for the same candidates.
 */
#ifndef MIUST_COMPLETE_H
#define MIUST_COMPLETE_H

#include "ui/state/ui.h"

/* Open the console with a text typed, the cursor at its end. */
void console_type(struct ui *u, const char *line);

/* The word that ends at byte `point` of the line starts at byte: */
int complete_start(const char *line, int point);
/* The candidates for it, in order. */
void complete_word(const struct ui *u, const char *line, int point, struct completions *c);
void completions_free(struct completions *c); /* safe on zeroed memory */

/* Make u->console's matches and hint fit its line; an empty line has none. */
void complete_line(struct ui *u);
void complete_hint(struct ui *u);  /* the hint alone */
void complete_clear(struct ui *u); /* no line, no matches; for ui_free too */

#endif
