/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `rewind` as it is asked of a run that trains, pauses or has stopped: 2 epochs of 4 steps. */
#include "app/lab/worker.h"

#include "app/session/branch.h"
#include "app/session/run.h"

static void ask(struct seen *s, struct work *w, const char *command)
{
	s->refused = false;
	s->text[0] = '\0';
	work_command(w, WORK_FIRST, command);
	served(s, w);
}

static void step_to(struct seen *s, struct work *w, int step)
{
	while (s->now.step < step) {
		work_step(w, WORK_FIRST, false);
		served(s, w);
		until_state(s, w, WORK_PAUSED);
	}
}

static void check_at(const struct seen *s, int epoch, int in_epoch, int step)
{
	CHECK_INT(s->now.epoch, epoch);
	CHECK_INT(s->now.in_epoch, in_epoch);
	CHECK_INT(s->now.step, step);
}

TEST(a_paused_run_goes_back)
{
	struct work *w = start(temp_path("paused"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 7);
	ask(&s, w, "rewind 1:3");
	CHECK(!s.refused);
	CHECK_HAS(s.text, "rewound to 1:3, 3 steps replayed in ");
	CHECK_HAS(s.text, " s; what came after is branch before-rewind-1");
	CHECK_INT(s.now.state, WORK_PAUSED);
	check_at(&s, 1, 3, 3);
	ask(&s, w, "rewind before-rewind-1");
	CHECK(s.refused);
	CHECK_HAS(s.text, "before-rewind-1 is a branch, a run of its own: open ");
	CHECK_HAS(s.text, "/branches/before-rewind-1, or Enter in view 7");
	check_at(&s, 1, 3, 3);
	ask(&s, w, "rewind 1:3");
	CHECK(s.refused);
	CHECK_HAS(s.text, "rewind 1:3: it is there; the run is at 1:3");
	step_to(&s, w, 6);
	ask(&s, w, "rewind 2"); /* from the end of epoch 1 */
	CHECK_STR(s.text, "rewound to 2:0; what came after is branch before-rewind-2");
	check_at(&s, 1, 4, 4);
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.results, 1);
	ask(&s, w, "rewind 1:1");
	CHECK(s.refused);
	CHECK_INT(work_end(w), 0);
}

/* "before-rewind-1 4, ...": marks of branches, and before which step. */
static const char *branch_marks(const char *dir)
{
	static char text[256];
	struct err e = {0};
	struct run r;
	size_t n = 0;

	text[0] = '\0';
	if (run_load(&r, dir, &e))
		return strcpy(text, e.text);
	for (int i = 0; i < r.fold[0].nmarks; i++)
		if (r.fold[0].mark[i].kind == MARK_BRANCH)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %d", n ? ", " : "",
					      r.fold[0].mark[i].label, r.fold[0].mark[i].step);
	run_free(&r);
	return text;
}

/* A mark says where a future that was left parts from the run, as long as it is there. */
TEST(what_a_rewind_left_has_a_mark)
{
	const char *dir = temp_path("marks");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	char gone[PATH_LEN + 64];

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 7);
	ask(&s, w, "rewind 2:1");
	CHECK_STR(branch_marks(dir), "before-rewind-1 6");
	step_to(&s, w, 7);
	ask(&s, w, "rewind 2:2");
	CHECK_STR(branch_marks(dir), "before-rewind-1 6, before-rewind-2 7");
	ask(&s, w, "rewind 1:3"); /* of the futures before it no more is left than of this one */
	CHECK_STR(branch_marks(dir), "before-rewind-1 4, before-rewind-2 4, before-rewind-3 4");
	snprintf(gone, sizeof gone, "mv %s/branches/before-rewind-1 %s.gone", dir, dir);
	CHECK_INT(system(gone), 0);
	CHECK_STR(branch_marks(dir), "before-rewind-2 4, before-rewind-3 4");
	CHECK_INT(work_end(w), 0);
}

/* The loss shown is that of the steps that remain, also where a fold goes on. */
TEST(the_loss_is_known_at_once)
{
	const char *dir = temp_path("loss");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	double at_3, at_7;

	until_state(&s, w, WORK_PAUSED);
	CHECK(isnan(s.now.loss));
	step_to(&s, w, 3);
	at_3 = s.now.loss;
	CHECK(at_3 > 0);
	step_to(&s, w, 7);
	at_7 = s.now.loss;
	CHECK(fabs(at_3 - at_7) > 1e-9);
	ask(&s, w, "rewind 1:3");
	CHECK_NEAR(s.now.loss, at_3, 1e-6);
	step_to(&s, w, 7);
	CHECK_NEAR(s.now.loss, at_7, 1e-6);
	CHECK_INT(work_end(w), 0);
	w = start(dir, true, false);
	s = (struct seen){0};
	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "set train.clip 1"); /* the fold is open */
	CHECK_INT(s.now.step, 7);
	CHECK_NEAR(s.now.loss, at_7, 1e-6);
	CHECK_INT(work_end(w), 0);
}

