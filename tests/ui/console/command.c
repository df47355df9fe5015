/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Console commands that an engine answers (ui/console/control.c, ui/state/feed.c). */
#include "temp.h"
#include "tests/ui/util.h"

#include "ui/console/command.h"
#include "ui/state/feed.h"

#include <poll.h>

static struct ui u;

/* A run whose data is still being read, as far as the screen knows. */
static void start(const char *name)
{
	static const char *const settings[] = {"train.epoch=2"};
	static char dir[PATH_LEN];
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml",
					 .session = dir,
					 .set = settings,
					 .nset = 1,
					 .threads = 1},
				 .paused = true};
	struct err e = {0};

	snprintf(dir, sizeof dir, "%s", temp_path("%s", name));
	ui_init(&u, &look_braille, 24, 80);
	u.work = work_start(&o, &e);
	u.run_shown = WORK_FIRST;
	if (!u.work)
		FAIL("%s", e.text);
	u.now.state = WORK_LOADING;
}

static void end(void)
{
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
}

/* The error of a command, or "". */
static const char *run(const char *line)
{
	static struct err e;

	err_clear(&e);
	command_run(&u, line, &e);
	return e.text;
}

/* Until the reply to the last command has come. */
static void answered(void)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	while (u.waiting) {
		poll(&p, 1, -1);
		while (work_next(u.work, &e))
			feed_event(&u, &e);
	}
}

static void until(enum work_state state)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	while (u.now.state != state) {
		poll(&p, 1, -1);
		while (work_next(u.work, &e))
			feed_event(&u, &e);
	}
}

/* Paused again, with more steps done than `steps`. */
static void until_after(int steps)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	while (u.now.state != WORK_PAUSED || u.now.step <= steps) {
		poll(&p, 1, -1);
		while (work_next(u.work, &e))
			feed_event(&u, &e);
	}
}

TEST(what_comes_early_waits)
{
	start("early");
	CHECK_STR(run("set train.optimizer.lr x0.5"), "");
	CHECK_STR(u.message.text, "waits until the data has been read");
	CHECK_STR(run("set train.clip 2"), "");
	CHECK_STR(run("break when step >= 1"), "");
	CHECK_STR(run("undo"), "");
	/* What can be known at once is told at once. */
	CHECK_HAS(run("set train.clap 2"), "unknown key train.clap; did you mean train.clip?");
	CHECK_HAS(run("set train.padding masked"), "fixed during a run");
	CHECK_HAS(run("break when stop > 3"), "did you mean step?");
	CHECK_HAS(run("resume"), "the data is still being read");
	/* The rest is refused by its own reason, in its turn. */
	CHECK_STR(run("set train.clip -1"), "");
	answered();
	CHECK(u.message.error);
	CHECK_STR(u.message.text, "train.clip: expected a number, 0 or more; found '-1'");
	CHECK_NEAR(u.now.set.train.optimizer.lr, 0.006, 1e-15);
	CHECK_NEAR(u.now.set.train.clip, 0, 0);
	/* The end of a name that no other has is enough. */
	CHECK_STR(run("set lr x0.5"), "");
	answered();
	CHECK_NEAR(u.now.set.train.optimizer.lr, 0.003, 1e-15);
	CHECK_STR(run("get lr"), "");
	CHECK_HAS(u.message.text, "train.optimizer.lr 0.003");
	CHECK_STR(run("break"), "");
	answered();
	CHECK_STR(u.message.text, "break when step >= 1, tested after each step");
	end();
}

/* Of a change that steps were done with it asks: rewind, undo from here on, or neither. */
TEST(undo_asks_whether_to_rewind)
{
	start("undo");
	until(WORK_PAUSED);
	run("set clip 0.5");
	answered();
	CHECK_STR(run("undo"), ""); /* nothing has been done with it */
	CHECK_INT(u.overlay_kind, OVERLAY_NONE);
	answered();
	CHECK_NEAR(u.now.set.train.clip, 0, 0);
	run("step");
	until_after(0);
	run("set clip 0.5");
	answered();
	run("step epoch");
	until_after(1);
	CHECK_STR(run("undo"), "");
	REQUIRE(u.overlay_kind == OVERLAY_ASK);
	CHECK_STR(u.ask.question,
		  "clip 0.5 is in force since 1:2. Rewind to before it? 3 steps are done again   "
		  "y/n   u undoes it from here on");
	CHECK_STR(u.ask.command, "rewind 1:1");
	CHECK_INT(u.ask.other_key, 'u');
	u.overlay_kind = OVERLAY_NONE;
	CHECK_STR(run(u.ask.other), "");
	answered();
	CHECK_NEAR(u.now.set.train.clip, 0, 0);
	CHECK_HAS(u.message.text, "set train.clip 0 from here on; rewind 1:1 goes back");
	CHECK_STR(run("undo"), "");
	answered();
	CHECK_STR(u.message.text, "no change to take back");
	run("set clip 0.7");
	answered();
	run("step");
	until_after(4);
	CHECK_STR(run("undo"), "");
	REQUIRE(u.overlay_kind == OVERLAY_ASK);
	CHECK_HAS(u.ask.question, "in force since 2:1. Rewind to before it? 1 step is done again");
	CHECK_STR(run(u.ask.command), "");
	answered();
	CHECK_INT(u.now.step, 4);
	CHECK_NEAR(u.now.set.train.clip, 0.5, 1e-6); /* as at the end of epoch 1 */
	end();
}

