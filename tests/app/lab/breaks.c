/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that pauses where a condition holds. */
#include "tests/app/lab/worker.h"

/* A figure of the epoch says nothing before the first has ended, and nothing
 * new until the next has. */
TEST(breaks_on_a_figure_of_the_epoch)
{
	const char *dir = temp_path("break-epoch");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_break(w, WORK_FIRST, "val_wa < 2");
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.steps, 4);
	CHECK_INT(s.epochs, 1);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.steps, 8);
	CHECK_INT(work_end(w), 0);
}

TEST(breaks_when_told)
{
	const char *dir = temp_path("break");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_break(w, WORK_FIRST, "nonsense >");
	served(&s, w);
	CHECK(s.refused);
	work_break(w, WORK_FIRST, "step >= 3");
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.steps, 3);
	work_break(w, WORK_FIRST, "");
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.steps, 8);
	CHECK_INT(work_end(w), 0);
}

/* Whoever sets a break is told what was understood and when it is tested. */
TEST(a_break_is_confirmed_and_listed)
{
	const char *dir = temp_path("break-said");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_breaks(w, WORK_FIRST);
	served(&s, w);
	CHECK_STR(s.text, "no break is set; break when CONDITION sets one");
	work_break(w, WORK_FIRST, "grad_norm>1e9&&(loss is nan)");
	served(&s, w);
	CHECK_STR(s.text, "break when grad_norm > 1e9 & loss is nan, tested after each step");
	work_break(w, WORK_FIRST, "val_wa<best_val_wa-.05");
	served(&s, w);
	CHECK_STR(s.text, "break when val_wa < best_val_wa - .05, tested after each epoch's "
			  "evaluation; no longer when grad_norm > 1e9 & loss is nan");
	work_break(w, WORK_FIRST, "nonsense >");
	served(&s, w);
	CHECK(s.refused);
	work_breaks(w, WORK_FIRST);
	served(&s, w);
	CHECK_STR(s.text, "break when val_wa < best_val_wa - .05, tested after each epoch's "
			  "evaluation");
	work_break(w, WORK_FIRST, "");
	served(&s, w);
	CHECK_STR(s.text, "the break is off");
	work_break(w, WORK_FIRST, "");
	served(&s, w);
	CHECK_STR(s.text, "no break was set");
	CHECK_INT(work_end(w), 0);
}

TEST(a_break_says_the_value)
{
	const char *dir = temp_path("break-value");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_break(w, WORK_FIRST, "step >= 3");
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_STR(s.now.broke, "step 3 >= 3");
	work_breaks(w, WORK_FIRST);
	served(&s, w);
	CHECK_STR(s.text, "break when step >= 3, tested after each step; now step 3 >= 3");
	CHECK_INT(s.now.state, WORK_BROKE);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_STR(s.now.broke, "step 4 >= 3");
	CHECK_INT(work_end(w), 0);
}

/* The epoch is evaluated first; then it stands still and says why. Also at the
 * end of the last epoch, before the fold is tested. */
TEST(a_break_at_an_epochs_last_step)
{
	const char *dir = temp_path("break-last");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_break(w, WORK_FIRST, "step = 4 | step = 8");
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.steps, 4);
	CHECK_INT(s.epochs, 1);
	CHECK_STR(s.now.broke, "step 4 = 4 | step 4 = 8");
	work_command(w, WORK_FIRST, "set train.clip 1"); /* the state stays, whatever is asked */
	work_command(w, WORK_FIRST, "eval");
	served(&s, w);
	CHECK_INT(s.now.state, WORK_BROKE);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.epochs, 2);
	CHECK_INT(s.results, 0);
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.results, 1);
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
