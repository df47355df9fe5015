/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/draw/plot.h"

#include "app/study/num.h"
#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Dots in a cell. */
static const struct {
	int w, h;
} per_cell[] = {[GLYPHS_BRAILLE] = {2, 4}, [GLYPHS_BLOCK] = {2, 2}, [GLYPHS_ASCII] = {1, 1}};

/* One layer: a bit per dot, cell by cell. */
struct dots {
	int rows, cols;    /* cells */
	int w, h;          /* dots per cell */
	int width, height; /* dots */
	enum glyphs glyphs;
	uint8_t *mask; /* [rows][cols]; braille's own bit order, else row by row */
};

static const uint8_t braille_bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

static struct dots dots_new(const struct canvas *c)
{
	struct dots d = {.rows = c->rows, .cols = c->cols, .glyphs = c->look->glyphs};

	d.w = per_cell[d.glyphs].w;
	d.h = per_cell[d.glyphs].h;
	d.width = d.cols * d.w;
	d.height = d.rows * d.h;
	d.mask = mem_alloc((size_t)d.rows * (size_t)d.cols, 1);
	return d;
}

static void dots_clear(struct dots *d)
{
	memset(d->mask, 0, (size_t)d->rows * (size_t)d->cols);
}

static void dots_set(struct dots *d, int x, int y)
{
	uint8_t *mask;

	if (x < 0 || x >= d->width || y < 0 || y >= d->height)
		return;
	mask = &d->mask[y / d->h * d->cols + x / d->w];
	x %= d->w;
	y %= d->h;
	*mask |= d->glyphs == GLYPHS_BRAILLE ? braille_bit[y][x] : (uint8_t)(1 << (y * d->w + x));
}

static uint32_t dots_char(const struct dots *d, uint8_t mask, bool band)
{
	static const uint32_t quadrant[] = U" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█";

	if (d->glyphs == GLYPHS_BRAILLE)
		return 0x2800u + mask;
	if (band)
		return glyph(d->glyphs, GLYPH_BAND);
	return d->glyphs == GLYPHS_BLOCK ? quadrant[mask] : glyph(d->glyphs, GLYPH_CURVE);
}

/* Draw the layer over what is there. */
static void dots_draw(const struct dots *d, struct canvas *c, struct style style, bool band)
{
	for (int row = 0; row < d->rows; row++) {
		for (int col = 0; col < d->cols; col++) {
			uint8_t mask = d->mask[row * d->cols + col];

			if (mask)
				canvas_put(c, row, col, style, dots_char(d, mask, band));
		}
	}
}

enum { MARKED_EVERY = 14, MARKED_APART = 5 }; /* columns, of a line and from line to line */

/* Where only colours would tell lines apart: the marker on line number i. */
static void draw_marks(const struct dots *d, struct canvas *c, const struct series *s, int i)
{
	bool all = d->glyphs == GLYPHS_ASCII;

	for (int col = 0; col < d->cols && s->marked; col++) {
		if (!all && (c->look->depth != DEPTH_MONO ||
			     (col + i * MARKED_APART) % MARKED_EVERY != MARKED_EVERY / 2))
			continue;
		for (int row = 0; row < d->rows; row++) {
			if (!d->mask[row * d->cols + col])
				continue;
			canvas_put(c, row, col, ROLE(s->role), glyph(d->glyphs, s->marker));
			if (!all)
				break;
		}
	}
}

static double level(const struct track *t, const struct dots *d, double y)
{
	if (t->strip && d->rows > 1 && d->h > 1)
		return 1 + axis_level(&t->y, y, d->height - 1);
	return axis_level(&t->y, y, d->height);
}

static bool has_place(const struct track *t, double y)
{
	return isfinite(y) && (!t->y.log || y > 0);
}

/* ---- the band ---- */

