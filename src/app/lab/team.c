/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/team.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct team {
	pthread_mutex_t begins; /* held by the job that begins a seed; before all others */
	pthread_mutex_t lock;
	int asked;
	struct team_start start; /* does not change once `offered` */
	bool offered;            /* -- protected by lock, as all below */
	int jobs;
	struct team_fold *fold; /* [n] by seed and fold */
	int n;
	int *closed; /* [nclosed] seeds */
	int nclosed;
	bool halted; /* nothing is begun any more */
	bool compared;
	int64_t steps, most; /* made, and how many may be; most 0: any number */
	struct happening end;
	bool ends;
};

struct team *team_new(int jobs, int64_t steps)
{
	struct team *t = mem_alloc(1, sizeof *t);

	*t = (struct team){.asked = jobs, .jobs = jobs, .most = steps};
	pthread_mutex_init(&t->begins, NULL);
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void team_is_whole(struct team *t)
{
	lab_drop(t->start.lab);
	t->start.lab = NULL;
	changes_free(&t->start.replay);
}

void team_free(struct team *t)
{
	team_is_whole(t);
	pthread_mutex_destroy(&t->begins);
	pthread_mutex_destroy(&t->lock);
	free(t->fold);
	free(t->closed);
	free(t);
}

int team_asked(const struct team *t)
{
	return t->asked;
}

void team_offer(struct team *t, const struct team_start *start, int folds)
{
	pthread_mutex_lock(&t->lock);
	t->start = *start;
	t->offered = true;
	if (folds < t->jobs)
		t->jobs = folds > 1 ? folds : 1;
	pthread_mutex_unlock(&t->lock);
}

const struct team_start *team_start(struct team *t)
{
	bool offered;

	pthread_mutex_lock(&t->lock);
	offered = t->offered;
	pthread_mutex_unlock(&t->lock);
	return offered ? &t->start : NULL;
}

int team_jobs(struct team *t)
{
	int jobs;

	pthread_mutex_lock(&t->lock);
	jobs = t->jobs;
	pthread_mutex_unlock(&t->lock);
	return jobs;
}

void team_begin(struct team *t)
{
	pthread_mutex_lock(&t->begins);
}

void team_begun(struct team *t)
{
	pthread_mutex_unlock(&t->begins);
}

/* Its place, or where it would be. Under the lock. */
static int find(const struct team *t, int seed, int fold)
{
	int at = 0;

	while (at < t->n &&
	       (t->fold[at].seed < seed || (t->fold[at].seed == seed && t->fold[at].fold < fold)))
		at++;
	return at;
}

static bool is_at(const struct team *t, int at, int seed, int fold)
{
	return at < t->n && t->fold[at].seed == seed && t->fold[at].fold == fold;
}

static void insert(struct team *t, int at, int seed, int fold)
{
	t->fold = mem_grow(t->fold, (size_t)t->n + 1, sizeof *t->fold);
	for (int i = t->n; i > at; i--)
		t->fold[i] = t->fold[i - 1];
	t->fold[at] = (struct team_fold){.seed = seed, .fold = fold};
	t->n++;
}

bool team_take(struct team *t, int seed, int fold)
{
	bool takes;
	int at;

	pthread_mutex_lock(&t->lock);
	at = find(t, seed, fold);
	takes = !t->halted && !is_at(t, at, seed, fold);
	if (takes)
		insert(t, at, seed, fold);
	pthread_mutex_unlock(&t->lock);
	return takes;
}

void team_leave(struct team *t, int seed, int fold, enum team_end how, int epoch, int step,
		const struct err *why)
{
	struct team_fold *f;
	int at;

	pthread_mutex_lock(&t->lock);
	at = find(t, seed, fold);
	BUG_ON(!is_at(t, at, seed, fold));
	f = &t->fold[at];
	f->how = how;
	f->epoch = epoch;
	f->step = step;
	if (why)
		f->why = *why;
	t->halted |= how == TEAM_FAILED && f->why.status != EXIT_DIVERGED;
	pthread_mutex_unlock(&t->lock);
}

bool team_trained(struct team *t, int seed)
{
	bool trained = false;

	pthread_mutex_lock(&t->lock);
	for (int i = 0; i < t->n; i++)
		trained |= t->fold[i].seed == seed && t->fold[i].how != TEAM_LEFT;
	pthread_mutex_unlock(&t->lock);
	return trained;
}

bool team_took(struct team *t, int seed, int fold)
{
	bool took = false;

	pthread_mutex_lock(&t->lock);
	for (int i = 0; i < t->n; i++)
		took |= t->fold[i].seed == seed && t->fold[i].fold == fold &&
			t->fold[i].how != TEAM_LEFT;
	pthread_mutex_unlock(&t->lock);
	return took;
}

bool team_closes(struct team *t, int seed)
{
	bool closes = true;

	pthread_mutex_lock(&t->lock);
	for (int i = 0; i < t->n; i++)
		closes &= t->fold[i].seed != seed || t->fold[i].how != TEAM_TRAINS;
	for (int i = 0; i < t->nclosed; i++)
		closes &= t->closed[i] != seed;
	if (closes) {
		t->closed = mem_grow(t->closed, (size_t)t->nclosed + 1, sizeof *t->closed);
		t->closed[t->nclosed++] = seed;
	}
	pthread_mutex_unlock(&t->lock);
	return closes;
}

int team_closed(struct team *t)
{
	int n;

	pthread_mutex_lock(&t->lock);
	n = t->nclosed;
	pthread_mutex_unlock(&t->lock);
	return n;
}

bool team_step(struct team *t)
{
	bool may;

	pthread_mutex_lock(&t->lock);
	may = !t->most || t->steps < t->most;
	t->steps += may;
	pthread_mutex_unlock(&t->lock);
	return may;
}

bool team_compares(struct team *t)
{
	bool first;

	pthread_mutex_lock(&t->lock);
	first = !t->compared;
	t->compared = true;
	pthread_mutex_unlock(&t->lock);
	return first;
}

void team_keep_end(struct team *t, const struct happening *x)
{
	pthread_mutex_lock(&t->lock);
	if (!t->ends ||
	    (strcmp(t->end.state, "stopped") == 0 && strcmp(x->state, "stopped") != 0)) {
		t->end = *x;
		t->ends = true;
	}
	pthread_mutex_unlock(&t->lock);
}

const struct team_fold *team_folds(struct team *t, int *n)
{
	*n = t->n;
	return t->fold;
}

const struct happening *team_happened(const struct team *t)
{
	return t->ends ? &t->end : NULL;
}
