/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that is kept slow: the next step comes in some days, and all else at once. */
#include "tests/app/lab/worker.h"

#include "app/session/session.h"
#include "base/file.h"

#define SLOW 1e-6 /* epochs a second */

static void until_steps(struct seen *s, struct work *w, int steps)
{
	take(s, w);
	while (s->steps < steps)
		wait_more(s, w);
}

/* Begun, and waiting before step 2. */
static struct work *start_slow(struct seen *s, const char *dir)
{
	struct work *w = start(dir, true, false);

	until_state(s, w, WORK_PAUSED);
	work_pace(w, WORK_FIRST, SLOW);
	work_resume(w, WORK_FIRST);
	until_steps(s, w, 1);
	served(s, w);
	CHECK_INT(s->steps, 1);
	CHECK_INT(s->now.state, WORK_RUN);
	CHECK_NEAR(s->now.pace, SLOW, 0);
	return w;
}

TEST(requests_are_served_between_slow_steps)
{
	struct seen s = {0};
	struct work *w = start_slow(&s, temp_path("slow"));

	work_command(w, WORK_FIRST, "set train.clip 0.5");
	served(&s, w);
	CHECK_INT(s.changes, 1);
	CHECK_NEAR(s.now.set.train.clip, 0.5, 0);
	work_pause(w, WORK_FIRST);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.steps, 1);
	/* Asked for one by one, they do not wait. */
	work_step(w, WORK_FIRST, false);
	until_steps(&s, w, 2);
	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	until_steps(&s, w, 3);
	until_state(&s, w, WORK_PAUSED);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	CHECK_INT(s.steps, 3);
	CHECK_INT(s.now.state, WORK_RUN);
	work_stop(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(work_end(w), 0);
	look_free(s.look);
}

TEST(a_slow_run_is_left_at_once)
{
	struct seen s = {0};
	struct work *w = start_slow(&s, temp_path("left"));

	CHECK_INT(work_end(w), 0);
	CHECK_INT(s.steps, 1);
}

static void check_same(const char *a, const char *b, const char *name)
{
	char path[2][PATH_LEN];
	struct err e = {0};
	size_t n[2] = {0};
	char *text[2];

	for (int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof path[i], "%s/fold-0/%s", i ? b : a, name);
		text[i] = file_read(path[i], FILE_ROWS, &n[i], &e);
	}
	if (!text[0] || !text[1] || n[0] != n[1] || memcmp(text[0], text[1], n[0]) != 0)
		FAIL("%s differs: %s", name, e.text);
	free(text[0]);
	free(text[1]);
}

TEST(without_a_pace_it_goes_on_and_the_bytes_are_the_same)
{
	const char *slow = temp_path("off"), *plain = temp_path("plain");
	struct seen s = {0}, t = {0};
	struct work *w = start_slow(&s, slow), *v = start(plain, false, false);

	work_pace(w, WORK_FIRST, 0);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.steps, 8);
	CHECK_NEAR(s.now.pace, 0, 0);
	CHECK_INT(work_end(w), 0);
	until_state(&t, v, WORK_IDLE);
	CHECK_INT(work_end(v), 0);
	check_same(slow, plain, "steps.csv");
	check_same(slow, plain, "state.safetensors");
	check_same(slow, plain, "history.bin");
	check_same(slow, plain, "best.safetensors");
}

/* The time left is that of the slow run. */
TEST(the_end_is_as_far_as_the_pace_says)
{
	const char *dir = temp_path("eta");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_on(&s, w, true);
	CHECK_INT(s.epochs, 1);
	CHECK(s.now.eta < 1 / SLOW);
	work_pace(w, WORK_FIRST, SLOW);
	served(&s, w);
	CHECK_NEAR(s.now.eta, 1 / SLOW, 1); /* one epoch is left */
	CHECK_INT(work_end(w), 0);
}

/* Of five folds this process trains one: those after it are another's. */
TEST(the_end_is_that_of_the_folds_that_are_trained)
{
	static const char *const set[] = {"train.epoch=2"};
	static const int fold[] = {3};
	struct work_options o = {.job = {.config = "demo",
					 .session = temp_path("one-fold"),
					 .set = set,
					 .nset = 1,
					 .fold = fold,
					 .nfolds = 1,
					 .threads = 1},
				 .paused = true};
	struct err e = {0};
	struct work *w = work_start(&o, &e);
	struct seen s = {0};

	REQUIRE(w);
	until_state(&s, w, WORK_PAUSED);
	step_on(&s, w, true);
	CHECK_INT(s.now.fold, 3);
	CHECK_INT(s.now.nfolds, 5);
	work_pace(w, WORK_FIRST, SLOW);
	served(&s, w);
	CHECK_NEAR(s.now.eta, 1 / SLOW, 1); /* one epoch is left */
	CHECK_INT(work_end(w), 0);
}

/* At most: steps that take longer than their time are not made up for. */
TEST(a_fast_pace_changes_nothing)
{
	struct seen s = {0};
	struct work *w = start(temp_path("fast"), true, false);

	until_state(&s, w, WORK_PAUSED);
	work_pace(w, WORK_FIRST, 1e9);
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.steps, 8);
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
