/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The draft of the next run, in every state that a run can have (ui/console/start.h). */
#include "tests/ui/pending.h"

#include "base/err.h"
#include "ui/console/complete.h"
#include "ui/state/next_run.h"
#include "ui/state/page.h"

#include <string.h>

static struct ui u;

/* The run of the mock-ups in a state. */
static void start(enum work_state state, bool trains)
{
	moment_init(&u, 80, 24);
	u.now.pending = 0;
	u.now.state = state;
	u.now.trains = trains;
}

/* The error of a command, or "". */
static const char *run(const char *line)
{
	static struct err e;

	err_clear(&e);
	command_run(&u, line, &e);
	return e.text;
}

static const char *next(const char *key)
{
	const char *value = draft_value(next_run(&u), option_find(key));

	return value ? value : "as before";
}

static void end(void)
{
	page_close(&u);
	complete_clear(&u);
	ui_free(&u);
}

TEST(what_a_run_cannot_take_goes_into_the_next)
{
	static const enum work_state state[] = {WORK_RUN, WORK_EVAL, WORK_PAUSED, WORK_BROKE,
						WORK_DIVERGED};

	for (size_t i = 0; i < sizeof state / sizeof *state; i++) {
		start(state[i], true);
		CHECK_STR(run("set train.batch_size 32"), "");
		CHECK_HAS(u.message.text,
			  "train.batch_size is 32 in the next run; this one keeps 128");
		CHECK_STR(next("train.batch_size"), "32");
		CHECK_STR(run("set train.batch_size x0.5"), "");
		CHECK_STR(next("train.batch_size"), "16");
		CHECK_HAS(run("set train.batch_size none"), "expected an integer");
		CHECK_STR(next("train.batch_size"), "16");
		CHECK_STR(run("set batch_size 64"), "");
		CHECK_HAS(u.message.text, "train.batch_size is 64 in the next run");
		CHECK_STR(next("train.batch_size"), "64");
		CHECK_INT(u.now.set.train.batch_size, 128);
		end();
	}
}

/* The run is over, or somebody else's: its settings can still be those of a next one. */
TEST(a_run_that_cannot_be_steered_can_be_followed_by_another)
{
	static const struct {
		const char *looking, *why;
	} run_of[] = {{"", "nothing to train"}, {"process 7 trains it", "process 7 trains it"}};

	for (size_t i = 0; i < 2; i++) {
		start(WORK_IDLE, false);
		snprintf(u.now.looking, sizeof u.now.looking, "%s", run_of[i].looking);
		CHECK_STR(run("set train.batch_size 32"), "");
		CHECK_HAS(u.message.text,
			  "train.batch_size is 32 in the next run; this one has 128");
		CHECK_HAS(run("set train.clip 1"), run_of[i].why);
		CHECK_HAS(run("set train.clip 1"), "draft train.clip VALUE is for the next run");
		CHECK_STR(next("train.clip"), "as before");
		CHECK_STR(run("draft train.clip 1"), "");
		CHECK_STR(next("train.clip"), "1");
		end();
	}
}

TEST(a_run_that_failed_in_training_can_be_followed)
{
	start(WORK_FAILED, false);
	CHECK_STR(run("draft train.memory 2G"), "");
	CHECK_STR(next("train.memory"), "2G");
	CHECK_HAS(run("set train.clip 1"), "the run has failed");
	end();
}

TEST(before_the_data_is_read_there_is_no_draft)
{
	start(WORK_LOADING, false);
	u.run.base = u.run.set = u.now.set = (struct settings){0};
	u.now.session[0] = '\0';
	CHECK_HAS(run("draft train.batch_size 32"), "the data is still being read");
	CHECK_HAS(run("set train.batch_size 32"),
		  "train.batch_size is fixed during a run and would go into the next; "
		  "the data is still being read");
	CHECK(!u.drafts);
	end();
}

/* Without a screen nobody sees where it went. */
TEST(a_script_is_refused_as_before)
{
	start(WORK_PAUSED, true);
	u.settle = ui_want_look; /* anything: a script waits with it */
	CHECK_HAS(run("set train.batch_size 32"), "train.batch_size is fixed during a run");
	CHECK_INT(next_run(&u)->n, 0);
	CHECK_STR(run("draft train.batch_size 32"), "");
	CHECK_STR(next("train.batch_size"), "32");
	end();
}

TEST(readonly_prepares_nothing)
{
	start(WORK_IDLE, false);
	u.readonly = true;
	CHECK_HAS(run("draft train.batch_size 32"), "--readonly");
	CHECK_HAS(run("set train.batch_size 32"), "--readonly");
	CHECK_INT(next_run(&u)->n, 0);
	end();
}

