/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of a run that does not train here.
 *
 * DESIGN. The run's thread polls for what wakes it: requests, the other end of an attached
 * socket, inotify(7), the clock. Then it looks at the folder: who holds the folds' locks, and
 * what its files say (run_refresh). Readers take no lock, so what is read may be a moment old
 * but never holds up who writes.
 *
 * inotify knows nothing of what another machine writes into a folder that is shared with it,
 * and may have no watch left, so the clock counts everywhere: once a second, and less often
 * where a look takes long. What a trainer writes step by step wakes at most ten looks a second.
 */
#include "app/lab/work_folder.h"

#include "app/lab/job_fold.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LOOK_SECONDS  1   /* between two looks, if nothing else says that there is something */
#define LEAST_SECONDS 0.1 /* between two in any case */

/* ---- looking ---- */

static int attended(struct work_run *run)
{
	int fold;

	pthread_mutex_lock(&run->work->lock);
	fold = run->attended;
	pthread_mutex_unlock(&run->work->lock);
	return fold;
}

/* Whether the folder is there, and the one that it was. */
static bool is_there(struct follow *f)
{
	struct stat now;

	return stat(f->dir, &now) == 0 && now.st_dev == f->folder.st_dev &&
	       now.st_ino == f->folder.st_ino;
}

static void watch(struct follow *f)
{
	const uint32_t what = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO |
			      IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

	if (f->inotify < 0)
		return;
	inotify_add_watch(f->inotify, f->dir, what);
	for (int i = 0; i < f->folds; i++) { /* one that is watched stays so */
		char folder[2 * PATH_LEN];

		folder_of_fold(f, i, folder);
		inotify_add_watch(f->inotify, folder, what);
	}
}

/* The second time the same cannot be read it is no writer at work. */
static void say_trouble(struct work_run *run, const struct err *e)
{
	struct follow *f = run->follow;

	if (strcmp(e->text, f->error) != 0) {
		str_fit(f->error, sizeof f->error, e->text);
		f->said = false;
	} else if (f->error[0] && !f->said) {
		f->said = true;
		work_say(run, f->error);
	}
}

static unsigned read_folder(struct follow *f, struct err *e)
{
	unsigned news = 0;

	if (f->run.dir[0])
		run_refresh(&f->run, &news, e);
	else if (run_load(&f->run, f->dir, e) == 0)
		news = RUN_NEW_ROWS | RUN_NEW_EPOCHS;
	return news;
}

static void leave(struct work_run *run)
{
	struct err e = {0};

	attach_leave(run);
	run->follow->gone = true;
	err_at(&e, run->follow->dir, 0, 0,
	       "the session has been deleted or moved; what is shown was read before that");
	work_show_error(run, WORK_FAILED, &e);
}

/* "fold 1 has stopped; ": what has become of the fold that was followed before. */
static void what_became(const struct follow *f, char *out, size_t n)
{
	const struct held *h = &f->held[f->trains];
	int fold = run_fold_number(&f->run, f->trains);
	const char *became = h->how == FOLD_LEFT ? "was broken off, its trainer was killed"
			     : results_has(&f->run.results, fold) ? "has ended"
								  : "has stopped";

	if (h->how == FOLD_HELD && folder_same_process(&h->who, &f->trainer.who)) {
		*out = '\0'; /* it trains on: another was selected */
		return;
	}
	snprintf(out, n, "fold %d %s; ", fold, became);
}

/* The program that is followed is another one: said, as steering goes there from now on. */
static void say_moved(struct work_run *run, const struct held *held)
{
	struct follow *f = run->follow;
	char before[128], text[320];

	if (held && f->trainer.who.pid && !folder_same_process(&held->who, &f->trainer.who)) {
		what_became(f, before, sizeof before);
		snprintf(text, sizeof text, "%sthe screen %s fold %d, process %ld", before,
			 attach_fd(run) >= 0 ? "is now attached to" : "now follows",
			 run_fold_number(&f->run, (int)(held - f->held)), held->who.pid);
		attach_said(run);
		work_say(run, text);
	}
	f->trainer = held ? *held : (struct held){0};
	f->trains = held ? (int)(held - f->held) : 0;
}

/* While it is attached to one who trains on, and who has let a fold go to begin the next, a fold
 * of somebody else is not moved to unless it is looked at. */
static bool is_between_folds(struct work_run *run, const struct held *held)
{
	const struct follow *f = run->follow;
	enum work_state s = work_state(run);

	return attach_fd(run) >= 0 && attach_is(run, &f->trainer.who) &&
	       (s == WORK_RUN || s == WORK_EVAL) &&
	       !folder_same_process(&held->who, &f->trainer.who) &&
	       run_fold_number(&f->run, (int)(held - f->held)) != f->attended;
}

static enum work_state state_by(struct work_run *run, const struct held *held)
{
	enum work_state was = work_state(run);

	if (held)
		return WORK_ELSEWHERE;
	if (run->looks)
		return folder_waits(run) ? WORK_PAUSED : WORK_IDLE;
	return was == WORK_ELSEWHERE ? WORK_IDLE : was;
}

