/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the job reports, and the snapshot made of it. */
#include "app/lab/work_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double seconds_left(const struct work *w)
{
	const struct job *j = &w->job;
	const struct trainer *t = &j->trainer;
	int have[LISTS_MAX], n = split_folds(&j->lab->corpus, have), folds = 0;
	double epochs;

	if (w->epoch_seconds <= 0)
		return NAN;
	for (int i = 0; i < n; i++)
		folds += have[i] > t->state.fold && !results_has(&j->results, have[i]);
	epochs = t->set.train.epoch - t->state.epoch + (t->state.ended ? 0 : 1) -
		 (double)(t->state.ended ? 0 : t->state.in_epoch) / trainer_steps_per_epoch(t) +
		 (double)folds * t->set.train.epoch;
	return epochs * w->epoch_seconds;
}

void work_show(struct work *w, enum work_state state)
{
	const struct job *j = &w->job;
	const struct trainer *t = &j->trainer;
	const struct change *last;
	bool changed;

	pthread_mutex_lock(&w->lock);
	changed = w->shown.state != state;
	w->shown.state = state;
	w->shown.set = j->set;
	w->shown.pending = t->corpus ? steer_pending(&j->steer, &last) : 0;
	if (w->shown.pending)
		sscanf(last->command, "set %63s %63[^\n]", w->shown.pending_key,
		       w->shown.pending_value);
	if (j->root.root[0])
		str_fit(w->shown.session, sizeof w->shown.session, j->root.root);
	w->shown.opened = w->opened;
	w->shown.trains = w->opened && !w->opt.readonly && !j->complete;
	if (t->corpus) {
		int have[LISTS_MAX];

		w->shown.nfolds = split_folds(&j->lab->corpus, have);
		for (int i = 0; i < w->shown.nfolds; i++)
			if (have[i] == t->state.fold)
				w->shown.place = i + 1;
		w->shown.fold = t->state.fold;
		w->shown.epoch = t->state.epoch;
		w->shown.epochs = t->set.train.epoch;
		w->shown.in_epoch = t->state.in_epoch;
		w->shown.steps_per_epoch = trainer_steps_per_epoch(t);
		w->shown.step = t->state.step;
		w->shown.best_epoch = t->state.best_epoch;
		w->shown.best_wa = t->state.best_epoch ? t->state.best.wa : NAN;
		w->shown.lr = trainer_rate(t);
		w->shown.eta = seconds_left(w);
	}
	w->shown.loss = w->smooth_weight > 0 ? w->smooth_loss / w->smooth_weight : NAN;
	w->shown.rate = w->rate;
	pthread_mutex_unlock(&w->lock);
	if (changed)
		work_send_text(w, EVENT_STATE, 0, true, "");
}

enum work_state work_state(struct work *w)
{
	enum work_state s;

	pthread_mutex_lock(&w->lock);
	s = w->shown.state;
	pthread_mutex_unlock(&w->lock);
	return s;
}

static void on_fold(void *ctx, struct job *j)
{
	struct work *w = ctx;
	struct event e = {.kind = EVENT_FOLD};

	job_position(j, &e.u.change.fold, &e.u.change.epoch, &e.u.change.step);
	work_close_looker(w);
	w->smooth_loss = w->smooth_weight = 0;
	w->step_started = clock_seconds();
	work_show(w, w->control.want == WANT_PAUSE ? w->control.pause : WORK_RUN);
	work_send(w, &e);
}

void work_pause_as(struct work *w, enum work_state state)
{
	w->control = (struct control){.want = WANT_PAUSE, .pause = state};
}

/* What comes next. Serves requests, and while the run pauses waits for them. */
static enum job_go next_word(struct work *w)
{
	struct control *c = &w->control;
	bool quit = !work_serve(w, false);

	while (c->want == WANT_PAUSE && !quit) {
		work_show(w, c->pause);
		quit = !work_serve(w, true);
	}
	if (quit && c->want != WANT_FOLD) /* which was asked for before */
		c->want = WANT_STOP;
	if (c->want == WANT_STOP)
		return JOB_STOP;
	if (c->want == WANT_FOLD) {
		c->want = c->then;
		return JOB_FOLD;
	}
	return JOB_GO;
}

static enum job_go between(void *ctx, struct job *j)
{
	struct work *w = ctx;
	double entered = clock_seconds();
	enum job_go go = next_word(w);

	(void)j;
	if (go == JOB_STOP)
		work_show(w, WORK_STOPPING);
	if (go == JOB_GO)
		work_show(w, WORK_RUN);
	w->step_started += clock_seconds() - entered; /* waiting is no work */
	return go;
}

