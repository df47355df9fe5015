/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trying settings while a run trains: what it answers, what ends it, and that nothing of it is
 * left. */
#include "tests/app/lab/worker.h"

#include "base/file.h"

#include <math.h>

/* Paused before its first step. */
static struct work *begin(struct seen *s, const char *name, const char *epochs)
{
	const char *settings[] = {epochs};
	struct err e = {0};
	struct work_options o = {
		.job = {.config = "tests/record/tiny/config.yml",
			.session = temp_path("%s", name),
			.set = settings,
			.nset = 1,
			.threads = 1},
		.paused = true,
	};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	*s = (struct seen){0};
	until_state(s, w, WORK_PAUSED);
	return w;
}

static void tries(struct seen *s, struct work *w, const char *what)
{
	int n = s->tries;

	work_try(w, WORK_FIRST, what);
	served(s, w);
	if (s->tries != n + 1)
		FAIL("%s: %s", what, s->text);
}

static void step(struct seen *s, struct work *w)
{
	work_step(w, WORK_FIRST, false);
	served(s, w);
	until_state(s, w, WORK_PAUSED);
}

TEST(both_ways_of_a_step)
{
	struct seen s;
	struct work *w = begin(&s, "both", "train.epoch=2");
	const struct tried *t = &s.tried;

	tries(&s, w, "train.optimizer.lr x0.5");
	CHECK_INT(t->changes, 1);
	CHECK_STR(t->change[0].key, "train.optimizer.lr");
	CHECK_STR(t->change[0].was, "0.012");
	CHECK_STR(t->change[0].value, "0.006");
	CHECK(!t->change[0].later);
	CHECK_INT(t->epoch, 1);
	CHECK_INT(t->step, 1);
	CHECK_INT(t->points, 1);
	CHECK(t->base.made.first.row.loss != t->point[0].made.first.row.loss);
	CHECK(t->base.made.before.loss != t->base.made.first.row.loss);
	CHECK_NEAR(t->base.made.first.update - t->point[0].made.first.update, log10(2), 1e-3);
	step(&s, w);
	/* Weights count in the sums, each its own; the terms are unweighted. */
	tries(&s, w, "train.loss.text 0");
	CHECK_INT(t->step, 2);
	CHECK(t->base.made.before.loss > t->point[0].made.first.row.loss);
	work_try(w, WORK_FIRST, "train.clip x2");
	served(&s, w);
	CHECK(s.refused);
	CHECK_STR(s.text, "train.clip is 0 and stays 0 with x2; give the value itself");
	CHECK_INT(s.tries, 2);
	CHECK_INT(s.now.trying_of, 0);
	CHECK_INT(work_end(w), 0);
}

TEST(several_settings_over_several_steps)
{
	struct seen s;
	struct work *w = begin(&s, "several", "train.epoch=2");
	const struct tried *t = &s.tried;

	step(&s, w);
	tries(&s, w, "lr=1e-3,train.epoch=3,loss.text=0 for 5");
	CHECK_INT(t->changes, 3);
	CHECK(!t->change[0].later && t->change[1].later);
	CHECK_STR(t->change[1].was, "2");
	CHECK_INT(t->steps, 5);
	CHECK_INT(t->base.made.steps, 5);
	CHECK_INT(t->base.made.first.row.step, 2);
	CHECK_INT(t->base.made.last.row.step, 6);
	CHECK_INT(t->base.made.last.row.epoch, 2);
	/* In force now: the rate of the second of three epochs, not of two. */
	CHECK_NEAR(t->base.made.last.row.lr, 0.012 * 0.5, 1e-9);
	CHECK_NEAR(t->point[0].made.last.row.lr, 1e-3 * 0.75, 1e-9);
	tries(&s, w, "lr 1e-3 for 20"); /* training ends before */
	CHECK_INT(t->base.made.steps, 7);
	CHECK_INT(work_end(w), 0);
}

/* A change that waits for the next epoch is in force there, tried or not. */
TEST(what_waits_is_in_force_when_it_is_due)
{
	struct seen s;
	struct work *w = begin(&s, "waits", "train.epoch=4");
	const struct tried *t = &s.tried;

	step(&s, w);
	work_command(w, WORK_FIRST, "set train.schedule linear");
	served(&s, w);
	CHECK_INT(s.now.pending, 1);
	tries(&s, w, "clip=1 for 5");
	CHECK_NEAR(t->base.made.first.row.lr, 0.012, 1e-9);
	CHECK_NEAR(t->base.made.last.row.lr, 0.012 * 0.75, 1e-9);
	CHECK(t->point[0].made.last.row.lr == t->base.made.last.row.lr);
	tries(&s, w, "schedule=constant for 5"); /* what is tried stays */
	CHECK_NEAR(t->point[0].made.last.row.lr, 0.012, 1e-9);
	CHECK_INT(s.now.pending, 1);
	CHECK_INT(work_end(w), 0);
}

