/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule for spikes, as a run of the engine's threads has it: 6 epochs of 4 steps. */
#include "app/lab/worker.h"

#define TOO_FAST "set train.optimizer.lr 0.6" /* fifty times what it was */

static struct rollback read_rule(const char *text)
{
	struct rollback rule = {0};
	struct err e = {0};

	if (*text && rollback_read(&rule, text, &e))
		FAIL("%s", e.text);
	return rule;
}

static struct work *start_with(const char *session, const char *rule, const char *handed)
{
	static const char *const settings[] = {"train.epoch=6"};
	struct err e = {0};
	struct work_options o = {
		.job = {.config = "tests/record/tiny/config.yml",
			.session = session,
			.set = settings,
			.nset = 1,
			.resume = true,
			.threads = 1},
		.paused = true,
		.handed = handed,
		.rollback = read_rule(rule),
	};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

/* So many steps are done, then it pauses. */
static void step_to(struct seen *s, struct work *w, int step)
{
	while (s->now.step < step) {
		work_step(w, WORK_FIRST, false);
		served(s, w);
		until_state(s, w, WORK_PAUSED);
	}
}

static void ask_rule(struct seen *s, struct work *w, const char *args)
{
	s->refused = false;
	s->text[0] = '\0';
	work_rule(w, WORK_FIRST, args);
	served(s, w);
}

/* The step that spikes is the last that was asked for: it pauses where it went back to, as it
 * was told to. */
static void spike(struct seen *s, struct work *w)
{
	step_to(s, w, 13);
	work_command(w, WORK_FIRST, TOO_FAST);
	served(s, w);
	step_to(s, w, 14);
	s->said[0] = '\0';
	work_step(w, WORK_FIRST, false);
	served(s, w);
	until_state(s, w, WORK_PAUSED);
}

TEST(a_run_goes_back_and_says_so)
{
	struct work *w = start_with(temp_path("back"), "rewind 1 epoch, lr x0.5", NULL);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	spike(&s, w);
	CHECK_INT(s.now.step, 11);
	CHECK_NEAR(s.now.set.train.optimizer.lr, 0.006, 0);
	CHECK_HAS(s.said, "spike at 4:3 (loss ");
	CHECK_HAS(s.said, "went back to 3:3, train.optimizer.lr 0.006; 1 of 3; ");
	step_to(&s, w, 12); /* and trains on from there */
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK_STR(s.text, "set train.optimizer.lr 0.012 from here on; rewind 3:3 goes back to "
			  "before the change, 1 step ago");
	CHECK_NEAR(s.now.set.train.optimizer.lr, 0.012, 0);
	work_command(w, WORK_FIRST, "undo"); /* what the person had set went with the future */
	served(&s, w);
	CHECK_STR(s.text, "no change to take back");
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.results, 1);
	CHECK_INT(work_end(w), 0);
}

/* Given while it trains, and taken back: what holds is what was given last. */
TEST(the_rule_that_was_given_last_holds)
{
	struct work *w = start_with(temp_path("last"), "", NULL);
	const struct rollback none = {0}, all = read_rule("rewind 2 steps");
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	ask_rule(&s, w, "");
	CHECK_HAS(s.text, "no rule for spikes; on spike rewind 1 epoch, lr x0.5 sets one");
	ask_rule(&s, w, "spike rewind 1 step, at most 1");
	CHECK_STR(s.text, "on spike rewind 1 step, at most 1, over 3");
	ask_rule(&s, w, "spike rewind 1 week");
	CHECK(s.refused);
	CHECK_HAS(s.text, "on spike rewind 1 week: expected 1 to 1000000 epochs or steps");
	ask_rule(&s, w, "end bell");
	CHECK(s.refused);
	CHECK_HAS(s.text, "on end bell: of a run that another program trains only the rule for");
	ask_rule(&s, w, "");
	CHECK_STR(s.text, "on spike rewind 1 step, at most 1, over 3");
	work_rollback(w, &all);
	ask_rule(&s, w, "");
	CHECK_STR(s.text, "on spike rewind 2 steps, at most 3, over 3");
	ask_rule(&s, w, "spike off");
	CHECK_HAS(s.text, "no rule for spikes");
	work_rollback(w, &all);
	spike(&s, w);
	CHECK_INT(s.now.step, 13);
	work_rollback(w, &none);
	work_command(w, WORK_FIRST, TOO_FAST);
	served(&s, w);
	step_to(&s, w, 15);
	CHECK_INT(s.now.step, 15);
	CHECK_INT(work_end(w), 0);
}

/* What the other process is told of it. */
static void check_handed(const char *session, const char *asked, const char *want)
{
	struct work *w = start_with(session, "rewind 3 steps", NULL);
	struct seen s = {0};
	struct str text = {0};

	until_state(&s, w, WORK_PAUSED);
	if (*asked)
		ask_rule(&s, w, asked);
	work_hand_text(work_find(w, WORK_FIRST), &text);
	CHECK_STR(text.s, want);
	str_free(&text);
	CHECK_INT(work_end(w), 0);
}

TEST(its_own_rule_is_handed_over)
{
	struct work *w;
	struct seen s = {0};

	check_handed(temp_path("hand"), "", "pause\n"); /* all have it: the hooks say it */
	check_handed(temp_path("hand"), "spike rewind 1 step",
		     "pause\non spike rewind 1 step, at most 3, over 3\n");
	check_handed(temp_path("hand"), "spike off", "pause\non spike off\n");
	w = start_with(temp_path("hand"), "", "on spike rewind 1 step\n");
	until_state(&s, w, WORK_PAUSED);
	ask_rule(&s, w, "");
	CHECK_STR(s.text, "on spike rewind 1 step, at most 3, over 3");
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