static void on_step(void *ctx, struct job *j, const struct step_row *r)
{
	struct work *w = ctx;
	struct event e = {.kind = EVENT_STEP, .u.step = *r};
	double time = clock_seconds(), taken = time - w->step_started;

	w->last_step = *r;
	w->step_started = time;
	if (taken > 0) {
		double rate = j->trainer.batch.n / taken;

		w->rate = isfinite(w->rate) ? 0.9 * w->rate + 0.1 * rate : rate;
	}
	w->smooth_loss = 0.95 * w->smooth_loss + 0.05 * r->loss;
	w->smooth_weight = 0.95 * w->smooth_weight + 0.05;
	if (w->control.steps > 0 && --w->control.steps == 0)
		work_pause_as(w, WORK_PAUSED);
	work_send(w, &e);
	work_test_break(w, false);
}

static void on_evaluating(void *ctx, struct job *j)
{
	(void)j;
	work_show(ctx, WORK_EVAL);
}

static bool stopping(void *ctx)
{
	struct work *w = ctx;

	if (!work_takes_stop(w))
		return false;
	w->control.want = WANT_STOP;
	work_show(w, WORK_STOPPING);
	return true;
}

static struct predictions copy_predictions(const struct predictions *p)
{
	size_t n = (size_t)p->n, values = n * HEADS * (size_t)p->classes;
	struct predictions c = {.n = p->n, .classes = p->classes};

	if (n == 0)
		return c;
	c.utt = mem_alloc(n, sizeof *c.utt);
	c.label = mem_alloc(n, sizeof *c.label);
	c.logits = mem_alloc(values, sizeof *c.logits);
	memcpy(c.utt, p->utt, n * sizeof *c.utt);
	memcpy(c.label, p->label, n * sizeof *c.label);
	memcpy(c.logits, p->logits, values * sizeof *c.logits);
	return c;
}

static void on_epoch(void *ctx, struct job *j, const struct epoch_row *r,
		     const struct predictions *val)
{
	struct work *w = ctx;
	struct event e = {.kind = EVENT_EPOCH, .u.epoch = *r};

	e.best = j->trainer.state.best_epoch == r->epoch;
	e.predictions = copy_predictions(val);
	w->last_epoch = *r;
	/* smoothed: the first is slow, and other programs come and go */
	w->epoch_seconds =
		w->epoch_seconds > 0 ? 0.7 * w->epoch_seconds + 0.3 * r->seconds : r->seconds;
	w->step_started = clock_seconds();
	if (w->control.until_epoch > 0 && r->epoch >= w->control.until_epoch)
		work_pause_as(w, WORK_PAUSED);
	work_show(w, WORK_RUN);
	work_send(w, &e);
	work_test_break(w, true);
}

static void on_result(void *ctx, struct job *j, const struct fold_row *r,
		      const struct predictions *test)
{
	struct work *w = ctx;
	struct event e = {.kind = EVENT_RESULT};

	(void)j;
	if (w->control.want == WANT_FOLD) /* commands.log ended the fold already */
		w->control.want = w->control.then;
	e.u.result = mem_alloc(1, sizeof *e.u.result);
	*e.u.result = *r;
	e.predictions = copy_predictions(test);
	work_send(w, &e);
}

static void on_change(void *ctx, struct job *j, const struct change *c)
{
	struct event e = {.kind = EVENT_CHANGED};

	e.u.change.fold = c->fold;
	e.u.change.epoch = c->epoch;
	e.u.change.step = c->step;
	str_fit(e.text, sizeof e.text, c->command);
	(void)j;
	work_show(ctx, work_state(ctx)); /* the snapshot has the new value first */
	work_send(ctx, &e);
}

void work_show_error(struct work *w, enum work_state state, const struct err *e)
{
	pthread_mutex_lock(&w->lock);
	str_fit(w->shown.error, sizeof w->shown.error, e->text);
	pthread_mutex_unlock(&w->lock);
	work_show(w, state);
}

/* Wait with the failed step shown. Resuming tries the same step again, with
 * whatever has been changed; `fold` ends the fold before it. */
static enum job_go on_diverged(void *ctx, struct job *j, const struct step_row *r,
			       const struct err *err)
{
	struct work *w = ctx;
	struct event e = {.kind = EVENT_MARK};

	e.u.change.fold = r->fold;
	e.u.change.epoch = r->epoch;
	e.u.change.step = r->step;
	e.u.change.what = CHANGE_BROKEN;
	str_fit(e.text, sizeof e.text, err->text);
	pthread_mutex_lock(&w->lock);
	w->shown.diverged = *r;
	pthread_mutex_unlock(&w->lock);
	work_send(w, &e);
	work_show_error(w, WORK_DIVERGED, err);
	(void)j;
	work_pause_as(w, WORK_DIVERGED);
	return next_word(w);
}

/* While opening there may be thousands of rows at fault: they are told at once. */
static void on_say(void *ctx, const char *text)
{
	struct work *w = ctx;

	if (w->opened)
		work_send_text(w, EVENT_SAY, 0, true, text);
	else
		str_addf(&w->told, "%s\n", text);
}

const struct job_hooks work_hooks = {
	.begin_fold = on_fold,
	.between = between,
	.step = on_step,
	.evaluating = on_evaluating,
	.stopping = stopping,
	.epoch = on_epoch,
	.fold = on_result,
	.changed = on_change,
	.diverged = on_diverged,
	.say = on_say,
};
