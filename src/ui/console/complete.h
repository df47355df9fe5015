/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete: what the word at the console's cursor may become.
 *
 * The first word is a command; its verb (struct verb: complete) finds the
 * candidates for its arguments, by one of the functions below or by one of its
 * own. Those kept are the candidates that start with what is typed or, where
 * none does, contain it. Works on u->console alone; readline asks it for the
 * same candidates.
 */
#ifndef MIUST_COMPLETE_H
#define MIUST_COMPLETE_H

#include "ui/state/ui.h"

/* Open the console with a text typed, the cursor at its end. */
void console_type(struct ui *u, const char *line);

/* The word that ends at byte `point` of the line starts at byte: */
int complete_start(const char *line, int point);
/* The candidates for it, in order. */
void complete_word(struct ui *u, const char *line, int point, struct completions *c);
void completions_free(struct completions *c); /* safe on zeroed memory */

/* Make u->console's matches and hint fit its line; an empty line has none. */
void complete_line(struct ui *u);
void complete_hint(struct ui *u);  /* the hint alone */
void complete_clear(struct ui *u); /* no line, no matches */

/* ---- candidates of a verb ---- */

void complete_args(struct ui *u, const struct words *w, struct completions *c); /* its words */
void complete_file(struct ui *u, const struct words *w, struct completions *c);
void complete_key(struct ui *u, const struct words *w, struct completions *c); /* a setting */
void complete_try(struct ui *u, const struct words *w, struct completions *c); /* and value */
void complete_set(struct ui *u, const struct words *w, struct completions *c); /* now or next run */
void complete_next(struct ui *u, const struct words *w, struct completions *c);   /* the draft's */
void complete_assign(struct ui *u, const struct words *w, struct completions *c); /* KEY=VALUE */

/* For functions that make their own: a new candidate, whose other texts may be
 * filled; valid until the next. */
struct completion *complete_add(struct completions *c, const char *text);
/* A name within a condition: what is before it without a space stays. */
struct completion *complete_add_name(struct completions *c, const struct words *w,
				     const char *name);
void complete_sort(struct completions *c); /* by text */
/* After `is` in a condition: nan, inf, finite. False anywhere else. */
bool complete_is(const struct words *w, struct completions *c);
void complete_figures(const struct words *w, struct completions *c); /* of the run (breakpoint.h) */

/* ---- for its own files only ---- */

/* What the setting that is typed takes, and is now. False if there is none. */
bool complete_setting_hint(const struct ui *u, const struct words *w, char *out, size_t n);

#endif
