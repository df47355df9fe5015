/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. Each run has a thread, work_thread(): it opens the run, runs its job whenever it
 * is to go on and has a place, and serves requests until it is told to end. While the job
 * runs, requests are served in its hook `between`; at all other times in work_thread().
 * So every request is carried out by the run's thread, between two steps, and needs no
 * lock but for its passage through the queue (work_queue.c).
 */
#include "app/lab/work_private.h"

#include "app/lab/team.h"

#include "app/session/session_data.h"
#include "app/session/session_state.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

/* Is it a session that is stored already, so that it can be looked at? */
static bool is_stored(const struct work_run *run)
{
	return !run->opt.job.config && !run->opt.job.claim && run->session[0] &&
	       session_exists(run->session);
}

/* Another program trains it, or a part of it: that is what is looked at. The parts that nobody
 * trains yet are left alone, for whoever comes to train them. `dir`: of its seed. */
static bool is_trained(const struct work_run *run, char dir[PATH_LEN])
{
	return !run->opt.unattended && is_stored(run) &&
	       session_in_training(run->session, dir, PATH_LEN);
}

/* The session is open, but only to look at. */
static void look_only(struct work_run *run, const char *why)
{
	pthread_mutex_lock(&run->work->lock);
	str_fit(run->shown.looking, sizeof run->shown.looking, why);
	pthread_mutex_unlock(&run->work->lock);
}

