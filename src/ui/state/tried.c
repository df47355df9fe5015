/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/tried.h"

#include "app/study/num.h"
#include "base/str.h"
#include "ui/draw/plot.h"
#include "ui/state/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDE = 70, /* columns of the screen from which there are empty lines */
	FRAME = 4, /* columns that the page's border takes */
	GUTTER = 8,
	CURVE = TRIAL_POINTS + 1,
	STEEP = 4, /* a loss so many times another needs a logarithmic axis */
};

/* ---- the curve of a sweep ---- */

/* The losses after the last step, in the order of the values; the present one among them. */
struct curve {
	double x[CURVE], y[CURVE];
	int n, least; /* point of the least loss; -1: none is finite */
	double now;   /* x; NaN: outside */
	struct axis ax, ay;
};

static double place(const struct tried *t, double x)
{
	return t->log ? log10(x) : x;
}

static void add_point(struct curve *c, const struct tried *t, const struct tried_point *p)
{
	c->x[c->n] = place(t, p->x);
	c->y[c->n] = p->made.diverged ? (double)NAN : p->loss;
	if (isfinite(c->y[c->n]) && (c->least < 0 || c->y[c->n] < c->y[c->least]))
		c->least = c->n;
	c->n++;
}

static void make_curve(struct curve *c, const struct tried *t, int rows)
{
	const struct tried_point *first = &t->point[0], *end = &t->point[t->points - 1];
	bool inside = t->base.x >= first->x && t->base.x <= end->x;
	double lo = 0, hi = 1;

	*c = (struct curve){.least = -1, .now = (double)NAN};
	for (int i = 0; i < t->points; i++) {
		if (inside && isnan(c->now) && t->base.x <= t->point[i].x) {
			c->now = place(t, t->base.x);
			if (t->base.x < t->point[i].x)
				add_point(c, t, &t->base);
		}
		add_point(c, t, &t->point[i]);
	}
	c->ax = axis_x(c->x[0], c->x[c->n - 1]);
	axis_extent(NULL, c->y, c->n, 0, &lo, &hi);
	c->ay = lo > 0 && hi / lo > STEEP ? axis_log(lo, hi) : axis_y(lo, hi, rows);
}

/* Decades, written as what they are. */
static void log_labels(struct canvas *row, const struct curve *c)
{
	int used = -1;

	for (int k = (int)ceil(c->ax.lo - 1e-9); k <= c->ax.hi + 1e-9; k++) {
		char text[NUM_LEN];
		int col = plot_column(&c->ax, fmin(fmax(k, c->ax.lo), c->ax.hi), row->cols);

		num_short(text, pow(10, k));
		col -= text_width(text) / 2;
		if (col + text_width(text) > row->cols)
			col = row->cols - text_width(text);
		col = col < 0 ? 0 : col;
		if (col <= used)
			continue;
		canvas_text(row, 0, col, ROLE(ROLE_DIM), "%s", text);
		used = col + text_width(text);
	}
}

/* Marks of the present value, of the least loss and of what diverges. */
static void rail(struct canvas *row, const struct curve *c)
{
	struct mark mark[CURVE];
	int n = 0;

	for (int i = 0; i < c->n; i++) {
		if (c->x[i] == c->now)
			mark[n++] = (struct mark){c->x[i], GLYPH_CHANGE, ROLE_CURSOR, NULL};
		else if (i == c->least)
			mark[n++] = (struct mark){c->x[i], GLYPH_KEPT, ROLE_GOOD, NULL};
		else if (isnan(c->y[i]))
			mark[n++] = (struct mark){c->x[i], GLYPH_BROKEN, ROLE_BAD, NULL};
	}
	rail_draw(row, &c->ax, mark, n);
}

static void curve_draw(const struct ui *u, struct canvas *all)
{
	const struct tried *t = u->tried;
	int cols = all->cols - GUTTER;
	struct canvas plot = canvas_part(all, 0, GUTTER, all->rows - 2, cols);
	struct canvas gutter = canvas_part(all, 0, 0, all->rows - 2, GUTTER);
	struct canvas marks = canvas_part(all, all->rows - 2, GUTTER, 1, cols - 1);
	struct canvas labels = canvas_part(all, all->rows - 1, GUTTER, 1, cols - 1);
	struct series s = {.role = ROLE_S1, .marker = GLYPH_VAL};
	struct track track = {.series = &s, .n_series = 1, .margin = 1};
	struct curve c;

	make_curve(&c, t, plot.rows);
	s.at = (struct points){c.x, c.y, c.n};
	track.x = c.ax;
	track.y = c.ay;
	track.cursor = c.now;
	track.y_ticks = axis_y_ticks(&track.y, plot.rows);
	if (t->log) {
		log_labels(&labels, &c);
	} else {
		track.x_ticks = axis_x_ticks(&track.x, labels.cols);
		plot_x_labels(&labels, &track.x, &track.x_ticks);
	}
	plot_y_short_labels(&gutter, &track.y, &track.y_ticks);
	rail(&marks, &c);
	track_draw(&plot, &track);
	canvas_ground(all, ROLE_POPUP);
}

/* ---- the page ---- */

/* The point of the least loss, if it is below that with the present value. */
static const struct tried_point *least_of(const struct tried *t)
{
	const struct tried_point *least = t->base.made.diverged ? NULL : &t->base;

	for (int i = 0; i < t->points; i++)
		if (!t->point[i].made.diverged && (!least || t->point[i].loss < least->loss))
			least = &t->point[i];
	return least == &t->base ? NULL : least;
}

/* "Loss after step 5: △ 0.5420 now, ◆ least 0.5230 at 0.00251" */
static void add_legend(struct str *b, const struct tried *t, int cols)
{
	const struct tried_point *least = least_of(t);
	bool inside = t->base.x >= t->point[0].x && t->base.x <= t->point[t->points - 1].x;
	struct str now = {0}, best = {0};
	char loss[NUM_LEN];

	str_addf(&now, "Loss%s after step %d: %s%s now%s",
		 strncmp(t->change[0].key, "train.loss.", 11) == 0 ? " weighted as now" : "",
		 t->steps, inside ? "△ " : "", num_attention(loss, t->base.loss),
		 inside ? "" : " (outside)");
	if (least)
		str_addf(&best, "◆ least %s at %s", num_attention(loss, least->loss), least->value);
	str_addf(b, "%s%s%s\n", now.s,
		 !least                                                 ? ", the least"
		 : str_columns(now.s) + 2 + str_columns(best.s) <= cols ? ", "
									: ",\n",
		 str_text(&best));
	str_free(&now);
	str_free(&best);
}

void tried_open(struct ui *u, struct tried *t)
{
	const char *key = strncmp(t->change[0].key, "train.", 6) == 0 ? t->change[0].key + 6
								      : t->change[0].key;
	char title[sizeof u->page.title];
	bool wide = u->cols >= WIDE;
	int cols = u->cols - FRAME;
	struct str b = {0};

	free(u->tried);
	u->tried = t;
	if (t->changes > 1)
		snprintf(title, sizeof title, "try %d settings", t->changes);
	else
		snprintf(title, sizeof title, "try %.40s", key);
	tried_what(&b, t, cols);
	if (t->sweep)
		add_legend(&b, t, cols);
	else if (wide)
		str_add(&b, "\n");
	tried_table(&b, t, cols);
	if (wide && !t->sweep)
		str_add(&b, "\n");
	tried_remarks(&b, t, cols < 76 ? cols : 76);
	page_open(u, title, b.s);
	if (t->sweep && t->points > 1)
		page_draws(u, curve_draw);
}
