/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. The worker thread runs work(): it opens the job, runs it, and serves
 * requests until it is told to quit. While a job runs, requests are served in
 * the hook `between`; at all other times in serve_until(). So every request is
 * carried out by the worker, between two steps, and needs no lock but for its
 * passage through the queue.
 *
 * lock guards: request[], requests, event ring (ring, first, count), shown
 * (the snapshot), quit, dropped, corpus_ready. `asked` is signalled when a
 * request or quit arrives. The pipe gets a byte when the ring goes from empty
 * to not empty; work_next takes the byte with the last event.
 */
#include "app/lab/work_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "engine/data/opening.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
	if (e->kind == EVENT_RESULT)
		free(e->u.result);
	*e = (struct event){.kind = EVENT_STATE};
}

/* The session folder has it, or it is a line that can be missed. */
static bool may_be_dropped(const struct event *e)
{
	return e->kind == EVENT_STEP || e->kind == EVENT_EPOCH || e->kind == EVENT_SAY;
}

void work_send(struct work *w, struct event *e)
{
	bool wake;

	pthread_mutex_lock(&w->lock);
	if (e->kind == EVENT_STATE && w->count >= RING - RING_KEPT) {
		pthread_mutex_unlock(&w->lock);
		return; /* whoever takes one of those looks at the snapshot too */
	}
	if (w->count >= (may_be_dropped(e) ? RING - RING_KEPT : RING)) {
		w->shown.dropped++;
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

bool work_next(struct work *w, struct event *e)
{
	char bytes[64];
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->count > 0;
	if (any) {
		*e = w->ring[w->first];
		w->first = (w->first + 1) % RING;
		w->count--;
	}
	/* Under the lock, so that no wake byte of a later event is taken. */
	while (w->count == 0 && read(w->pipe[0], bytes, sizeof bytes) > 0)
		;
	pthread_mutex_unlock(&w->lock);
	return any;
}

void work_snapshot(struct work *w, struct snapshot *s)
{
	pthread_mutex_lock(&w->lock);
	*s = w->shown;
	pthread_mutex_unlock(&w->lock);
}

const struct corpus *work_corpus(const struct work *w)
{
	struct work *mine = (struct work *)w; /* the lock is not part of what is const */
	bool ready;

	pthread_mutex_lock(&mine->lock);
	ready = mine->corpus_ready;
	pthread_mutex_unlock(&mine->lock);
	return ready ? &w->job.lab->corpus : NULL;
}

void work_send_text(struct work *w, enum event_kind kind, unsigned request, bool ok,
		    const char *text)
{
	struct event e = {.kind = kind, .request = request, .ok = ok};

	str_fit(e.text, sizeof e.text, text);
	work_send(w, &e);
}

bool work_serve(struct work *w, bool wait)
{
	struct request r;
	bool quit;

	pthread_mutex_lock(&w->lock);
	while (wait && w->requests == 0 && !w->quit)
		pthread_cond_wait(&w->asked, &w->lock);
	while (w->requests > 0 && !w->quit && w->control.want != WANT_FOLD) {
		r = w->request[0];
		memmove(w->request, w->request + 1, (size_t)--w->requests * sizeof *w->request);
		pthread_mutex_unlock(&w->lock);
		work_answer(w, &r);
		pthread_mutex_lock(&w->lock);
	}
	quit = w->quit;
	pthread_mutex_unlock(&w->lock);
	return !quit;
}

bool work_takes_stop(struct work *w)
{
	bool takes;
	int i = 0;

	pthread_mutex_lock(&w->lock);
	while (i < w->requests &&
	       (w->request[i].kind == REQUEST_LOOK || w->request[i].kind == REQUEST_PING))
		i++;
	takes = i < w->requests && w->request[i].kind == REQUEST_STOP;
	if (takes)
		memmove(w->request + i, w->request + i + 1,
			(size_t)(--w->requests - i) * sizeof *w->request);
	takes |= w->quit;
	pthread_mutex_unlock(&w->lock);
	return takes;
}

/* ---- the thread ---- */

/* Is it a session that is stored already, so that it can be looked at? */
static bool is_stored(const struct work *w)
{
	return !w->opt.job.config && w->session[0] && session_exists(w->session);
}

/* Run it, or if it is a stored session that cannot go on, look at it. */
static int open_job(struct work *w, struct err *e)
{
	struct job_hooks hooks = work_hooks;
	struct err why = {0}, unreadable = {0};

	hooks.ctx = w;
	if (w->opt.readonly)
		return job_look(&w->job, NULL, &w->opt.job, &hooks, true, e);
	if (job_open(&w->job, NULL, &w->opt.job, &hooks, &why) == 0)
		return 0;
	pthread_mutex_lock(&w->lock);
	w->shown.can_skip = why.status != EXIT_DATA && strstr(why.text, JOB_SKIP_BAD);
	pthread_mutex_unlock(&w->lock);
	if (is_stored(w) && job_look(&w->job, NULL, &w->opt.job, &hooks, false, &unreadable) == 0) {
		w->opt.readonly = true;
		pthread_mutex_lock(&w->lock);
		str_fit(w->shown.looking, sizeof w->shown.looking, why.text);
		pthread_mutex_unlock(&w->lock);
		return 0;
	}
	*e = why;
	return -1;
}

static void send_told(struct work *w)
{
	struct event e = {.kind = EVENT_TOLD, .told = w->told.s};

	w->told = (struct str){0};
	if (e.told)
		work_send(w, &e);
}

/* The run, until it has ended or stopped. */
static void run_job(struct work *w)
{
	struct err e = {0};

	w->status = job_run(&w->job, &e) ? e.status : 0;
	w->control.want = WANT_STOP;
	if (e.status == EXIT_DIVERGED)
		work_show(w, WORK_DIVERGED);
	else if (e.status)
		work_show_error(w, WORK_FAILED, &e);
	else
		work_show(w, WORK_IDLE);
}

static void run(struct work *w)
{
	struct err e = {0};
	int failed = open_job(w, &e);

	send_told(w);
	if (failed) {
		w->status = e.status == EXIT_DATA ? EXIT_FAILED : e.status;
		work_show_error(w, WORK_FAILED, &e);
		while (work_serve(w, true))
			;
		return;
	}
	w->opened = true;
	if (w->opt.readonly)
		w->control.want = WANT_STOP;
	pthread_mutex_lock(&w->lock);
	w->corpus_ready = w->job.lab && w->job.lab->corpus.n > 0;
	pthread_mutex_unlock(&w->lock);
	work_show(w, w->opt.readonly ? WORK_IDLE : w->opt.paused ? WORK_PAUSED : WORK_RUN);
	work_send_text(w, EVENT_OPENED, 0, true, "");
	do {
		if (w->control.want != WANT_STOP)
			run_job(w);
	} while (work_serve(w, true));
}

static void *work(void *arg)
{
	struct work *w = arg;

	run(w);
	pthread_mutex_lock(&w->lock);
	w->shown.ended = true;
	pthread_mutex_unlock(&w->lock);
	work_send_text(w, EVENT_STATE, 0, true, "");
	return NULL;
}

struct work *work_start(const struct work_options *o, struct err *e)
{
	struct work *w = mem_alloc(1, sizeof *w);
	sigset_t old;
	int failed;

	*w = (struct work){.opt = *o};
	if (o->paused)
		work_pause_as(w, WORK_PAUSED);
	w->looker.fold = -1;
	w->rate = NAN;
	w->shown.state = WORK_LOADING;
	w->shown.loss = w->shown.best_wa = w->shown.rate = w->shown.eta = NAN;
	if (o->job.session)
		snprintf(w->session, sizeof w->session, "%s", o->job.session);
	w->ring = mem_alloc(RING, sizeof *w->ring);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->asked, NULL);
	if (pipe(w->pipe) || fcntl(w->pipe[0], F_SETFL, O_NONBLOCK) ||
	    fcntl(w->pipe[1], F_SETFL, O_NONBLOCK)) {
		err_errno(e, "pipe", "cannot talk to the engine thread");
		free(w->ring);
		free(w);
		return NULL;
	}
	fcntl(w->pipe[0], F_SETFD, FD_CLOEXEC);
	fcntl(w->pipe[1], F_SETFD, FD_CLOEXEC);
	process_block_signals(&old); /* they are the screen's */
	failed = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed) {
		err_set(e, "cannot start the engine thread: %s", strerror(failed));
		close(w->pipe[0]);
		close(w->pipe[1]);
		free(w->ring);
		free(w);
		return NULL;
	}
	return w;
}

