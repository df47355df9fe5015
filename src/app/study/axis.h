/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * axis: ranges that stay still, and ticks on round numbers.
 *
 * An axis maps values to dots. All tracks of a view share one x axis: it ends
 * at a round epoch above now and changes only then, and values are binned on
 * it absolutely, so nothing dances when a point is added:
 *
 *	struct axis x = axis_x(0, axis_end(now, plan));
 *	int dot = axis_bin(&x, epoch, dots);          0 … dots - 1 from the left
 *	int row = axis_level(&y, 0.726, dots);        0 … dots - 1 from the top
 *
 * Linear ticks stand at 1, 2, 5 x 10^k; logarithmic ones at 1, 2, 3, 5 within
 * a decade, fewer when the range is wide.
 */
#ifndef MIUST_AXIS_H
#define MIUST_AXIS_H

#include "app/study/num.h"

#include <stdbool.h>

struct axis {
	double lo, hi; /* lo < hi; both above 0 if log */
	bool log;
};

enum { TICKS_MAX = 16, AXIS_OUTSIDE = -1 };

struct ticks {
	double at[TICKS_MAX]; /* ascending */
	int n;
	int decimals; /* with which all of them are exact */
};

/* The end of an x axis: the next of 5 10 20 30 50 70 100 150 200 300 500 700
 * 1000 … above now, or the plan (0: none) if that is sooner. */
double axis_end(double now, double plan);
struct axis axis_x(double lo, double hi);

/* Range of the finite y[i] with x[i] >= from (of all, if none is that late);
 * false if there is none. x NULL: all. */
bool axis_extent(const double *x, const double *y, int n, double from, double *lo, double *hi);
/* As axis_extent between two percentiles (0 … 100), interpolated. */
bool axis_percentiles(const double *x, const double *y, int n, double from, double low, double high,
		      double *lo, double *hi);

/* Y axes around lo … hi. All are opened to round ends, so that a point more
 * seldom moves them; a range of no width is opened around its value. Linear, to
 * half ticks, `rows` being the track's height. */
struct axis axis_y(double lo, double hi, int rows);
/* Logarithmic, by a tenth of the range at most; lo <= 0 becomes hi / 1e6. */
struct axis axis_log(double lo, double hi);
/* A strip, to what its labels say: two digits of its span. */
struct axis axis_strip(double lo, double hi);

/* x: labels 6 columns or more apart, and a space between them, 8 at most. y: 2 to 4, never more
 * than rows. */
struct ticks axis_x_ticks(const struct axis *a, int cols);
struct ticks axis_y_ticks(const struct axis *a, int rows);
/* Decimals for a strip's two ends: two digits of what it spans. */
int axis_strip_decimals(const struct axis *a);
/* What is written at n ascending values, at most `room` columns each: with so many
 * decimals (-1: each as short as it can be), without a leading zero, or with an
 * exponent. Two are never the same, and none is of another value: one that cannot be
 * written so is "". */
void axis_texts(const double *at, int n, int decimals, int room, char (*out)[NUM_LEN]);

/* Bin of an x value, AXIS_OUTSIDE if it is not on the axis. The end belongs to
 * the last bin. */
int axis_bin(const struct axis *a, double x, int dots);
double axis_bin_start(const struct axis *a, int bin, int dots); /* its smallest x */
/* Place of a y value, 0 at the top, as a fraction of dots: may lie outside
 * 0 … dots - 1. NaN if y has no place (NaN, or <= 0 on a log axis). */
double axis_level(const struct axis *a, double y, int dots);

#endif
