/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the job reports, and the snapshot made of it. */
#include "app/lab/work_private.h"

#include "app/config/setting.h"
#include "app/lab/team.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Is the fold one of those that the job trains? */
static bool is_asked(const struct job_options *o, int fold)
{
	bool asked = o->nfolds == 0;

	for (int i = 0; i < o->nfolds; i++)
		asked |= o->fold[i] == fold;
	return asked;
}

/* Of what this process trains. */
static double seconds_left(const struct work_run *run)
{
	const struct job *j = &run->job;
	const struct trainer *t = &j->trainer;
	int folds = 0;
	double epochs;

	if (run->epoch_seconds <= 0)
		return NAN;
	for (int i = 0; i < split_folds(&j->lab->corpus); i++) {
		int fold = split_fold(&j->lab->corpus, i);

		folds += fold != t->state.fold && is_asked(&j->opt, fold) &&
			 !results_has(&j->results, fold);
	}
	if (j->opt.team) { /* the others train as many meanwhile */
		int jobs = team_jobs(j->opt.team);

		folds = max_int(folds, jobs - 1) / jobs;
	}
	epochs = t->set.train.epoch - t->state.epoch + (t->state.ended ? 0 : 1) -
		 (double)(t->state.ended ? 0 : t->state.in_epoch) / trainer_steps_per_epoch(t) +
		 (double)folds * t->set.train.epoch;
	if (run->side) /* every other step is the other side's */
		epochs *= 2;
	return epochs *
	       (run->pace > 0 ? fmax(run->epoch_seconds, 1 / run->pace) : run->epoch_seconds);
}

static double best_figure(const struct trainer *t)
{
	return selection_figure(&t->set, &t->state.best, t->state.best_loss);
}

/* -- protected by work.lock */
static void show_trainer(struct work_run *run)
{
	const struct job *j = &run->job;
	const struct trainer *t = &j->trainer;
	struct snapshot *s = &run->shown;

	s->nfolds = split_folds(&j->lab->corpus);
	s->place = t->state.fold - split_fold(&j->lab->corpus, 0) + 1;
	s->fold = t->state.fold;
	s->epoch = t->state.epoch;
	s->epochs = t->set.train.epoch;
	s->in_epoch = t->state.in_epoch;
	s->steps_per_epoch = trainer_steps_per_epoch(t);
	s->step = t->state.step;
	s->repeats = job_repeats(j) ? j->ahead - t->state.step : 0;
	s->best_epoch = t->state.best_epoch;
	s->best = t->state.best_epoch ? best_figure(t) : NAN;
	s->lr = trainer_rate(t);
	memcpy(s->count, t->count, sizeof t->count);
	s->eta = seconds_left(run);
}

void work_show(struct work_run *run, enum work_state state)
{
	const struct job *j = &run->job;
	const struct trainer *t = &j->trainer;
	const struct change *last;
	struct setting x;
	bool changed;
	int silent;

	pthread_mutex_lock(&run->work->lock);
	changed = run->shown.state != state;
	if (changed && work_duel_other(run)) /* which waits for it */
		work_wake(work_duel_other(run));
	silent = run->shown.silent;
	run->shown.state = state;
	run->shown.set = j->set;
	run->shown.pending = t->corpus ? steer_pending(&j->steer, &last) : 0;
	if (run->shown.pending) {
		setting_of_command(&x, last->command);
		str_fit(run->shown.pending_key, sizeof run->shown.pending_key, x.key);
		str_fit(run->shown.pending_value, sizeof run->shown.pending_value,
			x.value ? x.value : "");
	}
	work_undo_put(run, &run->shown);
	if (j->root.root[0])
		str_fit(run->shown.root, sizeof run->shown.root, j->root.root);
	if (j->root.root[0])
		str_fit(run->shown.session, sizeof run->shown.session,
			j->session.dir[0] ? j->session.dir : j->root.root);
	run->shown.opened = run->opened;
	run->shown.looks = run->looks;
	run->shown.trains = run->opened && !run->looks && !j->complete;
	if (t->corpus)
		show_trainer(run);
	run->shown.loss = work_smoothed(&run->smooth);
	run->shown.rate = run->rate;
	run->shown.pace = run->pace;
	run->shown.hold = WORK_OURS;
	run->shown.owner = (struct lock_owner){0};
	run->shown.left = run->shown.unseen = false;
	run->shown.silent = run->shown.nheld = 0;
	work_follow_put(run, &run->shown);
	attach_put(run, &run->shown);
	changed |= run->shown.silent != silent;
	pthread_mutex_unlock(&run->work->lock);
	if (changed)
		work_send_text(run, EVENT_STATE, 0, true, "");
}

enum work_state work_state(struct work_run *run)
{
	enum work_state s;

	pthread_mutex_lock(&run->work->lock);
	s = run->shown.state;
	pthread_mutex_unlock(&run->work->lock);
	return s;
}

