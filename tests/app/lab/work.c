/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine thread: requests, events, snapshots, and their order. */
#include "tests/app/lab/worker.h"

#include "base/file.h"
#include "base/str.h"

TEST(trains_to_the_end)
{
	const char *dir = temp_path("end");
	struct work *w = start(dir, false, false);
	struct seen s = {0};

	until_state(&s, w, WORK_IDLE);
	CHECK(s.opened);
	CHECK_INT(s.steps, 8); /* 13 utterances in batches of 4, two epochs */
	CHECK_INT(s.epochs, 2);
	CHECK_INT(s.results, 1);
	CHECK(!s.now.trains);
	CHECK_INT((long long)s.now.dropped, 0);
	CHECK_INT(work_end(w), 0);
}

TEST(steps_one_by_one)
{
	const char *dir = temp_path("steps");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	served(&s, w);
	CHECK_INT(s.steps, 0);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.steps, 1);
	CHECK_INT(s.now.step, 1);
	work_step(w, WORK_FIRST, true);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.steps, 4);
	CHECK_INT(s.epochs, 1);
	CHECK_INT(work_end(w), 0);
}

/* Whoever waits for what it has asked sees that it is done. */
TEST(a_pause_is_shown_once_it_is_served)
{
	struct work *w = start(temp_path("pauses"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	for (int i = 0; i < 4; i++) {
		const struct request both[] = {{.kind = REQUEST_RESUME}, {.kind = REQUEST_PAUSE}};

		ask_together(w, WORK_FIRST, both, 2);
		served(&s, w);
		CHECK_INT(s.now.state, WORK_PAUSED);
	}
	CHECK_INT(work_end(w), 0);
}

TEST(changes_and_undo)
{
	const char *dir = temp_path("changes");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	double was;

	until_state(&s, w, WORK_PAUSED);
	was = s.now.set.train.optimizer.lr;
	work_command(w, WORK_FIRST, "set train.optimizer.lr 1e-4");
	served(&s, w);
	CHECK_INT(s.changes, 1);
	CHECK_NEAR(s.now.set.train.optimizer.lr, 1e-4, 0);
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK_INT(s.changes, 2);
	CHECK_NEAR(s.now.set.train.optimizer.lr, was, 0);
	CHECK(!s.refused);
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "no change to take back");
	work_command(w, WORK_FIRST, "set model.hidden_size1 8");
	served(&s, w);
	CHECK_HAS(s.text, "fixed during a run");
	CHECK_INT(work_end(w), 0);
}

/* What waits for the next epoch counts as the value that is taken back. */
TEST(undo_of_a_pending_change)
{
	const char *dir = temp_path("pending");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "set train.epoch 3");
	work_command(w, WORK_FIRST, "set train.epoch 4");
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK_INT(s.now.pending, 3);
	work_step(w, WORK_FIRST, true);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.now.set.train.epoch, 3);
	CHECK_INT(work_end(w), 0);
}

/* The screen goes on while the worker stores its checkpoint. */
TEST(quits_without_waiting)
{
	const char *dir = temp_path("quit");
	char path[PATH_LEN];
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_quit(w);
	while (!s.now.ended)
		wait_more(&s, w);
	snprintf(path, sizeof path, "%s/fold-0/state.safetensors", dir);
	CHECK(file_exists(path));
	CHECK_INT(work_end(w), 0);
}

/* A screen that reads nothing loses rows, which the folder has, but no reply. */
TEST(overflow_keeps_replies)
{
	static const char *const many[] = {RACES ? "train.epoch=200" : "train.epoch=400"};
	const char *dir = temp_path("overflow");
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml",
					 .session = dir,
					 .set = many,
					 .nset = 1,
					 .threads = 1}};
	struct err e = {0};
	struct work *w = work_start(&o, &e);
	struct seen s = {0};
	unsigned ping;

	REQUIRE(w);
	do
		work_snapshot(w, WORK_FIRST, &s.now);
	while (s.now.state != WORK_FAILED && s.now.dropped < 100);
	ping = work_ping(w, WORK_FIRST);
	do
		work_snapshot(w, WORK_FIRST, &s.now);
	while (s.now.state != WORK_FAILED && s.now.state != WORK_IDLE);
	take(&s, w);
	CHECK_INT(s.replied, ping);
	CHECK_INT(s.results, 1);
	CHECK(s.steps < 4 * s.now.epochs);
	CHECK_INT(work_end(w), 0);
}

/* Read without waiting for an event, so that a sanitizer sees what is written without
 * the lock: a session that another worker trains, looked at on purpose or because of that, and one
 * whose configuration is not there. */
TEST(snapshots_while_it_opens)
{
	const char *dir = temp_path("watched");
	const struct work_options some[] = {
		{.job = {.session = dir, .threads = 1}, .readonly = true},
		{.job = {.session = dir, .resume = true, .threads = 1}},
		{.job = {.config = "no/such/config.yml"}},
	};
	struct work *trains = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, trains, WORK_PAUSED);
	served(&s, trains); /* it has its fold's lock */
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		struct err e = {0};
		struct work *w = work_start(&some[i], &e);
		struct snapshot now;

		REQUIRE(w);
		do {
			work_corpus(w, WORK_FIRST);
			work_snapshot(w, WORK_FIRST, &now);
		} while (now.state == WORK_LOADING);
		CHECK_INT(now.state, i < 2 ? WORK_ELSEWHERE : WORK_FAILED);
		CHECK_INT(now.hold, i < 2 ? WORK_FOLLOWED : WORK_OURS);
		CHECK_STR(now.looking, "");
		if (i == 2)
			CHECK_HAS(now.error, "no/such/config.yml");
		else
			CHECK_STR(now.error, "");
		CHECK(!now.can_skip);
		CHECK((work_corpus(w, WORK_FIRST) != NULL) == (i < 2));
		work_quit(w);
		do
			work_snapshot(w, WORK_FIRST, &now);
		while (!now.ended);
		work_end(w);
	}
	CHECK_INT(work_end(trains), 0);
}

