/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every word that controls a run, in every state: what the run does then. Two
 * seeds of one fold each, four steps an epoch; evaluations go utterance by
 * utterance, so that a stop finds them at work.
 */
#include "tests/app/lab/worker.h"

#include "app/lab/work_private.h"
#include "base/file.h"

static struct work *start_long(const char *session)
{
	static const char *const settings[] = {"train.epoch=100000", "train.memory=1K"};
	struct err e = {0};
	struct work_options o = {
		.job = {.config = "tests/record/tiny/config.yml",
			.session = session,
			.set = settings,
			.nset = 2,
			.seeds = 2,
			.threads = 1},
		.paused = true,
	};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

/* The worker waits: a weight becomes infinite, so that the next step diverges. */
static void spoil(struct work *w)
{
	struct work_run *run = work_find(w, WORK_FIRST);

	pthread_mutex_lock(&w->lock);
	run->job.trainer.model.params.w[0] = INFINITY;
	pthread_mutex_unlock(&w->lock);
}

/* One epoch is trained and evaluated, and the run waits in `state`. */
static void bring_to(struct seen *s, struct work *w, enum work_state state)
{
	until_state(s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, true);
	served(s, w);
	until_state(s, w, WORK_PAUSED);
	CHECK_INT(s->now.step, 4);
	switch (state) {
	case WORK_BROKE:
		work_break(w, WORK_FIRST, "step = 5");
		break;
	case WORK_DIVERGED:
		spoil(w);
		break;
	case WORK_IDLE:
		work_stop(w, WORK_FIRST);
		break;
	default:
		break;
	}
	if (state == WORK_RUN || state == WORK_BROKE || state == WORK_DIVERGED)
		work_resume(w, WORK_FIRST);
	served(s, w);
	if (state != WORK_RUN)
		until_state(s, w, state);
}

/* With an evaluated epoch, `fold` ends the fold whether or not its step can be done. */
TEST(fold_while_diverged_tests_the_kept_checkpoint)
{
	const char *dir = temp_path("diverged-fold");
	struct work *w = start_long(dir);
	struct seen s = {0};

	bring_to(&s, w, WORK_DIVERGED);
	work_command(w, WORK_FIRST, "fold");
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK(!s.refused);
	CHECK_INT(s.results, 1);
	CHECK_INT(s.now.step, 0); /* of the next seed's fold */
	CHECK_INT(work_end(w), 0);
}

/* A stop that ends an evaluation asked for by hand ends the run too. */
TEST(stop_within_an_eval_leaves_a_checkpoint)
{
	const struct request asked[] = {{.kind = REQUEST_COMMAND, .text = "eval"},
					{.kind = REQUEST_STOP}};
	const char *dir = temp_path("eval-stop");
	char path[PATH_LEN];
	struct work *w = start_long(dir);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	snprintf(path, sizeof path, "%s/fold-0/state.safetensors", dir);
	CHECK(!file_exists(path));
	ask_together(w, WORK_FIRST, asked, 2);
	served(&s, w);
	CHECK_HAS(s.text, "the evaluation was stopped after 1 of 4 utterances");
	until_state(&s, w, WORK_IDLE);
	CHECK(file_exists(path));
	CHECK_INT(work_end(w), 0);
}

/* A run that has stopped has let its fold go: what changes its files takes it again. */
TEST(set_and_save_while_stopped)
{
	const char *dir = temp_path("set-stopped");
	struct work *w = start_long(dir);
	struct err e = {0};
	struct seen s = {0};
	char path[PATH_LEN], *log;
	size_t len;

	bring_to(&s, w, WORK_IDLE);
	work_command(w, WORK_FIRST, "set train.clip 1");
	work_command(w, WORK_FIRST, "set train.clip 2");
	work_command(w, WORK_FIRST, "undo");
	work_command(w, WORK_FIRST, "save");
	served(&s, w);
	CHECK(!s.refused);
	CHECK(s.now.set.train.clip == 1);
	snprintf(path, sizeof path, "%s/fold-0/commands.log", dir);
	log = file_read(path, 1 << 16, &len, &e);
	CHECK_STR(log, "at 0 2 5 set train.clip 1   # was 0\n"
		       "at 0 2 5 set train.clip 2   # was 1\n"
		       "at 0 2 5 set train.clip 1   # undo, was 2\n");
	free(log);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK(s.now.set.train.clip == 1);
	CHECK_INT(work_end(w), 0);
}

/* Where other processes train other folds, a change says that it reaches this one only. */
TEST(set_says_which_fold_it_is_for)
{
	static const int fold[] = {3};
	const char *dir = temp_path("one-of-five");
	struct work_options o = {
		.job = {.config = "demo", .session = dir, .fold = fold, .nfolds = 1, .threads = 1},
		.paused = true};
	struct err e = {0};
	struct work *w = work_start(&o, &e);
	struct seen s = {0};
	char other[PATH_LEN];
	int lock;

	REQUIRE(w);
	until_state(&s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "set train.clip 1");
	served(&s, w);
	CHECK_STR(s.text, "set train.clip 1");
	snprintf(other, sizeof other, "%s/fold-5", dir);
	mkdir(other, 0777);
	lock = fold_lock(other, dir, 5, "", &e);
	REQUIRE(lock >= 0);
	work_command(w, WORK_FIRST, "set train.clip 2");
	served(&s, w);
	CHECK_STR(s.text, "set train.clip 2 (fold 3, and those that begin after its end: "
			  "other folds train at the same time)");
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK_STR(s.text, "set train.clip 1 (fold 3, and those that begin after its end: "
			  "other folds train at the same time)");
	fold_lock_end(lock);
	work_command(w, WORK_FIRST, "undo");
	served(&s, w);
	CHECK(!strstr(s.text, "fold 3"));
	CHECK(!s.refused);
	CHECK_INT(work_end(w), 0);
}

/* Another program makes one more step of it: in a copy, so that nobody sees it at work. */
static void go_on_elsewhere(const char *dir)
{
	const char *copy = temp_path("copy");
	const struct job_options o = {
		.session = copy, .resume = true, .seeds = 2, .threads = 1, .max_steps = 1};
	struct err e = {0};
	char command[1200];
	struct job j;

	snprintf(command, sizeof command, "cp -a '%s' '%s'", dir, copy);
	CHECK_INT(system(command), 0);
	if (job_open(&j, NULL, &o, &(struct job_hooks){0}, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
	snprintf(command, sizeof command, "cp -a '%s/fold-0' '%s'", copy, dir);
	CHECK_INT(system(command), 0);
}

/* What another program has stored there meanwhile is not lost. */
TEST(no_change_to_a_fold_that_went_on_elsewhere)
{
	static const char *const changes[] = {"save", "set train.clip 1", "fold"};
	const char *dir = temp_path("elsewhere");
	struct work *w = start_long(dir);
	struct seen s = {0};

	bring_to(&s, w, WORK_IDLE);
	go_on_elsewhere(dir);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		s.refused = false;
		work_command(w, WORK_FIRST, changes[i]);
		served(&s, w);
		CHECK(s.refused);
		CHECK_HAS(s.text, "another program has gone on with fold 0");
	}
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.now.step, 6);
	CHECK_INT(work_end(w), 0);
}

/* ---- every word in every state ---- */

enum word { PAUSE, RESUME, STEP, EPOCH, STOP, FOLD, WORDS };

static const struct request word_request[WORDS] = {
	[PAUSE] = {.kind = REQUEST_PAUSE}, [RESUME] = {.kind = REQUEST_RESUME},
	[STEP] = {.kind = REQUEST_STEP},   [EPOCH] = {.kind = REQUEST_STEP_EPOCH},
	[STOP] = {.kind = REQUEST_STOP},   [FOLD] = {.kind = REQUEST_COMMAND, .text = "fold"},
};

/* What the word is given in, and then does. While it trains, the number of steps
 * is not known. */
enum { RUNS = -1, ANY = -1 };
struct cell {
	int state; /* the run waits like that in the end, or RUNS: it goes on training */
	int step;  /* where */
	int results;
	const char *refused;
};

static const struct {
	const char *name;
	enum work_state state;
	const char *within; /* a command that evaluates: the word comes while it does */
	struct cell cell[WORDS];
} table[] = {
	{"run",
	 WORK_RUN,
	 NULL,
	 {[PAUSE] = {WORK_PAUSED, ANY, 0, NULL},
	  [RESUME] = {RUNS, ANY, 0, NULL},
	  [STEP] = {WORK_PAUSED, ANY, 0, NULL},
	  [EPOCH] = {WORK_PAUSED, ANY, 0, NULL},
	  [STOP] = {WORK_IDLE, ANY, 0, NULL},
	  [FOLD] = {RUNS, ANY, 1, NULL}}},
	{"paused",
	 WORK_PAUSED,
	 NULL,
	 {[PAUSE] = {WORK_PAUSED, 4, 0, NULL},
	  [RESUME] = {RUNS, ANY, 0, NULL},
	  [STEP] = {WORK_PAUSED, 5, 0, NULL},
	  [EPOCH] = {WORK_PAUSED, 8, 0, NULL},
	  [STOP] = {WORK_IDLE, 4, 0, NULL},
	  [FOLD] = {WORK_PAUSED, 0, 1, NULL}}},
	{"eval",
	 WORK_PAUSED,
	 "eval",
	 {[PAUSE] = {WORK_PAUSED, 4, 0, NULL},
	  [RESUME] = {RUNS, ANY, 0, NULL},
	  [STEP] = {WORK_PAUSED, 5, 0, NULL},
	  [EPOCH] = {WORK_PAUSED, 8, 0, NULL},
	  [STOP] = {WORK_IDLE, 4, 0, "the evaluation was stopped"},
	  [FOLD] = {WORK_PAUSED, 0, 1, NULL}}},
	{"test",
	 WORK_PAUSED,
	 "fold",
	 {[PAUSE] = {WORK_PAUSED, 0, 1, NULL},
	  [RESUME] = {RUNS, ANY, 1, NULL},
	  [STEP] = {WORK_PAUSED, 1, 1, NULL},
	  [EPOCH] = {WORK_PAUSED, 4, 1, NULL},
	  [STOP] = {WORK_IDLE, 4, 0, NULL},
	  [FOLD] = {WORK_PAUSED, 0, 1, "no epoch of this fold has been evaluated yet"}}},
	{"broke",
	 WORK_BROKE,
	 NULL,
	 {[PAUSE] = {WORK_BROKE, 5, 0, NULL},
	  [RESUME] = {RUNS, ANY, 0, NULL},
	  [STEP] = {WORK_PAUSED, 6, 0, NULL},
	  [EPOCH] = {WORK_PAUSED, 8, 0, NULL},
	  [STOP] = {WORK_IDLE, 5, 0, NULL},
	  [FOLD] = {WORK_PAUSED, 0, 1, NULL}}},
	{"diverged",
	 WORK_DIVERGED,
	 NULL,
	 {[PAUSE] = {WORK_DIVERGED, 4, 0, NULL},
	  [RESUME] = {WORK_DIVERGED, 4, 0, NULL},
	  [STEP] = {WORK_DIVERGED, 4, 0, NULL},
	  [EPOCH] = {WORK_DIVERGED, 4, 0, NULL},
	  [STOP] = {WORK_DIVERGED, 4, 0, NULL},
	  [FOLD] = {WORK_PAUSED, 0, 1, NULL}}},
	{"idle",
	 WORK_IDLE,
	 NULL,
	 {[PAUSE] = {WORK_IDLE, 4, 0, NULL},
	  [RESUME] = {RUNS, ANY, 0, NULL},
	  [STEP] = {WORK_PAUSED, 5, 0, NULL},
	  [EPOCH] = {WORK_PAUSED, 8, 0, NULL},
	  [STOP] = {WORK_IDLE, 4, 0, "training has stopped already"},
	  [FOLD] = {WORK_IDLE, 0, 1, NULL}}},
	{"idle_eval",
	 WORK_IDLE,
	 "eval",
	 {[PAUSE] = {WORK_IDLE, 4, 0, NULL},
	  [RESUME] = {RUNS, ANY, 0, NULL},
	  [STEP] = {WORK_PAUSED, 5, 0, NULL},
	  [EPOCH] = {WORK_PAUSED, 8, 0, NULL},
	  [STOP] = {WORK_IDLE, 4, 0, "the evaluation was stopped"},
	  [FOLD] = {WORK_IDLE, 0, 1, NULL}}},
};

static void until_steps(struct seen *s, struct work *w, int steps)
{
	while (s->steps < steps && s->now.state != WORK_FAILED)
		wait_more(s, w);
	CHECK(s->steps >= steps);
}

static void check_cell(size_t row, enum word word)
{
	const struct cell *c = &table[row].cell[word];
	struct request asked[] = {{.kind = REQUEST_COMMAND}, word_request[word]};
	char dir[64];
	int steps;
	struct seen s = {0};
	struct work *w;

	snprintf(dir, sizeof dir, "%s-%d", table[row].name, word);
	w = start_long(temp_path("%s", dir));
	bring_to(&s, w, table[row].state);
	if (table[row].within)
		snprintf(asked[0].text, sizeof asked[0].text, "%s", table[row].within);
	ask_together(w, WORK_FIRST, table[row].within ? asked : asked + 1,
		     table[row].within ? 2 : 1);
	served(&s, w);
	steps = s.steps;
	if (c->state == RUNS)
		until_steps(&s, w, steps + 8);
	else
		until_state(&s, w, (enum work_state)c->state);
	if (c->step != ANY)
		CHECK_INT(s.now.step, c->step);
	CHECK_INT(s.results, c->results);
	CHECK(s.refused == (c->refused != NULL));
	if (c->refused)
		CHECK_HAS(s.text, c->refused);
	CHECK_INT(work_end(w), c->state == WORK_DIVERGED ? EXIT_DIVERGED : 0);
	if (test_faults)
		printf("# in %s, word %d\n", table[row].name, word);
}

TEST(every_word_in_every_state)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (enum word word = 0; word < WORDS && !test_faults; word++)
			check_cell(i, word);
}

/* Whatever the run waits for, leaving the program stores a checkpoint. */
TEST(quitting_in_every_state)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char path[PATH_LEN];
		const char *dir;
		struct seen s = {0};
		struct work *w;

		snprintf(path, sizeof path, "quit-%s", table[i].name);
		dir = temp_path("%s", path);
		w = start_long(dir);
		bring_to(&s, w, table[i].state);
		if (table[i].within)
			work_command(w, WORK_FIRST, table[i].within);
		CHECK_INT(work_end(w), table[i].state == WORK_DIVERGED ? EXIT_DIVERGED : 0);
		snprintf(path, sizeof path, "%s/fold-0/state.safetensors", dir);
		CHECK(file_exists(path));
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
