/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. Each run has a thread, work(): it opens the run, runs its job whenever it is to
 * go on and has a place, and serves requests until it is told to end. While the job
 * runs, requests are served in its hook `between`; at all other times in work().
 * So every request is carried out by the run's thread, between two steps, and needs no
 * lock but for its passage through the queue (work_queue.c).
 *
 * A run that is closed leaves the table at once; its thread frees it. Nobody else holds
 * a pointer to it: the screen has ids.
 */
#include "app/lab/work_private.h"

#include "app/session/session_data.h"
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

/* ---- runs ---- */

struct work_run *work_lookup(const struct work *w, int run)
{
	for (int i = 0; i < w->runs; i++)
		if (w->run[i]->id == run)
			return w->run[i];
	return NULL;
}

struct work_run *work_find(struct work *w, int run)
{
	struct work_run *found;

	pthread_mutex_lock(&w->lock);
	found = work_lookup(w, run);
	pthread_mutex_unlock(&w->lock);
	if (!found)
		BUG("no run %d", run);
	return found;
}

bool work_has(struct work *w, int run)
{
	bool has;

	pthread_mutex_lock(&w->lock);
	has = work_lookup(w, run) != NULL;
	pthread_mutex_unlock(&w->lock);
	return has;
}

void work_snapshot(struct work *w, int run, struct snapshot *s)
{
	struct work_run *of = work_find(w, run);

	pthread_mutex_lock(&w->lock);
	*s = of->shown;
	pthread_mutex_unlock(&w->lock);
}

const struct corpus *work_corpus(struct work *w, int run)
{
	struct work_run *of = work_find(w, run);
	bool ready;

	pthread_mutex_lock(&w->lock);
	ready = of->corpus_ready;
	pthread_mutex_unlock(&w->lock);
	return ready ? &of->job.lab->corpus : NULL;
}

static int list(struct work *w, int *id, int most, bool placed)
{
	int n = 0;

	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < w->runs; i++)
		if (!placed || w->run[i]->shown.placed) {
			if (n < most)
				id[n] = w->run[i]->id;
			n++;
		}
	pthread_mutex_unlock(&w->lock);
	return n;
}

int work_runs(struct work *w, int *id, int most)
{
	return list(w, id, most, false);
}

int work_training(struct work *w, int *id, int most)
{
	return list(w, id, most, true);
}

/* ---- a run's memory ---- */

static char *copy(const char *text)
{
	return text ? mem_dup(text) : NULL;
}

static struct work_options copy_options(const struct work_options *o)
{
	struct work_options c = *o;
	char **set = mem_alloc((size_t)o->job.nset + 1, sizeof *set);
	int *fold = mem_alloc((size_t)o->job.nfolds + 1, sizeof *fold);

	for (int i = 0; i < o->job.nset; i++)
		set[i] = mem_dup(o->job.set[i]);
	for (int i = 0; i < o->job.nfolds; i++)
		fold[i] = o->job.fold[i];
	c.job.set = (const char *const *)set;
	c.job.fold = fold;
	c.job.config = copy(o->job.config);
	c.job.session = copy(o->job.session);
	c.job.replay = copy(o->job.replay);
	return c;
}

static void free_options(struct work_options *o)
{
	for (int i = 0; i < o->job.nset; i++)
		free((void *)o->job.set[i]);
	free((void *)o->job.set);
	free((void *)o->job.fold);
	free((void *)o->job.config);
	free((void *)o->job.session);
	free((void *)o->job.replay);
}

static struct work_run *new_run(struct work *w, const struct work_options *o)
{
	struct work_run *run = mem_alloc(1, sizeof *run);
	pthread_condattr_t monotonic;

	*run = (struct work_run){.work = w,
				 .opt = copy_options(o),
				 .threads = o->job.threads,
				 .rate = NAN,
				 .pace = o->pace};
	if (o->paused)
		work_pause_as(run, WORK_PAUSED);
	run->looker.fold = -1;
	run->shown.state = WORK_LOADING;
	run->shown.loss = run->shown.best = run->shown.rate = run->shown.eta = NAN;
	if (o->job.session)
		snprintf(run->session, sizeof run->session, "%s", o->job.session);
	pthread_condattr_init(&monotonic); /* as clock_seconds is: for work_wait_until */
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&run->asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return run;
}

static void free_run(struct work_run *run)
{
	work_close_looker(run);
	probe_free(&run->probe);
	str_free(&run->told);
	breakpoint_clear(&run->breakpoint);
	for (int i = 0; i < run->undos; i++)
		free(run->undo[i]);
	job_close(&run->job);
	free_options(&run->opt);
	pthread_cond_destroy(&run->asked);
	free(run);
}