/* thin: every other dot, so that what is under it can be seen, and whose it is. */
static void draw_band(struct dots *d, const struct track *t, const struct points *p, bool thin)
{
	for (int i = 0; i < p->n;) {
		int bin = axis_bin(&t->x, p->x[i], d->width);
		double lo = INFINITY, hi = -INFINITY, top, bottom;

		for (; i < p->n && axis_bin(&t->x, p->x[i], d->width) == bin; i++) {
			if (!has_place(t, p->y[i]))
				continue;
			lo = fmin(lo, p->y[i]);
			hi = fmax(hi, p->y[i]);
		}
		if (bin == AXIS_OUTSIDE || lo > hi)
			continue;
		top = level(t, d, hi);
		bottom = level(t, d, lo);
		if (bottom < -0.5 || top > d->height - 0.5)
			continue;
		top = fmax(top, 0);
		bottom = fmin(bottom, d->height - 1);
		for (int y = (int)lround(top); y <= (int)lround(bottom); y++)
			if (!thin || (bin + y) % 2 == 0)
				dots_set(d, bin, y);
	}
}

/* ---- a line ---- */

/* A corner of a line: mean of the points of one dot column. May lie outside. */
struct corner {
	double x, y; /* dots */
	bool gap;    /* nothing leads here */
};

struct line {
	struct corner *at;
	int n;
};

/* Dot column, also outside, but not so far that arithmetic suffers. */
static double column_of(const struct axis *x, double at, int width)
{
	double column = floor((at - x->lo) / (x->hi - x->lo) * width + 1e-9);

	if (at == x->hi)
		return width - 1;
	return fmin(fmax(column, -1e6), 1e6);
}

static struct line reduce(const struct dots *d, const struct track *t, const struct points *p)
{
	struct line l = {.at = mem_alloc((size_t)(p->n > 0 ? p->n : 0), sizeof *l.at)};
	bool gap = true;

	for (int i = 0; i < p->n;) {
		double x = column_of(&t->x, p->x[i], d->width), sum = 0;
		int n = 0;

		while (i < p->n && has_place(t, p->y[i]) &&
		       column_of(&t->x, p->x[i], d->width) == x) {
			sum += p->y[i++];
			n++;
		}
		if (n == 0) {
			gap = true;
			i++;
			continue;
		}
		l.at[l.n++] = (struct corner){x, level(t, d, sum / n), gap};
		gap = false;
	}
	return l;
}

/* Cut a .. b to lo <= v <= hi in one coordinate, v of the two ends given; the
 * ends as fractions of the way. False if nothing is left. */
static bool clip(double a, double b, double lo, double hi, double *from, double *to)
{
	double enter, leave;

	if (a == b)
		return a >= lo && a <= hi;
	enter = ((a < b ? lo : hi) - a) / (b - a);
	leave = ((a < b ? hi : lo) - a) / (b - a);
	*from = fmax(*from, enter);
	*to = fmin(*to, leave);
	return *from <= *to;
}

/* Bresenham's. */
static void draw_between(struct dots *d, int x0, int y0, int x1, int y1)
{
	int dx = abs(x1 - x0), dy = -abs(y1 - y0);
	int step_x = x0 < x1 ? 1 : -1, step_y = y0 < y1 ? 1 : -1;

	for (int fault = dx + dy;;) {
		int twice = 2 * fault;

		dots_set(d, x0, y0);
		if (x0 == x1 && y0 == y1)
			return;
		if (twice >= dy) {
			fault += dy;
			x0 += step_x;
		}
		if (twice <= dx) {
			fault += dx;
			y0 += step_y;
		}
	}
}

static void draw_segment(struct dots *d, struct corner a, struct corner b)
{
	double from = 0, to = 1, dx = b.x - a.x, dy = b.y - a.y;

	if (!clip(a.x, b.x, 0, d->width - 1, &from, &to) ||
	    !clip(a.y, b.y, -0.5, d->height - 0.5, &from, &to))
		return;
	draw_between(d, (int)lround(a.x + from * dx), (int)lround(a.y + from * dy),
		     (int)lround(a.x + to * dx), (int)lround(a.y + to * dy));
}

/* ---- ends: a marker or a label ---- */

struct end {
	int row, col; /* cell; row -1: no end to be seen */
	double y;     /* dots */
	bool lone;    /* the curve is one point */
};

static struct end draw_line(struct dots *d, const struct track *t, const struct points *p)
{
	struct line l = reduce(d, t, p);
	struct end end = {.row = -1, .lone = l.n == 1};

