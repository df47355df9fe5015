/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of the run that is shown, and of others (ui/state/feed.c). */
#include "tests/ui/util.h"

#include "ui/state/feed.h"

enum { SHOWN = 1, OTHER = 2 };

static void feed_step(struct ui *u, int run, int step)
{
	struct event e = {
		.kind = EVENT_STEP, .run = run, .u.step = {.fold = 1, .epoch = 1, .step = step}};

	feed_event(u, &e);
}

static void feed_reply(struct ui *u, int run, unsigned request, bool ok, const char *text)
{
	struct event e = {.kind = EVENT_REPLY, .run = run, .request = request, .ok = ok};

	snprintf(e.text, sizeof e.text, "%s", text);
	feed_event(u, &e);
}

TEST(only_the_shown_runs_rows_come_to_the_screen)
{
	struct ui u;
	const struct fold_run *fold;

	ui_init(&u, &look_braille, 24, 80);
	u.run_shown = SHOWN;
	u.run_training = OTHER;
	feed_step(&u, OTHER, 1);
	CHECK_INT(u.run.nfolds, 0);
	feed_step(&u, SHOWN, 1);
	feed_step(&u, OTHER, 2);
	fold = run_find(&u.run, 1);
	REQUIRE(fold);
	CHECK_INT(fold->nsteps, 1);
	ui_free(&u);
}

/* What was asked of a run before another one was chosen is still answered. */
TEST(replies_of_every_run_are_heard)
{
	struct ui u;

	ui_init(&u, &look_braille, 24, 80);
	u.run_shown = SHOWN;
	u.waiting = 7;
	feed_reply(&u, OTHER, 7, false, "train.clip: expected a number");
	CHECK_INT(u.waiting, 0);
	CHECK_STR(u.message.text, "train.clip: expected a number");
	ui_free(&u);
}

/* Of a stored run whose next fold has not begun the last one that has is shown; of one that trains
 * the fold that trains, unless another was chosen. */
TEST(a_fold_with_something_to_show)
{
	struct ui u;

	ui_init(&u, &look_braille, 24, 80);
	run_fold(&u.run, 1);
	u.now.nfolds = 5;
	u.now.fold = 2;
	u.now.state = WORK_PAUSED;
	u.now.looks = true;
	feed_refresh(&u);
	CHECK_INT(u.sel.fold, 1);
	u.now.looks = false; /* it begins */
	feed_refresh(&u);
	CHECK_INT(u.sel.fold, 2);
	u.now.state = WORK_IDLE; /* stopped between two folds */
	feed_refresh(&u);
	CHECK_INT(u.sel.fold, 1);
	u.now.looks = true;
	u.now.state = WORK_ELSEWHERE;
	feed_refresh(&u);
	CHECK_INT(u.sel.fold, 2);
	u.now.state = WORK_PAUSED;
	run_fold(&u.run, 2); /* it has begun */
	feed_refresh(&u);
	CHECK_INT(u.sel.fold, 2);
	ui_free(&u);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
