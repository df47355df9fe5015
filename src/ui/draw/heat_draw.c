/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/draw/heat_draw.h"

#include "base/err.h"
#include "base/util.h"

#include <math.h>

enum { RIDGES = 8 };

#define SMALL 0.1 /* differences below this part of the scale's end are left empty */

enum { DIM_STEPS = 3 }; /* a third of HEAT_STEPS */

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

/* A level out of `steps`, in `high` rows from `row` on: as background (from role `ground`
 * up) or as a ridge that fills them from below. */
static void put_step(struct canvas *c, int row, int col, int high, int step, enum role ground,
		     enum role role, bool dim)
{
	struct style style = {0};

	if (c->look->depth != DEPTH_256) {
		for (int i = high - 1; i >= 0; i--, step -= RIDGES)
			canvas_put(c, row + i, col, ROLE(dim ? ROLE_DIM : role),
				   glyph_ridge(c->look->glyphs, clamp_int(step, 0, RIDGES)));
		return;
	}
	if (dim)
		step = (step * DIM_STEPS + HEAT_STEPS - 1) / HEAT_STEPS;
	if (step > 0)
		style.bg = (uint8_t)(ground + step - 1);
	for (int i = 0; i < high; i++)
		canvas_put(c, row + i, col, style, ' ');
}

static int steps_of(const struct canvas *c, int grounds, int high)
{
	return c->look->depth == DEPTH_256 ? grounds : RIDGES * high;
}

static int columns_of(const struct heat *h, int k)
{
	return (h->frames + k - 1) / k;
}

void heat_draw(struct canvas *c, const struct heat *h, int first, int k, int high)
{
	double top = heat_top(heat_max(h, -1), h->even);
	int steps = steps_of(c, HEAT_STEPS, high);

	BUG_ON(k < 1 || first < 0 || high < 1);
	for (int row = 0; (row + 1) * high <= c->rows && first + row < h->rows; row++) {
		if (h->by_row)
			top = heat_top(heat_max(h, first + row), h->even);
		for (int col = 0; col < columns_of(h, k) && col < c->cols; col++) {
			double value = heat_at(h, first + row, col, k);

			put_step(c, row * high, col, high, heat_level(value, h->even, top, steps),
				 ROLE_HEAT, h->role, is_dim(h, first + row, col, k));
		}
	}
}

void heat_difference(struct canvas *c, const struct heat *now, const struct heat *then, int first,
		     int k, int high, int sign)
{
	double max = heat_difference_top(now, then);
	int steps = steps_of(c, LESS_STEPS, high);

	BUG_ON(k < 1 || first < 0 || now->rows != then->rows || now->frames != then->frames);
	for (int row = 0; (row + 1) * high <= c->rows && first + row < now->rows; row++) {
		for (int col = 0; col < columns_of(now, k) && col < c->cols; col++) {
			double d = heat_difference_at(now, then, first + row, col, k);
			int step = heat_level(fabs(d), SMALL * max, max, steps);

			if (c->look->depth != DEPTH_256 && d * sign < 0)
				step = 0;
			put_step(c, row * high, col, high, step, d < 0 ? ROLE_LESS : ROLE_MORE,
				 d < 0 ? ROLE_S2 : ROLE_S1, false);
		}
	}
}

int heat_legend(struct canvas *c, int row, int col, enum role role)
{
	int steps = steps_of(c, HEAT_STEPS, 1);

	for (int i = 1; i <= HEAT_STEPS; i++, col++)
		put_step(c, row, col, 1, heat_level(i, 0, HEAT_STEPS, steps), ROLE_HEAT, role,
			 false);
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
		int level = heat_level(column_max(v, frames, col, k), even, max, RIDGES * c->rows);

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

int bar_draw_thick(struct canvas *c, int row, int col, int width, enum role role, double share)
{
	static const uint32_t upper[] = {' ', U'▖', U'▄'}, lower[] = {' ', U'▘', U'▀'};
	long halves = lround(fmin(fmax(share, 0), 1) * 2 * width);

	if (c->look->glyphs == GLYPHS_ASCII)
		return bar_draw(c, row, col, width, role, share);
	if (halves == 0 && share > 0)
		halves = 1;
	for (int i = 0; i < width; i++, halves -= 2) {
		int here = clamp_int((int)halves, 0, 2);

		canvas_put(c, row, col + i, ROLE(role), upper[here]);
		canvas_put(c, row + 1, col + i, ROLE(role), lower[here]);
	}
	return col + width;
}
