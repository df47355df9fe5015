/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of the runs: opening, closing, and the end of all.
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
#include <sys/eventfd.h>
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
	of->seen = s->hold == WORK_ATTACHED ? of->whom : 0;
	pthread_mutex_unlock(&w->lock);
}

char *work_followed(const struct lock_owner *who, char *out, size_t n)
{
	if (who->host[0])
		snprintf(out, n, "process %ld on %s trains it; this screen follows%s", who->pid,
			 who->host, who->socket[0] ? "" : ", for it has no socket to ask");
	else
		snprintf(out, n, "another program trains it; this screen follows");
	return out;
}

void work_glance(struct work *w, int run, struct glance *g)
{
	const struct snapshot *s = &work_find(w, run)->shown;

	pthread_mutex_lock(&w->lock);
	*g = (struct glance){s->state, s->hold, s->opened, s->trains, s->placed};
	pthread_mutex_unlock(&w->lock);
}

const struct corpus *work_corpus(struct work *w, int run)
{
	struct work_run *of = work_find(w, run);
	const struct corpus *corpus;

	pthread_mutex_lock(&w->lock);
	corpus = of->corpus;
	pthread_mutex_unlock(&w->lock);
	return corpus;
}

const struct job_options *work_job(struct work *w, int run)
{
	return &work_find(w, run)->opt.job;
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
	c.job.socket = copy(o->job.socket);
	c.handed = copy(o->handed);
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
	free((void *)o->job.socket);
	free((void *)o->handed);
}

static struct work_run *new_run(struct work *w, const struct work_options *o, int side)
{
	struct work_run *run = mem_alloc(1, sizeof *run);
	pthread_condattr_t monotonic;

	*run = (struct work_run){.work = w,
				 .opt = copy_options(o),
				 .threads = o->job.threads,
				 .rate = NAN,
				 .attended = -1,
				 .side = side,
				 .pace = o->pace,
				 .rule = o->rollback};
	if (o->paused)
		work_pause_as(run, WORK_PAUSED);
	run->looker.fold = -1;
	run->wake = -1;
	run->shown.state = WORK_LOADING;
	run->shown.loss = run->shown.best = run->shown.rate = run->shown.eta = NAN;
	run->epoch_began = NAN;
	if (o->job.session)
		snprintf(run->session, sizeof run->session, "%s", o->job.session);
	memcpy(run->shown.root, run->session, sizeof run->session);
	pthread_condattr_init(&monotonic); /* as clock_seconds is: for work_wait_until */
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&run->asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return run;
}

void work_free_run(struct work_run *run)
{
	work_follow_end(run);
	work_close_looker(run);
	probe_free(&run->probe);
	str_free(&run->told);
	breakpoint_clear(&run->breakpoint);
	job_close(&run->job);
	for (int i = 0; i < run->befores; i++)
		lab_drop(run->before[i]);
	free(run->before);
	free_options(&run->opt);
	pthread_cond_destroy(&run->asked);
	if (run->wake >= 0)
		close(run->wake);
	free(run);
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
		pthread_mutex_lock(&w->lock);
		*at = gone->next;
		pthread_mutex_unlock(&w->lock);
		free(gone);
	}
}

/* ---- all of them ---- */

int work_open(struct work *w, const struct work_options *o, struct err *e)
{
	return work_open_side(w, o, 0, e);
}

int work_open_side(struct work *w, const struct work_options *o, int side, struct err *e)
{
	struct work_run *run = new_run(w, o, side);
	sigset_t old;
	int failed, id;

	run->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (run->wake < 0) {
		err_errno(e, "eventfd", "cannot talk to the thread of another run");
		work_free_run(run);
		return 0;
	}
	reap(w, false);
	pthread_mutex_lock(&w->lock);
	w->run = mem_grow(w->run, (size_t)w->runs + 1, sizeof *w->run);
	w->run[w->runs++] = run;
	id = run->id = run->shown.run = w->next_id++;
	if (side)
		w->fights[side - 1] = run;
	w->alive++;
	pthread_mutex_unlock(&w->lock);
	process_block_signals(&old); /* they are the screen's */
	failed = pthread_create(&run->thread, NULL, work_thread, run);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!failed)
		return id;
	pthread_mutex_lock(&w->lock);
	w->runs--;
	w->alive--;
	if (side)
		w->fights[side - 1] = NULL;
	pthread_mutex_unlock(&w->lock);
	work_free_run(run);
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
	char root[PATH_LEN];
	bool ended;

	reap(w, false);
	*gone = (struct gone){.thread = run->thread};
	pthread_mutex_lock(&w->lock);
	memcpy(root, run->shown.root, sizeof root);
	pthread_mutex_unlock(&w->lock);
	if (stat(root, &gone->session) != 0)
		gone->session.st_ino = 0; /* there is none */
	pthread_mutex_lock(&w->lock);
	gone->next = w->gone;
	w->gone = gone;
	remove_run(w, run);
	ended = run->shown.ended; /* after work_quit: its thread has left it to us */
	run->gone = gone;
	gone->done = ended;
	if (ended)
		work_keep_status(w, run);
	work_wake(run);
	work_line_moved(w); /* it may have been first */
	pthread_mutex_unlock(&w->lock);
	if (ended)
		work_free_run(run);
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
	pthread_cond_init(&w->room, NULL);
	labs_init(&w->labs);
	if (!o || work_open(w, o, e))
		return w;
	work_end(w);
	return NULL;
}

void work_quit(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	for (int i = 0; i < w->runs; i++)
		work_wake(w->run[i]);
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
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->room);
	pthread_mutex_unlock(&w->lock);
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
		work_free_run(w->run[i]);
	}
	status = w->status;
	close(w->pipe[0]);
	close(w->pipe[1]);
	labs_close(&w->labs);
	pthread_cond_destroy(&w->room);
	pthread_mutex_destroy(&w->lock);
	duel_free(&w->duel);
	free(w->ring);
	free(w->run);
	free(w);
	return status;
}
