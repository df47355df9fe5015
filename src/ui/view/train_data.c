/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame of view 1: which folds are shown, and their curves on the x axis. */
#include "ui/view/train.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- time ---- */

int train_per_epoch(const struct ui *u, const struct fold_run *f)
{
	if (f->steps_per_epoch > 0)
		return f->steps_per_epoch;
	if (u->now.steps_per_epoch > 0)
		return u->now.steps_per_epoch;
	return f->nsteps > 0 ? f->step[f->nsteps - 1].step : 1;
}

double train_now(const struct ui *u, const struct fold_run *f)
{
	double steps = f->nsteps ? 1. * f->step[f->nsteps - 1].step / train_per_epoch(u, f) : 0;
	double epochs = f->nepochs ? f->epoch[f->nepochs - 1].epoch : 0;

	return fmax(steps, epochs);
}

static const struct {
	double below; /* seconds in all */
	double unit;
	const char *name;
} clocks[] = {{600, 1, "seconds"}, {5 * 3600., 60, "minutes"}, {INFINITY, 3600, "hours"}};

/* Where no epoch has ended a guess from the rate, so that the first one has a
 * time axis too. */
static void make_clock(struct train_frame *f, const struct curve_folds *s)
{
	double rate = f->u->now.rate, all;
	int k = 0;

	f->clock =
		curve_clock(curve_most_epochs(s),
			    rate > 0 ? f->per_epoch * f->u->run.set.train.batch_size / rate : 60);
	f->unit = 1;
	all = train_x(f, f->now);
	while (!(all < clocks[k].below))
		k++;
	f->unit = clocks[k].unit;
}

double train_x(const struct train_frame *f, double epochs)
{
	if (train_view(f->u)->axis != AXIS_TIME)
		return epochs * f->unit;
	return curve_clock_seconds(&f->clock, epochs) / f->unit;
}

double train_epochs(const struct train_frame *f, double x)
{
	if (train_view(f->u)->axis != AXIS_TIME)
		return x / f->unit;
	return curve_clock_epochs(&f->clock, x * f->unit);
}

const char *train_unit(const struct train_frame *f)
{
	size_t k = 0;

	if (train_view(f->u)->axis != AXIS_TIME)
		return train_view(f->u)->axis == AXIS_STEP ? "step" : "epoch";
	while (clocks[k].unit != f->unit)
		k++;
	return clocks[k].name;
}

/* ---- curves ---- */

static double *numbers(int n)
{
	return mem_alloc((size_t)n, sizeof(double));
}

static void make_step_curves(struct train_frame *f, const struct curve_folds *s)
{
	const struct fold_run *most = curve_most_steps(s);
	struct train_curves *c = &f->step;

	c->n = most->nsteps;
	c->x = numbers(c->n);
	for (int i = 0; i < c->n; i++)
		c->x[i] = train_x(f, 1. * most->step[i].step / f->per_epoch);
	for (int k = 0; k < STEP_CURVES; k++) {
		double *y = numbers(c->n), *smooth = numbers(c->n), *sd = numbers(c->n);

		for (int i = 0; i < c->n; i++)
			y[i] = curve_step(s, i, k, &sd[i]);
		ema(y, c->n, k == STEP_LR ? 0 : train_view(f->u)->keep, smooth);
		c->y[k] = y;
		c->smooth[k] = smooth;
		c->sd[k] = sd;
	}
}

static void make_epoch_curves(struct train_frame *f, const struct curve_folds *s)
{
	const struct fold_run *most = curve_most_epochs(s);
	struct train_curves *c = &f->epoch;

	c->n = most->nepochs;
	c->x = numbers(c->n);
	f->number = mem_alloc((size_t)c->n, sizeof *f->number);
	for (int i = 0; i < c->n; i++) {
		f->number[i] = most->epoch[i].epoch;
		c->x[i] = train_x(f, f->number[i]);
	}
	for (int k = 0; k < EPOCH_CURVES; k++) {
		c->y[k] = numbers(c->n);
		c->sd[k] = numbers(c->n);
		for (int i = 0; i < c->n; i++)
			c->y[k][i] = curve_epoch(s, i, k, &c->sd[k][i]);
	}
}

static void make_overlay(struct train_frame *f, const struct run *r)
{
	static const struct {
		enum role role;
		enum glyph marker;
	} look[] = {
		{ROLE_S5, GLYPH_OVERLAY_1}, {ROLE_S6, GLYPH_OVERLAY_2}, {ROLE_S5, GLYPH_OVERLAY_3}};
	struct curve_folds s = curve_folds(r, f->fold->fold, f->mean);
	struct train_overlay *o = &f->overlay[f->overlays];
	bool branch = strcmp(r->name, f->u->run.name) == 0;
	int from = 0;

	if (s.n == 0 || curve_most_epochs(&s)->nepochs == 0) {
		curve_folds_free(&s);
		return;
	}
	/* Epochs it has in common with the fold it left are not drawn twice, but for
	 * the last of them. */
	if (branch && !f->mean)
		from = curve_common(f->fold, s.at[0]);
	from -= from > 0;
	*o = (struct train_overlay){
		.name = branch ? r->branch : r->name,
		.role = branch ? ROLE_S4 : look[f->overlays % 3].role,
		.marker = branch ? GLYPH_BRANCH : look[f->overlays % 3].marker,
		.n = curve_most_epochs(&s)->nepochs - from,
	};
	o->number = mem_alloc((size_t)o->n, sizeof *o->number);
	o->x = numbers(o->n);
	o->y = numbers(o->n);
	for (int i = 0; i < o->n; i++) {
		double sd;

		o->number[i] = curve_most_epochs(&s)->epoch[from + i].epoch;
		o->x[i] = train_x(f, o->number[i]);
		o->y[i] = curve_epoch(&s, from + i, EPOCH_WF1, &sd);
	}
	f->overlays++;
	curve_folds_free(&s);
}

