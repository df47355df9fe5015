/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Closing runs: what they had is free again, and any number may come after them. */
#include "tests/app/lab/worker.h"

#include "base/file.h"

enum { SECOND = WORK_FIRST + 1, MANY = 60 };

static struct work_options tiny(const char *session, bool paused)
{
	static const char *const settings[] = {"train.epoch=1"};

	return (struct work_options){.job = {.config = "tests/record/tiny/config.yml",
					     .session = session,
					     .set = settings,
					     .nset = 1,
					     .threads = 2},
				     .paused = paused};
}

static struct work *begin(const char *session, bool paused)
{
	struct work_options o = tiny(session, paused);
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

static int opened(struct work *w, const struct work_options *o)
{
	struct err e = {0};
	int id = work_open(w, o, &e);

	if (!id)
		FAIL("%s", e.text);
	return id;
}

static void until(struct work *w, int run, enum work_state state)
{
	struct snapshot now;
	struct event e;

	for (;;) {
		struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

		work_snapshot(w, run, &now);
		if (now.state == state)
			return;
		if (now.state == WORK_FAILED)
			FAIL("%s", now.error);
		poll(&p, 1, -1);
		while (work_next(w, &e))
			event_free(&e);
	}
}

/* It has something to store. */
static void until_trained(struct work *w, int run)
{
	struct snapshot now;
	struct event e;

	do {
		struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

		poll(&p, 1, -1);
		while (work_next(w, &e))
			event_free(&e);
		work_snapshot(w, run, &now);
	} while (now.step < 1);
}

/* The run was opened paused; its first step is done. */
static void one_step(struct work *w, int run)
{
	struct snapshot now;

	work_step(w, run, false);
	do {
		until(w, run, WORK_PAUSED);
		work_snapshot(w, run, &now);
	} while (now.step < 1);
}

/* Until its thread is done. */
static void until_gone(struct work *w, int alive)
{
	for (;;) {
		int now;

		pthread_mutex_lock(&w->lock);
		now = w->alive;
		pthread_mutex_unlock(&w->lock);
		if (now == alive)
			return;
		sched_yield();
	}
}

/* In the middle of an epoch: it leaves a checkpoint, its locks, and nothing to be heard. */
TEST(a_closed_run_lets_go)
{
	const char *one = temp_path("one"), *two = temp_path("two");
	struct work *w = begin(one, true);
	struct work_options o = tiny(two, true);
	struct err e = {0};
	struct event event;
	struct job j;

	CHECK_INT(opened(w, &o), SECOND);
	until(w, SECOND, WORK_PAUSED);
	one_step(w, SECOND);
	work_look(w, SECOND, 0, 1, false, KNOCK_NOTHING);
	work_close(w, SECOND);
	CHECK(!work_has(w, SECOND));
	until_gone(w, 1);
	while (work_next(w, &event)) {
		CHECK(event.run == WORK_FIRST || event.kind == EVENT_HAPPENED);
		event_free(&event);
	}
	o.job = (struct job_options){.session = two, .resume = true, .threads = 1};
	if (job_open(&j, NULL, &o.job, &(struct job_hooks){0}, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	CHECK_INT(j.steps, 3); /* of four: one was stored */
	job_close(&j);
	o = tiny(temp_path("three"), true);
	CHECK_INT(opened(w, &o), SECOND + 1); /* ids are not used again */
	CHECK_INT(work_end(w), 0);
}

/* The place of one that is closed while it trains is free at once. */
TEST(closing_gives_the_place_back)
{
	static const char *const settings[] = {"train.epoch=100000"};
	struct work_options o = tiny(temp_path("long"), false);
	struct work_options next = tiny(temp_path("next"), false);
	struct err e = {0};
	struct work *w;

	o.job.set = settings;
	w = work_start(&o, &e);
	REQUIRE(w);
	until_trained(w, WORK_FIRST);
	CHECK_INT(opened(w, &next), SECOND);
	until(w, SECOND, WORK_WAITING);
	work_close(w, WORK_FIRST);
	until(w, SECOND, WORK_IDLE);
	CHECK(file_exists(temp_path("next/results.json")));
	CHECK_INT(work_end(w), 0);
	CHECK(file_exists(temp_path("long/fold-0/state.safetensors")));
}

/* While it is opened, and while it waits: nothing was trained, so there is no session. */
TEST(closing_before_the_first_step)
{
	struct work *w = begin(temp_path("holds"), true);
	struct work_options o = tiny(temp_path("soon"), false);

	one_step(w, WORK_FIRST);
	work_close(w, opened(w, &o));
	o.job.session = temp_path("later");
	CHECK_INT(opened(w, &o), SECOND + 1);
	until(w, SECOND + 1, WORK_WAITING);
	work_close(w, SECOND + 1);
	until_gone(w, 1);
	CHECK(!file_exists(temp_path("soon")));
	CHECK(!file_exists(temp_path("later")));
	CHECK_INT(work_end(w), 0);
}

/* A long night: each is opened, trained, closed. */
TEST(many_runs_pass_through)
{
	struct work *w = begin(temp_path("night"), true);
	const struct lab *lab;

	until(w, WORK_FIRST, WORK_PAUSED);
	lab = work_find(w, WORK_FIRST)->job.lab;
	for (int i = 0; i < MANY; i++) {
		struct work_options o = tiny(temp_path("night-%d", i), false);
		int run = opened(w, &o);

		CHECK_INT(run, SECOND + i);
		until(w, run, WORK_IDLE);
		CHECK(work_find(w, run)->job.lab == lab);
		work_close(w, run);
		CHECK_INT(work_runs(w, NULL, 0), 1);
	}
	until_gone(w, 1);
	CHECK_INT(w->placed, 0);
	CHECK_INT(work_end(w), 0);
}

/* What is closed counts in the exit status, unless it never was a run. */
TEST(status_of_closed_runs)
{
	const struct work_options none = {.job = {.config = "no/such/config.yml"}};
	struct work_options o = tiny(temp_path("breaks"), true);
	struct work *w = begin(temp_path("fine"), true);
	struct work_run *spoilt;
	struct snapshot now;
	struct err e = {0};
	int run;

	run = work_open(w, &none, &e);
	do
		work_snapshot(w, run, &now);
	while (now.state != WORK_FAILED);
	work_close(w, run);
	until_gone(w, 1);
	CHECK_INT(work_end(w), 0);

	w = begin(temp_path("well"), true);
	run = opened(w, &o);
	one_step(w, run);
	pthread_mutex_lock(&w->lock);
	spoilt = work_lookup(w, run);
	spoilt->job.trainer.model.params.w[0] = INFINITY;
	pthread_mutex_unlock(&w->lock);
	work_resume(w, run);
	until(w, run, WORK_DIVERGED);
	work_close(w, run);
	CHECK_INT(work_end(w), EXIT_DIVERGED);
}

/* A list that was written again is read again, though its data is still at hand. */
TEST(data_that_has_changed_is_read_again)
{
	struct work *w;
	struct work_options o;
	const struct corpus *was, *now;
	char command[3 * PATH_LEN];
	const char *config = temp_path("data/config.yml"), *list = temp_path("data/data/train.csv");
	char *text;
	size_t len;
	struct err e = {0};

	snprintf(command, sizeof command, "cp -r tests/record/tiny %s", temp_path("data"));
	REQUIRE(system(command) == 0);
	o = tiny(temp_path("before"), true);
	o.job.config = config;
	w = work_start(&o, &e);
	REQUIRE(w);
	until(w, WORK_FIRST, WORK_PAUSED);
	o.job.session = temp_path("same");
	until(w, opened(w, &o), WORK_PAUSED);
	was = work_corpus(w, WORK_FIRST);
	CHECK(work_corpus(w, SECOND) == was);

	text = file_read(list, FILE_LIST, &len, &e);
	REQUIRE(text);
	while (len > 1 && text[len - 2] != '\n')
		len--;
	REQUIRE(file_write(list, text, len - 1, &e) == 0); /* without its last row */
	free(text);
	o.job.session = temp_path("after");
	until(w, opened(w, &o), WORK_PAUSED);
	now = work_corpus(w, SECOND + 1);
	CHECK(now != was);
	CHECK_INT(now->n, was->n - 1);
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