/* ---- opening ---- */

/* Is it a session that is stored already, so that it can be looked at? */
static bool is_stored(const struct work_run *run)
{
	return !run->opt.job.config && run->session[0] && session_exists(run->session);
}

/* Run it, or if it is a stored session that cannot go on, look at it. */
static int open_job(struct work_run *run, struct err *e)
{
	struct job_hooks hooks = work_hooks;
	struct labs *labs = &run->work->labs;
	struct err why = {0}, unreadable = {0};

	hooks.ctx = run;
	run->opt.job.threads = work_share(run);
	if (run->opt.readonly)
		return job_look(&run->job, labs, &run->opt.job, &hooks, true, e);
	if (job_open(&run->job, labs, &run->opt.job, &hooks, &why) == 0)
		return 0;
	pthread_mutex_lock(&run->work->lock);
	run->shown.can_skip = why.status != EXIT_DATA && strstr(why.text, JOB_SKIP_BAD);
	pthread_mutex_unlock(&run->work->lock);
	if (is_stored(run) &&
	    job_look(&run->job, labs, &run->opt.job, &hooks, false, &unreadable) == 0) {
		run->opt.readonly = true;
		pthread_mutex_lock(&run->work->lock);
		str_fit(run->shown.looking, sizeof run->shown.looking, why.text);
		pthread_mutex_unlock(&run->work->lock);
		return 0;
	}
	*e = why;
	return -1;
}

static void send_told(struct work_run *run)
{
	struct event e = {.kind = EVENT_TOLD, .told = run->told.s};

	run->told = (struct str){0};
	if (e.told)
		work_send(run, &e);
}

static enum work_state opened_as(struct work_run *run)
{
	if (run->opt.readonly)
		return WORK_IDLE;
	if (run->control.want == WANT_PAUSE)
		return WORK_PAUSED;
	return work_place(run) ? WORK_RUN : WORK_WAITING;
}

static void open_run(struct work_run *run)
{
	struct err e = {0};
	int failed = open_job(run, &e);

	send_told(run);
	if (failed) {
		run->status = err_exit(e.status);
		run->control.want = WANT_STOP;
		work_show_error(run, WORK_FAILED, &e);
		return;
	}
	run->opened = true;
	if (run->opt.readonly)
		run->control.want = WANT_STOP;
	pthread_mutex_lock(&run->work->lock);
	run->corpus_ready = run->job.lab && run->job.lab->corpus.n > 0;
	pthread_mutex_unlock(&run->work->lock);
	work_show(run, opened_as(run));
	work_send_text(run, EVENT_OPENED, 0, true, "");
}

/* ---- the thread ---- */

/* One that has a place computes with the share of threads that is due to it now. */
static int run_job(struct work_run *run, struct err *e)
{
	bool placed = run->control.want != WANT_PAUSE;

	work_close_looker(run); /* it may hold the old threads */
	if (placed && job_threads(&run->job, work_share(run), e))
		return -1;
	return job_run(&run->job, e);
}

/* Until it has ended or stopped. */
static void train(struct work_run *run)
{
	struct err e = {0};

	run->inside = true;
	run->status = run_job(run, &e) ? err_exit(e.status) : 0;
	run->inside = false;
	run->control.want = WANT_STOP;
	work_leave_place(run);
	if (e.status == EXIT_DIVERGED)
		work_show(run, WORK_DIVERGED);
	else if (e.status)
		work_show_error(run, WORK_FAILED, &e);
	else
		work_show(run, WORK_IDLE);
}

/* It is to go on: can it? */
static bool begins(struct work_run *run)
{
	if (run->control.want == WANT_PAUSE || work_place(run))
		return true;
	work_show(run, WORK_WAITING);
	return false;
}

/* How a closed run ended; one that could not be opened is no matter then. */
static void keep_status(struct work *w, const struct work_run *run)
{
	if (!run->status || !run->opened || (w->failed && w->failed < run->id))
		return;
	w->failed = run->id;
	w->status = run->status;
}

static void end(struct work_run *run)
{
	struct work *w = run->work;
	struct gone *gone;

	work_leave_place(run); /* it may not have begun */
	pthread_mutex_lock(&w->lock);
	gone = run->gone;
	run->shown.ended = true;
	if (gone)
		keep_status(w, run);
	pthread_mutex_unlock(&w->lock);
	if (gone)
		free_run(run);
	pthread_mutex_lock(&w->lock);
	w->alive--;
	if (gone)
		gone->done = true;
	if (write(w->pipe[1], "", 1) < 0) {
		/* the pipe holds bytes: the screen wakes anyway */
	}
	pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
	struct work_run *run = arg;

	open_run(run);
	while (work_serve(run, true))
		if (work_is_due(run) && begins(run))
			train(run);
	end(run);
	return NULL;
}