/* The log has the value; what waits for the next epoch is what is changed again. */
TEST(a_factor_is_logged_as_the_value)
{
	const char *dir = temp_path("factor");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	struct err e = {0};
	char path[PATH_LEN], *log;

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "set train.optimizer.lr x0.5");
	served(&s, w);
	CHECK_NEAR(s.now.set.train.optimizer.lr, 0.006, 1e-15);
	work_command(w, WORK_FIRST, "set train.epoch x2");
	work_command(w, WORK_FIRST, "set train.epoch x1.5");
	served(&s, w);
	CHECK_STR(s.text, "train.epoch 6 at the next epoch");
	CHECK(!s.refused);
	work_command(w, WORK_FIRST, "set train.epoch x0.25");
	served(&s, w);
	CHECK(s.refused);
	CHECK_STR(s.text, "train.epoch: 6 x0.25 is 1.5, not an integer; give 1 or 2");
	s.refused = false;
	work_command(w, WORK_FIRST, "set train.optimizer.lr x1e6");
	served(&s, w);
	CHECK_HAS(s.text, "at most 100; found 6000, which is 0.006 x1e6");
	work_command(w, WORK_FIRST, "undo");
	work_command(w, WORK_FIRST, "undo");
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK_NEAR(s.now.set.train.optimizer.lr, 0.012, 1e-15);
	snprintf(path, sizeof path, "%s/fold-0/commands.log", dir);
	log = file_read(path, FILE_LOG, NULL, &e);
	REQUIRE(log);
	CHECK_STR(log, "at 0 1 2 set train.optimizer.lr 0.006   # was 0.012\n"
		       "at 0 2 5 set train.epoch 4   # was 2\n"
		       "at 0 2 5 set train.epoch 6   # was 4\n"
		       "at 0 2 5 set train.epoch 4   # undo, was 6\n"
		       "at 0 2 5 set train.epoch 2   # undo, was 4\n"
		       "at 0 1 2 set train.optimizer.lr 0.012   # undo, was 0.006\n");
	free(log);
	CHECK_INT(work_end(w), 0);
}

/* Nothing is refused because it comes early: it is done before the first step,
 * in the order of asking. */
TEST(what_is_asked_early_waits)
{
	const char *dir = temp_path("early");
	struct work *w = start(dir, false, false); /* still opening */
	struct seen s = {0};

	work_pause(w, WORK_FIRST);
	work_command(w, WORK_FIRST, "set train.optimizer.lr x0.5");
	work_command(w, WORK_FIRST, "set train.optimizer.lr x0.5");
	work_command(w, WORK_FIRST, "set train.clip 2");
	work_command(w, WORK_FIRST, "undo");
	work_break(w, WORK_FIRST, "step >= 2");
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK(!s.refused);
	CHECK_INT(s.steps, 0);
	CHECK_INT(s.changes, 4);
	CHECK_NEAR(s.now.set.train.optimizer.lr, 0.003, 1e-15);
	CHECK_NEAR(s.now.set.train.clip, 0, 0);
	work_command(w, WORK_FIRST, "set train.clip -1");
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "train.clip: expected a number, 0 or more");
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.steps, 2);
	CHECK_INT(work_end(w), 0);
}

/* Where the run cannot be opened, the reason is what whoever asked early hears. */
TEST(what_is_asked_early_hears_why_it_failed)
{
	struct work_options o = {.job = {.config = "no/such/config.yml"}};
	struct seen s = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	work_command(w, WORK_FIRST, "set train.clip 1");
	work_break(w, WORK_FIRST, "loss is nan");
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "no/such/config.yml");
	CHECK_INT(work_end(w), EXIT_FAILED);
}

TEST(stops_and_goes_on)
{
	const char *dir = temp_path("stop");
	char path[PATH_LEN];
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_stop(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK(s.now.trains);
	snprintf(path, sizeof path, "%s/fold-0/state.safetensors", dir);
	CHECK(file_exists(path));
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.steps, 8);
	CHECK(!s.now.trains);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "trained and tested");
	CHECK_INT(work_end(w), 0);
}

TEST(opening_can_fail)
{
	struct work_options o = {.job = {.config = "no/such/config.yml"}};
	struct seen s = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	take(&s, w);
	while (s.now.state != WORK_FAILED)
		wait_more(&s, w);
	CHECK_HAS(s.now.error, "no/such/config.yml");
	CHECK_INT(work_end(w), EXIT_FAILED);
}

/* Curves begin later then; the figures to come are the same. */
TEST(rows_that_were_lost_are_said)
{
	const char *dir = temp_path("lost");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	char path[PATH_LEN + 32];

	until_state(&s, w, WORK_PAUSED);
	for (int i = 1; i <= 2; i++) {
		work_step(w, WORK_FIRST, false);
		served(&s, w);
		until_state(&s, w, WORK_PAUSED);
	}
	CHECK_INT(work_end(w), 0);
	snprintf(path, sizeof path, "%s/fold-0/steps.csv", dir);
	CHECK_INT(unlink(path), 0);
	snprintf(path, sizeof path, "%s/steps.csv", dir);
	CHECK_INT(unlink(path), 0);
	w = start(dir, true, false);
	s = (struct seen){0};
	until_state(&s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "set train.clip 1");
	served(&s, w);
	CHECK_HAS(s.said,
		  "fold-0/steps.csv: 2 rows of steps before this one are lost; training goes on");
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
