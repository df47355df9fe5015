/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * par: a few threads that share out numbered tasks.
 *
 * Results must not depend on the number of threads. So a task writes what no other task
 * of the same run touches, sums over tasks are formed afterwards in a fixed order, and
 * work may be cut by the number of threads only where no sum goes over the cut.
 * Task 0 is started first: put the long ones in front.
 *
 * OpenBLAS is told to stay in the calling thread (par_new), because its own
 * threads would fight these for the cores.
 */
#ifndef MIUST_PAR_H
#define MIUST_PAR_H

#include "base/err.h"

struct par;

/* threads <= 0: as many as there are cores for this process (machine_cores). */
struct par *par_new(int threads, struct err *e);
void par_free(struct par *p);
int par_threads(const struct par *p);

/*
 * Of a par of one thread: told of each task when it is done, in the calling thread; from..to
 * are seconds in which that thread had a core (clock_worked). Tasks whose cut looks at
 * par_threads are cut as for `threads`. NULL: no longer. What bench/speed scale is made of.
 */
struct par_watch {
	int threads;
	void (*done)(void *ctx, int task, double from, double to);
	void *ctx;
};
void par_watch(struct par *p, const struct par_watch *w); /* the caller's, and in place */

/* Run fn(ctx, task) for task 0..tasks-1 and return when all are done. Called from one
 * thread at a time; not from inside a task. */
void par_run(struct par *p, int tasks, void (*fn)(void *ctx, int task), void *ctx);

#endif