/* Join the threads of closed runs that have ended; all of them if `wait`. */
static void reap(struct work *w, bool wait)
{
	struct gone **at = &w->gone;

	while (*at) {
		struct gone *gone = *at;
		bool done;

		pthread_mutex_lock(&w->lock);
		done = gone->done;
		pthread_mutex_unlock(&w->lock);
		if (!done && !wait) {
			at = &gone->next;
			continue;
		}
		pthread_join(gone->thread, NULL);
		*at = gone->next;
		free(gone);
	}
}

/* ---- all of them ---- */

int work_open(struct work *w, const struct work_options *o, struct err *e)
{
	struct work_run *run = new_run(w, o);
	sigset_t old;
	int failed, id;

	reap(w, false);
	pthread_mutex_lock(&w->lock);
	w->run = mem_grow(w->run, (size_t)w->runs + 1, sizeof *w->run);
	w->run[w->runs++] = run;
	id = run->id = run->shown.run = w->next_id++;
	w->alive++;
	pthread_mutex_unlock(&w->lock);
	process_block_signals(&old); /* they are the screen's */
	failed = pthread_create(&run->thread, NULL, work, run);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!failed)
		return id;
	pthread_mutex_lock(&w->lock);
	w->runs--;
	w->alive--;
	pthread_mutex_unlock(&w->lock);
	free_run(run);
	err_set(e, "cannot start a thread for another run: %s", strerror(failed));
	return 0;
}

static void remove_run(struct work *w, const struct work_run *run)
{
	int i = 0;

	while (w->run[i] != run)
		i++;
	memmove(w->run + i, w->run + i + 1, (size_t)(--w->runs - i) * sizeof(struct work_run *));
}

void work_close(struct work *w, int id)
{
	struct work_run *run = work_find(w, id);
	struct gone *gone = mem_alloc(1, sizeof *gone);
	bool ended;

	reap(w, false);
	*gone = (struct gone){.thread = run->thread, .next = w->gone};
	w->gone = gone;
	pthread_mutex_lock(&w->lock);
	remove_run(w, run);
	ended = run->shown.ended; /* after work_quit: its thread has left it to us */
	run->gone = gone;
	gone->done = ended;
	if (ended)
		keep_status(w, run);
	pthread_cond_signal(&run->asked);
	work_line_moved(w); /* it may have been first */
	pthread_mutex_unlock(&w->lock);
	if (ended)
		free_run(run);
}

struct work *work_start(const struct work_options *o, struct err *e)
{
	struct work *w = mem_alloc(1, sizeof *w);

	*w = (struct work){.next_id = WORK_FIRST, .jobs = 1};
	if (pipe(w->pipe) || fcntl(w->pipe[0], F_SETFL, O_NONBLOCK) ||
	    fcntl(w->pipe[1], F_SETFL, O_NONBLOCK)) {
		err_errno(e, "pipe", "cannot talk to the threads of the engine");
		free(w);
		return NULL;
	}
	fcntl(w->pipe[0], F_SETFD, FD_CLOEXEC);
	fcntl(w->pipe[1], F_SETFD, FD_CLOEXEC);
	w->ring = mem_alloc(RING, sizeof *w->ring);
	pthread_mutex_init(&w->lock, NULL);
	labs_init(&w->labs);
	if (work_open(w, o, e))
		return w;
	work_end(w);
	return NULL;
}

void work_quit(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	for (int i = 0; i < w->runs; i++)
		pthread_cond_signal(&w->run[i]->asked);
	pthread_mutex_unlock(&w->lock);
}

bool work_ended(struct work *w)
{
	bool ended;

	pthread_mutex_lock(&w->lock);
	ended = w->alive == 0;
	pthread_mutex_unlock(&w->lock);
	return ended;
}

int work_end(struct work *w)
{
	struct event e;
	int status;

	work_quit(w);
	for (int i = 0; i < w->runs; i++)
		pthread_join(w->run[i]->thread, NULL);
	reap(w, true);
	while (work_next(w, &e))
		event_free(&e);
	for (int i = 0; i < w->runs; i++) {
		if (w->run[i]->status && !(w->failed && w->failed < w->run[i]->id)) {
			w->failed = w->run[i]->id;
			w->status = w->run[i]->status;
		}
		free_run(w->run[i]);
	}
	status = w->status;
	close(w->pipe[0]);
	close(w->pipe[1]);
	labs_close(&w->labs);
	pthread_mutex_destroy(&w->lock);
	free(w->ring);
	free(w->run);
	free(w);
	return status;
}
