/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/heat.h"

#include <math.h>

/* What rounding alone does not reach: a pooling that has learned nothing yet is
 * blank, not noise. */
#define ROUNDING 1.001

double heat_weight(const struct heat *h, int row, int frame)
{
	return (double)h->w[row * h->row_step + frame * h->frame_step];
}

int heat_factor(int frames, int cols)
{
	return frames <= 0 || cols <= 0 ? 1 : (frames + cols - 1) / cols;
}

int heat_peak(const struct heat *h, int row)
{
	int peak = 0;

	for (int f = 1; f < h->frames; f++)
		if (heat_weight(h, row, f) > heat_weight(h, row, peak))
			peak = f;
	return peak;
}

static double row_max(const struct heat *h, int row)
{
	return h->frames > 0 ? heat_weight(h, row, heat_peak(h, row)) : 0;
}

double heat_max(const struct heat *h, int row)
{
	double max = 0;

	if (row >= 0)
		return row_max(h, row);
	for (row = 0; row < h->rows; row++)
		max = fmax(max, row_max(h, row));
	return max;
}

double heat_at(const struct heat *h, int row, int col, int k)
{
	double max = NAN; /* fmax passes over it */

	for (int f = col * k; f < (col + 1) * k && f < h->frames; f++)
		max = fmax(max, heat_weight(h, row, f));
	return max;
}

double heat_top(double max, double even)
{
	return fmax(max, 2 * even);
}

double heat_focus(const float *w, int n, ptrdiff_t step)
{
	double sum = 0, entropy = 0;

	if (n < 2)
		return NAN;
	for (int i = 0; i < n; i++)
		sum += (double)w[i * step];
	for (int i = 0; i < n; i++) {
		double p = (double)w[i * step] / sum;

		if (p > 0)
			entropy -= p * log(p);
	}
	return 1 - entropy / log(n);
}

bool heat_is_even(double focus)
{
	return focus < NEAR_EVEN;
}

const char *heat_remark(const struct heat *h)
{
	int n = h->frames_ask ? h->frames : h->rows, even = 0;

	for (int i = 0; h->focus && i < n; i++)
		even += heat_is_even((double)h->focus[i]);
	return even == 0 ? "" : even == n ? "near even" : 2 * even >= n ? "mostly near even" : "";
}

int heat_level(double value, double even, double max, int levels)
{
	if (!(value > even * ROUNDING) || !(max > even))
		return 0;
	return (int)fmin(ceil((value - even) / (max - even) * levels), levels);
}

/* The difference of a column's frames that is farthest from 0. */
double heat_difference_at(const struct heat *now, const struct heat *then, int row, int col, int k)
{
	double far = 0;

	for (int f = col * k; f < (col + 1) * k && f < now->frames; f++) {
		double d = heat_weight(now, row, f) - heat_weight(then, row, f);

		if (fabs(d) > fabs(far))
			far = d;
	}
	return far;
}

double heat_difference_max(const struct heat *now, const struct heat *then)
{
	double max = 0;

	for (int row = 0; row < now->rows; row++)
		max = fmax(max, fabs(heat_difference_at(now, then, row, 0, now->frames)));
	return max;
}

double heat_difference_top(const struct heat *now, const struct heat *then)
{
	return fmax(heat_difference_max(now, then), now->even);
}
