/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/num/par.h"

#include "base/clock.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/process.h"
#include "engine/num/gemm.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * DESIGN. `lock` protects run, busy and quit. A run is published by raising
 * `run` under the lock; each worker that sees a new number takes tasks from the
 * atomic counter until none is left, then lowers `busy`. The caller works too
 * and leaves when busy is 0, so fn, ctx and tasks are stable
 * while anyone may read them.
 */
struct par {
	int threads;
	pthread_t *thread; /* threads - 1; the caller works too */
	pthread_mutex_t lock;
	pthread_cond_t start, done;
	unsigned run;
	int busy;
	bool quit;
	void (*fn)(void *, int);
	void *ctx;
	int tasks;
	atomic_int next;
	const struct par_watch *watch;
};

static void take_tasks(struct par *p)
{
	int task;

	while ((task = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < p->tasks)
		p->fn(p->ctx, task);
}

static void *work(void *arg)
{
	struct par *p = arg;
	unsigned seen = 0;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->run == seen && !p->quit)
			pthread_cond_wait(&p->start, &p->lock);
		if (p->quit)
			break;
		seen = p->run;
		pthread_mutex_unlock(&p->lock);
		take_tasks(p);
		pthread_mutex_lock(&p->lock);
		if (--p->busy == 0)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct par *par_new(int threads, struct err *e)
{
	struct par *p;
	sigset_t old;
	int made = 1;

	if (gemm_start(e))
		return NULL;
	p = mem_alloc(1, sizeof *p);
	p->threads = threads > 0 ? threads : machine_cores();
	p->thread = mem_alloc((size_t)p->threads, sizeof *p->thread);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->start, NULL);
	pthread_cond_init(&p->done, NULL);
	process_block_signals(&old); /* they are for the threads that handle them */
	for (; made < p->threads; made++) {
		int failed = pthread_create(&p->thread[made - 1], NULL, work, p);

		if (failed) {
			err_set(e,
				"cannot start thread %d of %d: %s; use a smaller --threads, or "
				"raise the limit (ulimit -v, ulimit -u)",
				made + 1, p->threads, strerror(failed));
			break;
		}
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (made < p->threads) {
		p->threads = made;
		par_free(p);
		return NULL;
	}
	return p;
}

void par_free(struct par *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->threads - 1; i++)
		pthread_join(p->thread[i], NULL);
	pthread_cond_destroy(&p->start);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->thread);
	free(p);
}

int par_threads(const struct par *p)
{
	return p->watch ? p->watch->threads : p->threads;
}

void par_watch(struct par *p, const struct par_watch *w)
{
	BUG_ON(w && p->threads > 1);
	p->watch = w;
}

static void run_watched(const struct par_watch *w, int tasks, void (*fn)(void *, int), void *ctx)
{
	for (int task = 0; task < tasks; task++) {
		double from = clock_worked();

		fn(ctx, task);
		w->done(w->ctx, task, from, clock_worked());
	}
}

void par_run(struct par *p, int tasks, void (*fn)(void *ctx, int task), void *ctx)
{
	if (p->watch) {
		run_watched(p->watch, tasks, fn, ctx);
		return;
	}
	if (p->threads == 1 || tasks < 2) {
		for (int task = 0; task < tasks; task++)
			fn(ctx, task);
		return;
	}
	pthread_mutex_lock(&p->lock);
	p->fn = fn;
	p->ctx = ctx;
	p->tasks = tasks;
	atomic_store_explicit(&p->next, 0, memory_order_relaxed);
	p->busy = p->threads - 1;
	p->run++;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->lock);
	take_tasks(p);
	pthread_mutex_lock(&p->lock);
	while (p->busy > 0)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