TEST(a_sweep_has_a_point_for_each_value)
{
	struct seen s;
	struct work *w = begin(&s, "sweep", "train.epoch=3");
	const struct tried *t = &s.tried;

	tries(&s, w, "lr 1e-4..1/5 for 6");
	CHECK(t->sweep && t->log);
	CHECK_INT(t->of, 5);
	CHECK_INT(t->points, 5);
	CHECK_STR(t->base.value, "0.012");
	CHECK(t->base.x == 0.012);
	for (int i = 0; i < t->points; i++) {
		const struct tried_point *p = &t->point[i];

		CHECK_NEAR(p->x, pow(10, i - 4), 1e-9);
		CHECK(p->made.first.row.lr == p->x);
		CHECK(p->made.first.row.grad_norm == t->base.made.first.row.grad_norm);
		CHECK(p->loss == p->made.last.row.loss);
		CHECK_INT(p->made.last.row.step, 6);
	}
	CHECK(t->point[0].made.first.update < t->point[4].made.first.update - 3);
	tries(&s, w, "loss.text 0..1/3");
	CHECK(!t->log);
	/* The rows are weighted each as its own settings say, the curve as the run is. */
	CHECK(t->point[2].made.first.row.loss > t->point[0].made.first.row.loss + 0.5);
	CHECK_NEAR(t->point[2].loss, t->point[0].loss, 0.2);
	CHECK_INT(work_end(w), 0);
}

/* In its cell, and the run goes on. */
TEST(divergence_within_a_try)
{
	struct seen s;
	struct work *w = begin(&s, "diverges", "train.epoch=3");
	struct work_run *run = work_find(w, WORK_FIRST);
	const struct tried *t = &s.tried;
	real *weight, was;

	step(&s, w);
	weight = &run->job.trainer.model.params.w[0]; /* its thread waits */
	was = *weight;
	*weight = NAN;
	tries(&s, w, "lr 1e-3..1e-2/2 for 3");
	CHECK(t->base.made.diverged && t->point[1].made.diverged);
	CHECK_INT(t->point[1].made.steps, 0);
	CHECK(isnan(t->point[1].made.last.row.loss) && isnan(t->point[1].loss));
	CHECK_INT(s.now.state, WORK_PAUSED);
	CHECK(isnan(*weight));
	*weight = was;
	step(&s, w);
	CHECK_INT(work_end(w), 0);
}

static void same_file(const char *a, const char *b, const char *name)
{
	char path[PATH_LEN + 64];
	struct err e = {0};
	size_t n = 0, m = 0;
	char *one, *two;

	snprintf(path, sizeof path, "%s/%s", a, name);
	one = file_read(path, FILE_ROWS, &n, &e);
	snprintf(path, sizeof path, "%s/%s", b, name);
	two = file_read(path, FILE_ROWS, &m, &e);
	if (!one || !two || n != m || memcmp(one, two, n) != 0)
		FAIL("%s differs: %s", name, e.text);
	free(one);
	free(two);
}

/* Fifty of all kinds, between all steps and within a wait for an epoch's change: the finished
 * session is that of the run without them. */
TEST(fifty_tries_leave_no_trace)
{
	static const char *const what[] = {
		"lr x0.5",
		"lr=1e-4,loss.text=0 for 5",
		"lr 1e-4..100/4 for 3",
		"train.epoch=1,schedule=plateau,train.patience=1 for 30",
		"class_weight balanced for 2",
	};
	static const char *const files[] = {
		"steps.csv",
		"fold-0/steps.csv",
		"fold-0/predictions.csv",
		"fold-0/history.bin",
		"fold-0/best.safetensors",
		"fold-0/last.safetensors",
		"fold-0/state.safetensors",
		"fold-0/commands.log",
		"commands.log",
	};
	char plain[PATH_LEN], tried[PATH_LEN];

	snprintf(plain, sizeof plain, "%s", temp_path("plain"));
	snprintf(tried, sizeof tried, "%s", temp_path("tried"));
	for (int round = 0; round < 2; round++) {
		struct seen s;
		struct work *w = begin(&s, round ? "tried" : "plain", "train.epoch=3");

		for (int i = 0; i < 12; i++) {
			if (i == 5)
				work_command(w, WORK_FIRST, "set train.schedule plateau");
			if (i == 9)
				work_command(w, WORK_FIRST, "set train.clip 0.5");
			for (int k = 0; k < 5 && round; k++)
				tries(&s, w, what[k]);
			step(&s, w);
		}
		CHECK_INT(s.tries, round * 60);
		CHECK(!s.refused);
		work_resume(w, WORK_FIRST);
		served(&s, w);
		until_state(&s, w, WORK_IDLE);
		CHECK_INT(s.results, 1);
		CHECK_INT(work_end(w), 0);
	}
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		same_file(plain, tried, files[i]);
}