	for (int i = 0; i < l.n; i++)
		draw_segment(d, l.at[i].gap ? l.at[i] : l.at[i - 1], l.at[i]);
	if (l.n > 0) {
		struct corner last = l.at[l.n - 1];
		long y = lround(fmin(fmax(last.y, -9), 1e6));

		if (last.x >= 0 && last.x < d->width && y >= 0 && y < d->height)
			end = (struct end){(int)y / d->h, (int)last.x / d->w, last.y, l.n == 1};
	}
	free(l.at);
	return end;
}

static void draw_marker(struct canvas *c, const struct series *s, struct end e)
{
	int col = e.lone || e.col + 1 >= c->cols ? e.col : e.col + 1;

	if (e.row >= 0 && !s->label)
		canvas_put(c, e.row, col, ROLE(s->role), glyph(c->look->glyphs, s->marker));
}

enum { END_LABELS = 32 }; /* more would not fit beside each other */

/* The labels in one column, each on a row of its own: from the lowest up,
 * then from the top down where they would leave the canvas. */
static void draw_labels(struct canvas *c, const struct track *t, const struct end *end)
{
	int order[END_LABELS], row[END_LABELS], n = 0, col = 0;

	for (int i = 0; i < t->n_series && n < END_LABELS; i++) {
		int at = n;

		if (!t->series[i].label || end[i].row < 0)
			continue;
		for (; at > 0 && end[order[at - 1]].y < end[i].y; at--)
			order[at] = order[at - 1];
		order[at] = i;
		col = end[i].col > col ? end[i].col : col;
		n++;
	}
	for (int i = 0; i < n; i++) {
		row[i] = end[order[i]].row;
		if (i > 0 && row[i] >= row[i - 1])
			row[i] = row[i - 1] - 1;
	}
	for (int i = n - 1; i >= 0; i--) {
		if (row[i] < n - 1 - i)
			row[i] = n - 1 - i;
		canvas_text(c, row[i], col + 2, ROLE_BOLD(t->series[order[i]].role), "%s",
			    t->series[order[i]].label);
	}
}

/* ---- under the data ---- */

static void draw_grid(struct canvas *c, const struct dots *d, const struct track *t)
{
	for (int i = 0; i < t->y_ticks.n; i++) {
		double at = level(t, d, t->y_ticks.at[i]);

		for (int j = 0; j < t->x_ticks.n && !isnan(at); j++) {
			int col = plot_column(&t->x, t->x_ticks.at[j], c->cols);

			/* The y axis has its labels; a dot there says nothing. */
			if (col > 0)
				canvas_put(c, (int)lround(at) / d->h, col, ROLE(ROLE_FAINT),
					   glyph(c->look->glyphs, GLYPH_GRID));
		}
	}
}

static void draw_upright(struct canvas *c, const struct axis *x, double at, enum glyph g,
			 enum role role)
{
	int col = plot_column(x, at, c->cols);

	for (int row = 0; row < c->rows && col != AXIS_OUTSIDE; row++)
		canvas_put(c, row, col, ROLE(role), glyph(c->look->glyphs, g));
}

void track_draw(struct canvas *all, const struct track *t)
{
	struct canvas part = canvas_part(all, 0, 0, all->rows, all->cols - t->margin), *c = &part;
	struct dots d;
	struct end *end;

	if (c->rows <= 0 || c->cols <= 0)
		return;
	d = dots_new(c);
	end = mem_alloc((size_t)t->n_series, sizeof *end);
	draw_grid(c, &d, t);
	for (int i = 0; i < t->guides; i++)
		draw_upright(c, &t->x, t->guide[i], GLYPH_GUIDE, ROLE_FAINT);
	draw_upright(c, &t->x, t->cursor, GLYPH_CURSOR, ROLE_CURSOR);
	if (!t->strip || c->rows > 1) {
		draw_band(&d, t, &t->band, false);
		dots_draw(&d, c, ROLE(ROLE_BAND), true);
		dots_clear(&d);
		for (int i = t->n_series - 1; i >= 0; i--) {
			const struct series *s = &t->series[i];

			draw_band(&d, t, &s->band, true);
			dots_draw(&d, c, (struct style){.fg = s->role, .attr = ATTR_DIM}, true);
			dots_clear(&d);
		}
	}
	for (int i = t->n_series - 1; i >= 0; i--) {
		end[i] = draw_line(&d, t, &t->series[i].at);
		dots_draw(&d, c, ROLE(t->series[i].role), false);
		draw_marks(&d, c, &t->series[i], i);
		dots_clear(&d);
	}
	for (int i = t->n_series - 1; i >= 0 && (!t->strip || t->n_series > 1); i--)
		draw_marker(c, &t->series[i], end[i]);
	draw_labels(all, t, end);
	free(end);
	free(d.mask);
}

