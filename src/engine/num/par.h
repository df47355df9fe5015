/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * par: a few threads that share out numbered tasks.
 *
 * Results must not depend on the number of threads, so the tasks are cut by
 * the data, never by the threads: a task writes what no other task of the same
 * run touches, and sums over tasks are formed afterwards in a fixed order.
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

/* Run fn(ctx, task) for task 0..tasks-1 and return when all are done. Called from one
 * thread at a time; not from inside a task. */
void par_run(struct par *p, int tasks, void (*fn)(void *ctx, int task), void *ctx);

#endif
