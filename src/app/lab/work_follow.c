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
#include "app/lab/work_private.h"

#include "app/lab/job_fold.h"
#include "app/session/run.h"
#include "app/session/session_state.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/train/train.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LOOK_SECONDS  1   /* between two looks, if nothing else says that there is something */
#define LEAST_SECONDS 0.1 /* between two in any case */

/* One fold's lock. */
struct held {
	enum fold_lock how;
	struct lock_owner who;
};

struct follow {
	char dir[PATH_LEN];
	struct stat folder; /* it, when it was first looked at */
	bool gone;          /* it is no longer there, or another one */
	struct run run;     /* what its files say; dir "": they could not be read yet */
	struct held *held;  /* [folds] */
	bool *is_held;      /* [folds] */
	int folds;
	int attended;          /* the fold whose trainer comes first */
	struct held trainer;   /* who is followed, of those that train it; pid 0: nobody yet */
	int trains;            /* its fold's place, from 0 */
	int at;                /* the fold that is shown, from 0 */
	bool finished;         /* nothing is left to train */
	struct work_part part; /* of the fold that is shown */
	int part_of;           /* its number; -1: none */
	int inotify;           /* -1: only the clock counts */
	bool news;             /* it has said something */
	bool looked;           /* and what is shown follows from it */
	double next, least;    /* clock: when it is looked at again, and not before */
	char error[512];       /* of the last look; "": none */
	bool said;             /* that error */
};

/* ---- locks ---- */

static bool same_process(const struct lock_owner *a, const struct lock_owner *b)
{
	return a->pid == b->pid && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->socket, b->socket) == 0;
}

static bool same_held(const struct held *a, const struct held *b)
{
	return a->how == b->how && strcmp(a->who.since, b->who.since) == 0 &&
	       same_process(&a->who, &b->who);
}

static void fold_folder(const struct follow *f, int i, char out[2 * PATH_LEN])
{
	snprintf(out, 2 * PATH_LEN, "%s/fold-%d", f->dir, run_fold_number(&f->run, i));
}

/* Those of all folds; have they changed? */
static bool look_at_locks(struct follow *f)
{
	bool changed = f->folds != f->run.folds;

	if (changed) {
		f->folds = f->run.folds;
		f->held = mem_grow(f->held, (size_t)f->folds, sizeof *f->held);
		f->is_held = mem_grow(f->is_held, (size_t)f->folds, sizeof *f->is_held);
		memset(f->held, 0, (size_t)f->folds * sizeof *f->held);
	}
	for (int i = 0; i < f->folds; i++) {
		char folder[2 * PATH_LEN];
		struct held now = {0};

		fold_folder(f, i, folder);
		now.how = fold_lock_look(folder, &now.who);
		changed |= !same_held(&now, &f->held[i]);
		f->held[i] = now;
		f->is_held[i] = now.how == FOLD_HELD;
	}
	return changed;
}

/* The fold that is looked at if another program trains it, else one of the program that was
 * followed before, else the first that is trained; NULL: none. */
static const struct held *elsewhere(const struct follow *f)
{
	const struct held *found = NULL;
	bool same = false;

	for (int i = 0; f && !f->gone && i < f->folds; i++) {
		const struct held *h = &f->held[i];

		if (h->how != FOLD_HELD)
			continue;
		if (run_fold_number(&f->run, i) == f->attended)
			return h;
		if (!found || (!same && same_process(&h->who, &f->trainer.who)))
			found = h;
		same |= same_process(&h->who, &f->trainer.who);
	}
	return found;
}

static int attended(struct work_run *run)
{
	int fold;

	pthread_mutex_lock(&run->work->lock);
	fold = run->attended;
	pthread_mutex_unlock(&run->work->lock);
	return fold;
}

bool work_is_elsewhere(const struct work_run *run)
{
	return elsewhere(run->follow) != NULL;
}