/* It is opened to look, and taken to be tried. */
TEST(a_stored_session_can_be_tried)
{
	char dir[PATH_LEN], was[PATH_LEN], command[3 * PATH_LEN];
	struct work_options o = {.job = {.session = dir, .resume = true, .threads = 1},
				 .paused = true};
	struct err e = {0};
	struct seen s;
	struct work *w = begin(&s, "stored", "train.epoch=3");

	snprintf(dir, sizeof dir, "%s", temp_path("stored"));
	snprintf(was, sizeof was, "%s", temp_path("stored-was"));
	step(&s, w);
	step(&s, w);
	CHECK_INT(work_end(w), 0);
	snprintf(command, sizeof command, "cp -a '%s' '%s'", dir, was);
	CHECK_INT(system(command), 0);
	w = work_start(&o, &e);
	REQUIRE(w);
	s = (struct seen){0};
	until_state(&s, w, WORK_PAUSED);
	work_try(w, WORK_FIRST, "off");
	served(&s, w);
	CHECK(s.refused);
	CHECK(work_find(w, WORK_FIRST)->looks);
	tries(&s, w, "lr x0.5 for 3");
	CHECK_INT(s.tried.step, 3);
	CHECK_INT(s.tried.base.made.steps, 3);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(work_end(w), 0);
	snprintf(command, sizeof command, "diff -r -x lock '%s' '%s'", dir, was);
	CHECK_INT(system(command), 0);
}

/* ---- what ends it ---- */

static void ends(struct seen *s, struct work *w, const struct request *by)
{
	struct request r[2] = {{.kind = REQUEST_TRY, .text = "lr 1e-4..1e-2/50 for 1000"}, *by};

	s->refused = false;
	ask_together(w, WORK_FIRST, r, 2);
	while (!s->refused)
		wait_more(s, w);
	served(s, w);
	CHECK_INT(s->now.trying_of, 0);
}

TEST(a_pause_a_stop_or_off_end_it)
{
	const struct request by[] = {{.kind = REQUEST_TRY, .text = "off"},
				     {.kind = REQUEST_PAUSE},
				     {.kind = REQUEST_STOP}};
	struct seen s;
	struct work *w = begin(&s, "ended", "train.epoch=500");

	for (int i = 0; i < 3; i++) {
		ends(&s, w, &by[i]);
		CHECK_STR(s.text, "the try was ended after 0 of 51000 steps; nothing is kept");
	}
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.tries, 0);
	s.refused = false;
	work_try(w, WORK_FIRST, "off");
	served(&s, w);
	CHECK(s.refused);
	CHECK_STR(s.text, "nothing is being tried");
	tries(&s, w, "lr x2"); /* also of a run that has stopped */
	CHECK_INT(work_end(w), 0);
}

/* With progress; what is done of a sweep is the answer. */
TEST(a_sweep_that_is_ended_has_what_is_done)
{
	struct seen s;
	struct work *w = begin(&s, "part", "train.epoch=500");
	const struct tried *t = &s.tried;

	step(&s, w);
	work_try(w, WORK_FIRST, "lr 1e-4..1e-2/50 for 100");
	while (s.now.trying < 200)
		wait_more(&s, w);
	CHECK_INT(s.now.trying_of, 5100);
	CHECK_INT(s.now.step, 1); /* where the run is */
	CHECK_INT(s.now.state, WORK_PAUSED);
	work_try(w, WORK_FIRST, "off");
	served(&s, w);
	CHECK_INT(s.tries, 1);
	CHECK_INT(t->of, 50);
	CHECK(t->points >= 1 && t->points < 50);
	CHECK_INT(t->point[0].made.steps, 100);
	CHECK_INT(s.now.trying_of, 0);
	CHECK_INT(work_end(w), 0);
}

TEST(a_pause_ends_it_while_the_run_trains)
{
	struct seen s;
	struct work *w = begin(&s, "trains", "train.epoch=100000");

	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_RUN);
	work_try(w, WORK_FIRST, "lr 1e-4..1e-2/50 for 1000");
	while (s.now.trying < 1)
		wait_more(&s, w);
	CHECK_INT(s.now.state, WORK_RUN);
	work_pause(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK(s.refused || s.tries == 1);
	CHECK_INT(work_end(w), 0);
}

TEST(the_end_of_the_program_ends_it)
{
	struct seen s;
	struct work *w = begin(&s, "quit", "train.epoch=500");

	work_try(w, WORK_FIRST, "lr 1e-4..1e-2/50 for 1000");
	while (s.now.trying < 1)
		wait_more(&s, w);
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
