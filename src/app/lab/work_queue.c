/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queues: events out, requests in.
 *
 * The pipe gets a byte when the ring goes from empty to not empty; work_next takes
 * the byte with the last event.
 */
#include "app/lab/work_private.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- events out ---- */

void look_free(struct look_result *l)
{
	if (!l)
		return;
	for (int i = 0; i < POOLS; i++)
		free(l->weights[i]);
	for (int i = 0; i < CROSSES; i++)
		free(l->cross[i]);
	free(l);
}

void event_free(struct event *e)
{
	predictions_free(&e->predictions);
	look_free(e->look);
	free(e->told);
	free(e->tried);
	free(e->begun);
	if (e->seed)
		results_free(&e->seed->results);
	free(e->seed);
	free(e->happened);
	if (e->kind == EVENT_RESULT)
		free(e->u.result);
	*e = (struct event){.kind = EVENT_STATE};
}

/* The session folder has it, or it is a line that can be missed. */
static bool may_be_dropped(const struct event *e)
{
	return e->kind == EVENT_STEP || e->kind == EVENT_HEALTH || e->kind == EVENT_EPOCH ||
	       e->kind == EVENT_SAY;
}

struct position work_position(const struct work_run *run)
{
	const struct trainer *t = &run->job.trainer;

	if (run->tries)
		return run->tries_at;
	if (!t->corpus)
		return (struct position){.best = NAN};
	return (struct position){
		.fold = t->state.fold,
		.epoch = t->state.epoch,
		.step = t->state.step,
		.ended = t->state.ended,
		.in_epoch = t->state.in_epoch,
		.steps_per_epoch = trainer_steps_per_epoch(t),
		.best_epoch = t->state.best_epoch,
		.best = t->state.best_epoch
				? selection_figure(&t->set, &t->state.best, t->state.best_loss)
				: NAN,
	};
}

void work_send(struct work_run *run, struct event *e)
{
	struct work *w = run->work;
	bool wake;

	e->run = run->id;
	e->at = work_position(run);
	pthread_mutex_lock(&w->lock);
	while (run->opt.unattended && w->count >= RING - RING_KEPT && !w->ending)
		pthread_cond_wait(&w->room, &w->lock);
	if (run->gone && e->kind != EVENT_HAPPENED) {
		pthread_mutex_unlock(&w->lock);
		event_free(e);
		return;
	}
	if (e->kind == EVENT_STATE && w->count >= RING - RING_KEPT) {
		pthread_mutex_unlock(&w->lock);
		return; /* whoever takes one of those looks at the snapshot too */
	}
	if (w->count >= (may_be_dropped(e) ? RING - RING_KEPT : RING)) {
		run->shown.dropped++;
		pthread_mutex_unlock(&w->lock);
		event_free(e);
		return;
	}
	w->ring[(w->first + w->count++) % RING] = *e;
	wake = w->count == 1;
	pthread_mutex_unlock(&w->lock);
	if (wake && write(w->pipe[1], "", 1) < 0)
		return; /* the pipe holds bytes: the screen wakes anyway */
}

int work_fd(const struct work *w)
{
	return w->pipe[0];
}

/* Under the lock. */
static bool take_event(struct work *w, struct event *e)
{
	if (w->count == 0)
		return false;
	*e = w->ring[w->first];
	w->first = (w->first + 1) % RING;
	w->count--;
	pthread_cond_broadcast(&w->room);
	return true;
}

bool work_next(struct work *w, struct event *e)
{
	char bytes[64];
	bool any;

	pthread_mutex_lock(&w->lock);
	while ((any = take_event(w, e)) && e->kind != EVENT_HAPPENED && !work_lookup(w, e->run))
		event_free(e); /* of a run that was closed meanwhile */
	/* Under the lock, so that no wake byte of a later event is taken. */
	while (w->count == 0 && read(w->pipe[0], bytes, sizeof bytes) > 0)
		;
	pthread_mutex_unlock(&w->lock);
	return any;
}

void work_send_text(struct work_run *run, enum event_kind kind, unsigned request, bool ok,
		    const char *text)
{
	struct event e = {.kind = kind, .request = request, .ok = ok};

	str_fit(e.text, sizeof e.text, text);
	work_send(run, &e);
}

void work_say(struct work_run *run, const char *text)
{
	struct event e = {.kind = EVENT_SAY, .ok = true, .told = mem_dup(text)};

	str_fit(e.text, sizeof e.text, text);
	work_send(run, &e);
}

/* ---- requests in ---- */

void work_wake(struct work_run *run)
{
	uint64_t one = 1;

	pthread_cond_signal(&run->asked);
	if (write(run->wake, &one, sizeof one) < 0)
		return; /* its counter is full: whoever polls wakes anyway */
}

static bool is_over(const struct work_run *run) /* under the lock */
{
	return run->work->quit || run->gone;
}

/* Is it to compute, and so needs a place? One that is inside ends its fold without. */
static bool needs_place(const struct work_run *run)
{
	enum want want = run->control.want;

	return run->opened && (want == WANT_GO || (want == WANT_FOLD && !run->inside));
}

bool work_is_due(const struct work_run *run)
{
	return run->opened && !run->inside && !run->looks && run->control.want != WANT_STOP;
}

/* Is there something to do without being asked? Under the lock. */
static bool goes(const struct work_run *run)
{
	return needs_place(run) ? work_may_place(run) : work_is_due(run);
}

