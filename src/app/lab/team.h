/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * team: jobs of one session that train its folds at once.
 *
 * Each of them goes through seeds and folds in the order of a job that is alone, and trains
 * those that no other has taken: so folds are begun in that order, a place that gets free takes
 * the next, and nobody hands out work. The first job opens the session, and offers the others
 * what it has read; they open the same session with a lock of their own.
 *
 * A fold that diverges, or that another program trains, is that fold's matter: the others are
 * trained. After any other error (the disk, the data, the session) no fold is begun any more;
 * those that train go on to their ends.
 *
 * All functions may be called from any thread, unless they say otherwise; `lock` of team.c is held
 * for a few fields, and no other is taken under it. Between team_begin and team_begun a job is
 * alone: it may take locks and wait for files there, but for no other job.
 */
#ifndef MIUST_TEAM_H
#define MIUST_TEAM_H

#include "app/hook/happening.h"
#include "app/lab/lab.h"
#include "app/session/changes.h"

struct team;

/* So many jobs at most; steps: of all together, 0: no limit. */
struct team *team_new(int jobs, int64_t steps);
/* No further job is opened: what was offered goes. Before the labs are closed. */
void team_is_whole(struct team *t);
void team_free(struct team *t); /* when its jobs are closed */
int team_asked(const struct team *t);

/* ---- what the first has read ---- */

struct team_start { /* all of it is the team's once it is offered */
	char root[PATH_LEN];
	struct settings set;
	struct lab *lab;       /* held */
	struct changes replay; /* as the file has them */
};

/* The session is open, and so many folds are left to train in it: there is a job for each, as far
 * as they were asked for, and one at least. Once. */
void team_offer(struct team *t, const struct team_start *start, int folds);
/* NULL: nothing is offered yet. It does not change. */
const struct team_start *team_start(struct team *t);
int team_jobs(struct team *t); /* those asked for, until it is known how many have work */

/* ---- folds; a seed is named by its place, from 0 ---- */

void team_begin(struct team *t); /* a job begins a seed: one at a time */
void team_begun(struct team *t);
/* The fold is this job's from now on. False: another has it or had it, or nothing is to be begun
 * any more. */
bool team_take(struct team *t, int seed, int fold);

enum team_end {
	TEAM_TRAINS,
	TEAM_DONE,    /* it is tested */
	TEAM_STOPPED, /* stored, and goes on another time */
	TEAM_FAILED,  /* why->status EXIT_DIVERGED: the others go on */
	TEAM_LEFT,    /* another program trains it: why says who */
};
/* The next step is that one; why may be NULL. */
void team_leave(struct team *t, int seed, int fold, enum team_end how, int epoch, int step,
		const struct err *why);
bool team_trained(struct team *t, int seed); /* has a fold of it been taken here? */
bool team_took(struct team *t, int seed, int fold);
/* All folds of the seed that were asked for have results. If none of them trains here any more: is
 * this job the one to say so? One is, once. */
bool team_closes(struct team *t, int seed);
int team_closed(struct team *t); /* so many seeds */
bool team_step(struct team *t);  /* one more step may be made; it counts as made */
/* True for the first who asks: the machine is to be compared once. */
bool team_compares(struct team *t);
/* How the run ends for hooks: of several the first, but errors before what only was stopped. */
void team_keep_end(struct team *t, const struct happening *x);

/* ---- for who watches, when all jobs have ended ---- */

struct team_fold {
	int seed, fold;
	enum team_end how;
	int epoch, step; /* of the next step */
	struct err why;
};
/* Those that were taken, by seed and fold. */
const struct team_fold *team_folds(struct team *t, int *n);
const struct happening *team_happened(const struct team *t); /* NULL: it has finished */

#endif
