/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * overlay: the runs that view 1 draws over the shown one, and how they are told apart.
 *
 * Runs that are seeds of one session are one line: their mean, with a band. A line has
 * a colour and a marker of its own, in view 1 and wherever its runs are listed, and
 * keeps them while other lines come and go; one that comes back gets them again unless
 * another line has taken them.
 *
 * The run on the screen may be among the picked ones. Alone in its line it is not drawn
 * twice; among other seeds it counts in their mean.
 *
 *	const char *dir[] = {"sessions/lr=1e-3", "sessions/lr=1e-3/seed-54"};
 *	if (overlay_set(u, dir, 2, e))
 *		return -1;
 *	line = overlay_line(u, dir[1]);           both are of the same
 *	role = overlay_role(line);
 */
#ifndef MIUST_UI_OVERLAY_H
#define MIUST_UI_OVERLAY_H

#include "ui/state/ui.h"

/* Draw these runs instead of those that are drawn; n 0: none. Only their rows are read.
 * An error (one cannot be read, or they are more than OVERLAY_LINES lines) changes
 * nothing. */
int overlay_set(struct ui *u, const char *const *dir, int n, struct err *e);
/* Give the runs in u->overlay their lines; overlay_set does. */
void overlay_place(struct ui *u);
/* Read those again whose files have other rows by now, as of one that trains, or has gone back,
 * while another is shown; one that cannot be read stays as it was. Compares what the system
 * knows of its files, so it is cheap; for the end of an epoch of any run. Was there one? */
bool overlay_refresh(struct ui *u);

/* The line that a run's folder is drawn as, 0 … OVERLAY_LINES - 1; -1: it is not drawn. */
int overlay_line(const struct ui *u, const char *dir);
enum role overlay_role(int line);
enum glyph overlay_marker(int line);

/* The line's runs: the first of them at or after number `from` of u->overlay, -1: none. */
int overlay_next(const struct ui *u, int line, int from);
/* This one is shown, so its rows are those of u->run. */
const struct run *overlay_run(const struct ui *u, int i);
/* Is the line drawn, or is it the shown run alone? */
bool overlay_is_drawn(const struct ui *u, int line);
/* What tells the line from the shown run and from the others: its name, else the first
 * setting that differs ("batch_size 32"), else its folder; of seeds how many ("×3"). */
char *overlay_name(const struct ui *u, int line, char *out, size_t n);
/* The same in so many columns: what it begins with like another goes first. */
char *overlay_short(const struct ui *u, int line, int columns, char *out, size_t n);

#endif