bool work_trains_elsewhere(const struct work_run *run, int fold)
{
	const struct follow *f = run->follow;

	for (int i = 0; f && i < f->folds; i++)
		if (run_fold_number(&f->run, i) == fold)
			return f->is_held[i];
	return false;
}

/* ---- what is shown ---- */

/* The fold that is trained, else the one that is looked at, else the last that was begun. */
static int choose_fold(const struct follow *f)
{
	const struct held *held = elsewhere(f);
	int last = 0;

	if (held)
		return (int)(held - f->held);
	for (int i = 0; i < f->folds; i++) {
		if (run_fold_number(&f->run, i) == f->attended)
			return i;
		if (run_find(&f->run, run_fold_number(&f->run, i)))
			last = i;
	}
	return last;
}

/* Its training part, as far as the data is at hand. */
static void find_part(struct work_run *run)
{
	struct follow *f = run->follow;
	int fold = run_fold_number(&f->run, f->at);

	f->part.held = f->is_held;
	if (f->part_of == fold)
		return;
	f->part = (struct work_part){.held = f->is_held};
	f->part_of = fold;
	if (run->job.lab)
		work_count_part(&f->part, &run->job.lab->corpus, &f->run.base, fold);
}

/* Does the folder say more than this program knows of its own run? */
static bool speaks(const struct work_run *run)
{
	return run->follow && run->follow->run.dir[0] && (run->looks || run->was_elsewhere);
}

void work_follow_put(const struct work_run *run, struct snapshot *s)
{
	const struct follow *f = run->follow;
	const struct held *held = elsewhere(f);

	if (!speaks(run))
		return;
	s->hold = held || run->opt.readonly || run->refused ? WORK_FOLLOWED : WORK_OURS;
	if (held)
		s->owner = held->who;
	s->left = !held && f->held[f->at].how == FOLD_LEFT;
	s->trains = s->hold == WORK_OURS && !f->finished && !f->gone;
	work_put_rows(s, &f->run, f->at, &f->part);
}

static void find_finished(struct work_run *run)
{
	struct follow *f = run->follow;
	struct err ignored = {0};
	bool finished;

	f->finished = f->run.results.n >= f->folds;
	if (f->finished && run->opt.job.seeds > 1 &&
	    session_finished(run->session, run->opt.job.seeds, &finished, &ignored) == 0)
		f->finished = finished;
}

/* ---- looking ---- */

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

		fold_folder(f, i, folder);
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

	if (h->how == FOLD_HELD && same_process(&h->who, &f->trainer.who)) {
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

	if (held && f->trainer.who.pid && !same_process(&held->who, &f->trainer.who)) {
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
	       (s == WORK_RUN || s == WORK_EVAL) && !same_process(&held->who, &f->trainer.who) &&
	       run_fold_number(&f->run, (int)(held - f->held)) != f->attended;
}

/* Who trains it, and so what state it is in. */
static void take_locks(struct work_run *run, bool changed)
{
	struct follow *f = run->follow;
	const struct held *held = elsewhere(f);
	bool was = work_state(run) == WORK_ELSEWHERE;

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
	if (attach_fd(run) < 0 && changed)
		work_show(run, held ? WORK_ELSEWHERE : was ? WORK_IDLE : work_state(run));
}

/* All that the folder says; has any of it changed? */
static bool read_all(struct work_run *run, bool *news)
{
	struct follow *f = run->follow;
	int at = f->at, before = f->attended;
	bool locks = look_at_locks(f); /* first: what was written before one was free is read */
	struct err e = {0};

	*news = read_folder(f, &e) != 0;
	say_trouble(run, &e);
	if (f->folds != f->run.folds)
		locks |= look_at_locks(f);
	*news |= locks;
	f->attended = attended(run);
	if (!f->folds)
		return *news;
	watch(f);
	f->at = choose_fold(f);
	find_part(run);
	find_finished(run);
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
	*f = (struct follow){.attended = -1, .part_of = -1, .inotify = -1};
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
