/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several runs of one worker: their ids, their turns, and the data they share. */
#include "tests/app/lab/worker.h"

#include "app/lab/work_private.h"
#include "base/file.h"

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
		char x[PATH_LEN], y[PATH_LEN], *s, *t;
		struct err e = {0};
		size_t n = 0, m = 0;

		snprintf(x, sizeof x, "%s/%s", a, file[i]);
		snprintf(y, sizeof y, "%s/%s", b, file[i]);
		s = file_read(x, FILE_ROWS, &n, &e);
		t = file_read(y, FILE_ROWS, &m, &e);
		if (!s || !t || n != m || memcmp(s, t, n) != 0)
			FAIL("%s and %s differ", x, y);
		free(s);
		free(t);
	}
}

/* The second run is asked for while the first trains, and begins after it. */
TEST(runs_take_turns_over_one_lab)
{
	const char *alone = temp_path("alone"), *one = temp_path("one"), *two = temp_path("two");
	struct work_options o = tiny(alone, false), second = tiny(two, false);
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), 0);

	b = (struct both){0};
	o = tiny(one, true);
	w = work_start(&o, &e);
	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	CHECK_INT(work_open(w, &second), SECOND);
	until_both(&b, w, SECOND, WORK_IDLE); /* opened, and waits */
	CHECK_INT(work_training(w), WORK_FIRST);
	CHECK(work_corpus(w, SECOND) == work_corpus(w, WORK_FIRST)); /* read once */
	answered(&b, w, work_resume(w, SECOND));
	CHECK_STR(b.text, "waits until run 1 has stopped");
	CHECK_INT(b.steps[SECOND], 0);
	work_resume(w, WORK_FIRST);
	while (b.results[SECOND] == 0 && b.now[SECOND].state != WORK_FAILED)
		wait_both(&b, w, SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
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
	struct work_options o = tiny(alone, false), second = tiny(two, true);
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), 0);

	o = tiny(one, true);
	w = work_start(&o, &e);
	REQUIRE(w);
	b = (struct both){0};
	CHECK_INT(work_open(w, &second), SECOND);
	for (int turn = 0; turn < 3; turn++) {
		until_both(&b, w, WORK_FIRST, WORK_PAUSED);
		take_both(&b, w, SECOND);
		work_step(w, WORK_FIRST, false);
		answered(&b, w, work_ping(w, WORK_FIRST));
		until_both(&b, w, WORK_FIRST, WORK_PAUSED);
		work_step(w, SECOND, false); /* waits until the first has stopped */
		work_stop(w, WORK_FIRST);
		until_both(&b, w, WORK_FIRST, WORK_IDLE);
		until_both(&b, w, SECOND, WORK_PAUSED);
		CHECK_INT(work_training(w), SECOND);
		CHECK_INT(b.now[WORK_FIRST].step, turn + 1);
		work_step(w, WORK_FIRST, false);
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
	until_both(&b, w, SECOND, WORK_IDLE);
	CHECK_INT(work_end(w), 0);
	check_same(alone, one);
	check_same(alone, two);
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
	struct look_result *seen = NULL;
	struct event event;

	REQUIRE(w);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK_INT(work_end(w), 0);

	b = (struct both){0};
	o = tiny(dir, true);
	w = work_start(&o, &e);
	REQUIRE(w);
	CHECK_INT(work_open(w, &look), SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	take_both(&b, w, SECOND);
	work_look(w, SECOND, 0, 2, true, KNOCK_NOTHING);
	work_look(w, WORK_FIRST, 0, 2, false, KNOCK_NOTHING);
	for (int left = 2; left > 0;) {
		if (!work_next(w, &event)) {
			struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

			poll(&p, 1, -1);
			continue;
		}
		if (event.kind == EVENT_LOOK && event.run == SECOND) {
			CHECK(event.look->kept);
			seen = event.look;
			event.look = NULL;
		} else if (event.kind == EVENT_LOOK) {
			REQUIRE(seen);
			CHECK(!event.look->kept);
			CHECK(memcmp(event.look->logits, seen->logits, sizeof seen->logits) != 0);
		}
		left -= event.kind == EVENT_LOOK;
		event_free(&event);
	}
	CHECK_INT(work_training(w), WORK_FIRST);
	look_free(seen);
	CHECK_INT(work_end(w), 0);
}

/* One that cannot be opened leaves the other alone. */
/* A stop ends an evaluation although something is asked of another run before it. */
TEST(a_stop_within_an_eval_passes_another_runs_request)
{
	static const char *const settings[] = {"train.epoch=2", "train.memory=1K"};
	const struct request asked[] = {{.kind = REQUEST_COMMAND, .text = "eval"},
					{.kind = REQUEST_BREAKS, .run = SECOND},
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
	CHECK_INT(work_open(w, &look), SECOND);
	until_both(&b, w, SECOND, WORK_IDLE);
	until_both(&b, w, WORK_FIRST, WORK_PAUSED);
	ask_together(w, asked, 3);
	until_both(&b, w, WORK_FIRST, WORK_IDLE);
	CHECK(b.eval_stopped);
	CHECK_INT(work_end(w), 0);
}

TEST(a_run_that_cannot_be_opened)
{
	const char *dir = temp_path("well");
	struct work_options o = tiny(dir, true), none = {.job = {.config = "no/such/config.yml"}};
	struct both b = {0};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	CHECK_INT(work_open(w, &none), SECOND);
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