/* Can the first request be served now? Under the lock. */
static bool has_request(const struct work_run *run)
{
	bool first = run->inside ? run->control.want == WANT_FOLD || run->repeats : goes(run);

	return run->requests > 0 && !first && !is_over(run);
}

/* What may be overtaken: it changes nothing. */
static bool may_wait(const struct request *r)
{
	return r->kind == REQUEST_LOOK || r->kind == REQUEST_PING;
}

/* Where a request to stop is that need not wait for others; -1: nowhere. Under the lock. */
static int find_stop(const struct work_run *run)
{
	for (int i = 0; i < run->requests; i++) {
		if (run->request[i].kind == REQUEST_STOP)
			return i;
		if (!may_wait(&run->request[i]) && !run->repeats)
			return -1;
	}
	return -1;
}

static struct request take_request(struct work_run *run)
{
	struct request r = run->request[0];

	run->requests--;
	memmove(run->request, run->request + 1, (size_t)run->requests * sizeof *run->request);
	return r;
}

static void put_back(struct work_run *run, const struct request *r)
{
	memmove(run->request + 1, run->request, (size_t)run->requests * sizeof *run->request);
	run->request[0] = *r;
	run->requests++;
}

bool work_refuse(struct work_run *run, unsigned number, const struct err *e)
{
	struct work *w = run->work;
	struct request r = {0};

	pthread_mutex_lock(&w->lock);
	if (run->requests > 0 && run->request[0].number == number)
		r = take_request(run);
	pthread_mutex_unlock(&w->lock);
	if (r.number)
		work_reply(run, &r, e, "");
	return r.number != 0;
}

/* It waits for the other side of its duel, which has paused or goes on by now. */
static bool is_shown_wrong(const struct work_run *run)
{
	return run->side && run->control.want == WANT_GO &&
	       run->shown.state != work_duel_waits(run);
}

bool work_serve(struct work_run *run, bool wait)
{
	struct work *w = run->work;
	bool over, called;

	pthread_mutex_lock(&w->lock);
	while (wait && !has_request(run) && !goes(run) && !is_over(run) && !work_duel_called(run) &&
	       !is_shown_wrong(run) && !(run->repeats && find_stop(run) >= 0))
		pthread_cond_wait(&run->asked, &w->lock);
	while (has_request(run)) {
		struct request r = take_request(run);
		bool answered;

		pthread_mutex_unlock(&w->lock);
		answered = work_answer(run, &r);
		pthread_mutex_lock(&w->lock);
		if (!answered)
			put_back(run, &r);
	}
	called = work_duel_called(run);
	if (called)
		run->control.want = WANT_STOP;
	if (run->turn && !needs_place(run)) { /* it waits no longer */
		run->turn = 0;
		work_line_moved(w);
	}
	over = is_over(run);
	pthread_mutex_unlock(&w->lock);
	if (called && !run->inside)
		work_duel_end(run);
	return !over;
}

void work_wait_until(struct work_run *run, double clock)
{
	struct timespec until = {.tv_sec = (time_t)clock};
	int timed_out = 0;

	until.tv_nsec = (long)((clock - (double)until.tv_sec) * 1e9);
	pthread_mutex_lock(&run->work->lock);
	while (!has_request(run) && !is_over(run) && !timed_out)
		timed_out = pthread_cond_timedwait(&run->asked, &run->work->lock, &until);
	pthread_mutex_unlock(&run->work->lock);
}

bool work_takes_stop(struct work_run *run)
{
	struct work *w = run->work;
	struct request stop = {0};
	bool takes;
	int i;

	pthread_mutex_lock(&w->lock);
	i = find_stop(run);
	takes = i >= 0;
	if (takes) {
		stop = run->request[i];
		run->requests--;
		memmove(run->request + i, run->request + i + 1,
			(size_t)(run->requests - i) * sizeof *run->request);
		run->stopped_outside = stop.by != 0;
		run->shown.stopped_by = stop.by;
	}
	takes |= is_over(run) || work_duel_called(run);
	pthread_mutex_unlock(&w->lock);
	run->replied = false;
	work_answered(run, &stop);
	return takes;
}

/* What ends a try. It stays in the queue, and is served after the try. */
static bool ends_try(const struct request *r)
{
	return r->kind == REQUEST_PAUSE || r->kind == REQUEST_STOP ||
	       (r->kind == REQUEST_TRY && strcmp(r->text, "off") == 0);
}

bool work_ends_try(struct work_run *run, int done)
{
	bool ends;

	pthread_mutex_lock(&run->work->lock);
	ends = is_over(run);
	for (int i = 0; i < run->requests; i++)
		if (ends_try(&run->request[i])) {
			ends = true;
			run->tries_off |= run->request[i].kind == REQUEST_TRY;
		}
	run->shown.trying = done;
	pthread_mutex_unlock(&run->work->lock);
	return ends;
}

bool work_calls_back(struct work_run *run)
{
	bool back;

	pthread_mutex_lock(&run->work->lock);
	back = is_over(run);
	for (int i = 0; i < run->requests; i++)
		back |= run->request[i].kind == REQUEST_PAUSE ||
			run->request[i].kind == REQUEST_STOP;
	pthread_mutex_unlock(&run->work->lock);
	return back;
}