TEST(the_draft_is_shown)
{
	NEED_UTF8();
	start(WORK_RUN, true);
	CHECK_STR(run("draft"), "");
	CHECK_HAS(u.message.text, "the next run has the settings of this one");
	CHECK_INT(u.overlay_kind, OVERLAY_NONE);
	run("draft train.optimizer.lr 5e-5");
	run("draft exp.seed 54");
	u.now.set.train.clip = 2; /* a live change */
	CHECK_STR(run("draft"), "");
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_STR(u.page.title, "next run: 2 changes");
	CHECK_HAS(u.page.text, "exp.seed            53        54\n");
	CHECK_HAS(u.page.text, "train.optimizer.lr  3e-4      5e-5\n");
	CHECK_HAS(u.page.text, "\nready; ");
	CHECK_HAS(u.page.text, "1 live change of this run is not in it; draft live takes it over");
	page_close(&u);
	run("draft model.num_heads 3");
	CHECK_HAS(u.message.text, "which cannot start yet: model.num_heads: 3 does not divide");
	run("draft");
	CHECK_HAS(u.page.text, "it cannot start yet: model.num_heads: 3 does not divide");
	end();
}

TEST(the_draft_is_taken_back)
{
	start(WORK_RUN, true);
	run("draft train.optimizer.lr 5e-5");
	run("draft exp.seed 54");
	CHECK_HAS(run("draft off train.clip"), "the next run does not change train.clip");
	CHECK_HAS(run("draft off train.clap"), "did you mean train.clip?");
	CHECK_STR(run("draft off exp.seed"), "");
	CHECK_STR(next("exp.seed"), "as before");
	CHECK_STR(next("train.optimizer.lr"), "5e-5");
	CHECK_STR(run("draft off"), "");
	CHECK_INT(next_run(&u)->n, 0);
	CHECK_HAS(run("draft off"), "the next run changes nothing");
	end();
}

TEST(live_changes_are_offered_not_taken)
{
	start(WORK_RUN, true);
	CHECK_HAS(run("draft live"), "this run has no live change");
	u.now.set.train.optimizer.lr = 1e-5;
	u.now.set.train.epoch = 90;
	run("draft train.batch_size 32");
	CHECK_STR(next("train.optimizer.lr"), "as before");
	CHECK_STR(run("draft live"), "");
	CHECK_HAS(u.message.text, "2 live changes of this run are in the next run too");
	CHECK_STR(next("train.optimizer.lr"), "1e-5");
	CHECK_STR(next("train.epoch"), "90");
	end();
}

/* What was in force when it ended, though config.yml has it otherwise. */
TEST(live_changes_of_a_finished_run_are_offered_too)
{
	start(WORK_IDLE, false);
	u.run.set.train.optimizer.lr = 1e-5;
	CHECK_STR(run("draft live"), "");
	CHECK_STR(next("train.optimizer.lr"), "1e-5");
	end();
}

/* A draft belongs to the run it starts from. */
TEST(another_run_on_the_screen_has_a_draft_of_its_own)
{
	start(WORK_RUN, true);
	snprintf(u.run.dir, sizeof u.run.dir, "sessions/a");
	run("draft train.batch_size 32");
	snprintf(u.run.dir, sizeof u.run.dir, "sessions/b");
	CHECK_STR(next("train.batch_size"), "as before");
	run("draft train.batch_size 64");
	snprintf(u.run.dir, sizeof u.run.dir, "sessions/a");
	CHECK_STR(next("train.batch_size"), "32");
	end();
}

/* The candidate's line, "TEXT now TAKES", or "". */
static const char *candidate(const char *line, const char *text)
{
	static char out[512];

	console_type(&u, line);
	for (int i = 0; i < u.console.match.n; i++) {
		const struct completion *m = &u.console.match.at[i];

		if (strcmp(m->text, text) != 0)
			continue;
		snprintf(out, sizeof out, "%s | %s | %s | %s", m->text, m->now, m->takes, m->when);
		return out;
	}
	return "";
}

TEST(the_console_says_what_the_next_run_has)
{
	NEED_UTF8();
	start(WORK_RUN, true);
	CHECK_STR(candidate("draft train.ba", "train.batch_size"),
		  "train.batch_size | 128 | 1 to 1000000 | next run");
	CHECK_STR(candidate("draft model.drop", "model.dropout"), "");
	CHECK_STR(candidate("draft o", "off"), "off |  |  | ");
	CHECK_STR(candidate("draft li", "live"), "live |  |  | ");
	run("draft train.batch_size 32");
	CHECK_STR(candidate("draft train.ba", "train.batch_size"),
		  "train.batch_size | 128 → 32 | 1 to 1000000 | next run");
	CHECK_HAS(candidate("draft off ", "train.batch_size"), "train.batch_size");
	CHECK_HAS(candidate("draft train.batch_size ", "x2"), "x2 | 64");
	CHECK_HAS(candidate("draft exp.protocol ", "session"), "session");
	console_type(&u, "draft train.batch_size ");
	CHECK_STR(u.console.hint, "integer, 1 to 1000000, next run 128 → 32");
	console_type(&u, "set train.batch_size ");
	CHECK_STR(u.console.hint, "integer, 1 to 1000000, now 128; next run");
	console_type(&u, "set train.clip ");
	CHECK_STR(u.console.hint, "number, 0 or more, now 0");
	CHECK_STR(run("get train.batch_size"), "");
	CHECK_HAS(u.message.text, "train.batch_size 128, next run 32   integer");
	end();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