static void on_fold(void *ctx, struct job *j)
{
	struct work_run *run = ctx;
	struct event e = {.kind = EVENT_FOLD};
	const struct trainer *t = &j->trainer;

	e.begun = mem_alloc(1, sizeof *e.begun);
	memcpy(e.begun->session, j->session.dir, sizeof e.begun->session);
	e.begun->goes_on = j->results.n > 0 || t->state.step > 0;
	job_position(j, &e.u.change.fold, &e.u.change.epoch, &e.u.change.step);
	if (run->control.until_epoch > 0) /* counted in the fold before, which had no more */
		run->control.until_epoch = 1;
	work_close_looker(run);
	work_smooth_past(run);
	run->step_started = clock_seconds();
	run->epoch_began = t->state.in_epoch && !t->state.ended ? NAN : run->step_started;
	work_show(run, run->control.want == WANT_PAUSE ? run->control.pause : WORK_RUN);
	work_send(run, &e);
	if (j->opt.team)
		work_fit(run);
}

void work_pause_as(struct work_run *run, enum work_state state)
{
	run->control = (struct control){.want = WANT_PAUSE, .pause = state};
}

enum work_state work_waits_as(struct work_run *run)
{
	enum work_state state;

	pthread_mutex_lock(&run->work->lock);
	state = work_duel_waits(run);
	pthread_mutex_unlock(&run->work->lock);
	return state;
}

/* What comes next. Serves requests, and waits for them while the run pauses or has no
 * place. */
static enum job_go next_word(struct work_run *run)
{
	struct control *c = &run->control;
	bool quit = !work_serve(run, false);

