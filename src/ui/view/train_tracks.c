/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracks of view 1: curves over each other on one x axis, and the rail below. */
#include "ui/view/train.h"

#include "app/study/num.h"
#include "base/mem.h"
#include "ui/state/duels.h"
#include "ui/state/overlay.h"

#include <math.h>
#include <stdlib.h>

enum { SERIES_MAX = 3 + OVERLAY_LINES };

/* A track being put together. */
struct draft {
	struct track t;
	struct series series[SERIES_MAX];
	double *band[1 + OVERLAY_LINES]; /* owned: x, then y, of those that are not recorded */
	int bands;
};

static void add(struct draft *d, const double *x, const double *y, int n, enum role role,
		enum glyph marker)
{
	d->series[d->t.n_series++] =
		(struct series){.at = {x, y, n}, .role = role, .marker = marker};
}

/* ---- ranges ---- */

struct range {
	double lo, hi; /* lo > hi: empty */
};
static const struct range no_range = {INFINITY, -INFINITY};

static void widen(struct range *r, double lo, double hi)
{
	r->lo = fmin(r->lo, lo);
	r->hi = fmax(r->hi, hi);
}

/* Points up to the end of the last evaluated epoch, so that a range holds still
 * while the next one trains; all of them if there is none. */
static int settled(const struct train_frame *f, const double *x, int n)
{
	int m = n;

	while (m > 0 && x[m - 1] > f->to)
		m--;
	return m ? m : n;
}

static void extend(struct range *r, const struct train_frame *f, const double *x, const double *y,
		   int n, double from)
{
	double lo, hi;

	if (axis_extent(x, y, settled(f, x, n), from, &lo, &hi))
		widen(r, lo, hi);
}

/* 2nd to 98th percentile: a strip shows the course, not the outliers. */
static void extend_most(struct range *r, const struct train_frame *f, const double *x,
			const double *y, int n)
{
	double lo, hi;

	if (axis_percentiles(x, y, settled(f, x, n), f->from, 2, 98, &lo, &hi))
		widen(r, lo, hi);
}

/* ---- the band under it ---- */

static double between(const double *x, const double *y, int i, double at)
{
	return y[i] + (at - x[i]) / (x[i + 1] - x[i]) * (y[i + 1] - y[i]);
}

/* Mean less and plus deviation at every dot column: points of epochs stand too
 * far apart to make an area. No points where no deviation is finite. */
static struct points deviation_band(struct draft *d, const struct train_frame *f, const double *xs,
				    const double *mean, const double *sd, int points, int cols)
{
	int dots = 2 * cols, i = 0, n = 0;
	double *x = mem_alloc(4 * (size_t)dots, sizeof *x), *y = x + 2 * dots;

	for (int dot = 0; dot < dots; dot++) {
		double at = axis_bin_start(&f->x, dot, dots), middle, half;

		while (i + 2 < points && xs[i + 1] <= at)
			i++;
		if (points < 2 || at < xs[0] || at > xs[points - 1])
			continue;
		middle = between(xs, mean, i, at);
		half = between(xs, sd, i, at);
		if (!isfinite(half))
			continue;
		x[n] = x[n + 1] = at;
		y[n++] = middle - half;
		y[n++] = middle + half;
	}
	d->band[d->bands++] = x;
	return (struct points){x, y, n};
}

static void step_band(struct draft *d, const struct train_frame *f, int curve, int cols)
{
	const struct train_curves *s = &f->step;

	if (f->mean)
		d->t.band = deviation_band(d, f, s->x, s->y[curve], s->sd[curve], s->n, cols);
	else
		d->t.band = (struct points){f->step.x, f->step.y[curve], f->step.n};
}

/* ---- the other runs ---- */

/* Their epochs are all settled, and may be later than those of the run shown. */
static void add_overlays(struct draft *d, const struct train_frame *f, bool loss, int cols,
			 struct range *r)
{
	for (int i = 0; i < f->overlays && train_draws_overlays(f); i++) {
		const struct train_overlay *o = &f->overlay[i];
		const struct curve *c = loss ? &o->loss : &o->figure;
		const double *x = o->x + o->from, *y = train_over(o, c->y);
		double lo, hi;
		int n = o->n;

		if (o->why[0])
			continue;
		add(d, x, y, n, overlay_role(o->line), overlay_marker(o->line));
		d->series[d->t.n_series - 1].band =
			deviation_band(d, f, x, y, train_over(o, c->sd), n, cols);
		d->series[d->t.n_series - 1].marked = f->compares;
		while (n > 0 && x[n - 1] > f->x.hi)
			n--;
		if (axis_extent(x, y, n, f->from, &lo, &hi))
			widen(r, lo, hi);
	}
}

/* ---- the tracks ---- */

