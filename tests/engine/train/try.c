/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tries: what they say is what the run would do, and nothing of them is left. */
#include "tests/engine/run.h"

#include "base/mem.h"

#include <math.h>

static struct par *par;
static struct trainer tr;
static struct try_room room;

/* 13 utterances in batches of 4: 4 steps an epoch. */
static void begin_with(struct settings *s, int epochs, const int *sizes, int frames)
{
	par = par_new(1, &e);
	small_make(&m, LAYOUT_LISTS, sizes, 9, frames, false);
	s->train.epoch = epochs;
	s->train.batch_size = 4;
	REQUIRE(trainer_open(&tr, s, &m.c, 0, par, &e) == 0);
}

static void begin(struct settings *s, int epochs)
{
	begin_with(s, epochs, three, 25);
}

static void end(void)
{
	try_room_free(&room);
	trainer_close(&tr);
	small_free(&m);
	par_free(par);
}

/* One that must succeed and leave the trainer as it was. */
static struct tried_steps tries(const struct settings *set, int steps)
{
	struct try_plan p = {.set = set, .steps = steps, .room = &room};
	const struct settings own = tr.set;
	struct tried_steps out = {0};
	struct state was = {0};
	struct str how = {0};
	int utt = tr.step_utt;

	if (state_copy(&was, &tr.state, &e) || trainer_try(&tr, &p, &out, &e))
		FAIL("%s", e.text);
	if (state_differ(&tr.state, &was, &how))
		FAIL("left behind: %s", str_text(&how));
	CHECK(tr.state.seconds == was.seconds);
	CHECK(memcmp(&tr.set, &own, sizeof own) == 0);
	CHECK_INT(tr.step_utt, utt);
	CHECK(!tr.stop.asked);
	str_free(&how);
	state_free(&was);
	return out;
}

/* One step of the run; the evaluations on the way too. */
static struct step_row step(void)
{
	struct step_row row = {0};
	struct epoch_row epoch;
	struct predictions p;

	if (!tr.state.ended && trainer_epoch_full(&tr)) {
		if (trainer_epoch_end(&tr, &epoch, &p, &e))
			FAIL("%s", e.text);
		predictions_free(&p);
	}
	trainer_epoch_begin(&tr);
	if (trainer_step(&tr, &row, &e) != STEP_DONE)
		FAIL("%s", e.text);
	return row;
}

/* Under every schedule and selection, across two evaluations: the steps are those of the run. */
TEST(as_it_is_is_what_the_run_does)
{
	for (int schedule = SCHEDULE_COSINE; schedule <= SCHEDULE_PLATEAU; schedule++) {
		struct settings s = small_settings();
		struct tried_steps out;
		struct step_row row = {0};
		double w;

		s.train.schedule = schedule;
		s.train.plateau.patience = 0;
		s.train.plateau.factor = 0.25;
		s.train.clip = 0.5;
		begin(&s, 5);
		step();
		step();
		out = tries(&tr.set, 9);
		CHECK_INT(out.steps, 9);
		CHECK(!out.diverged);
		for (int i = 0; i < 9; i++) {
			row = step();
			if (i > 0)
				continue;
			CHECK(memcmp(&row, &out.before, sizeof row) == 0);
			CHECK(row.grad_norm == out.first.row.grad_norm);
		}
		CHECK_INT(out.last.row.step, 11);
		CHECK_INT(out.last.row.epoch, 3);
		CHECK(row.grad_norm == out.last.row.grad_norm);
		CHECK(row.lr == out.last.row.lr);
		CHECK(row.loss != out.last.row.loss); /* on the same batch, but after the step */
		w = tr.model.params.w[0];
		CHECK(isfinite(w));
		end();
	}
}

/* |update| / |weights| of a step, from the weights themselves. */
static double ratio_of_step(void)
{
	size_t n = tr.model.params.total;
	real *was = mem_alloc(n, sizeof *was);
	double moved = 0, size = 0;

	memcpy(was, tr.model.params.w, n * sizeof *was);
	step();
	for (size_t i = 0; i < n; i++) {
		moved += pow((double)tr.model.params.w[i] - was[i], 2);
		size += pow(was[i], 2);
	}
	free(was);
	return log10(sqrt(moved) / sqrt(size));
}

TEST(how_far_a_step_goes)
{
	struct settings s = small_settings();
	struct tried_steps out;

	begin(&s, 3);
	out = tries(&tr.set, 5);
	CHECK_NEAR(ratio_of_step(), out.first.update, 1e-9);
	for (int i = 0; i < 3; i++)
		step();
	CHECK_NEAR(ratio_of_step(), out.last.update, 1e-9);
	CHECK(out.first.update < 0 && out.first.update > -8);
	end();
}

