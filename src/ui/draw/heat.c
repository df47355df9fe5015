/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/draw/heat.h"

#include "base/err.h"

#include <math.h>

enum { RIDGES = 8 };

#define SMALL 0.1 /* differences below this part of the scale's end are blank */

/* What rounding alone does not reach: a pooling that has learned nothing yet is
 * blank, not noise. */
#define ROUNDING 1.001

enum { DIM_STEPS = 3 }; /* a third of HEAT_STEPS */

static double weight(const struct heat *h, int row, int frame)
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
		if (weight(h, row, f) > weight(h, row, peak))
			peak = f;
	return peak;
}

static double row_max(const struct heat *h, int row)
{
	return h->frames > 0 ? weight(h, row, heat_peak(h, row)) : 0;
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
		max = fmax(max, weight(h, row, f));
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

/* A cell is dim if all whose weights it shows are near even. */
static bool is_dim(const struct heat *h, int row, int col, int k)
{
	if (!h->focus)
		return false;
	if (!h->frames_ask)
		return heat_is_even((double)h->focus[row]);
	for (int f = col * k; f < (col + 1) * k && f < h->frames; f++)
		if (!heat_is_even((double)h->focus[f]))
			return false;
	return true;
}

int ridge_level(double value, double even, double max, int levels)
{
	if (!(value > even * ROUNDING) || !(max > even))
		return 0;
	return (int)fmin(ceil((value - even) / (max - even) * levels), levels);
}

/* A level out of `steps` as background (from role `ground` up) or as ridge. */
static void put_step(struct canvas *c, int row, int col, int step, enum role ground, enum role role,
		     bool dim)
{
	struct style style = {0};

	if (c->look->depth != DEPTH_256) {
		canvas_put(c, row, col, ROLE(dim ? ROLE_DIM : role),
			   glyph_ridge(c->look->glyphs, step));
		return;
	}
	if (dim)
		step = (step * DIM_STEPS + HEAT_STEPS - 1) / HEAT_STEPS;
	if (step > 0)
		style.bg = (uint8_t)(ground + step - 1);
	canvas_put(c, row, col, style, ' ');
}

static int steps_of(const struct canvas *c, int grounds)
{
	return c->look->depth == DEPTH_256 ? grounds : RIDGES;
}

static int columns_of(const struct heat *h, int k)
{
	return (h->frames + k - 1) / k;
}

void heat_draw(struct canvas *c, const struct heat *h, int first, int k)
{
	double top = heat_top(heat_max(h, -1), h->even);
	int steps = steps_of(c, HEAT_STEPS);

	BUG_ON(k < 1 || first < 0);
	for (int row = 0; row < c->rows && first + row < h->rows; row++) {
		if (h->by_row)
			top = heat_top(heat_max(h, first + row), h->even);
		for (int col = 0; col < columns_of(h, k) && col < c->cols; col++) {
			double value = heat_at(h, first + row, col, k);

			put_step(c, row, col, ridge_level(value, h->even, top, steps), ROLE_HEAT,
				 h->role, is_dim(h, first + row, col, k));
		}
	}
}

/* The difference of a column's frames that is farthest from 0. */
static double difference_at(const struct heat *now, const struct heat *then, int row, int col,
			    int k)
{
	double far = 0;

	for (int f = col * k; f < (col + 1) * k && f < now->frames; f++) {
		double d = weight(now, row, f) - weight(then, row, f);

		if (fabs(d) > fabs(far))
			far = d;
	}
	return far;
}

double heat_difference_max(const struct heat *now, const struct heat *then)
{
	double max = 0;

	for (int row = 0; row < now->rows; row++)
		max = fmax(max, fabs(difference_at(now, then, row, 0, now->frames)));
	return max;
}

double heat_difference_top(const struct heat *now, const struct heat *then)
{
	return fmax(heat_difference_max(now, then), now->even);
}

void heat_difference(struct canvas *c, const struct heat *now, const struct heat *then, int first,
		     int k, int sign)
{
	double max = heat_difference_top(now, then);
	int steps = steps_of(c, LESS_STEPS);

	BUG_ON(k < 1 || first < 0 || now->rows != then->rows || now->frames != then->frames);
	for (int row = 0; row < c->rows && first + row < now->rows; row++) {
		for (int col = 0; col < columns_of(now, k) && col < c->cols; col++) {
			double d = difference_at(now, then, first + row, col, k);
			int step = ridge_level(fabs(d), SMALL * max, max, steps);

			if (c->look->depth != DEPTH_256 && d * sign < 0)
				step = 0;
			put_step(c, row, col, step, d < 0 ? ROLE_LESS : ROLE_MORE,
				 d < 0 ? ROLE_S2 : ROLE_S1, false);
		}
	}
}

int heat_legend(struct canvas *c, int row, int col, enum role role)
{
	int steps = steps_of(c, HEAT_STEPS);

	for (int i = 1; i <= HEAT_STEPS; i++, col++)
		put_step(c, row, col, ridge_level(i, 0, HEAT_STEPS, steps), ROLE_HEAT, role, false);
	return col;
}

/* The largest of a column's frames. */
static double column_max(const float *v, int frames, int col, int k)
{
	double max = NAN;

	for (int f = col * k; f < (col + 1) * k && f < frames; f++)
		max = fmax(max, (double)v[f]);
	return max;
}

void ridge_draw(struct canvas *c, enum role role, const float *v, int frames, int k, double even,
		double max)
{
	BUG_ON(k < 1);
	if (max <= 0)
		max = column_max(v, frames, 0, frames);
	for (int col = 0; col * k < frames && col < c->cols; col++) {
		int level = ridge_level(column_max(v, frames, col, k), even, max, RIDGES * c->rows);

		for (int row = c->rows - 1; row >= 0; row--, level -= RIDGES) {
			int here = level < 0 ? 0 : level > RIDGES ? RIDGES : level;

			canvas_put(c, row, col, ROLE(role), glyph_ridge(c->look->glyphs, here));
		}
	}
}

int bar_draw(struct canvas *c, int row, int col, int width, enum role role, double share)
{
	long halves = lround(fmin(fmax(share, 0), 1) * 2 * width);

	if (halves == 0 && share > 0)
		halves = 1;
	for (int i = 0; i < width; i++) {
		enum glyph g = halves >= 2 * i + 2 ? GLYPH_BAR : GLYPH_BAR_HALF;

		canvas_put(c, row, col + i, ROLE(role),
			   halves > 2 * i ? glyph(c->look->glyphs, g) : ' ');
	}
	return col + width;
}
