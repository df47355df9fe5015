/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. The worker thread runs work(): it opens runs as asked, runs the job of the
 * first that is to go on, and serves requests until it is told to quit. While a job
 * runs, requests are served in its hook `between`; at all other times in work().
 * So every request is carried out by the worker, between two steps, and needs no
 * lock but for its passage through the queue (work_queue.c).
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

struct work_run *work_find(struct work *w, int run)
{
	struct work_run *found = NULL;

	pthread_mutex_lock(&w->lock);
	if (run >= WORK_FIRST && run < WORK_FIRST + w->runs)
		found = w->run[run - WORK_FIRST];
	pthread_mutex_unlock(&w->lock);
	if (!found)
		BUG("no run %d", run);
	return found;
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

int work_training(struct work *w)
{
	int id;

	pthread_mutex_lock(&w->lock);
	id = w->training ? w->training->id : 0;
	pthread_mutex_unlock(&w->lock);
	return id;
}

static struct work_run *new_run(struct work *w, const struct work_options *o)
{
	struct work_run *run = mem_alloc(1, sizeof *run);

	*run = (struct work_run){.work = w, .opt = *o, .rate = NAN};
	if (o->paused)
		work_pause_as(run, WORK_PAUSED);
	run->looker.fold = -1;
	run->shown.state = WORK_LOADING;
	run->shown.loss = run->shown.best_wa = run->shown.rate = run->shown.eta = NAN;
	if (o->job.session)
		snprintf(run->session, sizeof run->session, "%s", o->job.session);
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
	free(run);
}

int work_open(struct work *w, const struct work_options *o)
{
	struct work_run *run = new_run(w, o);
	int id = 0;

	pthread_mutex_lock(&w->lock);
	if (w->runs < RUNS_MAX && w->requests < REQUESTS) {
		id = run->id = run->shown.run = WORK_FIRST + w->runs;
		w->run[w->runs++] = run;
		w->request[w->requests++] = (struct request){
			.kind = REQUEST_OPEN, .run = id, .number = ++w->next_number};
		pthread_cond_signal(&w->asked);
	}
	pthread_mutex_unlock(&w->lock);
	if (!id)
		free_run(run);
	return id;
}

/* ---- the thread ---- */

/* The data of the run opened last, or NULL. */
static struct lab *known_lab(struct work *w)
{
	struct lab *lab = NULL;

	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < w->runs; i++)
		lab = w->run[i]->job.lab ? w->run[i]->job.lab : lab;
	pthread_mutex_unlock(&w->lock);
	return lab;
}

/* Is it a session that is stored already, so that it can be looked at? */
static bool is_stored(const struct work_run *run)
{
	return !run->opt.job.config && run->session[0] && session_exists(run->session);
}

/* Run it, or if it is a stored session that cannot go on, look at it. */
static int open_job(struct work_run *run, struct err *e)
{
	struct job_hooks hooks = work_hooks;
	struct lab *lab = known_lab(run->work);
	struct err why = {0}, unreadable = {0};

	hooks.ctx = run;
	if (run->opt.readonly)
		return job_look(&run->job, lab, &run->opt.job, &hooks, true, e);
	if (job_open(&run->job, lab, &run->opt.job, &hooks, &why) == 0)
		return 0;
	pthread_mutex_lock(&run->work->lock);
	run->shown.can_skip = why.status != EXIT_DATA && strstr(why.text, JOB_SKIP_BAD);
	pthread_mutex_unlock(&run->work->lock);
	if (is_stored(run) &&
	    job_look(&run->job, lab, &run->opt.job, &hooks, false, &unreadable) == 0) {
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

/* It begins at once, unless another one trains. */
static enum work_state opened_as(const struct work_run *run)
{
	if (run->opt.readonly || run->work->training)
		return WORK_IDLE;
	return run->control.want == WANT_PAUSE ? WORK_PAUSED : WORK_RUN;
}

void work_open_run(struct work_run *run)
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

static void set_training(struct work *w, struct work_run *run)
{
	pthread_mutex_lock(&w->lock);
	w->training = run;
	pthread_mutex_unlock(&w->lock);
}

/* The run, until it has ended or stopped. */
static void train(struct work_run *run)
{
	struct err e = {0};

	set_training(run->work, run);
	run->status = job_run(&run->job, &e) ? err_exit(e.status) : 0;
	set_training(run->work, NULL);
	run->control.want = WANT_STOP;
	if (e.status == EXIT_DIVERGED)
		work_show(run, WORK_DIVERGED);
	else if (e.status)
		work_show_error(run, WORK_FAILED, &e);
	else
		work_show(run, WORK_IDLE);
}

static void *work(void *arg)
{
	struct work *w = arg;
	struct work_run *next;

	while (work_serve(w, true)) {
		pthread_mutex_lock(&w->lock);
		next = work_due(w);
		pthread_mutex_unlock(&w->lock);
		if (next)
			train(next);
	}
	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < w->runs; i++)
		w->run[i]->shown.ended = true;
	pthread_mutex_unlock(&w->lock);
	work_send_text(w->run[0], EVENT_STATE, 0, true, "");
	return NULL;
}

/* Everything but the thread; also where that has not come to be. */
static void free_work(struct work *w)
{
	struct event e;

	while (work_next(w, &e))
		event_free(&e);
	for (int i = 0; i < w->runs; i++)
		free_run(w->run[i]);
	close(w->pipe[0]);
	close(w->pipe[1]);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->asked);
	free(w->ring);
	free(w);
}

struct work *work_start(const struct work_options *o, struct err *e)
{
	struct work *w = mem_alloc(1, sizeof *w);
	sigset_t old;
	int failed;

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
	work_open(w, o);
	process_block_signals(&old); /* they are the screen's */
	failed = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed) {
		err_set(e, "cannot start the engine thread: %s", strerror(failed));
		free_work(w);
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
	int status = 0;

	work_quit(w);
	pthread_join(w->thread, NULL);
	for (int i = 0; i < w->runs && !status; i++)
		status = w->run[i]->status;
	free_work(w);
	return status;
}