void work_quit(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_signal(&w->asked);
	pthread_mutex_unlock(&w->lock);
}

int work_end(struct work *w)
{
	struct event e;
	int status;

	work_quit(w);
	pthread_join(w->thread, NULL);
	while (work_next(w, &e))
		event_free(&e);
	work_close_looker(w);
	probe_free(&w->probe);
	str_free(&w->told);
	breakpoint_clear(&w->breakpoint);
	for (int i = 0; i < w->undos; i++)
		free(w->undo[i]);
	job_close(&w->job);
	close(w->pipe[0]);
	close(w->pipe[1]);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->asked);
	free(w->ring);
	status = w->status;
	free(w);
	return status;
}

static unsigned ask(struct work *w, struct request r, const char *text)
{
	unsigned number = 0;

	str_fit(r.text, sizeof r.text, text);
	pthread_mutex_lock(&w->lock);
	if (w->requests < REQUESTS) {
		number = r.number = ++w->next_number;
		w->request[w->requests++] = r;
		pthread_cond_signal(&w->asked);
	}
	pthread_mutex_unlock(&w->lock);
	return number;
}

unsigned work_ping(struct work *w)
{
	return ask(w, (struct request){.kind = REQUEST_PING}, "");
}

unsigned work_command(struct work *w, const char *text)
{
	return ask(w, (struct request){.kind = REQUEST_COMMAND}, text);
}

unsigned work_pause(struct work *w)
{
	return ask(w, (struct request){.kind = REQUEST_PAUSE}, "");
}

unsigned work_resume(struct work *w)
{
	return ask(w, (struct request){.kind = REQUEST_RESUME}, "");
}

unsigned work_step(struct work *w, bool epoch)
{
	return ask(w, (struct request){.kind = epoch ? REQUEST_STEP_EPOCH : REQUEST_STEP}, "");
}

unsigned work_stop(struct work *w)
{
	return ask(w, (struct request){.kind = REQUEST_STOP}, "");
}

unsigned work_break(struct work *w, const char *when)
{
	return ask(w, (struct request){.kind = REQUEST_BREAK}, when);
}

unsigned work_breaks(struct work *w)
{
	return ask(w, (struct request){.kind = REQUEST_BREAKS}, "");
}

unsigned work_look(struct work *w, int fold, int utt, bool kept, enum knock knock)
{
	return ask(w,
		   (struct request){.kind = REQUEST_LOOK,
				    .fold = fold,
				    .utt = utt,
				    .kept = kept,
				    .knock = knock},
		   "");
}

unsigned work_try(struct work *w, const char *key, const char *value)
{
	char text[256];

	snprintf(text, sizeof text, "%s=%s", key, value);
	return ask(w, (struct request){.kind = REQUEST_TRY}, text);
}
