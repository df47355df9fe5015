/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may train: places among the jobs, and the line of those that wait for one. */
#include "app/lab/work_private.h"

#include "base/machine.h"

/* Those that wait longer come first. Under the lock. */
static bool is_free(const struct work_run *run)
{
	const struct work *w = run->work;
	int before = 0;

	for (int i = 0; i < w->runs; i++)
		before += w->run[i]->turn && w->run[i]->turn < run->turn;
	return w->placed + before < w->jobs;
}

bool work_may_place(const struct work_run *run)
{
	return run->shown.placed || is_free(run);
}

bool work_place(struct work_run *run)
{
	struct work *w = run->work;
	bool placed;

	pthread_mutex_lock(&w->lock);
	if (!run->shown.placed && !run->turn)
		run->turn = ++w->turns;
	if (!run->shown.placed && is_free(run)) {
		run->shown.placed = true;
		run->turn = 0;
		w->placed++;
	}
	placed = run->shown.placed;
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
	if (run->shown.placed)
		w->placed--;
	run->shown.placed = false;
	run->turn = 0;
	work_line_moved(w);
	pthread_mutex_unlock(&w->lock);
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
