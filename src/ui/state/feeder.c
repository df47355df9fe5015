/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/feeder.h"

#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/state/runs.h"

#include <stdlib.h>
#include <string.h>

/* ---- those that train here ---- */

static struct fed *find(const struct ui *u, int run)
{
	for (int i = 0; i < u->feeder.n; i++)
		if (u->feeder.fed[i].run == run)
			return &u->feeder.fed[i];
	return NULL;
}

static struct fed *add(struct ui *u, int run, const char *dir, int seeds)
{
	struct fed *f;

	u->feeder.fed = mem_grow(u->feeder.fed, (size_t)u->feeder.n + 1, sizeof *f);
	f = &u->feeder.fed[u->feeder.n++];
	*f = (struct fed){.run = run, .seeds = seeds};
	str_fit(f->dir, sizeof f->dir, dir);
	return f;
}

/* Also those that the user has begun: they may be in the queue. */
static void add_training(struct ui *u)
{
	int id[FEEDER_JOBS], n = work_training(u->work, id, FEEDER_JOBS);

	for (int i = 0; i < n && i < FEEDER_JOBS; i++) {
		struct snapshot *s;

		if (find(u, id[i]))
			continue;
		s = mem_alloc(1, sizeof *s);
		work_snapshot(u->work, id[i], s);
		if (s->opened)
			add(u, id[i], s->root, 1);
		free(s);
	}
}

static void take_off(struct ui *u, const struct fed *f, bool *was)
{
	struct err e = {0};

	if (was)
		*was = false;
	if (!file_exists(QUEUE_FOLDER "/queue")) /* nor is a lock made for it */
		return;
	if (queue_remove(QUEUE_FOLDER, f->dir, was, &e))
		ui_error(u, "%s", e.text);
}

/* Why it was not opened; another program may have been faster, which is no fault. */
static void pass_failed(struct ui *u, const struct fed *f)
{
	struct snapshot *s = mem_alloc(1, sizeof *s);

	work_snapshot(u->work, f->run, s);
	if (!s->busy)
		queue_pass(&u->feeder.passed, f->dir, s->error);
	free(s);
}

static bool is_finished(const struct fed *f, int seeds)
{
	struct err ignored = {0};
	bool finished = false;

	return session_finished(f->dir, seeds, &finished, &ignored) == 0 && finished;
}

/* Who has begun it here may have trained one seed, and its line has more. */
static bool has_more(const struct fed *f)
{
	int seeds = queue_seeds(QUEUE_FOLDER, f->dir);

	return seeds > f->seeds && !is_finished(f, seeds);
}

/* Another process has stopped it: as if its user had done so here. Asked after its state. */
static bool left_outside(struct ui *u, int run)
{
	bool left = work_stopped_outside(u->work, run);

	if (left)
		feeder_leave(u, run);
	return left;
}

/* It can go on, and has no place among those that train: stopped, or opened and not begun. */
static bool rests(const struct glance *g)
{
	return g->opened && g->trains && !g->placed &&
	       (g->state == WORK_IDLE || g->state == WORK_PAUSED);
}

/* Has it ended? Then what follows for the queue is done. */
static bool has_ended(struct ui *u, struct fed *f)
{
	struct glance g;
	bool was;

	if (!work_has(u->work, f->run)) { /* left when it had finished, or while it paused */
		if (is_finished(f, f->seeds) && !has_more(f))
			take_off(u, f, NULL);
		else
			queue_pass(&u->feeder.passed, f->dir, "it was left while it paused");
		return true;
	}
	work_glance(u->work, f->run, &g);
	if (g.state == WORK_IDLE && left_outside(u, f->run))
		return true;
	f->asked = f->asked && rests(&g);
	if (f->asked)
		return false;
	switch (g.state) {
	case WORK_IDLE:
		if (g.opened && !g.trains && !has_more(f))
			take_off(u, f, NULL);
		return g.opened;
	case WORK_DIVERGED:
		take_off(u, f, &was);
		if (was) /* nobody may be there: the next one is to begin */
			work_stop(u->work, f->run);
		return true;
	case WORK_FAILED:
		pass_failed(u, f);
		return true;
	default:
		return false;
	}
}

static void follow(struct ui *u)
{
	int kept = 0;

	add_training(u);
	for (int i = 0; i < u->feeder.n; i++)
		if (!has_ended(u, &u->feeder.fed[i]))
			u->feeder.fed[kept++] = u->feeder.fed[i];
	u->feeder.n = kept;
}

/* ---- the next ---- */

/* One at a time: while it is opened it has no lock yet, and would be found again. */
static bool is_opening(const struct ui *u)
{
	for (int i = 0; i < u->feeder.n; i++) {
		struct glance g;

		work_glance(u->work, u->feeder.fed[i].run, &g);
		if (g.state == WORK_LOADING || u->feeder.fed[i].asked)
			return true;
	}
	return false;
}

/* A run that rests here and is open: queue_next passes on from one that is held, such as the one on
 * the screen after `start now`, and one that is only looked at is not to be opened again. 0: none.
 */