/* Requests that come together: whichever step it is at. */
TEST(a_run_that_trains_pauses_there)
{
	const struct request r[] = {{.kind = REQUEST_RESUME},
				    {.kind = REQUEST_COMMAND, .text = "rewind 1:1"}};
	struct work *w = start(temp_path("trains"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 5);
	ask_together(w, WORK_FIRST, r, 2);
	served(&s, w);
	CHECK(!s.refused);
	until_state(&s, w, WORK_PAUSED);
	check_at(&s, 1, 1, 1);
	CHECK_INT(work_end(w), 0);
}

TEST(a_stopped_run_goes_back_and_on)
{
	const char *dir = temp_path("stopped");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 6);
	work_stop(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	ask(&s, w, "rewind 1:2");
	CHECK(!s.refused);
	CHECK_INT(s.now.state, WORK_IDLE);
	CHECK_INT(s.now.step, 2);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	check_at(&s, 1, 3, 3);
	CHECK_INT(work_end(w), 0);
}

/* What is asked meanwhile calls it back, and is then done. */
TEST(a_pause_calls_it_back)
{
	const struct request r[] = {{.kind = REQUEST_RESUME},
				    {.kind = REQUEST_COMMAND, .text = "rewind 1:3"},
				    {.kind = REQUEST_PAUSE}};
	const struct request stop[] = {{.kind = REQUEST_COMMAND, .text = "rewind 1:3"},
				       {.kind = REQUEST_STOP}};
	struct work *w = start(temp_path("back"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 5);
	ask_together(w, WORK_FIRST, r, 3);
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "not rewound to 1:3: it was called back; nothing has changed");
	until_state(&s, w, WORK_PAUSED);
	check_at(&s, 2, 1, 5);
	ask_together(w, WORK_FIRST, stop, 2);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	check_at(&s, 2, 1, 5);
	CHECK_INT(work_end(w), 0);
}

TEST(undo_offers_to_go_back)
{
	struct work *w = start(temp_path("undo"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "set train.clip 0.5");
	ask(&s, w, "undo"); /* nothing has been done with it */
	CHECK_STR(s.text, "set train.clip 0");
	step_to(&s, w, 2);
	ask(&s, w, "set train.clip 0.5");
	step_to(&s, w, 5);
	ask(&s, w, "set train.clip 0.7");
	step_to(&s, w, 6);
	ask(&s, w, "undo");
	CHECK_STR(s.text, "set train.clip 0.5 from here on; rewind 2:1 goes back to before the "
			  "change, 1 step ago");
	ask(&s, w, "rewind 1:3"); /* the first of them is still in force */
	CHECK_NEAR(s.now.set.train.clip, 0.5, 1e-6);
	ask(&s, w, "undo");
	CHECK_STR(s.text, "set train.clip 0 from here on; rewind 1:2 goes back to before the "
			  "change, 1 step ago");
	ask(&s, w, "rewind 1:2");
	CHECK_NEAR(s.now.set.train.clip, 0, 0);
	ask(&s, w, "undo");
	CHECK(s.refused);
	CHECK_STR(s.text, "no change to take back");
	CHECK_INT(work_end(w), 0);
}

/* It says so where no figure depends on it: nothing is gained by going back. */
TEST(undo_of_what_changes_no_figure_does_not_offer_it)
{
	struct work *w = start(temp_path("free"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "set train.health 5");
	step_to(&s, w, 2);
	CHECK_STR(s.now.undo_key, "train.health");
	CHECK_INT(s.now.undo_step, 0);
	ask(&s, w, "undo");
	CHECK_STR(s.text, "set train.health 0");
	CHECK_INT(work_end(w), 0);
}

TEST(the_same_value_is_no_change)
{
	const char *dir = temp_path("same");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	char log[PATH_LEN];
	struct err e = {0};
	char *text;

	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "set train.optimizer.lr 1.2e-2");
	CHECK(!s.refused);
	CHECK_STR(s.text, "train.optimizer.lr is 0.012 already: nothing is changed");
	ask(&s, w, "set train.optimizer.lr x1");
	CHECK_STR(s.text, "train.optimizer.lr is 0.012 already: nothing is changed");
	ask(&s, w, "set train.optimizer.lr -1");
	CHECK(s.refused);
	CHECK_HAS(s.text, "train.optimizer.lr: expected a number");
	CHECK_STR(s.now.undo_key, "");
	CHECK_INT(s.changes, 0);
	ask(&s, w, "set train.clip 1");
	CHECK_INT(work_end(w), 0);
	snprintf(log, sizeof log, "%s/fold-0/commands.log", dir);
	text = file_read(log, 1000, NULL, &e);
	REQUIRE(text);
	CHECK_STR(text, "at 0 1 1 set train.clip 1   # was 0\n");
	free(text);
}

/* Also where another process made it, and of changes that were taken back each only once; a
 * rewind to before the undo brings the change into force again. */
TEST(undo_takes_back_what_the_log_says)
{
	const char *dir = temp_path("log");
	struct work *w = start(dir, true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "set train.clip 0.5");
	step_to(&s, w, 1);
	ask(&s, w, "set train.patience 9"); /* at the next epoch */
	ask(&s, w, "set train.loss.text 0.3");
	step_to(&s, w, 2);
	ask(&s, w, "undo");
	CHECK_HAS(s.text, "set train.loss.text 0.15 from here on");
	CHECK_INT(work_end(w), 0);
	w = start(dir, true, false);
	s = (struct seen){0};
	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "undo"); /* what was given last, though it is to come */
	CHECK_STR(s.text, "set train.patience 0");
	ask(&s, w, "undo");
	CHECK_HAS(s.text, "set train.clip 0 from here on; rewind 1:0 goes back to before the ");
	ask(&s, w, "undo");
	CHECK(s.refused);
	CHECK_STR(s.text, "no change to take back");
	step_to(&s, w, 3);
	ask(&s, w, "rewind 1:1"); /* before all these */
	CHECK_NEAR(s.now.set.train.clip, 0.5, 0);
	CHECK_STR(s.now.undo_key, "train.clip");
	CHECK_INT(work_end(w), 0);
}

/* The line that it has of its own is the last. */
TEST(undo_takes_back_what_a_branch_is_made_for)
{
	const char *dir = temp_path("parent");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	struct err e = {0};
	char path[PATH_LEN];

	until_state(&s, w, WORK_PAUSED);
	ask(&s, w, "set train.clip 0.5");
	step_to(&s, w, 2);
	CHECK_INT(work_end(w), 0);
	if (branch_make_set(dir, "slow", 0, 2, "lr 0.001", path, sizeof path, NULL, NULL, &e))
		FAIL("%s", e.text);
	w = start(path, true, false);
	s = (struct seen){0};
	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 3);
	CHECK_NEAR(s.now.set.train.optimizer.lr, 0.001, 0);
	ask(&s, w, "undo");
	CHECK_HAS(s.text, "set train.optimizer.lr 0.012 from here on; rewind 1:2 goes back");
	ask(&s, w, "undo");
	CHECK_HAS(s.text, "set train.clip 0 from here on; rewind 1:0 goes back");
	CHECK_INT(work_end(w), 0);
}