static void make_guides(struct train_frame *f)
{
	if (f->mean)
		return;
	f->guide = numbers(f->fold->nmarks);
	for (int i = 0; i < f->fold->nmarks; i++) {
		const struct run_mark *m = &f->fold->mark[i];

		if (m->kind == MARK_CHANGE || m->kind == MARK_BRANCH)
			f->guide[f->guides++] = train_x(f, curve_mark(m, f->per_epoch));
	}
}

/* ---- axes ---- */

static void make_axis(struct train_frame *f, int cols)
{
	const struct ui *u = f->u;
	const struct train_view *v = train_view(u);
	double now = train_x(f, f->now), plan = train_x(f, f->plan), settled = INFINITY;

	for (int i = 0; i < f->overlays; i++)
		now = fmax(now, f->overlay[i].x[f->overlay[i].n - 1]);
	if (f->epoch.n > 0)
		settled = f->epoch.x[f->epoch.n - 1];
	if (v->axis == AXIS_TIME)
		plan = 0; /* epochs may become faster */
	f->x = axis_x(0, axis_end(now, plan));
	f->from = train_x(f, 0.1 * f->plan);
	f->to = settled;
	if (v->to > v->from) {
		f->x = axis_x(train_x(f, v->from), train_x(f, v->to));
		f->from = f->x.lo;
		f->to = fmin(f->x.hi, settled);
	}
	f->x_ticks = axis_x_ticks(&f->x, cols > 0 ? cols : 1);
}

/* The last point at or before x, -1 if all are later. */
static int last_until(const struct train_curves *c, double x)
{
	int i = c->n - 1;

	while (i >= 0 && c->x[i] > x)
		i--;
	return i;
}

void train_frame_make(struct train_frame *f, const struct ui *u, const struct train_layout *l,
		      int cols)
{
	const struct train_view *v = train_view(u);
	static const struct fold_run none;
	const struct fold_run *fold = ui_fold(u);
	struct curve_folds s;

	*f = (struct train_frame){.u = u, .layout = l, .fold = fold ? fold : &none, .cursor = NAN};
	s = curve_folds(&u->run, f->fold->fold, v->mean);
	f->mean = v->mean && s.n > 0;
	if (s.n == 0) {
		curve_folds_free(&s);
		s = curve_fold(&none);
	}
	f->per_epoch = train_per_epoch(u, curve_most_steps(&s));
	f->plan = u->run.set.train.epoch;
	f->now = train_now(u, curve_most_steps(&s));
	f->unit = v->axis == AXIS_STEP ? f->per_epoch : 1;
	if (v->axis == AXIS_TIME)
		make_clock(f, &s);
	make_step_curves(f, &s);
	make_epoch_curves(f, &s);
	for (int i = 0; i < u->noverlays && f->overlays < OVERLAYS_SHOWN; i++)
		make_overlay(f, &u->overlay[i]);
	curve_folds_free(&s);
	make_guides(f);
	make_axis(f, cols);
	if (v->cursor)
		f->cursor = train_x(f, v->at);
	f->diverged = u->now.state == WORK_DIVERGED && u->now.fold == f->fold->fold && !v->cursor &&
		      !f->mean;
	f->at_step = last_until(&f->step, v->cursor ? f->cursor * (1 + 1e-9) : INFINITY);
	f->at_epoch = last_until(&f->epoch, v->cursor ? f->cursor * (1 + 1e-9) : INFINITY);
}

double train_step_value(const struct train_frame *f, int curve)
{
	if (f->diverged)
		return step_value(&f->u->now.diverged, curve);
	return f->at_step < 0 ? NAN : f->step.smooth[curve][f->at_step];
}

double train_epoch_value(const struct train_frame *f, int curve)
{
	return f->at_epoch < 0 ? NAN : f->epoch.y[curve][f->at_epoch];
}

static void free_curves(struct train_curves *c)
{
	free(c->x);
	for (int k = 0; k < STEP_CURVES; k++) {
		free(c->y[k]);
		free(c->smooth[k]);
		free(c->sd[k]);
	}
}

void train_frame_free(struct train_frame *f)
{
	free_curves(&f->step);
	free_curves(&f->epoch);
	for (int i = 0; i < f->overlays; i++) {
		free(f->overlay[i].number);
		free(f->overlay[i].x);
		free(f->overlay[i].y);
	}
	free(f->number);
	free(f->guide);
	curve_clock_free(&f->clock);
}
