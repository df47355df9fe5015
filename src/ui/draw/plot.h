/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot: curves over a shared x axis.
 *
 * A track fills its canvas. Its layers hide each other cell by cell, from the
 * back: grid dots, guides, cursor, the band of all raw points, the bands of the
 * series, the series from last to first, the markers at their ends. A cell has 2 x 4
 * dots in braille, 2 x 2 as blocks, one in ASCII.
 *
 *	struct series s[] = {{.at = {epoch, wf1, n}, .role = ROLE_S1, .marker = GLYPH_WF1}};
 *	struct track t = {.x = x, .y = axis_y(lo, hi, rows), .series = s, .n_series = 1,
 *			  .cursor = NAN};
 *	t.x_ticks = axis_x_ticks(&t.x, cols), t.y_ticks = axis_y_ticks(&t.y, rows);
 *	track_draw(&canvas, &t);
 *
 * Points: x ascends; a y that is not finite is a gap. Dense points are reduced
 * by the mean of each dot column, so smooth first (ema, curves.h). Points outside are
 * not drawn; a line enters from the edge. Arrays belong to the caller.
 */
#ifndef MIUST_PLOT_H
#define MIUST_PLOT_H

#include "app/study/axis.h"
#include "ui/term/cell.h"

struct points {
	const double *x, *y;
	int n;
};

struct series {
	struct points at;
	enum role role;
	enum glyph marker;  /* in the cell after the end; in its place if it is one point */
	const char *label;  /* or a name there, one space after it, never on another's row */
	struct points band; /* in its colour, every other dot; n 0: none */
	/* One of many: without colours its marker is also on the line, in ASCII all along. */
	bool marked;
};

struct track {
	struct axis x, y;
	struct ticks x_ticks, y_ticks; /* where they meet is a faint dot */
	/* No marker on the only line; from 2 rows the top dots stay empty, on 1 row no band. */
	bool strip;
	struct points band;          /* raw points; n 0: none */
	const struct series *series; /* the first is in front */
	int n_series;
	const double *guide; /* x of changes and branches */
	int guides;
	double cursor; /* x, or NAN */
	int margin;    /* columns at the right that the axis leaves to end labels */
};

void track_draw(struct canvas *c, const struct track *t);

/* Tick labels. Below a track: one row, as wide as it, a label's middle (of two
 * digits the last) on its tick. Left of it: right-aligned, one space after it. */
void plot_x_labels(struct canvas *row, const struct axis *x, const struct ticks *t);
void plot_y_labels(struct canvas *gutter, const struct axis *y, const struct ticks *t);
/* The same, each as short as it can be: for what spans decades. */
void plot_y_short_labels(struct canvas *gutter, const struct axis *y, const struct ticks *t);
/* The two ends of a strip, in its first and last row; one row: nothing. */
void plot_strip_labels(struct canvas *gutter, const struct axis *y);

/* Column of an x value on a canvas `cols` wide, AXIS_OUTSIDE if not on it. The
 * same for tracks, rails and cursors, in every glyph mode. */
int plot_column(const struct axis *x, double at, int cols);
/* The x of a column: the middle of its cell (a click). */
double plot_x_at(const struct axis *x, int column, int cols);

/* What happened, on one rail above the x labels. */
struct mark {
	double x;
	enum glyph glyph;
	enum role role;
	const char *label; /* or NULL; drawn where 1 space remains before the next mark */
};
/* Marks ascend in x. One whose column is taken is drawn in the next. */
void rail_draw(struct canvas *row, const struct axis *x, const struct mark *marks, int n);

#endif