/* Who trains it, and so what state it is in. */
static void take_locks(struct work_run *run, bool changed)
{
	struct follow *f = run->follow;
	const struct held *held = folder_trained(f);

	if (held && is_between_folds(run, held))
		return;
	if (held && !run->looks && !run->was_elsewhere) {
		run->was_elsewhere = true;
		job_close_fold(&run->job); /* another program goes on with it */
	}
	if (held && !attach_is(run, &held->who)) {
		attach_leave(run);
		attach_try(run, &held->who);
	}
	say_moved(run, held);
	if (run->looks && !folder_waits(run)) /* any more: somebody trains it, or has finished it */
		run->control.want = WANT_STOP;
	if (attach_fd(run) < 0 && changed)
		work_show(run, state_by(run, held));
	else if (changed)
		work_show(run, work_state(run)); /* who else trains folds */
}

/* All that the folder says; has any of it changed? */
static bool read_all(struct work_run *run, bool *news)
{
	struct follow *f = run->follow;
	int at = f->at, before = f->attended;
	bool locks =
		folder_look_at_locks(f); /* first: what was written before one was free is read */
	struct err e = {0};

	*news = read_folder(f, &e) != 0;
	say_trouble(run, &e);
	if (f->folds != f->run.folds)
		locks |= folder_look_at_locks(f);
	*news |= locks;
	f->attended = attended(run);
	if (!f->folds)
		return *news;
	watch(f);
	folder_choose(run);
	return *news || f->at != at || f->attended != before;
}

static void look(struct work_run *run)
{
	struct follow *f = run->follow;
	double began = clock_seconds(), worked = clock_worked();
	bool changed, news;

	f->news = false;
	if (!is_there(f)) {
		leave(run);
		return;
	}
	changed = read_all(run, &news) || !f->looked;
	f->looked = true;
	if (f->folds)
		take_locks(run, changed);
	if (news)
		work_send_text(run, EVENT_FOLLOWED, 0, true, "");
	worked = clock_worked() - worked;
	began = clock_seconds() - began;
	f->least = clock_seconds() + fmax(LEAST_SECONDS, 10 * began);
	f->next = clock_seconds() + fmax(LOOK_SECONDS, fmax(100 * worked, 10 * began));
}

void work_follow_begin(struct work_run *run)
{
	const char *dir = run->job.session.dir[0] ? run->job.session.dir : run->session;
	struct follow *f;
	bool ignored;

	if (run->follow)
		return;
	f = mem_alloc(1, sizeof *f);
	*f = (struct follow){.attended = -1, .part_of = -1, .stored.fold = -1, .inotify = -1};
	str_fit(f->dir, sizeof f->dir, dir);
	if (!run->opt.polls)
		f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	run->follow = f;
	if (stat(f->dir, &f->folder) == 0) /* else the first look says so */
		read_all(run, &ignored);
}

void work_follow_now(struct work_run *run)
{
	if (run->follow)
		run->follow->next = 0;
}

void work_follow_end(struct work_run *run)
{
	struct follow *f = run->follow;

	attach_close(run);
	run->was_elsewhere = false;
	if (!f)
		return;
	if (f->inotify >= 0)
		close(f->inotify);
	run_free(&f->run);
	free(f->held);
	free(f->is_held);
	free(f);
	run->follow = NULL;
}

/* ---- waiting ---- */

/* When the folder is to be looked at. */
static double look_due(const struct follow *f)
{
	return !f || f->gone ? INFINITY : f->news ? f->least : f->next;
}

/* Milliseconds; -1: for ever. */
static int timeout(const struct work_run *run)
{
	double left = fmin(look_due(run->follow), attach_due(run)) - clock_seconds();

	return isinf(left) ? -1 : left > 0 ? (int)(left * 1000) + 1 : 0;
}

/* What inotify has to say is only that there is something. */
static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof events) > 0)
		;
}

/* Until one of them has something, or the clock; what inotify has is taken. */
static void wait_for_news(struct work_run *run, struct pollfd p[3])
{
	struct follow *f = run->follow;
	bool known = f->news || f->gone; /* once is enough until the next look */
	uint64_t asked;

	p[0] = (struct pollfd){.fd = run->wake, .events = POLLIN};
	p[1] = (struct pollfd){.fd = attach_fd(run), .events = attach_poll(run)};
	p[2] = (struct pollfd){.fd = known ? -1 : f->inotify, .events = POLLIN};
	if (poll(p, 3, timeout(run)) < 0 && errno != EINTR)
		BUG("poll: %s", strerror(errno));
	if (p[0].revents && read(run->wake, &asked, sizeof asked) < 0) {
		/* somebody else cannot have taken it; nothing is lost: all requests are served */
	}
	if (!p[2].revents)
		return;
	drain(f->inotify);
	f->news = true;
}

bool work_follow(struct work_run *run)
{
	struct pollfd p[3];
	struct follow *f;
	bool now = false;

	work_follow_begin(run);
	f = run->follow;
	wait_for_news(run, p);
	if (p[1].revents || clock_seconds() >= attach_due(run))
		now = attach_turn(run);
	now |= attended(run) != f->attended || clock_seconds() >= look_due(f);
	if (now && !f->gone)
		look(run);
	attach_looked(run);
	return work_serve(run, false);
}