/* Settings that go with the future are named. */
TEST(what_is_undone_is_said)
{
	struct work *w = start(temp_path("undone"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 2);
	ask(&s, w, "set train.clip 0.5");
	step_to(&s, w, 3);
	ask(&s, w, "set train.optimizer.lr 0.1");
	step_to(&s, w, 4);
	ask(&s, w, "rewind 1:3");
	CHECK_HAS(s.text, "; train.optimizer.lr 0.1 is 0.012 again; what came after is branch ");
	ask(&s, w, "rewind 1:1");
	CHECK_HAS(s.text, "; train.clip 0.5 is 0 again; what came after is branch ");
	CHECK_INT(work_end(w), 0);
}

TEST(a_stored_state_has_a_name)
{
	struct work *w = start(temp_path("named"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 2);
	ask(&s, w, "save good");
	CHECK(!s.refused);
	step_to(&s, w, 4);
	ask(&s, w, "save end");
	step_to(&s, w, 6);
	ask(&s, w, "rewind end");
	CHECK_HAS(s.text, "rewound to 2:0; what came after");
	check_at(&s, 1, 4, 4);
	ask(&s, w, "rewind good");
	CHECK_HAS(s.text, "rewound to 1:2; what came after");
	check_at(&s, 1, 2, 2);
	ask(&s, w, "rewind end"); /* it went with the future */
	CHECK(s.refused);
	CHECK_HAS(s.text, "fold 0 has no stored state end");
	CHECK_INT(work_end(w), 0);
}

TEST(places_that_there_are_not)
{
	static const char *const wrong[][2] = {
		{"rewind 1:9", "rewind 1:9: an epoch of fold 0 has 4 steps"},
		{"rewind 2", "that is still to come; the run is at 1:2"},
		{"rewind 0", "rewind 0: expected EPOCH, EPOCH:STEP or the name of a stored"},
		{"rewind good", "fold 0 has no stored state good; save good makes one"},
	};
	struct work *w = start(temp_path("wrong"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	step_to(&s, w, 2);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ask(&s, w, wrong[i][0]);
		CHECK(s.refused);
		CHECK_HAS(s.text, wrong[i][1]);
		CHECK_INT(s.now.state, WORK_PAUSED);
		check_at(&s, 1, 2, 2);
	}
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
