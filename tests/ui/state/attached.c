/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The screen of a run that another program trains: it is steered, left, and stopped. */
#include "tests/app/lab/other.h"
#include "tests/ui/util.h"

#include "ui/console/command.h"
#include "ui/loop.h"
#include "ui/state/feed.h"
#include "ui/state/runs.h"

static struct ui u;

static void feed(void)
{
	struct pollfd p[] = {{.fd = work_fd(u.work), .events = POLLIN},
			     {.fd = server_fd(trainer.server), .events = POLLIN}};
	struct event e;

	poll(p, 2, server_timeout(trainer.server));
	server_turn(trainer.server);
	while (work_next(u.work, &e))
		feed_event(&u, &e);
	feed_after(&u);
}

#define FEED(condition)              \
	do {                         \
		while (!(condition)) \
			feed();      \
	} while (0)

static void begin(const char *name)
{
	struct err e = {0};

	train(name);
	holds(server_path(trainer.server));
	ui_init(&u, &look_braille, 24, 80);
	u.how.threads = 1;
	u.how.waits = true;
	if (runs_start(&u, trainer.dir, &e))
		FAIL("%s", e.text);
	FEED(ui_attached(&u));
}

static void end(void)
{
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
	goes();
	fold_lock_end(trainer.lock);
}

static void key(uint32_t code)
{
	loop_key(&u, (struct key){.code = code});
}

/* Runs the line; it is what the other program hears. */
static void steers(const char *line)
{
	struct err e = {0};
	int n = trainer.n;

	if (command_run(&u, line, &e))
		FAIL("%s: %s", line, e.text);
	FEED(trainer.n > n);
	CHECK_STR(trainer.asked[n].line, line);
	answers(n, true, "");
}

TEST(commands_are_those_of_a_run_of_ours)
{
	struct err e = {0};

	begin("steered");
	CHECK(!command_refused(&u, "pause"));
	CHECK_HAS(command_refused(&u, "resume"), "only while paused");
	steers("pause");
	steers("set train.clip 0.5");
	steers("break when loss > 7");
	steers("note it sinks");
	steers("save");
	trainer.now.state = WORK_PAUSED;
	happens("{\"kind\":\"state\"}");
	FEED(u.now.state == WORK_PAUSED);
	CHECK(!command_refused(&u, "resume"));
	steers("step epoch");
	CHECK_INT(command_run(&u, "set train.clip -1", &e), -1); /* refused before it is asked */
	CHECK_HAS(e.text, "train.clip");
	end();
}

TEST(what_another_changes_is_seen)
{
	begin("seen");
	trainer.now.set.train.clip = 0.75;
	happens("{\"kind\":\"changed\",\"fold\":0,\"epoch\":1,\"step\":2,"
		"\"command\":\"set train.clip 0.75\"}");
	FEED(u.now.set.train.clip == 0.75);
	CHECK_STR(u.message.text, "set train.clip 0.75");
	CHECK_INT(u.run.fold[0].nmarks, 1);
	CHECK_INT(u.run.fold[0].mark[0].step, 2);
	CHECK_HAS(u.run.fold[0].mark[0].label, "clip 0.75");
	end();
}

/* Nothing stops, so nothing is asked; other runs of this program are another matter. */
TEST(quitting_leaves_it)
{
	struct err e = {0};

	begin("left");
	CHECK_INT(runs_active(&u, NULL), 0);
	CHECK_INT(command_run(&u, "quit", &e), 0);
	CHECK(u.quit && u.overlay_kind == OVERLAY_NONE);
	u.quit = false;
	u.others.n = 1;
	snprintf(u.others.name, sizeof u.others.name, "demo");
	CHECK_INT(command_run(&u, "quit", &e), 0);
	CHECK_STR(u.ask.question, "demo trains; checkpoint, stop and quit? y/n");
	CHECK(!u.quit);
	end();
	CHECK_INT(trainer.n, 0);
}

TEST(an_interrupt_asks_whether_to_leave_or_to_stop)
{
	char question[128];

	begin("interrupted");
	snprintf(question, sizeof question,
		 "l leaves, and process %ld trains on; s stops it after a checkpoint",
		 (long)getpid());
	key(3);
	CHECK_STR(u.ask.question, question);
	key('n'); /* no answer to this question */
	key('y');
	CHECK(!u.quit && u.overlay_kind == OVERLAY_ASK);
	key(27);
	CHECK(!u.quit && u.overlay_kind == OVERLAY_NONE);
	key(3);
	key('s');
	FEED(trainer.n == 1);
	CHECK_STR(trainer.asked[0].line, "stop");
	answers(0, true, "");
	key(3); /* again: it is asked again */
	CHECK_STR(u.ask.question, question);
	key('l');
	CHECK(u.quit && !u.at_once && !u.ended);
	end();
}

TEST(stop_all_is_not_for_it)
{
	struct err e = {0};

	begin("all");
	CHECK_INT(command_run(&u, "stop all", &e), -1);
	CHECK_HAS(e.text, "no run of this program trains");
	end();
	CHECK_INT(trainer.n, 0);
}

/* A fold that nobody trains is selected: what is ordered is not for the trainer of another. */
TEST(a_fold_that_is_not_trained_is_not_steered)
{
	begin("selected");
	u.sel.fold_chosen = true;
	u.sel.fold = u.now.fold + 1;
	CHECK_HAS(command_refused(&u, "pause"), "is selected, and nobody trains it now; process");
	CHECK_HAS(command_refused(&u, "stop"), "select fold 0 steers that");
	u.now.held[u.now.nheld++] = u.sel.fold;
	CHECK_HAS(command_refused(&u, "pause"), "and its trainer is not reached yet; process");
	u.sel.fold = u.now.fold;
	CHECK(!command_refused(&u, "pause"));
	end();
	CHECK_INT(trainer.n, 0);
}

/* Another trainer is on the screen now: the stop that was asked of the first has ended. */
TEST(a_stop_ends_with_its_trainer)
{
	struct err e = {0};

	begin("stopped");
	CHECK_INT(command_run(&u, "stop", &e), 0);
	CHECK_INT(u.stop_of, getpid());
	FEED(trainer.n == 1);
	happens("{\"kind\":\"say\",\"text\":\"one\"}");
	FEED(strcmp(u.message.text, "one") == 0);
	CHECK(u.stop_asked);
	u.stop_of = 1;
	happens("{\"kind\":\"say\",\"text\":\"two\"}");
	FEED(strcmp(u.message.text, "two") == 0);
	CHECK(!u.stop_asked);
	end();
}

/* Another run is opened: the connection ends, the training does not. */
TEST(opening_another_leaves_it)
{
	const char *config = "tests/record/tiny/config.yml";
	struct err e = {0};
	int attached;

	begin("opened");
	attached = u.run_shown;
	if (runs_open(&u, config, false, &e))
		FAIL("%s", e.text);
	FEED(u.run_shown != attached && !u.opening.run);
	CHECK(!work_has(u.work, attached));
	CHECK(!ui_attached(&u));
	CHECK_INT(trainer.n, 0);
	end();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
