/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/scale.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/median.h"
#include "bench/training.h"
#include "engine/num/par.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3, PAIRS = 5, WORKERS_MAX = 64 };
static const int workers_table[] = {1, 2, 4, 8, 16, 32, WORKERS_MAX};
enum { WORKERS = sizeof workers_table / sizeof *workers_table };

/* ---- a step ---- */

static int step(struct training *t, struct par *par, struct err *e)
{
	t->model.par = par;
	if (training_take(t, 0, e))
		return -1;
	training_passes(t);
	training_update(t);
	return 0;
}

/* ---- its tasks ---- */

/* What ran, in order: tasks, and what one thread did before the first of a run (task -1). */
struct piece {
	int task;
	double seconds[ROUNDS];
};
struct record {
	struct piece *piece;
	int n, room, round;
	int at; /* of this round */
	double last;
};

static void add_piece(struct record *r, int task, double seconds)
{
	if (r->at == r->room) {
		r->room = 2 * r->room + 1024;
		r->piece = mem_grow(r->piece, (size_t)r->room, sizeof *r->piece);
	}
	r->piece[r->at].task = task;
	r->piece[r->at].seconds[r->round] = seconds;
	r->n = max_int(++r->at, r->n);
}

static void task_done(void *ctx, int task, double from, double to)
{
	struct record *r = ctx;

	if (task == 0)
		add_piece(r, -1, from - r->last);
	add_piece(r, task, to - from);
	r->last = to;
}

static int record_round(struct training *t, struct par *one, int threads, struct record *r,
			struct err *e)
{
	const struct par_watch watch = {threads, task_done, r};
	int failed;

	r->at = 0;
	r->last = clock_worked();
	par_watch(one, &watch);
	failed = step(t, one, e);
	par_watch(one, NULL);
	add_piece(r, -1, clock_worked() - r->last);
	r->round++;
	return failed;
}

/* What else the machine does is not the task's. */
static double least(const double *x, int n)
{
	double min = x[0];

	for (int i = 1; i < n; i++)
		min = fmin(x[i], min);
	return min;
}

/* ---- on P workers ---- */

struct schedule {
	double seconds, busy;
	double critical; /* with as many workers as there are tasks */
	double serial;   /* of one thread, the others waiting */
	int tasks;
};

static double longest(const double *x, int n)
{
	double most = 0;

	for (int i = 0; i < n; i++)
		most = fmax(most, x[i]);
	return most;
}

static int first_free(const double *until, int workers)
{
	int first = 0;

	for (int i = 1; i < workers; i++)
		if (until[i] < until[first])
			first = i;
	return first;
}

static struct schedule replay(const struct record *r, int workers)
{
	struct schedule s = {0};

	for (int i = 0; i < r->n;) {
		double until[WORKERS_MAX] = {0}, most = 0;
		double between = least(r->piece[i++].seconds, ROUNDS);

		s.serial += between;
		for (; i < r->n && r->piece[i].task >= 0; i++) {
			double seconds = least(r->piece[i].seconds, ROUNDS);

			until[first_free(until, workers)] += seconds;
			most = fmax(most, seconds);
			s.busy += seconds;
			s.tasks++;
		}
		s.seconds += between + longest(until, workers);
		s.critical += between + most;
	}
	s.busy += s.serial;
	return s;
}

/* ---- the table ---- */

/* One and two threads, as they are, in turn; seconds, medians. */
static int measure(struct training *t, struct par *one, struct par *two, double seconds[2],
		   struct err *e)
{
	struct par *const par[2] = {one, two};
	double took[2][PAIRS];

	for (int pair = 0; pair < PAIRS; pair++)
		for (int i = 0; i < 2; i++) {
			double start = clock_seconds();

			if (step(t, par[i], e))
				return -1;
			took[i][pair] = clock_seconds() - start;
		}
	for (int i = 0; i < 2; i++)
		seconds[i] = median(took[i], PAIRS);
	return 0;
}

static void print(const struct record r[WORKERS])
{
	double alone = replay(&r[0], 1).seconds;

	puts("  workers     step  speed-up  of P   critical path  one thread    idle   tasks");
	for (int i = 0; i < WORKERS; i++) {
		int workers = workers_table[i];
		struct schedule s = replay(&r[i], workers);

		printf("  %7d %7.4fs %8.2f x %5.2f %12.4f s %10.4f s %6.1f%% %7d\n", workers,
		       s.seconds, alone / s.seconds, alone / s.seconds / workers, s.critical,
		       s.serial, 100 * (1 - s.busy / (workers * s.seconds)), s.tasks);
	}
}

int scale_table(const char *name, const struct settings *s, struct corpus *c, struct err *e)
{
	struct par *one = par_new(1, e), *two = one ? par_new(2, e) : NULL;
	struct record r[WORKERS] = {0};
	struct training t;
	double seconds[2];
	int failed;

	if (!two)
		return -1;
	failed = training_open(&t, s, c, one, e) || step(&t, one, e);
	for (int round = 0; round < ROUNDS && !failed; round++)
		for (int i = 0; i < WORKERS && !failed; i++)
			failed = record_round(&t, one, workers_table[i], &r[i], e);
	failed = failed || measure(&t, one, two, seconds, e);
	if (!failed) {
		double predicted = replay(&r[0], 1).seconds / replay(&r[1], 2).seconds;

		printf("%s, batches of %d\n", name, s->train.batch_size);
		print(r);
		printf("  two threads: predicted x %.3f, measured x %.3f (%.4f s, %.4f s)\n",
		       predicted, seconds[0] / seconds[1], seconds[0], seconds[1]);
		fflush(stdout);
	}
	for (int i = 0; i < WORKERS; i++)
		free(r[i].piece);
	training_close(&t);
	par_free(one);
	par_free(two);
	return failed ? -1 : 0;
}
