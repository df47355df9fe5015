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

	f->clock = curve_clock(curve_most_epochs(s),
			       rate > 0 ? f->per_epoch * settings_step(&f->u->run.set) / rate : 60);
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
	struct train_curves *c = &f->epoch;

	for (int k = 0; k < EPOCH_CURVES; k++) {
		struct curve mean = curve_epochs(s, k);

		c->y[k] = mean.y;
		c->sd[k] = mean.sd;
		free(mean.of);
		if (k > 0) {
			free(mean.epoch); /* they are the same for all figures */
			continue;
		}
		c->n = mean.n;
		f->number = mean.epoch;
	}
	c->x = numbers(c->n);
	for (int i = 0; i < c->n; i++)
		c->x[i] = train_x(f, f->number[i]);
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
		if (f->overlay[i].n > 0)
			now = fmax(now, f->overlay[i].x[f->overlay[i].from + f->overlay[i].n - 1]);
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
	f->which = fold ? fold->fold : u->sel.fold;
	if (!fold && f->which == 0 && u->run.set.layout == LAYOUT_IEMOCAP)
		f->which = 1;
	s = curve_folds(&u->run, f->which, v->mean);
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
	curve_folds_free(&s);
	train_overlays_make(f);
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
	train_overlays_free(f);
	free(f->number);
	free(f->guide);
	curve_clock_free(&f->clock);
}
