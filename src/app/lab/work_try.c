/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trying settings: the next steps from a copy of the state, as they are and with what is tried.
 *
 * The run's thread does it between two steps, like all that is asked. What is asked meanwhile
 * waits, but for what ends the try; the run's events and its snapshot are those of where it
 * is, not of the steps that are tried.
 */
#include "app/lab/work_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TELL_SECONDS 0.1 /* between two events that say how far it is */

struct trying {
	struct work_run *run;
	struct trial trial;
	struct sweep_values values;
	struct try_room room;
	struct settings in_force; /* when it began */
	const char *value;        /* of the point at hand, as trial_settings takes it */
	bool as_is;               /* it is the one with the settings in force */
	int from, earlier;        /* the fold's step that it began at; steps of earlier points */
	int done, of;             /* steps of all points */
	double told;              /* clock */
	struct err failed;        /* while settings were changed */
	struct tried *out;
};

static bool is_to_end(void *ctx)
{
	struct trying *x = ctx;

	x->done = x->earlier + x->run->job.trainer.state.step - x->from;
	if (clock_seconds() >= x->told + TELL_SECONDS) {
		x->told = clock_seconds();
		work_send_text(x->run, EVENT_STATE, 0, true, "");
	}
	return x->failed.status || work_ends_try(x->run, x->done);
}

/* The settings of the step that comes next: changes that wait for it are in force, and those that
 * are tried. */
static int settings_of_step(struct trying *x, struct settings *set, struct err *e)
{
	const struct job *j = &x->run->job;

	steer_at(&j->steer, j->trainer.state.step + 1, set);
	return x->as_is ? 0 : trial_settings(set, &x->trial, &x->in_force, x->value, e);
}

static void due(void *ctx, struct trainer *t)
{
	struct trying *x = ctx;
	struct settings set;

	if (!settings_of_step(x, &set, &x->failed))
		t->set = set;
}

static int try_point(struct trying *x, struct tried_point *p, struct err *e)
{
	struct trainer *t = &x->run->job.trainer;
	const struct change *last;
	struct settings set;
	struct try_plan plan = {.set = &set,
				.steps = x->trial.steps,
				.due = steer_pending(&x->run->job.steer, &last) ? due : NULL,
				.ctx = x,
				.stop = {is_to_end, x},
				.room = &x->room};

	if (settings_of_step(x, &set, e))
		return -1;
	if (trainer_try(t, &plan, &p->made, e)) {
		if (x->failed.status)
			*e = x->failed;
		return -1;
	}
	p->loss = loss_sum(&x->in_force, p->made.last.row.term);
	x->earlier += x->trial.steps;
	return 0;
}

/* What it was asked for, in words. */
static void name_changes(struct trying *x)
{
	struct settings next = x->in_force;
	struct err ignored = {0};
	char text[OPTION_TEXT];

	trial_settings(&next, &x->trial, &x->in_force, x->trial.sweep ? x->values.text[0] : NULL,
		       &ignored);
	x->out->changes = x->trial.n;
	for (int i = 0; i < x->trial.n; i++) {
		struct tried_change *c = &x->out->change[i];
		const struct option *o = x->trial.at[i].o;

		str_fit(c->key, sizeof c->key, o->key);
		str_fit(c->was, sizeof c->was, option_text(&x->in_force, o, text, sizeof text));
		if (!x->trial.sweep)
			str_fit(c->value, sizeof c->value,
				option_text(&next, o, text, sizeof text));
		c->later = o->when == WHEN_EPOCH;
	}
	str_fit(x->out->base.value, sizeof x->out->base.value, x->out->change[0].was);
	x->out->base.x = strtod(x->out->base.value, NULL);
}

/* 0 too if it was ended after some of its points. */
static int try_points(struct trying *x, struct err *e)
{
	struct tried *out = x->out;
	int failed;

	x->as_is = true;
	failed = try_point(x, &out->base, e);
	x->as_is = false;
	while (!failed && out->points < out->of) {
		struct tried_point *p = &out->point[out->points];

		x->value = x->trial.sweep ? x->values.text[out->points] : NULL;
		if (x->trial.sweep) {
			str_fit(p->value, sizeof p->value, x->value);
			p->x = x->values.x[out->points];
		}
		failed = try_point(x, p, e);
		out->points += !failed;
	}
	if (e->status != EXIT_STOPPED)
		return failed;
	err_clear(e);
	return out->points ? 0
			   : err_set(e, "the try was ended after %d of %d steps; nothing is kept",
				     x->done, x->of);
}

static void show_trying(struct work_run *run, int of)
{
	pthread_mutex_lock(&run->work->lock);
	run->shown.trying = 0;
	run->shown.trying_of = of;
	pthread_mutex_unlock(&run->work->lock);
}

static int carry_out(struct trying *x, struct err *e)
{
	const struct trainer *t = &x->run->job.trainer;
	struct tried *out = x->out;
	int failed;

	if (x->trial.sweep && trial_sweep(&x->values, &x->trial, &x->in_force, e))
		return -1;
	out->of = x->trial.sweep ? x->values.n : 1;
	out->sweep = x->trial.sweep;
	out->log = x->values.log;
	out->steps = x->trial.steps;
	out->step = t->state.ended ? 1 : t->state.in_epoch + 1;
	out->epoch = t->state.ended ? t->state.epoch + 1 : t->state.epoch;
	if (trial_check(&x->trial, &x->in_force, e))
		return -1;
	name_changes(x);
	x->from = t->state.step;
	x->told = clock_seconds();
	x->run->tries_at = work_position(x->run);
	x->run->tries = true;
	x->of = (out->of + 1) * out->steps;
	show_trying(x->run, x->of);
	failed = try_points(x, e);
	x->run->tries = false;
	show_trying(x->run, 0);
	work_send_text(x->run, EVENT_STATE, 0, true, "");
	return failed;
}

/* "off" ends the one that computes: it has done so when it is served. */
static int end_try(struct work_run *run, struct err *e)
{
	bool ended = run->tries_off;

	run->tries_off = false;
	return ended ? 0 : err_set(e, "nothing is being tried");
}

void work_try_change(struct work_run *run, const struct request *r, struct err *e)
{
	const struct trainer *t = &run->job.trainer;
	struct event event = {.kind = EVENT_TRIED, .request = r->number};
	struct trying *x;

	if (!t->corpus || trainer_done(t)) {
		err_set(e, "nothing trains that could be tried");
		return;
	}
	x = mem_alloc(1, sizeof *x);
	x->run = run;
	x->in_force = run->job.set;
	x->out = mem_alloc(1, sizeof *x->out);
	if (trial_read(&x->trial, r->text, e) == 0) {
		if (x->trial.off)
			end_try(run, e);
		else if (carry_out(x, e) == 0)
			event.tried = x->out;
	}
	if (event.tried)
		work_send(run, &event);
	else
		free(x->out);
	if (!e->status)
		work_reply(run, r, e, "");
	try_room_free(&x->room);
	free(x);
}
