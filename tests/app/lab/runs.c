/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several runs at once: their ids, places and turns, and the data they share. */
#include "tests/app/lab/worker.h"

#include "app/lab/work_private.h"
#include "base/file.h"
#include "engine/num/par.h"
#include "same_file.h"

enum { SECOND = WORK_FIRST + 1 };

/* What came from each run. */
struct both {
	int steps[SECOND + 1], results[SECOND + 1], other;
	unsigned replied;
	bool eval_stopped;
	char text[512];
	struct snapshot now[SECOND + 1];
};

static void take_both(struct both *b, struct work *w, int runs)
{
	struct event e;

	while (work_next(w, &e)) {
		if (e.run < WORK_FIRST || e.run > SECOND) {
			b->other++;
			event_free(&e);
			continue;
		}
		b->steps[e.run] += e.kind == EVENT_STEP;
		b->results[e.run] += e.kind == EVENT_RESULT;
		if (e.kind == EVENT_REPLY) {
			b->replied = e.request;
			b->eval_stopped |= strstr(e.text, "evaluation was stopped") != NULL;
			if (e.text[0])
				snprintf(b->text, sizeof b->text, "%s", e.text);
		}
		event_free(&e);
	}
	for (int run = WORK_FIRST; run < WORK_FIRST + runs; run++)
		if (work_has(w, run))
			work_snapshot(w, run, &b->now[run]);
}

static void wait_both(struct both *b, struct work *w, int runs)
{
	struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

	poll(&p, 1, -1);
	take_both(b, w, runs);
}

static void until_both(struct both *b, struct work *w, int run, enum work_state state)
{
	take_both(b, w, run);
	while (b->now[run].state != state && b->now[run].state != WORK_FAILED)
		wait_both(b, w, run);
	CHECK_INT(b->now[run].state, state);
}

static void answered(struct both *b, struct work *w, unsigned request)
{
	while (b->replied != request)
		wait_both(b, w, SECOND);
}

static struct work_options tiny(const char *session, bool paused)
{
	static const char *const settings[] = {"train.epoch=2"};

	return (struct work_options){.job = {.config = "tests/record/tiny/config.yml",
					     .session = session,
					     .set = settings,
					     .nset = 1,
					     .threads = 1},
				     .paused = paused};
}

static void check_same(const char *a, const char *b)
{
	static const char *const file[] = {"steps.csv", "fold-0/best.safetensors",
					   "fold-0/state.safetensors", "fold-0/predictions.csv"};

	for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
		char x[PATH_LEN], y[PATH_LEN];

		snprintf(x, sizeof x, "%s/%s", a, file[i]);
		snprintf(y, sizeof y, "%s/%s", b, file[i]);
		if (!same_file(x, y))
			FAIL("%s and %s differ", x, y);
	}
}

/* Trained alone, by a worker of its own. */
static void train_alone(const char *session)
{
	struct work_options o = tiny(session, false);
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), 0);
}

static int opened(struct work *w, const struct work_options *o)
{
	struct err e = {0};
	int id = work_open(w, o, &e);

	if (!id)
		FAIL("%s", e.text);
	return id;
}

static int trains(struct work *w) /* the run that trains; -1: more than one */
{
	int id[2] = {0}, n = work_training(w, id, 2);

	return n > 1 ? -1 : id[0];
}

/* The second run is asked for while the first trains, and begins after it. */
/* Without a run there is nothing to stop, and one can be opened. */
TEST(none_at_first)
{
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml",
					 .session = temp_path("none"),
					 .threads = 1},
				 .paused = true};
	struct err e = {0};
	struct work *w = work_start(NULL, &e);

	REQUIRE(w);
	CHECK_INT(work_runs(w, NULL, 0), 0);
	CHECK_INT(work_training(w, NULL, 0), 0);
	CHECK(work_ended(w));
	CHECK_INT(work_open(w, &o, &e), WORK_FIRST);
	CHECK(work_has(w, WORK_FIRST));
	CHECK_INT(work_end(w), 0);
	w = work_start(NULL, &e);
	CHECK_INT(work_end(w), 0);
}