	while (!quit && (c->want == WANT_PAUSE || (c->want == WANT_GO && !work_place(run)))) {
		work_show(run, c->want == WANT_PAUSE ? c->pause : work_waits_as(run));
		quit = !work_serve(run, true);
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

/* The next word, and the time it was waited for: that is no work. */
static enum job_go timed_word(struct work_run *run)
{
	double entered = clock_seconds(), waited;
	enum job_go go = next_word(run);

	waited = clock_seconds() - entered;
	run->step_started += waited;
	run->epoch_began += waited;
	return go;
}

/* Is the next step to come later? Then until it may come, or something was asked. Steps
 * that were asked for one by one come at once. */
static bool paces(struct work_run *run)
{
	double now = clock_seconds();

	if (!(run->pace > 0) || run->control.steps > 0)
		return false;
	if (now >= run->next_step) {
		run->next_step = now + 1 / (run->pace * trainer_steps_per_epoch(&run->job.trainer));
		return false;
	}
	work_show(run, WORK_RUN);
	work_wait_until(run, run->next_step);
	return true;
}

/* A branch first does what its parent did: it needs a place for that, whether it is to pause
 * then or not, and can only be stopped. */
static enum job_go repeat(struct work_run *run)
{
	struct control *c = &run->control;

	run->repeats = true;
	if (c->want == WANT_PAUSE) {
		run->rests = true;
		c->want = WANT_GO;
	}
	while (!work_takes_stop(run)) {
		if (work_place(run)) {
			work_show(run, WORK_RUN);
			return JOB_GO;
		}
		work_show(run, work_waits_as(run));
		work_serve(run, true);
	}
	c->want = WANT_STOP;
	work_show(run, WORK_STOPPING);
	return JOB_STOP;
}

/* It is where it left its parent. Whoever opened it to change something there has time to. */
static void arrive(struct work_run *run)
{
	const struct control *c = &run->control;
	bool attended = !run->opt.unattended && !run->opt.job.claim && !work_duel_is(run);
	bool rests = run->rests;

	run->repeats = run->rests = false;
	run->step_started = clock_seconds();
	run->epoch_began = NAN;
	if (c->want == WANT_GO && (rests || (attended && !c->steps && !c->until_epoch)))
		work_pause_as(run, WORK_PAUSED);
	work_say(run, run->control.want == WANT_PAUSE
			      ? "here the branch leaves its parent: change something, then go on"
			      : "here the branch leaves its parent");
}

static enum job_go between(void *ctx, struct job *j)
{
	struct work_run *run = ctx;
	enum job_go go;

	work_duel_arrive(run);
	if (job_repeats(j))
		return repeat(run);
	if (run->repeats)
		arrive(run);
	go = timed_word(run);
	while (go == JOB_GO && paces(run))
		go = timed_word(run);
	if (go == JOB_STOP)
		work_show(run, WORK_STOPPING);
	if (go == JOB_GO)
		work_show(run, WORK_RUN);
	return go;
}

static void on_step(void *ctx, struct job *j, const struct step_row *r)
{
	struct work_run *run = ctx;
	struct event e = {.kind = EVENT_STEP, .u.step = *r, .utterances = j->trainer.step_utt};
	double time = clock_seconds(), taken = time - run->step_started;

	run->last_step = *r;
	run->step_started = time;
	if (taken > 0) {
		double rate = j->trainer.step_utt / taken;

		run->rate = isfinite(run->rate) ? 0.9 * run->rate + 0.1 * rate : rate;
	}
	work_smooth(&run->smooth, r->loss);
	if (!run->repeats && run->control.steps > 0 && --run->control.steps == 0)
		work_pause_as(run, WORK_PAUSED);
	work_send(run, &e);
	if (!run->repeats)
		work_test_break(run, false);
}

static void on_health(void *ctx, struct job *j, const struct health_row *r)
{
	struct event e = {.kind = EVENT_HEALTH, .u.health = *r};

	(void)j;
	work_send(ctx, &e);
}

static void on_evaluating(void *ctx, struct job *j)
{
	(void)j;
	work_show(ctx, WORK_EVAL);
}

static bool stopping(void *ctx)
{
	struct work_run *run = ctx;

	if (!work_takes_stop(run))
		return false;
	run->control.want = WANT_STOP;
	work_show(run, WORK_STOPPING);
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
	struct work_run *run = ctx;
	struct event e = {.kind = EVENT_EPOCH, .u.epoch = *r};
	double now = clock_seconds(), whole = fmax(now - run->epoch_began, r->seconds);

	e.best = j->trainer.state.best_epoch == r->epoch;
	e.predictions = copy_predictions(val);
	run->last_epoch = *r;
	work_duel_epoch(run, r, val);
	/* With what was stored meanwhile, as far as it is known; smoothed: the first is slow, and
	 * other programs come and go. */
	run->epoch_seconds =
		run->epoch_seconds > 0 ? 0.7 * run->epoch_seconds + 0.3 * whole : whole;
	run->step_started = run->epoch_began = now;
	if (!run->repeats && run->control.until_epoch > 0 && r->epoch >= run->control.until_epoch)
		work_pause_as(run, WORK_PAUSED);
	work_show(run, WORK_RUN);
	work_send(run, &e);
	if (!run->repeats)
		work_test_break(run, true);
}

static void on_result(void *ctx, struct job *j, const struct fold_row *r,
		      const struct predictions *test)
{
	struct work_run *run = ctx;
	struct event e = {.kind = EVENT_RESULT};

	(void)j;
	work_duel_fold_ends(run);
	if (run->control.want == WANT_FOLD) /* commands.log ended the fold already */
		run->control.want = run->control.then;
	e.u.result = mem_alloc(1, sizeof *e.u.result);
	*e.u.result = *r;
	e.predictions = copy_predictions(test);
	work_send(run, &e);
}

static void on_seed(void *ctx, struct job *j)
{
	struct event e = {.kind = EVENT_SEED};

	e.seed = mem_alloc(1, sizeof *e.seed);
	e.seed->set = j->set;
	results_copy(&e.seed->results, &j->results);
	work_send(ctx, &e);
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

void work_show_error(struct work_run *run, enum work_state state, const struct err *e)
{
	pthread_mutex_lock(&run->work->lock);
	str_fit(run->shown.error, sizeof run->shown.error, e->text);
	run->shown.status = e->status;
	pthread_mutex_unlock(&run->work->lock);
	work_show(run, state);
}

/* Wait with the failed step shown, if there is somebody to look. Resuming tries the same step
 * again, with whatever has been changed; `fold` ends the fold before it. */
static enum job_go on_diverged(void *ctx, struct job *j, const struct step_row *r,
			       const struct err *err)
{
	struct work_run *run = ctx;
	struct event e = {.kind = EVENT_MARK};

	e.u.change.fold = r->fold;
	e.u.change.epoch = r->epoch;
	e.u.change.step = r->step;
	e.u.change.what = CHANGE_BROKEN;
	str_fit(e.text, sizeof e.text, err->text);
	work_duel_leave(run, "diverged", err->text);
	pthread_mutex_lock(&run->work->lock);
	run->shown.diverged = *r;
	pthread_mutex_unlock(&run->work->lock);
	work_send(run, &e);
	work_show_error(run, WORK_DIVERGED, err);
	(void)j;
	if (run->opt.unattended)
		return JOB_STOP;
	work_pause_as(run, WORK_DIVERGED);
	return next_word(run);
}

void work_send_happened(struct work_run *run, const struct happening *x)
{
	struct event e = {.kind = EVENT_HAPPENED};

	e.happened = mem_alloc(1, sizeof *e.happened);
	*e.happened = *x;
	work_send(run, &e);
}

static void on_happened(void *ctx, struct job *j, const struct happening *x)
{
	(void)j;
	work_send_happened(ctx, x);
}

/* While opening there may be thousands of rows at fault: a screen is told at once. */
static void on_say(void *ctx, const char *text)
{
	struct work_run *run = ctx;

	if (run->opened || run->opt.unattended)
		work_say(run, text);
	else
		str_addf(&run->told, "%s\n", text);
}

const struct job_hooks work_hooks = {
	.begin_fold = on_fold,
	.between = between,
	.step = on_step,
	.health = on_health,
	.evaluating = on_evaluating,
	.stopping = stopping,
	.epoch = on_epoch,
	.fold = on_result,
	.seed = on_seed,
	.changed = on_change,
	.rewinding = work_on_rewinding,
	.rewound = work_on_rewound,
	.rollback = work_on_rollback,
	.diverged = on_diverged,
	.happened = on_happened,
	.say = on_say,
};
