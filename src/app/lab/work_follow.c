/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of a run that does not train here.
 *
 * DESIGN. The run's thread polls for what wakes it: requests, the other end of an attached
 * socket, the clock. On the clock it looks at the folder: who holds the folds' locks, and
 * whether there are more rows. Readers take no lock, so what is read may be a moment old but
 * never holds up who writes.
 */
#include "app/lab/work_private.h"

#include "app/session/run.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_SECONDS 1 /* between two looks, if nothing else says that there is something */

/* One fold's lock. */
struct held {
	enum fold_lock how;
	struct lock_owner who;
};

struct follow {
	struct run run;    /* what its files say */
	struct held *held; /* [run.folds] */
	int attended;      /* the fold whose trainer comes first */
	double next;       /* clock: when it is looked at again */
};

/* ---- looking ---- */

/* Those of all folds; have they changed? */
static bool look_at_locks(struct follow *f)
{
	bool changed = false;

	for (int i = 0; i < f->run.folds; i++) {
		struct held now;
		char folder[PATH_LEN];

		memset(&now, 0, sizeof now);
		if (snprintf(folder, sizeof folder, "%s/fold-%d", f->run.dir,
			     run_fold_number(&f->run, i)) < (int)sizeof folder)
			now.how = fold_lock_look(folder, &now.who);
		changed |= now.how != f->held[i].how || now.who.pid != f->held[i].who.pid ||
			   strcmp(now.who.since, f->held[i].who.since) != 0 ||
			   strcmp(now.who.host, f->held[i].who.host) != 0;
		f->held[i] = now;
	}
	return changed;
}

/* The fold that is looked at if another program trains it, else the first that one does; NULL:
 * none. */
static const struct held *elsewhere(const struct follow *f)
{
	const struct held *found = NULL;

	for (int i = 0; f && i < f->run.folds; i++)
		if (f->held[i].how == FOLD_HELD &&
		    (!found || run_fold_number(&f->run, i) == f->attended))
			found = &f->held[i];
	return found;
}

/* True: another fold is looked at now. */
static bool attend(struct work_run *run)
{
	struct follow *f = run->follow;
	int before = f->attended;

	pthread_mutex_lock(&run->work->lock);
	f->attended = run->attended;
	pthread_mutex_unlock(&run->work->lock);
	return f->attended != before;
}

bool work_is_elsewhere(const struct work_run *run)
{
	return elsewhere(run->follow) != NULL;
}

void work_follow_put(const struct work_run *run, struct snapshot *s)
{
	const struct held *held = elsewhere(run->follow);

	if (!held && !run->looks)
		return;
	s->hold = WORK_FOLLOWED;
	if (held)
		s->owner = held->who;
	s->trains = false;
}

static int load(struct follow *f, const char *dir, struct err *e)
{
	run_free(&f->run);
	if (run_load(&f->run, dir, e))
		return -1;
	f->held = mem_grow(f->held, (size_t)f->run.folds, sizeof *f->held);
	memset(f->held, 0, (size_t)f->run.folds * sizeof *f->held);
	return 0;
}

/* Is there something new? Then it is in the snapshot. */
static void look(struct work_run *run)
{
	struct follow *f = run->follow;
	bool was = work_is_elsewhere(run), locks = look_at_locks(f);
	const struct held *held = elsewhere(f);
	struct err ignored = {0};
	unsigned rows;

	run_refresh(&f->run, &rows, &ignored);
	if (held && !attach_is(run, &held->who)) {
		attach_leave(run);
		attach_try(run, &held->who);
	}
	if (attach_fd(run) < 0 && (locks || rows))
		work_show(run, held ? WORK_ELSEWHERE : was ? WORK_IDLE : work_state(run));
	if (locks || rows)
		work_send_text(run, EVENT_FOLLOWED, 0, true, "");
}

void work_follow_begin(struct work_run *run)
{
	const char *dir = run->job.session.dir[0] ? run->job.session.dir : run->session;
	struct follow *f;
	struct err ignored = {0};

	if (run->follow)
		return;
	f = mem_alloc(1, sizeof *f);
	*f = (struct follow){.attended = -1};
	if (load(f, dir, &ignored)) {
		free(f);
		return;
	}
	run->follow = f;
	look_at_locks(f);
}

void work_follow_end(struct work_run *run)
{
	attach_close(run);
	if (!run->follow)
		return;
	run_free(&run->follow->run);
	free(run->follow->held);
	free(run->follow);
	run->follow = NULL;
}

/* ---- waiting ---- */

/* Milliseconds; -1: for ever. */
static int timeout(const struct work_run *run)
{
	double left =
		fmin(run->follow ? run->follow->next : INFINITY, attach_due(run)) - clock_seconds();

	return isinf(left) ? -1 : left > 0 ? (int)(left * 1000) + 1 : 0;
}

bool work_follow(struct work_run *run)
{
	struct pollfd p[] = {{.fd = run->wake, .events = POLLIN},
			     {.fd = attach_fd(run), .events = attach_poll(run)}};
	uint64_t asked;
	bool news = false;

	work_follow_begin(run);
	if (poll(p, 2, timeout(run)) < 0 && errno != EINTR)
		BUG("poll: %s", strerror(errno));
	if (p[0].revents && read(run->wake, &asked, sizeof asked) < 0) {
		/* somebody else cannot have taken it; nothing is lost: all requests are served */
	}
	if (p[1].revents || clock_seconds() >= attach_due(run))
		news = attach_turn(run);
	if (run->follow && (attend(run) || news || clock_seconds() >= run->follow->next)) {
		look(run);
		run->follow->next = clock_seconds() + LOOK_SECONDS;
	}
	attach_looked(run);
	return work_serve(run, false);
}