/* A stop may end the evaluation and leave an epoch whose steps are all done. */
TEST(from_an_epoch_that_lacks_its_evaluation)
{
	struct settings s = small_settings();
	struct tried_steps out;

	begin(&s, 2);
	for (int i = 0; i < 4; i++)
		step();
	REQUIRE(trainer_epoch_full(&tr) && !tr.state.ended);
	out = tries(&tr.set, 1);
	CHECK_INT(out.first.row.epoch, 2);
	CHECK_INT(out.first.row.step, 5);
	end();
}

TEST(training_may_end_before)
{
	struct settings s = small_settings();
	struct tried_steps out;
	struct step_row row = {0};

	begin(&s, 2);
	step();
	out = tries(&tr.set, 100);
	CHECK_INT(out.steps, 7);
	CHECK(!out.diverged);
	while (tr.state.step < 8)
		row = step();
	CHECK_INT(out.last.row.step, 8);
	CHECK(out.last.row.grad_norm == row.grad_norm);
	CHECK(isfinite(out.last.update));
	end();
}

TEST(divergence_is_in_the_row)
{
	struct settings s = small_settings(), next;
	struct tried_steps out;
	bool later = false;

	begin(&s, 3);
	next = s;
	next.train.optimizer.lr = 1e30;
	out = tries(&next, 6);
	CHECK(out.diverged);
	CHECK(out.steps < 6);
	CHECK_INT(e.status, 0);
	for (double lr = 1e4; lr < 1e30 && !later; lr *= 10) {
		next.train.optimizer.lr = lr;
		out = tries(&next, 10);
		later = out.diverged && out.steps > 0;
		if (!later)
			continue;
		CHECK_INT(out.first.row.step, 1);
		CHECK(isfinite(out.first.row.grad_norm));
		CHECK(isfinite(out.first.update));
	}
	CHECK(later);
	tr.model.params.w[0] = NAN;
	out = tries(&s, 3);
	CHECK(out.diverged);
	CHECK_INT(out.steps, 0);
	CHECK(isnan(out.first.row.loss));
	CHECK(isnan(out.first.update));
	end();
}

struct count {
	int asked, until, due;
	double lr;
};

static bool asked(void *ctx)
{
	struct count *c = ctx;

	return ++c->asked >= c->until;
}

static void due(void *ctx, struct trainer *tried)
{
	struct count *c = ctx;

	c->due++;
	if (tried->state.step >= 2)
		tried->set.train.optimizer.lr = c->lr;
}

TEST(it_can_be_ended_anywhere)
{
	struct settings s = small_settings();
	struct count c = {.until = 1, .lr = 1e-3};
	struct try_plan p = {
		.set = &s, .steps = 9, .due = due, .ctx = &c, .stop = {asked, &c}, .room = &room};
	struct tried_steps out;
	struct state was = {0};
	struct str how = {0};
	const int sizes[] = {13, 24, 6}; /* an evaluation has two batches */
	int times = 0;

	begin_with(&s, 4, sizes, 900);
	step();
	REQUIRE(state_copy(&was, &tr.state, &e) == 0);
	for (; trainer_try(&tr, &p, &out, &e); c.until++, times++) {
		CHECK_INT(e.status, EXIT_STOPPED);
		err_clear(&e);
		CHECK(!state_differ(&tr.state, &was, &how));
		CHECK(!tr.stop.asked);
		CHECK(same_double(tr.set.train.optimizer.lr, s.train.optimizer.lr));
		c.asked = 0;
	}
	CHECK_INT(times, 9 + 2); /* within both evaluations too */
	CHECK_INT(out.steps, 9);
	CHECK(same_double(out.first.row.lr, s.train.optimizer.lr));
	CHECK(same_double(tr.set.train.optimizer.lr, s.train.optimizer.lr));
	CHECK(out.last.row.lr < 1e-3 && out.last.row.lr > 0); /* cosine of 1e-3 */
	str_free(&how);
	state_free(&was);
	end();
}

/* What is tried is the step as it would be, over all its batches. */
TEST(over_several_batches)
{
	struct settings s = small_settings(), next;
	struct tried_steps out;
	struct step_row row;
	double loss;

	s.train.accumulate = 3;
	s.train.class_weight.how = CLASS_WEIGHT_BALANCED;
	begin(&s, 3);
	next = s;
	next.train.optimizer.lr = 1e-12; /* the step changes nothing: nor do the terms */
	out = tries(&next, 1);
	for (int x = 0; x < TERMS; x++)
		CHECK_NEAR(out.first.row.term[x], out.before.term[x], 1e-6);
	out = tries(&s, 1);
	CHECK(out.first.row.loss < out.before.loss);
	CHECK(memcmp(&out.first, &out.last, sizeof out.first) == 0);
	next.train.class_weight.how = CLASS_WEIGHT_SQRT;
	loss = out.before.term[TERM_MAIN];
	out = tries(&next, 1);
	CHECK(!same_double(out.before.term[TERM_MAIN], loss));
	row = step();
	CHECK(same_double(row.term[TERM_MAIN], loss)); /* the settings of its own again */
	end();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