/* Run it, or look at it: if it is stored and waits for whoever steers it, or cannot go on. */
static int open_job(struct work_run *run, struct err *e)
{
	struct job_options o = run->opt.job;
	struct job_hooks hooks = work_hooks;
	struct labs *labs = &run->work->labs;
	struct err why = {0}, unreadable = {0};
	char dir[PATH_LEN];

	hooks.ctx = run;
	o.threads = run->opt.job.threads = work_share(run);
	if (o.team && team_start(o.team))
		return job_open_beside(&run->job, &o, &hooks, e);
	if (is_trained(run, dir))
		o.session = dir;
	run->looks = o.session == dir || run->opt.readonly;
	if (run->looks && o.session != dir && session_check_writable(run->session, &why))
		look_only(run, why.text); /* nor could it go on otherwise */
	if (run->looks)
		return job_look(&run->job, labs, &o, &hooks, true, e);
	run->looks = run->opt.paused && !run->opt.unattended && is_stored(run);
	run->read = run->looks;
	if ((!run->looks || session_check_writable(run->session, &why) == 0) &&
	    (run->looks ? job_open_stored : job_open)(&run->job, labs, &o, &hooks, &why) == 0)
		return 0;
	run->read = false;
	pthread_mutex_lock(&run->work->lock);
	run->shown.busy = why.status == EXIT_BUSY;
	run->shown.can_skip = why.status != EXIT_DATA && strstr(why.text, JOB_SKIP_BAD);
	pthread_mutex_unlock(&run->work->lock);
	if (!run->opt.unattended && is_stored(run) &&
	    job_look(&run->job, labs, &o, &hooks, false, &unreadable) == 0) {
		run->looks = true;
		run->refused = why.status != EXIT_BUSY; /* who writes it may end */
		look_only(run, run->refused ? why.text : "");
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
	if (run->looks && work_is_elsewhere(run))
		return WORK_ELSEWHERE;
	if (run->control.want == WANT_PAUSE)
		return WORK_PAUSED;
	if (run->looks)
		return WORK_IDLE;
	return work_place(run) ? WORK_RUN : WORK_WAITING;
}

/* Does a run that was closed still have this folder? Under the lock. */
static bool is_held(const struct work *w, const struct stat *session)
{
	for (const struct gone *g = w->gone; g; g = g->next)
		if (!g->done && g->session.st_ino == session->st_ino &&
		    g->session.st_dev == session->st_dev)
			return true;
	return false;
}

/* The session was closed a moment ago: until its thread has let it go. */
static void wait_for_session(struct work_run *run)
{
	struct work *w = run->work;
	struct stat session;

	if (stat(run->session, &session) != 0)
		return;
	pthread_mutex_lock(&w->lock);
	while (is_held(w, &session) && !w->quit && !run->gone)
		pthread_cond_wait(&run->asked, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void put_corpus(struct work_run *run)
{
	const struct lab *lab = run->job.lab;

	pthread_mutex_lock(&run->work->lock);
	run->corpus = lab && lab->corpus.n > 0 ? &lab->corpus : NULL;
	pthread_mutex_unlock(&run->work->lock);
}

/* So many jobs have something to do: they share the threads. */
static void count_team(struct work_run *run)
{
	if (run->opt.job.team)
		work_jobs(run->work, team_jobs(run->opt.job.team));
}

static void open_run(struct work_run *run)
{
	struct err e = {0};
	int failed;

	wait_for_session(run);
	failed = open_job(run, &e);
	if (run->opt.reading)
		*run->opt.reading = false;
	send_told(run);
	if (failed) {
		run->status = err_exit(e.status);
		run->control.want = WANT_STOP;
		work_duel_leave(run, "cannot be opened", e.text);
		work_show_error(run, WORK_FAILED, &e);
		return;
	}
	run->opened = true;
	count_team(run);
	work_take_handed(run);
	if (run->looks) {
		work_follow_begin(run);
		if (!run->read || work_is_elsewhere(run) || !work_is_left(run))
			run->control.want = WANT_STOP;
		if (run->shown.looking[0])
			work_duel_leave(run, "cannot go on", run->shown.looking);
		else
			work_duel_leave(run, "is trained by another program", NULL);
	}
	put_corpus(run);
	work_show(run, opened_as(run));
	work_send_text(run, EVENT_OPENED, 0, true, "");
}

/* ---- what was looked at goes on ---- */

/* Its data has been read again, as it had changed. The screen may still look at what was read
 * before, which is held until the run is closed. */
static void change_corpus(struct work_run *run, struct lab *before)
{
	run->before = mem_grow(run->before, (size_t)run->befores + 1, sizeof *run->before);
	run->before[run->befores++] = before;
	put_corpus(run);
	work_send_text(run, EVENT_OPENED, 0, true, "");
}

int work_take_up(struct work_run *run, struct err *e)
{
	struct job_hooks hooks = work_hooks;
	struct job *was = mem_alloc(1, sizeof *was);

	work_close_looker(run);
	*was = run->job; /* moved away and back, and not used in between */
	hooks.ctx = run;
	if (run->read) /* what there is to say has been said */
		hooks.say = NULL;
	run->opt.job.threads = work_share(run);
	if (job_open(&run->job, &run->work->labs, &run->opt.job, &hooks, e)) {
		run->job = *was;
		free(was);
		return -1;
	}
	run->job.hooks.say = work_hooks.say;
	run->looks = false;
	work_follow_end(run);
	if (was->lab != run->job.lab) {
		change_corpus(run, was->lab);
		was->lab = NULL;
	}
	job_close(was);
	free(was);
	return 0;
}

/* Is it carried out where the fold stands? */
static bool needs_fold(const struct request *r)
{
	bool tries = r->kind == REQUEST_TRY && strcmp(r->text, "off") != 0;

	return tries || r->kind == REQUEST_STEP_EPOCH || r->kind == REQUEST_COMMAND;
}

/* It has no fold open, and could go on. */
static bool could_begin(const struct work_run *run)
{
	if (!run->opened || run->opt.readonly || run->refused || run->job.trainer.corpus)
		return false;
	return run->looks ? work_is_left(run)
			  : run->control.want == WANT_STOP && !run->job.complete;
}

bool work_begin_for(struct work_run *run, const struct request *r, struct err *e)
{
	if (!needs_fold(r) || !could_begin(run) || run->begun_for == r->number)
		return false;
	if (run->looks && work_take_up(run, e))
		return false;
	work_pause_as(run, WORK_PAUSED);
	run->begun_for = r->number;
	return true;
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

/* Until it has ended or stopped; true: it is to be called again (job_run). */
static bool train(struct work_run *run)
{
	struct err e = {0};

	work_follow_end(run);
	run->inside = true;
	run->status = run_job(run, &e) ? err_exit(e.status) : 0;
	run->inside = run->repeats = false;
	run->control.want = WANT_STOP;
	work_leave_place(run);
	if (e.status)
		work_duel_leave(run, e.status == EXIT_DIVERGED ? "diverged" : "failed", e.text);
	else
		work_duel_leave(run, run->job.complete ? "has ended" : "was stopped", NULL);
	if (e.status == EXIT_BUSY && !run->opt.unattended) { /* another was faster: follow it */
		run->status = 0;
		work_show(run, WORK_IDLE);
		if (!work_refuse(run, run->begun_for, &e))
			work_say(run, e.text);
		return false;
	}
	if (e.status)
		work_show_error(run, e.status == EXIT_DIVERGED ? WORK_DIVERGED : WORK_FAILED, &e);
	else
		work_show(run, WORK_IDLE);
	if (e.status)
		work_refuse(run, run->begun_for, &e);
	return run->opt.job.team && e.status == EXIT_DIVERGED;
}

/* All that there is; of a team's folds those that it can take. */
static void train_unattended(struct work_run *run)
{
	while (train(run)) {
		work_say(run, run->shown.error);
		run->control.want = WANT_GO;
	}
	/* Others may still train; the last of them joins what they have left. */
	if (run->opt.job.team && (run->job.begun || !run->job.created))
		job_let_go(&run->job);
}

/* It is to go on: can it? */
static bool begins(struct work_run *run)
{
	if (run->control.want == WANT_PAUSE || work_place(run))
		return true;
	work_show(run, work_waits_as(run));
	return false;
}

void work_keep_status(struct work *w, const struct work_run *run)
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
	work_duel_leave(run, "was closed", NULL);
	work_follow_end(run);
	pthread_mutex_lock(&w->lock);
	gone = run->gone;
	run->shown.ended = true;
	if (gone)
		work_keep_status(w, run);
	pthread_mutex_unlock(&w->lock);
	if (gone)
		work_free_run(run);
	pthread_mutex_lock(&w->lock);
	w->alive--;
	if (gone)
		gone->done = true;
	for (int i = 0; i < w->runs && gone; i++)
		work_wake(w->run[i]); /* one may want its session */
	if (write(w->pipe[1], "", 1) < 0) {
		/* the pipe holds bytes: the screen wakes anyway */
	}
	pthread_mutex_unlock(&w->lock);
}

/* What it is to do next has been asked, or it goes on by itself; false: it is to end. */
static bool wait_for_work(struct work_run *run)
{
	bool follows = run->opened && (run->control.want == WANT_STOP || run->looks);

	return follows ? work_follow(run) : work_serve(run, true);
}

void *work_thread(void *arg)
{
	struct work_run *run = arg;

	open_run(run);
	if (run->opt.unattended && run->opened)
		train_unattended(run);
	while (!run->opt.unattended && wait_for_work(run))
		if (work_is_due(run) && begins(run))
			train(run);
	end(run);
	return NULL;
}