static void loss_track(struct draft *d, const struct train_frame *f, int rows, int cols)
{
	const struct train_curves *s = &f->step, *e = &f->epoch;
	bool linear = train_view(f->u)->log_off;
	double from = linear ? f->from : f->x.lo; /* log has room for all points */
	struct range r = no_range;

	add(d, s->x, s->smooth[STEP_LOSS], s->n, ROLE_S2, GLYPH_WF1);
	add(d, e->x, e->y[EPOCH_CE], e->n, ROLE_S1, GLYPH_VAL);
	add_overlays(d, f, true, cols, &r);
	step_band(d, f, STEP_LOSS, cols);
	extend(&r, f, s->x, s->y[STEP_LOSS], s->n, from);
	extend(&r, f, e->x, e->y[EPOCH_CE], e->n, from);
	if (r.lo <= r.hi)
		d->t.y = linear ? axis_y(r.lo, r.hi, rows) : axis_log(r.lo, r.hi);
}

/* Where runs are compared it is by one figure: three of this one would hide them. */
static void validation_track(struct draft *d, const struct train_frame *f, int rows, int cols)
{
	const struct train_curves *e = &f->epoch;
	int first = train_view(f->u)->figure;
	bool alone = f->compares || train_is_small(f->layout);
	struct range r = no_range;

	for (int i = 0; i < (alone ? 1 : TRAIN_FIGURES); i++) {
		const struct train_figure *g = &train_figures[(first + i) % TRAIN_FIGURES];

		add(d, e->x, e->y[g->curve], e->n, g->role, g->marker);
		extend(&r, f, e->x, e->y[g->curve], e->n, f->from);
		if (i == 0)
			add_overlays(d, f, false, cols, &r);
	}
	if (f->mean) {
		int curve = train_figures[first].curve;

		d->t.band = deviation_band(d, f, e->x, e->y[curve], e->sd[curve], e->n, cols);
	}
	if (r.lo <= r.hi)
		d->t.y = axis_y(r.lo, r.hi, rows);
}

/* The main term is the main head's cross-entropy: the validation part's stands
 * beside it and can be compared. One row has no room for two curves. */
static void term_track(struct draft *d, const struct train_frame *f, enum term term, int rows,
		       int cols)
{
	const struct train_curves *s = &f->step, *e = &f->epoch;
	struct range r = no_range;

	add(d, s->x, s->smooth[STEP_TERM + term], s->n, ROLE_S2, GLYPH_WF1);
	step_band(d, f, STEP_TERM + term, cols);
	extend_most(&r, f, s->x, s->y[STEP_TERM + term], s->n);
	if (term == TERM_MAIN && rows > 1) {
		add(d, e->x, e->y[EPOCH_CE], e->n, ROLE_S1, GLYPH_VAL);
		extend_most(&r, f, e->x, e->y[EPOCH_CE], e->n);
	}
	if (r.lo <= r.hi)
		d->t.y = axis_strip(r.lo, r.hi);
}

static void grad_track(struct draft *d, const struct train_frame *f, int cols)
{
	const struct train_curves *s = &f->step;
	struct range r = no_range;

	add(d, s->x, s->smooth[STEP_GRAD], s->n, ROLE_S2, GLYPH_WF1);
	step_band(d, f, STEP_GRAD, cols);
	extend(&r, f, s->x, s->y[STEP_GRAD], s->n, f->x.lo);
	if (r.lo <= r.hi)
		d->t.y = axis_log(r.lo, r.hi);
}

static void lr_track(struct draft *d, const struct train_frame *f)
{
	const struct train_curves *s = &f->step;
	double lo, hi;

	add(d, s->x, s->y[STEP_LR], s->n, ROLE_S2, GLYPH_WF1);
	if (axis_extent(NULL, s->y[STEP_LR], s->n, 0, &lo, &hi))
		d->t.y = axis_strip(0, hi); /* how much is left of the highest */
}

/* How far the shown side is ahead at each look; nothing is where they are level. */
static void duel_track(struct draft *d, const struct train_frame *f)
{
	const struct duel *duel = &f->u->duel.now;
	int n = duels_looks(f->u);
	double *x = mem_alloc(2 * (size_t)n + 1, sizeof *x), *y = x + n;
	struct range r = {0, 0};

	d->band[d->bands++] = x;
	for (int i = 0; i < n; i++) {
		x[i] = train_x(f, duel->look[i].epoch);
		y[i] = train_difference(f, i);
		widen(&r, y[i], y[i]);
	}
	add(d, x, y, n, ROLE_KEY, GLYPH_WF1);
	if (r.lo < r.hi)
		d->t.y = axis_strip(r.lo, r.hi);
}

/* ---- drawing ---- */

static bool is_strip(enum train_track t)
{
	return t != TRACK_LOSS && t != TRACK_VALIDATION;
}

/* Norms and rates span decades: each label is as short as it can be. */
static void labels_draw(const struct draft *d, enum train_track t, struct canvas *gutter)
{
	const struct ticks top = {.at = {d->t.y.hi}, .n = 1};

	if (t == TRACK_LR)
		plot_y_short_labels(gutter, &d->t.y, &top);
	else if (t == TRACK_GRAD)
		plot_y_short_labels(gutter, &d->t.y, &d->t.y_ticks);
	else if (d->t.strip)
		plot_strip_labels(gutter, &d->t.y);
	else
		plot_y_labels(gutter, &d->t.y, &d->t.y_ticks);
}