TEST(runs_take_turns_over_one_lab)
{
	const char *alone = temp_path("alone"), *one = temp_path("one"), *two = temp_path("two");
	struct work_options o, second = tiny(two, false);
	struct both b = {0};
	struct err e = {0};
	struct work *w;

	train_alone(alone);
	o = tiny(one, true);
	w = work_start(&o, &e);
	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	CHECK_INT(trains(w), 0); /* it has not gone on yet */
	work_step(w, WORK_FIRST, false);
	answered(&b, w, work_ping(w, WORK_FIRST));
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	CHECK_INT(trains(w), WORK_FIRST);
	CHECK_INT(opened(w, &second), SECOND);
	until_both(&b, w, SECOND, WORK_WAITING);
	CHECK(b.now[WORK_FIRST].placed && !b.now[SECOND].placed);
	CHECK(work_corpus(w, SECOND) == work_corpus(w, WORK_FIRST)); /* read once */
	work_pause(w, SECOND);
	answered(&b, w, work_ping(w, SECOND));
	until_both(&b, w, SECOND, WORK_PAUSED);
	answered(&b, w, work_resume(w, SECOND));
	CHECK_STR(b.text, "waits for its turn: it goes on when another run has stopped");
	until_both(&b, w, SECOND, WORK_WAITING);
	CHECK_INT(b.steps[SECOND], 0);
	CHECK_INT(trains(w), WORK_FIRST);
	work_resume(w, WORK_FIRST);
	while (b.results[SECOND] == 0 && b.now[SECOND].state != WORK_FAILED)
		wait_both(&b, w, SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	CHECK_INT(trains(w), 0);
	CHECK_INT(b.steps[WORK_FIRST], 8);
	CHECK_INT(b.steps[SECOND], 8);
	CHECK_INT(b.results[WORK_FIRST], 1);
	CHECK_INT(b.now[WORK_FIRST].run, WORK_FIRST);
	CHECK_INT(b.now[SECOND].run, SECOND);
	CHECK_INT(b.other, 0);
	CHECK_INT(work_end(w), 0);
	check_same(alone, one);
	check_same(alone, two);
}

/* A stop lets the next run go; asked again, the stopped one goes on after it. */
TEST(runs_stop_and_go_on_by_turns)
{
	const char *alone = temp_path("whole"), *one = temp_path("part"), *two = temp_path("other");
	struct work_options o, second = tiny(two, true);
	struct both b = {0};
	struct err e = {0};
	struct work *w;

	train_alone(alone);
	o = tiny(one, true);
	w = work_start(&o, &e);
	REQUIRE(w);
	CHECK_INT(opened(w, &second), SECOND);
	for (int turn = 0; turn < 3; turn++) {
		until_both(&b, w, WORK_FIRST, WORK_PAUSED);
		take_both(&b, w, SECOND);
		work_step(w, WORK_FIRST, false);
		answered(&b, w, work_ping(w, WORK_FIRST));
		until_both(&b, w, WORK_FIRST, WORK_PAUSED);
		answered(&b, w, work_step(w, SECOND, false)); /* waits for the first to stop */
		work_stop(w, WORK_FIRST);
		until_both(&b, w, WORK_FIRST, WORK_IDLE);
		until_both(&b, w, SECOND, WORK_PAUSED);
		CHECK_INT(trains(w), SECOND);
		CHECK_INT(b.now[WORK_FIRST].step, turn + 1);
		answered(&b, w, work_step(w, WORK_FIRST, false));
		work_pause(w, WORK_FIRST);
		work_stop(w, SECOND);
		until_both(&b, w, SECOND, WORK_IDLE);
		CHECK_INT(b.now[SECOND].step, turn + 1);
	}
	work_resume(w, WORK_FIRST);
	work_resume(w, SECOND);
	while (b.results[WORK_FIRST] + b.results[SECOND] < 2 &&
	       b.now[WORK_FIRST].state != WORK_FAILED)
		wait_both(&b, w, SECOND);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	until_both(&b, w, SECOND, WORK_IDLE);
	CHECK_INT(work_end(w), 0);
	check_same(alone, one);
	check_same(alone, two);
}

/* Who waits may stop waiting, and then does not hold up those that wait after it. */
TEST(the_line_moves_on)
{
	const char *name[] = {"line-1", "line-2", "line-3", "line-4"};
	struct work_options o = tiny(temp_path("%s", name[0]), true);
	struct err e = {0};
	struct work *w = work_start(&o, &e);
	struct snapshot s[5];
	struct event event;
	int id[2];

	REQUIRE(w);
	work_step(w, WORK_FIRST, false);
	for (int i = 1; i < 4; i++) {
		o = tiny(temp_path("%s", name[i]), false);
		do
			work_snapshot(w, i, &s[i]);
		while (s[i].state != (i == 1 ? WORK_PAUSED : WORK_WAITING) ||
		       (i == 1 && !s[i].step));
		CHECK_INT(opened(w, &o), i + 1);
	}
	do
		work_snapshot(w, 4, &s[4]);
	while (s[4].state != WORK_WAITING);
	work_stop(w, 2);  /* the first in the line leaves it */
	work_close(w, 3); /* so does the next */
	CHECK(work_has(w, 2) && !work_has(w, 3));
	work_stop(w, WORK_FIRST);
	do
		work_snapshot(w, 4, &s[4]);
	while (s[4].state != WORK_IDLE);
	CHECK(!s[4].trains); /* it is finished */
	work_snapshot(w, 2, &s[2]);
	CHECK_INT(s[2].state, WORK_IDLE);
	CHECK_INT(s[2].step, 0);
	CHECK_INT(work_runs(w, id, 2), 3);
	CHECK(id[0] == 1 && id[1] == 2);
	while (work_next(w, &event)) {
		CHECK(event.run != 3);
		event_free(&event);
	}
	CHECK_INT(work_end(w), 0);
}

/* ---- at once ---- */

struct wide {
	const char *set[3];
	char dir[2][PATH_LEN]; /* at once, one by one */
};

/* Two unlike runs over the same data, one after the other. */
static void train_wide(struct wide *x, int n)
{
	for (int i = 0; i < n; i++) {
		const struct job_options o = {.config = "tests/record/tiny/config.yml",
					      .session = x[i].dir[1],
					      .set = x[i].set,
					      .nset = 3,
					      .threads = 1};
		struct err e = {0};
		struct job j;

		if (job_open(&j, NULL, &o, &(struct job_hooks){0}, &e) || job_run(&j, &e))
			FAIL("%s", e.text);
		job_close(&j);
	}
}

/* What may be asked of a run while it trains, or is looked at; the number of the last. */
static unsigned disturb(struct work *w, int id, int round)
{
	work_look(w, id, 0, round % 13, round % 2, KNOCK_TEXT);
	work_try(w, id, "train.optimizer.lr x0.5");
	work_command(w, id, "eval");
	work_breaks(w, id);
	return work_ping(w, id);
}

/* Two runs train at once while a third is looked at: each leaves the bytes that it leaves
 * alone. */
TEST(two_train_at_once_as_one_by_one)
{
	struct wide x[2] = {
		{.set = {"train.epoch=12", "exp.seed=7", "train.batch_size=5"}},
		{.set = {"train.epoch=12", "exp.seed=8", "train.optimizer.lr=0.003"}},
	};
	const char *done = temp_path("stored");
	struct work_options look = {.job = {.session = done, .threads = 4}, .readonly = true}, o;
	struct err e = {0};
	struct work *w = NULL;
	struct snapshot s[2] = {0};
	int looks = 0, id[3], most = 0, round = 0;
	unsigned last[3] = {0}; /* of the requests of each */

	for (int i = 0; i < 2; i++) {
		snprintf(x[i].dir[0], PATH_LEN, "%s", temp_path("at-once-%d", i));
		snprintf(x[i].dir[1], PATH_LEN, "%s", temp_path("in-turn-%d", i));
	}
	train_alone(done);
	train_wide(x, 2);
	for (int i = 0; i < 2; i++) {
		o = tiny(x[i].dir[0], false);
		o.job.set = x[i].set;
		o.job.nset = 3;
		o.job.threads = 4;
		if (i == 0)
			w = work_start(&o, &e);
		REQUIRE(w);
		work_jobs(w, 2);
		if (i == 1)
			CHECK_INT(opened(w, &o), SECOND);
		memset(x[i].set, 0, sizeof x[i].set); /* they were copied */
	}
	CHECK_INT(opened(w, &look), SECOND + 1);
	for (int i = 0; i < 3; i++)
		last[i] = disturb(w, WORK_FIRST + i, round++);
	while (s[0].state != WORK_IDLE || s[1].state != WORK_IDLE) {
		struct pollfd p = {.fd = work_fd(w), .events = POLLIN};
		struct event event;
		int n = work_training(w, id, 3);

		most = n > most ? n : most;
		poll(&p, 1, -1);
		while (work_next(w, &event)) {
			looks += event.kind == EVENT_LOOK && event.run == SECOND + 1;
			for (int i = 0; i < 3 && event.kind == EVENT_REPLY; i++)
				if (event.request == last[i])
					last[i] = disturb(w, WORK_FIRST + i, round++);
			event_free(&event);
		}
		for (int i = 0; i < 2; i++) {
			work_snapshot(w, WORK_FIRST + i, &s[i]);
			if (s[i].state == WORK_FAILED)
				FAIL("%s", s[i].error);
		}
	}
	CHECK_INT(most, 2);
	CHECK(looks > 0);
	CHECK_INT(work_end(w), 0);
	for (int i = 0; i < 2; i++)
		check_same(x[i].dir[0], x[i].dir[1]);
}

/* A share of the threads each; what a job that ended had goes to the next that begins. */
TEST(threads_are_shared_out)
{
	struct work_options o = tiny(temp_path("share-1"), true);
	struct both b = {0};
	struct err e = {0};
	struct work *w;

	o.job.threads = 5;
	w = work_start(&o, &e);
	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	CHECK_INT(par_threads(work_find(w, WORK_FIRST)->job.par), 5);
	work_jobs(w, 2);
	o.job.session = temp_path("share-2");
	CHECK_INT(opened(w, &o), SECOND);
	until_both(&b, w, SECOND, WORK_PAUSED);
	CHECK_INT(par_threads(work_find(w, SECOND)->job.par), 2);
	work_jobs(w, 9);
	work_stop(w, SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	work_resume(w, SECOND);
	while (b.results[SECOND] == 0 && b.now[SECOND].state != WORK_FAILED)
		wait_both(&b, w, SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	CHECK_INT(par_threads(work_find(w, SECOND)->job.par), 1);
	CHECK_INT(par_threads(work_find(w, WORK_FIRST)->job.par), 5);
	CHECK_INT(work_end(w), 0);
}

/* A finished session is opened beside the run that trains, and looked at. */
TEST(another_run_is_looked_at_while_one_trains)
{
	const char *done = temp_path("done"), *dir = temp_path("trains");
	struct work_options o = tiny(done, false);
	struct work_options look = {.job = {.session = done, .threads = 1}, .readonly = true};
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);
	struct look_result *seen[2] = {0};
	struct event event;

	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), 0);

	b = (struct both){0};
	o = tiny(dir, true);
	w = work_start(&o, &e);
	REQUIRE(w);
	CHECK_INT(opened(w, &look), SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	take_both(&b, w, SECOND);
	work_look(w, SECOND, 0, 2, true, KNOCK_NOTHING);
	work_look(w, WORK_FIRST, 0, 2, false, KNOCK_NOTHING);
	while (!seen[0] || !seen[1]) {
		struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

		poll(&p, 1, -1);
		while (work_next(w, &event)) {
			if (event.kind == EVENT_LOOK) {
				seen[event.run - WORK_FIRST] = event.look;
				event.look = NULL;
			}
			event_free(&event);
		}
	}
	CHECK(!seen[0]->kept && seen[1]->kept);
	CHECK(memcmp(seen[0]->logits, seen[1]->logits, sizeof seen[0]->logits) != 0);
	CHECK_INT(trains(w), 0);
	look_free(seen[0]);
	look_free(seen[1]);
	CHECK_INT(work_end(w), 0);
}

/* A stop ends an evaluation although something is asked of another run before it. */
TEST(a_stop_within_an_eval_passes_another_runs_request)
{
	static const char *const settings[] = {"train.epoch=2", "train.memory=1K"};
	const struct request asked[] = {{.kind = REQUEST_COMMAND, .text = "eval"},
					{.kind = REQUEST_STOP}};
	const char *done = temp_path("passed-done");
	struct work_options o = tiny(done, false);
	struct work_options look = {.job = {.session = done, .threads = 1}, .readonly = true};
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), 0);

	b = (struct both){0};
	o = tiny(temp_path("passed"), true);
	o.job.set = settings;
	o.job.nset = 2;
	w = work_start(&o, &e);
	REQUIRE(w);
	CHECK_INT(opened(w, &look), SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	work_breaks(w, SECOND);
	ask_together(w, WORK_FIRST, asked, 2);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK(b.eval_stopped);
	CHECK_INT(work_end(w), 0);
}

/* One that cannot be opened leaves the other alone. */
TEST(a_run_that_cannot_be_opened)
{
	const char *dir = temp_path("well");
	struct work_options o = tiny(dir, true), none = {.job = {.config = "no/such/config.yml"}};
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	CHECK_INT(opened(w, &none), SECOND);
	until_both(&b, w, SECOND, WORK_FAILED);
	CHECK_HAS(b.now[SECOND].error, "no/such/config.yml");
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	work_resume(w, WORK_FIRST);
	while (b.results[WORK_FIRST] == 0)
		wait_both(&b, w, SECOND);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), EXIT_FAILED);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
