/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heat: attention as colours or ridges, and bars.
 *
 * A map has a row per word and a cell per k frames that shows the largest of
 * them; k = heat_factor(frames, columns), which the read-out says. What is no
 * larger than the even share (1/T over seconds, 1/L over words) is blank;
 * from there to the top run HEAT_STEPS backgrounds in 256 colours, or the eight
 * ridges ▁▂▃▄▅▆▇█ elsewhere. The top is the maximum of the map, or of each row,
 * but at least twice the even share: noise does not reach it.
 *
 * How narrowly weights choose is their focus, 1 - entropy / log n: 0 where all
 * are even, 1 where one has all. Weights whose focus is below NEAR_EVEN say next
 * to nothing and are drawn dim, in the lowest third of the colours.
 *
 * Both maps are drawn words down, seconds across: cross_attn1 [L][T] has
 * row_step T, frame_step 1; cross_attn2 [T][L] has row_step 1, frame_step L.
 */
#ifndef MIUST_HEAT_H
#define MIUST_HEAT_H

#include "ui/term/cell.h"

#include <stddef.h>

struct heat {
	const float *w; /* weight of (row, frame): w[row * row_step + frame * frame_step] */
	int rows, frames;
	ptrdiff_t row_step, frame_step;
	double even;    /* the even share */
	bool by_row;    /* full scale is each row's maximum */
	enum role role; /* of ridges */
	/* Focus of each row, or, where the frames ask, of each frame; below NEAR_EVEN
	 * its cells are dim. NULL: none is. */
	const float *focus;
	bool frames_ask;
};

#define NEAR_EVEN 0.02 /* the help of views 4 and 5 and the README say so too */

int heat_factor(int frames, int cols);          /* frames in a column: ceil, at least 1 */
double heat_max(const struct heat *h, int row); /* of a row; row -1: of the map */
double heat_top(double max, double even);       /* the scale's end: max, 2 × even or more */
/* Focus of n weights that may sum to anything, `step` apart; NaN if n is 1 and
 * there is no choice. */
double heat_focus(const float *w, int n, ptrdiff_t step);
bool heat_is_even(double focus); /* below NEAR_EVEN */
/* "near even" if all who ask are, "mostly near even" if at least half are, else "". */
const char *heat_remark(const struct heat *h);
int heat_peak(const struct heat *h, int row);                  /* frame of a row's maximum */
double heat_at(const struct heat *h, int row, int col, int k); /* the max a column shows */

/* Rows of the map from `first` on, frames from column 0; k as above. */
void heat_draw(struct canvas *c, const struct heat *h, int first, int k);
/* What changed from `then` to `now` (same shape): blue less, orange more, blank
 * below a tenth of the scale's end, which is the largest difference, but at
 * least the even share. Ridges show one sign: +1 or -1. */
void heat_difference(struct canvas *c, const struct heat *now, const struct heat *then, int first,
		     int k, int sign);
double heat_difference_max(const struct heat *now, const struct heat *then);
double heat_difference_top(const struct heat *now, const struct heat *then); /* the scale's end */
/* The scale as HEAT_STEPS cells; returns the column behind. */
int heat_legend(struct canvas *c, int row, int col, enum role role);

/* A profile over frames (pooling weights, marginals) that fills the canvas from
 * its last row up; max <= 0: its own maximum. Blank up to `even`. */
void ridge_draw(struct canvas *c, enum role role, const float *v, int frames, int k, double even,
		double max);
/* A ridge level 0 … levels of a value; what is above 0 shows at least 1. */
int ridge_level(double value, double even, double max, int levels);

/* A bar of at most `width` cells, in halves: `━━━╸`. What is above 0 shows at
 * least `╸`. Returns the column behind the field. */
int bar_draw(struct canvas *c, int row, int col, int width, enum role role, double share);

#endif