void train_track_draw(const struct train_frame *f, enum train_track t, struct canvas *gutter,
		      struct canvas *c)
{
	struct draft d = {.t = {.x = f->x,
				.x_ticks = f->x_ticks,
				.guide = f->guide,
				.guides = f->guides,
				.cursor = f->cursor}};

	if (c->rows <= 0 || c->cols <= 0)
		return;
	if (t == TRACK_LOSS)
		loss_track(&d, f, c->rows, c->cols);
	else if (t == TRACK_VALIDATION)
		validation_track(&d, f, c->rows, c->cols);
	else if (t == TRACK_GRAD)
		grad_track(&d, f, c->cols);
	else if (t == TRACK_LR)
		lr_track(&d, f);
	else if (t == TRACK_DUEL)
		duel_track(&d, f);
	else
		term_track(&d, f, curve_term(t - TRACK_TERM), c->rows, c->cols);
	/* A strip that fills a small screen is drawn as a curve of its own. */
	d.t.strip = is_strip(t) && !train_is_small(f->layout);
	d.t.series = d.series;
	if (d.t.y.hi > d.t.y.lo) {
		if (!d.t.strip || t == TRACK_GRAD)
			d.t.y_ticks = axis_y_ticks(&d.t.y, c->rows);
		if (c->rows > 1 || f->layout->wide)
			labels_draw(&d, t, gutter);
		if (d.t.strip)
			d.t.y_ticks = (struct ticks){.n = t == TRACK_DUEL}; /* at 0 */
		track_draw(c, &d.t);
	}
	for (int i = 0; i < d.bands; i++)
		free(d.band[i]);
}

/* ---- below the tracks ---- */

static const struct {
	enum glyph glyph;
	enum role role;
	const char *name, *brief;
} kinds[] = {
	[MARK_KEPT] = {GLYPH_KEPT, ROLE_KEY, "kept", "kept"},
	[MARK_SAVED] = {GLYPH_SAVED, ROLE_KEY, "saved", "saved"},
	[MARK_CHANGE] = {GLYPH_CHANGE, ROLE_WARN, "change", "chg"},
	[MARK_BRANCH] = {GLYPH_BRANCH, ROLE_S4, "branch", "branch"},
	[MARK_NOTE] = {GLYPH_NOTE, ROLE_TEXT, "note", "note"},
	[MARK_BROKEN] = {GLYPH_BROKEN, ROLE_BAD, "NaN, Inf", "NaN"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void put_mark(struct mark *marks, int *n, double x, enum mark_kind kind, const char *label)
{
	int at = (*n)++;

	for (; at > 0 && marks[at - 1].x > x; at--)
		marks[at] = marks[at - 1];
	marks[at] = (struct mark){x, kinds[kind].glyph, kinds[kind].role, label};
}

void train_rail_draw(const struct train_frame *f, struct canvas *row)
{
	const struct fold_run *fold = f->fold;
	struct mark *marks;
	int n = 0;

	if (f->mean)
		return;
	marks = mem_alloc((size_t)fold->nmarks + 1, sizeof *marks);
	if (fold->best_epoch > 0)
		put_mark(marks, &n, train_x(f, fold->best_epoch), MARK_KEPT, NULL);
	for (int i = 0; i < fold->nmarks; i++) {
		const struct run_mark *m = &fold->mark[i];

		if (m->kind != MARK_KEPT)
			put_mark(marks, &n, train_x(f, curve_mark(m, f->per_epoch)), m->kind,
				 m->label);
	}
	rail_draw(row, &f->x, marks, n);
	free(marks);
}

void train_small_labels(const struct train_frame *f, struct canvas *row)
{
	int col = f->fold->best_epoch > 0 && !f->mean
			  ? plot_column(&f->x, train_x(f, f->fold->best_epoch), row->cols)
			  : AXIS_OUTSIDE;

	plot_x_labels(row, &f->x, &f->x_ticks);
	if (col == AXIS_OUTSIDE)
		return;
	while (col < row->cols && canvas_at(row, 0, col)->base != ' ')
		col++;
	canvas_put(row, 0, col, ROLE(kinds[MARK_KEPT].role),
		   glyph(row->look->glyphs, kinds[MARK_KEPT].glyph));
}

/* The kinds that stand on the rail, in the order of the table. */
void train_legend_draw(const struct train_frame *f, struct canvas *row)
{
	unsigned there = f->fold->best_epoch > 0 ? 1u << MARK_KEPT : 0;
	int col = 0;

	for (int i = 0; i < f->fold->nmarks; i++)
		there |= 1u << f->fold->mark[i].kind;
	for (int k = 0; k < KINDS && !f->mean; k++) {
		const char *name = f->layout->wide ? kinds[k].name : kinds[k].brief;

		if (!(there & 1u << k) || col + 2 + text_width(name) > row->cols)
			continue;
		canvas_put(row, 0, col, ROLE(kinds[k].role),
			   glyph(row->look->glyphs, kinds[k].glyph));
		col = canvas_text(row, 0, col + 2, ROLE(ROLE_DIM), "%s", name) + 1;
	}
}
