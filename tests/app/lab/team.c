/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs of one session that share its folds: who takes what, and how it ends. */
#include "tests/app/lab/worker.h"

#include "app/lab/team.h"

TEST(each_fold_is_taken_once)
{
	struct team *t = team_new(2, 0);
	const struct team_fold *f;
	int n;

	CHECK(team_take(t, 0, 2));
	CHECK(!team_take(t, 0, 2));
	CHECK(team_take(t, 1, 2)); /* of another seed */
	CHECK(team_take(t, 0, 1));
	team_leave(t, 0, 2, TEAM_DONE, 3, 9, NULL);
	CHECK(!team_take(t, 0, 2)); /* nor again */
	f = team_folds(t, &n);
	CHECK_INT(n, 3);
	CHECK_INT(f[0].seed * 10 + f[0].fold, 1);
	CHECK_INT(f[1].seed * 10 + f[1].fold, 2);
	CHECK_INT(f[2].seed * 10 + f[2].fold, 12);
	CHECK_INT(f[1].how, TEAM_DONE);
	CHECK_INT(f[1].epoch, 3);
	CHECK_INT(f[1].step, 9);
	team_free(t);
}

TEST(a_seed_is_closed_once_and_last)
{
	struct team *t = team_new(2, 0);

	CHECK(!team_trained(t, 0));
	team_take(t, 0, 1);
	team_take(t, 0, 2);
	CHECK(team_trained(t, 0));
	CHECK(!team_trained(t, 1));
	team_leave(t, 0, 1, TEAM_DONE, 1, 1, NULL);
	CHECK(!team_closes(t, 0)); /* fold 2 trains */
	CHECK(team_closes(t, 1));  /* nothing was left of it */
	team_leave(t, 0, 2, TEAM_DONE, 1, 1, NULL);
	CHECK(team_closes(t, 0));
	CHECK(!team_closes(t, 0));
	CHECK_INT(team_closed(t), 2);
	team_free(t);
}

/* What is one fold's own stops no other. */
TEST(errors_that_stop_the_others)
{
	struct team *t = team_new(4, 0);
	struct err e = {.status = EXIT_DIVERGED};

	for (int fold = 1; fold <= 3; fold++)
		CHECK(team_take(t, 0, fold));
	team_leave(t, 0, 1, TEAM_FAILED, 1, 1, &e);
	CHECK(team_take(t, 0, 4));
	e.status = EXIT_BUSY;
	team_leave(t, 0, 2, TEAM_LEFT, 0, 0, &e);
	CHECK(team_take(t, 0, 5));
	e.status = EXIT_FAILED;
	team_leave(t, 0, 3, TEAM_FAILED, 1, 1, &e);
	CHECK(!team_take(t, 0, 6));
	team_free(t);
}

TEST(jobs_are_as_many_as_have_work)
{
	static const int left[] = {0, 1, 3, 9}, jobs[] = {1, 1, 3, 4};

	for (int i = 0; i < 4; i++) {
		struct team *t = team_new(4, 0);
		struct team_start start = {.root = "r"};

		CHECK(!team_start(t));
		CHECK_INT(team_jobs(t), 4);
		team_offer(t, &start, left[i]);
		REQUIRE(team_start(t));
		CHECK_STR(team_start(t)->root, "r");
		CHECK_INT(team_jobs(t), jobs[i]);
		CHECK_INT(team_asked(t), 4);
		team_free(t);
	}
}

/* ---- from several threads ---- */

enum { THREADS = 4, FOLDS = 200, STEPS = 1000 };
static struct team *shared;

static void *take_all(void *taken)
{
	int *n = taken;

	for (int fold = 0; fold < FOLDS; fold++)
		n[0] += team_take(shared, 0, fold);
	while (team_step(shared))
		n[1]++;
	return NULL;
}

TEST(from_several_threads)
{
	pthread_t thread[THREADS];
	int n[THREADS][2] = {{0}}, folds = 0, steps = 0;

	shared = team_new(THREADS, STEPS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, take_all, n[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		folds += n[i][0];
		steps += n[i][1];
	}
	CHECK_INT(folds, FOLDS);
	CHECK_INT(steps, STEPS);
	team_free(shared);
}

TEST(an_error_is_told_rather_than_a_stop)
{
	struct team *t = team_new(2, 0);
	struct happening x = {.state = "stopped", .fold = 1};

	CHECK(!team_happened(t));
	team_keep_end(t, &x);
	x = (struct happening){.state = "diverged", .fold = 2};
	team_keep_end(t, &x);
	x = (struct happening){.state = "stopped", .fold = 3};
	team_keep_end(t, &x);
	x = (struct happening){.state = "failed", .fold = 4};
	team_keep_end(t, &x);
	REQUIRE(team_happened(t));
	CHECK_INT(team_happened(t)->fold, 2);
	team_free(t);
}

/* ---- memory ---- */

static void have_memory(struct work *w, int64_t bytes)
{
	pthread_mutex_lock(&w->lock);
	w->memory = bytes;
	pthread_mutex_unlock(&w->lock);
}

/* How often another fold than that of the step before has the next step, and waits were said. */
struct turns {
	int runs[3], fold, changes, waits, results;
};

static void open_other(struct work *w, const struct work_options *first)
{
	struct work_options o = *first;
	struct err e = {0};

	o.job.session = team_start(o.job.team)->root;
	CHECK(work_open(w, &o, &e));
}

static void count(struct turns *t, const struct event *e)
{
	t->results += e->kind == EVENT_RESULT;
	t->waits += e->kind == EVENT_SAY && strstr(e->told, "waits until another has ended");
	if (e->kind != EVENT_STEP)
		return;
	t->runs[e->run]++;
	t->changes += t->fold != e->u.step.fold;
	t->fold = e->u.step.fold;
}

static void take_all_events(struct turns *t, struct work *w, const struct work_options *o)
{
	struct event e;

	while (work_next(w, &e)) {
		if (e.kind == EVENT_OPENED && e.run == WORK_FIRST)
			open_other(w, o);
		count(t, &e);
		event_free(&e);
	}
}

static struct turns train(const char *name, int64_t memory)
{
	static const char *const settings[] = {"train.epoch=2"};
	struct work_options o = {.job = {.config = "demo",
					 .session = temp_path("%s", name),
					 .set = settings,
					 .nset = 1,
					 .threads = 1,
					 .team = team_new(2, 0)},
				 .unattended = true};
	struct turns t = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	have_memory(w, memory);
	do {
		struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

		poll(&p, 1, -1);
		take_all_events(&t, w, &o);
	} while (!work_ended(w));
	take_all_events(&t, w, &o);
	team_is_whole(o.job.team);
	CHECK_INT(work_end(w), 0);
	CHECK_INT(team_closed(o.job.team), 1);
	team_free(o.job.team);
	return t;
}

TEST(what_does_not_fit_beside_the_others_waits)
{
	struct turns t = train("alone", 1);

	CHECK_INT(t.changes, 5); /* one fold after the other */
	CHECK(t.waits > 0);
	CHECK_INT(t.results, 5);
	CHECK(t.runs[1] > 0);
	CHECK(t.runs[2] > 0);
	t = train("beside", INT64_MAX / 2);
	CHECK_INT(t.waits, 0);
	CHECK_INT(t.results, 5);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