/* ---- around the track ---- */

int plot_column(const struct axis *x, double at, int cols)
{
	int bin = cols > 0 ? axis_bin(x, at, 2 * cols) : AXIS_OUTSIDE;

	return bin == AXIS_OUTSIDE ? AXIS_OUTSIDE : bin / 2;
}

double plot_x_at(const struct axis *x, int column, int cols)
{
	return axis_bin_start(x, 2 * column + 1, 2 * cols);
}

void plot_x_labels(struct canvas *row, const struct axis *x, const struct ticks *t)
{
	char text[TICKS_MAX][NUM_LEN];

	axis_texts(t->at, t->n, t->decimals, NUM_LEN, text);
	for (int i = 0; i < t->n; i++) {
		int col = plot_column(x, t->at[i], row->cols);

		if (col == AXIS_OUTSIDE)
			continue;
		col -= (int)strlen(text[i]) / 2;
		if (col + (int)strlen(text[i]) > row->cols)
			col = row->cols - (int)strlen(text[i]);
		canvas_text(row, 0, col < 0 ? 0 : col, ROLE(ROLE_DIM), "%s", text[i]);
	}
}

/* In dots of the gutter's height. */
static void put_y_labels(struct canvas *gutter, const struct axis *y, const double *at, int n,
			 int decimals)
{
	int dots = per_cell[gutter->look->glyphs].h, room = gutter->cols - 1;
	char text[TICKS_MAX][NUM_LEN];

	axis_texts(at, n, decimals, room, text);
	for (int i = 0; i < n; i++) {
		double level = axis_level(y, at[i], gutter->rows * dots);

		if (!isnan(level) && text[i][0])
			canvas_field(gutter, (int)lround(level) / dots, 0, room, FIT_RIGHT,
				     ROLE(ROLE_DIM), "%s", text[i]);
	}
}

void plot_y_labels(struct canvas *gutter, const struct axis *y, const struct ticks *t)
{
	put_y_labels(gutter, y, t->at, t->n, t->decimals);
}

void plot_y_short_labels(struct canvas *gutter, const struct axis *y, const struct ticks *t)
{
	put_y_labels(gutter, y, t->at, t->n, -1);
}

void plot_strip_labels(struct canvas *gutter, const struct axis *y)
{
	if (gutter->rows > 1)
		put_y_labels(gutter, y, (const double[]){y->lo, y->hi}, 2, axis_strip_decimals(y));
}

void rail_draw(struct canvas *row, const struct axis *x, const struct mark *marks, int n)
{
	int *col = mem_alloc((size_t)n, sizeof *col), last = -1;

	for (int i = 0; i < n; i++) {
		col[i] = plot_column(x, marks[i].x, row->cols);
		if (col[i] == AXIS_OUTSIDE)
			continue;
		if (col[i] <= last)
			col[i] = last + 1;
		last = col[i];
		canvas_put(row, 0, col[i], ROLE(marks[i].role),
			   glyph(row->look->glyphs, marks[i].glyph));
	}
	for (int i = 0; i < n; i++) {
		int next = i + 1 < n && col[i + 1] != AXIS_OUTSIDE ? col[i + 1] : row->cols + 1;
		int width = marks[i].label ? text_width(marks[i].label) : 0;

		if (col[i] != AXIS_OUTSIDE && width && col[i] + 2 + width + 1 <= next)
			canvas_text(row, 0, col[i] + 2, ROLE(ROLE_DIM), "%s", marks[i].label);
	}
	free(col);
}
