/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sharing out tasks. The thread sanitizer sees whether anything races. */
#include "engine/num/par.h"

#include "test.h"

enum { TASKS = 1000, THREADS = 8 };

struct count {
	int times[TASKS]; /* each task writes its own place */
	int tasks;
};

static void count_one(void *ctx, int task)
{
	struct count *c = ctx;

	if (task < 0 || task >= c->tasks)
		abort();
	c->times[task]++;
}

static void check_count(struct par *p, int tasks)
{
	static struct count c;

	memset(&c, 0, sizeof c);
	c.tasks = tasks;
	par_run(p, tasks, count_one, &c);
	for (int i = 0; i < TASKS; i++)
		if (c.times[i] != (i < tasks))
			FAIL("%d threads, %d tasks: task %d ran %d times", par_threads(p), tasks, i,
			     c.times[i]);
}

TEST(every_task_once)
{
	static const int tasks[] = {0, 1, 2, 3, 7, 8, 9, 64, TASKS};

	for (int threads = 1; threads <= THREADS; threads++) {
		struct err e = {0};
		struct par *p = par_new(threads, &e);

		REQUIRE(p);
		CHECK_INT(par_threads(p), threads);
		for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
			check_count(p, tasks[i]);
		par_free(p);
	}
}

static void add_one(void *ctx, int task)
{
	int *sum = ctx;

	sum[task]++;
}

/* What one run wrote the next reads, in other threads: without a barrier
 * between runs this races. */
TEST(many_quick_runs)
{
	enum { RUNS = 10000 };

	for (int threads = 2; threads <= 4; threads++) {
		struct err e = {0};
		struct par *p = par_new(threads, &e);
		int sum[5] = {0};

		REQUIRE(p);
		for (int run = 0; run < RUNS; run++)
			par_run(p, 2 + run % 4, add_one, sum);
		CHECK_INT(sum[0], RUNS);
		CHECK_INT(sum[1], RUNS);
		CHECK_INT(sum[2], RUNS * 3 / 4);
		CHECK_INT(sum[3], RUNS / 2);
		CHECK_INT(sum[4], RUNS / 4);
		par_free(p);
	}
}

TEST(made_and_freed_at_once)
{
	for (int i = 0; i < 100; i++) {
		struct err e = {0};
		struct par *p = par_new(1 + i % 5, &e);

		REQUIRE(p);
		if (i % 3 == 0)
			check_count(p, 5);
		par_free(p);
	}
	par_free(NULL);
}

TEST(as_many_threads_as_cores)
{
	struct err e = {0};
	struct par *p = par_new(0, &e);

	REQUIRE(p);
	CHECK(par_threads(p) >= 1);
	par_free(p);
}

struct watched {
	struct count *counted;
	int runs, tasks, early, disorder;
	double last;
};

static void note(void *ctx, int task, double from, double to)
{
	struct watched *w = ctx;

	w->runs += task == 0;
	w->tasks++;
	w->early += !(from >= w->last && to >= from);
	w->disorder += w->counted->times[task] != 1;
	w->last = to;
}

/* Each task is told of once, after it ran, in order; and others may cut by the threads said. */
TEST(watched)
{
	static struct count c;
	struct watched w = {.counted = &c};
	const struct par_watch watch = {16, note, &w};
	struct err e = {0};
	struct par *p = par_new(1, &e);

	REQUIRE(p);
	par_watch(p, &watch);
	CHECK_INT(par_threads(p), 16);
	for (int tasks = 0; tasks < 4; tasks++) {
		memset(&c, 0, sizeof c);
		c.tasks = tasks;
		par_run(p, tasks, count_one, &c);
	}
	par_watch(p, NULL);
	CHECK_INT(par_threads(p), 1);
	par_run(p, 2, count_one, &c);
	CHECK_INT(w.runs, 3);
	CHECK_INT(w.tasks, 6);
	CHECK_INT(w.early, 0);
	CHECK_INT(w.disorder, 0);
	par_free(p);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
