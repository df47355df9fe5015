/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may train: places among the jobs, and the line of those that wait for one. */
#include "app/lab/work_private.h"

#include "base/machine.h"

/* Folds of a team may take so much of what the machine has; the rest is for features' pages. */
static const double SHARE = 0.75;

/* Those that wait longer come first. Under the lock. */
static bool is_free(const struct work_run *run)
{
	const struct work *w = run->work;
	int before = 0;

	for (int i = 0; i < w->runs; i++)
		before += w->run[i]->turn && w->run[i]->turn < run->turn;
	return w->placed + before < w->jobs;
}

/* Is what it may take there, beside what the others may? Under the lock. */
static bool fits(const struct work_run *run)
{
	const struct work *w = run->work;
	int64_t taken = 0;

	for (int i = 0; i < w->runs && run->need; i++)
		if (w->run[i] != run && w->run[i]->shown.placed)
			taken += w->run[i]->need;
	return taken == 0 || taken + run->need <= w->memory;
}

bool work_may_place(const struct work_run *run)
{
	const struct work_run *other = work_duel_other(run);

	return work_duel_turn(run) &&
	       (run->shown.placed || (other && other->shown.placed) || (is_free(run) && fits(run)));
}

/* A place of its own, or half of that of the other side of a duel. */
static void take(struct work_run *run)
{
	struct work_run *other = work_duel_other(run);

	run->shown.placed = true;
	run->turn = 0;
	if (other && other->shown.placed) {
		run->shares = other;
		other->shares = run;
	} else {
		run->work->placed++;
	}
}

void work_share_place(struct work_run *const side[2])
{
	struct work_run *a = side[0], *b = side[1];

	if (!a || !b || !a->shown.placed || !b->shown.placed || a->shares)
		return;
	a->shares = b;
	b->shares = a;
	a->work->placed--;
	work_line_moved(a->work);
}

bool work_place(struct work_run *run)
{
	struct work *w = run->work;
	bool placed;

	pthread_mutex_lock(&w->lock);
	placed = work_duel_turn(run);
	if (placed && !run->shown.placed) {
		if (!run->turn)
			run->turn = ++w->turns;
		placed = work_may_place(run);
		if (placed)
			take(run);
	}
	pthread_mutex_unlock(&w->lock);
	return placed;
}

void work_line_moved(struct work *w)
{
	for (int i = 0; i < w->runs; i++)
		if (w->run[i]->turn)
			work_wake(w->run[i]);
}

void work_leave_place(struct work_run *run)
{
	struct work *w = run->work;

	pthread_mutex_lock(&w->lock);
	if (run->shown.placed && !run->shares)
		w->placed--;
	if (run->shares)
		run->shares->shares = NULL;
	run->shares = NULL;
	run->shown.placed = false;
	run->turn = 0;
	work_line_moved(w);
	pthread_mutex_unlock(&w->lock);
}

void work_fit(struct work_run *run)
{
	int64_t most = run->job.memory.most;
	struct work *w = run->work;
	char text[256];
	bool now;

	work_leave_place(run);
	pthread_mutex_lock(&w->lock);
	if (!w->memory)
		w->memory = (int64_t)(SHARE * (double)machine_memory());
	run->need = most;
	now = fits(run);
	pthread_mutex_unlock(&w->lock);
	if (now)
		return;
	snprintf(text, sizeof text,
		 "fold %d waits until another has ended: it may take %lldM of memory, which is not "
		 "there beside the others (train.memory sets it)",
		 run->job.trainer.state.fold, (long long)(most >> 20));
	work_say(run, text);
}

void work_jobs(struct work *w, int jobs)
{
	pthread_mutex_lock(&w->lock);
	w->jobs = jobs > 1 ? jobs : 1;
	work_line_moved(w);
	pthread_mutex_unlock(&w->lock);
}

int work_share(struct work_run *run)
{
	int all = run->threads > 0 ? run->threads : machine_cores(), jobs;

	pthread_mutex_lock(&run->work->lock);
	jobs = run->work->jobs;
	pthread_mutex_unlock(&run->work->lock);
	return all > jobs ? all / jobs : 1;
}
