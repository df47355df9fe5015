/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heat: weights as a map of words by seconds, and the scale it is shown on.
 *
 * A map has a row per word and a column per k frames that shows the largest of
 * them; k = heat_factor(frames, columns). What is no larger than the even share
 * (1/T over seconds, 1/L over words) is level 0; from there to the top run the
 * levels. The top is the maximum of the map, or of each row, but at least twice
 * the even share: noise does not reach it.
 *
 * How narrowly weights choose is their focus, 1 - entropy / log n: 0 where all
 * are even, 1 where one has all. Weights whose focus is below NEAR_EVEN say next
 * to nothing.
 *
 * Both maps are words down, seconds across: cross_attn1 [L][T] has row_step T,
 * frame_step 1; cross_attn2 [T][L] has row_step 1, frame_step L.
 */
#ifndef MIUST_HEAT_H
#define MIUST_HEAT_H

#include "app/study/role.h"

#include <stddef.h>

struct heat {
	const float *w; /* weight of (row, frame): w[row * row_step + frame * frame_step] */
	int rows, frames;
	ptrdiff_t row_step, frame_step;
	double even;    /* the even share */
	bool by_row;    /* full scale is each row's maximum */
	enum role role; /* of its colours where there is no ramp */
	/* Focus of each row, or, where the frames ask, of each frame. NULL: not known. */
	const float *focus;
	bool frames_ask;
};

#define NEAR_EVEN 0.02 /* the help of views 4 and 5 and words.c say so too */

int heat_factor(int frames, int cols); /* frames in a column: ceil, at least 1 */
double heat_weight(const struct heat *h, int row, int frame);
double heat_at(const struct heat *h, int row, int col, int k); /* the max a column shows */
int heat_peak(const struct heat *h, int row);                  /* frame of a row's maximum */
double heat_max(const struct heat *h, int row);                /* of a row; row -1: of the map */
double heat_top(double max, double even); /* the scale's end: max, 2 × even or more */
/* A level 0 … levels of a value; what is above even shows at least 1. */
int heat_level(double value, double even, double max, int levels);

/* Focus of n weights that may sum to anything, `step` apart; NaN if n is 1 and
 * there is no choice. */
double heat_focus(const float *w, int n, ptrdiff_t step);
bool heat_is_even(double focus); /* below NEAR_EVEN */
/* "near even" if all who ask are, "mostly near even" if at least half are, else "". */
const char *heat_remark(const struct heat *h);

/* From `then` to `now` (same shape): of a column's frames the difference that is
 * farthest from 0, the largest of the map, and the end of the scale of both signs. */
double heat_difference_at(const struct heat *now, const struct heat *then, int row, int col, int k);
double heat_difference_max(const struct heat *now, const struct heat *then);
double heat_difference_top(const struct heat *now, const struct heat *then);

#endif