static int rests_here(struct ui *u, const struct queue_run *r)
{
	int run = u->work ? runs_find(u, r->dir) : 0;
	struct glance g;

	if (!run || queue_is_passed(&u->feeder.passed, r))
		return 0;
	work_glance(u->work, run, &g);
	return rests(&g) && !left_outside(u, run) ? run : 0;
}

/* One of those goes on if it is the next, or comes before that. */
static bool goes_on(struct ui *u, const struct queue_run *next)
{
	struct err ignored = {0}; /* the queue has just been read */
	struct queue q;
	int run = 0;

	if (queue_read(&q, QUEUE_FOLDER, &ignored))
		return false;
	for (int i = 0; i < q.n && !run; i++) {
		run = rests_here(u, &q.run[i]);
		if (run && work_resume(u->work, run))
			add(u, run, q.run[i].dir, q.run[i].seeds)->asked = true;
		if (next && strcmp(q.run[i].key, next->key) == 0)
			break;
	}
	queue_free(&q);
	return run != 0;
}

/* The queue's file as it is now. */
static struct stat queue_file(void)
{
	struct stat now;

	return stat(QUEUE_FOLDER "/queue", &now) == 0 ? now : (struct stat){0};
}

static void feed(struct ui *u)
{
	struct work_options o = {
		.job = {.threads = u->how.threads, .resume = true, .claim = true},
	};
	struct queue_run next;
	struct err e = {0};
	bool found;
	int run;

	u->feeder.queue = queue_file(); /* before it is read: what comes meanwhile is seen later */
	do {
		if (queue_next(QUEUE_FOLDER, &u->feeder.passed, 0, &next, &found, &e)) {
			ui_error(u, "%s", e.text);
			u->feeder.on = false;
			return;
		}
		if (goes_on(u, found ? &next : NULL))
			return;
	} while (found && queue_is_passed(&u->feeder.passed, &next)); /* it was stopped here */
	u->feeder.starved = !found;
	if (!found)
		return;
	o.job.session = next.dir;
	o.job.seeds = next.seeds;
	run = runs_add(u, &o, &e);
	if (run) {
		add(u, run, next.dir, next.seeds);
		return;
	}
	queue_pass(&u->feeder.passed, next.dir, e.text);
	ui_error(u, "%s: %s", next.name, e.text);
}

static bool has_job(const struct ui *u)
{
	return runs_active(u, NULL) < (u->feeder.jobs > 1 ? u->feeder.jobs : 1);
}

void feeder_follow(struct ui *u)
{
	int was = u->feeder.n;

	if (!u->work || u->leaving || u->readonly)
		return;
	follow(u);
	if (u->feeder.n < was)
		u->feeder.starved = false; /* an ended one may be the next again (start now) */
	if (u->feeder.on && !u->feeder.starved && !is_opening(u) && has_job(u))
		feed(u);
}

bool feeder_hungry(const struct ui *u)
{
	return u->work && !u->leaving && !u->readonly && u->feeder.on && u->feeder.starved &&
	       has_job(u);
}

bool feeder_look(struct ui *u)
{
	struct stat now = queue_file(), *was = &u->feeder.queue;

	if (!feeder_hungry(u) || (now.st_ino == was->st_ino && now.st_size == was->st_size &&
				  now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
				  now.st_mtim.tv_nsec == was->st_mtim.tv_nsec))
		return false;
	u->feeder.starved = false;
	feeder_follow(u);
	return true;
}

void feeder_poke(struct ui *u)
{
	if (u->readonly)
		return;
	u->feeder.on = true;
	u->feeder.starved = false;
	feeder_follow(u);
}

void feeder_rest(struct ui *u)
{
	u->feeder.on = false;
}

void feeder_jobs(struct ui *u, int jobs)
{
	u->feeder.jobs = jobs;
	u->feeder.starved = false;
	if (u->work)
		work_jobs(u->work, jobs);
	feeder_follow(u);
}

void feeder_leave(struct ui *u, int run)
{
	struct snapshot *s = mem_alloc(1, sizeof *s); /* it need not have begun */

	work_snapshot(u->work, run, s);
	if (s->root[0])
		queue_pass(&u->feeder.passed, s->root, "it was stopped");
	free(s);
}

void feeder_stop(struct ui *u)
{
	int id[FEEDER_JOBS * 2], n = u->work ? work_runs(u->work, id, FEEDER_JOBS * 2) : 0;

	feeder_rest(u);
	for (int i = 0; i < n && i < FEEDER_JOBS * 2; i++) {
		struct glance g;

		work_glance(u->work, id[i], &g);
		if (id[i] == u->run_shown || g.hold != WORK_OURS)
			continue;
		feeder_leave(u, id[i]);
		work_stop(u->work, id[i]);
	}
}

bool feeder_busy(const struct ui *u)
{
	return u->feeder.on && (u->feeder.n > 0 || !u->feeder.starved);
}

int feeder_waiting(const struct ui *u)
{
	struct err ignored = {0};
	struct queue q;
	int n;

	(void)u;
	if (queue_read(&q, QUEUE_FOLDER, &ignored))
		return 0;
	n = q.n;
	queue_free(&q);
	return n;
}