TEST(a_break_is_told_where_view_1_does_not)
{
	start("broke");
	until(WORK_PAUSED);
	CHECK_STR(run("break when step >= 1"), "");
	answered();
	CHECK_STR(u.message.text, "break when step >= 1, tested after each step");
	CHECK_STR(run("view 6"), "");
	CHECK_STR(run("run"), "");
	until(WORK_BROKE);
	CHECK_STR(u.message.text, "broke: step 1 >= 1");
	CHECK_STR(run("break off"), "");
	answered();
	CHECK_STR(u.message.text, "the break is off");
	end();
}

TEST(a_pace_is_set_told_and_lifted)
{
	start("pace");
	until(WORK_PAUSED);
	CHECK_STR(run("pace"), "");
	CHECK_HAS(u.message.text, "no pace is set");
	CHECK_STR(run("pace 2"), "");
	CHECK_STR(u.message.text, "at most 2 epochs a second");
	answered();
	CHECK_NEAR(u.now.pace, 2, 0);
	CHECK_STR(run("pace"), "");
	CHECK_HAS(u.message.text, "pace 2: ");
	CHECK_HAS(run("pace 0"), "pace: expected epochs a second, 0.001 to 1e+06, or off; found 0");
	CHECK_HAS(run("pace 2x"), "found 2x");
	CHECK_HAS(run("pace nan"), "found nan");
	CHECK_NEAR(u.now.pace, 2, 0);
	CHECK_STR(run("pace off"), "");
	answered();
	CHECK_NEAR(u.now.pace, 0, 0);
	CHECK_STR(run("pau"), "pause: it is paused already"); /* older than pace */
	end();
}

TEST(trying_shows_a_table)
{
	start("try");
	until(WORK_PAUSED);
	CHECK_STR(run("try train.optimizer.lr x0.5"), "");
	answered();
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_HAS(u.page.text, "0.012 → 0.006, step 1:1\n");
	CHECK_HAS(u.page.text, "with 0.012");
	CHECK_HAS(u.page.text, "\nmain ");
	CHECK_STR(run("try epoch=3,clip=1 for 2"), "");
	answered();
	CHECK_HAS(u.page.text, "epoch 2 → 3, clip 0 → 1, 2 steps from 1:1\n");
	CHECK_HAS(u.page.text, "A change of epoch takes effect at the next epoch");
	CHECK_INT(u.trying, 0);
	CHECK_STR(run("try lr 1e-3..1e-1/3"), "");
	answered();
	CHECK_HAS(u.page.text, "optimizer.lr 0.001 to 0.1, now 0.012, step 1:1\n");
	CHECK(u.page.head);
	CHECK_HAS(run("try train.batch_size 3"), "fixed during a run");
	CHECK_HAS(run("try lr 1e-3..1e-2/1"), "expected a number of points, 2 to 50");
	CHECK_HAS(run("try train.clip"), "train.clip: expected its new value, or a factor");
	end();
}

TEST(a_views_own_verb_hides_the_one_for_all)
{
	struct err e = {0};
	const struct ui_command *c;

	ui_init(&u, &look_braille, 24, 80);
	c = command_find("open", &e);
	REQUIRE(c);
	CHECK(command_verb(&u, c) == c->everywhere);
	u.view = VIEW_SESSIONS;
	CHECK(command_verb(&u, c) == verb_find(view_sessions.verbs, "open"));
	CHECK(command_verb(&u, c) != c->everywhere);
	ui_free(&u);
}

TEST(a_verb_of_other_views_says_which)
{
	struct err e = {0};
	const struct ui_command *c;

	ui_init(&u, &look_braille, 24, 80);
	c = command_find("comp", &e); /* a unique prefix, of verbs elsewhere too */
	REQUIRE(c);
	CHECK_STR(c->name, "compare");
	CHECK(!command_is_here(&u, c));
	CHECK_STR(command_refused(&u, "compare"), "not in this view");
	CHECK_STR(run("compare kept"), "compare works in: Confusion, Sessions");
	u.view = VIEW_CONFUSION;
	CHECK(command_is_here(&u, c));
	CHECK_STR(run("compare kept"), "");
	ui_free(&u);
}

/* What every table must keep to: completion, help and manual go through all. */
/* Space calls it: its name says nothing to who pressed that. */
TEST(a_verb_of_a_key_is_not_named)
{
	ui_init(&u, &look_braille, 24, 80);
	CHECK_STR(run("toggle"), "the data is still being read");
	CHECK_STR(run("resume"), "resume: the data is still being read");
	ui_free(&u);
}

TEST(every_row_is_whole)
{
	const struct ui_command *c;

	for (int i = 0; (c = command_at(i)); i++)
		for (int v = -1; v < VIEWS; v++) {
			const struct verb *row = v < 0 ? c->everywhere : c->in[v];

			if (row && (!row->run || !row->args || !row->help || !*row->help))
				FAIL("%s of view %d lacks something", c->name, v + 1);
		}
	for (int v = 0; v < VIEWS; v++)
		for (const struct verb *row = view_table[v]->verbs; row->name; row++)
			if (verb_find(view_table[v]->verbs, row->name) != row)
				FAIL("%s is twice in %s", row->name, view_table[v]->name);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
