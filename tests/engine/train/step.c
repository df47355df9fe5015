/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of training: threads, resumes, and what must be equal to what. */
#include "engine/train/class_weight.h"
#include "tests/engine/run.h"

static struct class_weight map_of(double a, double b, double c)
{
	return (struct class_weight){.how = CLASS_WEIGHT_MAP,
				     .n = 3,
				     .label = {"low", "mid", "high"},
				     .weight = {a, b, c}};
}

/* small_settings with class names, which maps need. */
static struct settings named(void)
{
	struct settings s = small_settings();

	strcpy(s.exp.labels[0], "low");
	strcpy(s.exp.labels[1], "mid");
	strcpy(s.exp.labels[2], "high");
	return s;
}

enum { VARIANTS = 9 };

/* 13 utterances in batches of 4: the last has one. */
static struct settings variant(int i, const char **name)
{
	struct settings s = named();

	s.train.epoch = 4;
	switch (i) {
	case 0:
		*name = "balanced";
		s.train.class_weight.how = CLASS_WEIGHT_BALANCED;
		break;
	case 1:
		*name = "a map in all";
		s.train.class_weight = map_of(0.5, 15, 0);
		s.train.class_weight_in = CLASS_WEIGHT_ALL;
		s.train.padding = PADDING_REFERENCE;
		break;
	case 2:
		*name = "accumulate 2";
		s.train.accumulate = 2;
		break;
	case 3:
		*name = "accumulate 3, the last group one batch of one";
		s.train.accumulate = 3;
		s.train.optimizer.name = OPTIMIZER_ADAMW;
		break;
	case 4:
		*name = "accumulate 3, sqrt, in chunks";
		s.train.accumulate = 3;
		s.train.class_weight.how = CLASS_WEIGHT_SQRT;
		s.train.memory = 1;
		s.train.clip = 0.1;
		break;
	case 5:
		*name = "plateau after a warm-up, by loss";
		s.train.schedule = SCHEDULE_PLATEAU;
		s.train.warmup = 1;
		s.train.plateau.factor = 0.5;
		s.train.select = SELECT_LOSS;
		s.train.optimizer.lr = 0.05;
		break;
	case 6:
		*name = "linear, patience with a gain";
		s.train.schedule = SCHEDULE_LINEAR;
		s.train.patience = 2;
		s.train.min_delta = 0.5;
		break;
	case 7:
		*name = "constant after a warm-up, macro F1 from epoch 3";
		s.train.schedule = SCHEDULE_CONSTANT;
		s.train.warmup = 2;
		s.train.select = SELECT_MACRO_F1;
		s.train.select_from = 3;
		break;
	default:
		*name = "cosine after a warm-up, UA";
		s.train.warmup = 2;
		s.train.select = SELECT_UA;
		break;
	}
	return s;
}

TEST(same_bytes_for_any_threads)
{
	static struct run one, other;

	small_make(&m, LAYOUT_LISTS, three, RACES ? 12 : 20, RACES ? 40 : 120, false);
	for (int i = 0; i < VARIANTS; i++) {
		const char *name;
		struct settings s = variant(i, &name);

		REQUIRE(whole_run(&one, &s, 0, 1));
		for (int threads = 2; threads <= 3; threads++) {
			char what[96];

			snprintf(what, sizeof what, "%s, %d threads", name, threads);
			REQUIRE(whole_run(&other, &s, 0, threads));
			CHECK_INT(other.steps, one.steps);
			check_same(what, &one, &other);
			run_free(&other);
		}
		run_free(&one);
	}
	small_free(&m);
}

/* Stopped after every step there is: goes on to the same end. */
TEST(resumes_are_exact)
{
	static struct run whole, part;
	struct par *par = par_new(1, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int i = 0; i < VARIANTS; i++) {
		const char *name, *path = temp_path("state.safetensors");
		struct settings s = variant(i, &name);

		REQUIRE(whole_run(&whole, &s, 0, 1));
		for (int stop = RACES ? i % 3 : 0; stop < whole.steps; stop += RACES ? 3 : 1) {
			struct trainer t;
			char what[96];

			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(go(&t, &part, stop));
			REQUIRE(trainer_save(&t, path, &e) == 0);
			trainer_close(&t);
			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(trainer_restore(&t, path, &e) == 0);
			REQUIRE(go(&t, &part, INT32_MAX));
			finish(&t, &part);
			CHECK_INT(part.steps, whole.steps - stop);
			snprintf(what, sizeof what, "%s after %d steps", name, stop);
			check_same(what, &whole, &part);
			run_free(&part);
			trainer_close(&t);
		}
		run_free(&whole);
	}
	small_free(&m);
	par_free(par);
}

static double relative(double a, double b)
{
	return fabs(a - b) / (fabs(b) + 1e-12);
}

/* Without alignments a step over k batches is the step over one k times as large. */
TEST(accumulated_is_one_large_batch)
{
	static struct run one, other;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int i = 0; i < 3; i++) {
		struct settings s = named();
		double worst = 0;

		s.train.loss.cmd_text = s.train.loss.cmd_audio = 0;
		s.train.class_weight.how = i == 0   ? CLASS_WEIGHT_NONE
					   : i == 1 ? CLASS_WEIGHT_BALANCED
						    : CLASS_WEIGHT_SQRT;
		s.train.class_weight_in = i == 2 ? CLASS_WEIGHT_ALL : CLASS_WEIGHT_MAIN;
		s.train.batch_size = 8;
		REQUIRE(whole_run(&one, &s, 0, 2));
		s.train.batch_size = 4;
		s.train.accumulate = 2;
		REQUIRE(whole_run(&other, &s, 0, 2));
		CHECK_INT(other.steps, one.steps);
		CHECK_INT(one.steps, 2 * 3);
		for (int k = 0; k < one.steps; k++) {
			if (!(relative(other.step[k].loss, one.step[k].loss) < 1e-4))
				FAIL("variant %d, step %d: loss %.9g, not %.9g", i, k + 1,
				     other.step[k].loss, one.step[k].loss);
			for (int x = TERM_TEXT; x <= TERM_AUDIO; x++)
				CHECK_NEAR(other.step[k].term[x], one.step[k].term[x], 1e-4);
		}
		for (size_t k = 0; k < one.total; k++)
			worst = fmax(worst, fabs((double)one.w[k] - other.w[k]));
		CHECK(worst < 2e-3);
		CHECK_NEAR(one.epoch[0].train_acc, other.epoch[0].train_acc, 0);
		run_free(&one);
		run_free(&other);
	}
	small_free(&m);
}

/* The mean over the batches of the step, each as a step over it alone has it. */
TEST(alignments_are_the_mean_of_the_batches)
{
	struct settings s = named();
	struct par *par = par_new(1, &e);
	struct step_row row, joined;
	double sum[TERMS] = {0};
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.optimizer.lr = 1e-12; /* the weights stay */
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	for (int k = 0; k < 3; k++) {
		REQUIRE(trainer_step(&t, &row, &e) == STEP_DONE);
		CHECK_INT(t.step_utt, 4);
		for (int x = 0; x < TERMS; x++)
			sum[x] += row.term[x] / 3;
	}
	trainer_close(&t);
	s.train.accumulate = 3;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	REQUIRE(trainer_step(&t, &joined, &e) == STEP_DONE);
	CHECK_INT(t.step_utt, 12);
	for (int x = 0; x < TERMS; x++)
		CHECK_NEAR(joined.term[x], sum[x], 1e-5 * fabs(sum[x]));
	CHECK_INT(trainer_steps_per_epoch(&t), 2);
	REQUIRE(trainer_step(&t, &joined, &e) == STEP_DONE);
	CHECK_INT(t.step_utt, 1);
	CHECK(trainer_epoch_full(&t));
	CHECK_NEAR(joined.term[TERM_CMD_TEXT], 0, 0); /* moments of one */
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Weights of 1 are no weights, whatever they are called. */
TEST(weights_of_one_change_no_byte)
{
	static struct run one, other;
	struct settings s = named();

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(whole_run(&one, &s, 0, 1));
	s.train.class_weight = map_of(1, 1, 1);
	s.train.class_weight_in = CLASS_WEIGHT_ALL;
	REQUIRE(whole_run(&other, &s, 0, 1));
	check_same("a map of ones", &one, &other);
	run_free(&other);
	s.train.class_weight.n = 0; /* none named: all weigh 1 */
	REQUIRE(whole_run(&other, &s, 0, 1));
	check_same("an empty map", &one, &other);
	run_free(&other);
	run_free(&one);
	small_free(&m);
}

/* Only the terms that are asked for, and nothing of the evaluation. */
TEST(where_weights_count)
{
	struct par *par = par_new(1, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int in = CLASS_WEIGHT_MAIN; in <= CLASS_WEIGHT_ALL; in++) {
		struct step_row plain, row;

		for (int weighted = 0; weighted < 2; weighted++) {
			struct settings s = named();
			struct trainer t;

			s.train.class_weight_in = in;
			if (weighted)
				s.train.class_weight = map_of(5, 0.1, 1);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			trainer_epoch_begin(&t);
			REQUIRE(trainer_step(&t, weighted ? &row : &plain, &e) == STEP_DONE);
			trainer_close(&t);
		}
		CHECK(!same_double(row.term[TERM_MAIN], plain.term[TERM_MAIN]));
		CHECK(same_double(row.term[TERM_TEXT], plain.term[TERM_TEXT]) ==
		      (in == CLASS_WEIGHT_MAIN));
		CHECK(same_double(row.term[TERM_AUDIO], plain.term[TERM_AUDIO]) ==
		      (in == CLASS_WEIGHT_MAIN));
		CHECK(same_double(row.term[TERM_CMD_TEXT], plain.term[TERM_CMD_TEXT]));
		CHECK(same_double(row.term[TERM_CMD_AUDIO], plain.term[TERM_CMD_AUDIO]));
	}
	small_free(&m);
	par_free(par);
}

/* A batch of classes that weigh nothing has no cross-entropy, where PyTorch has 0/0. */
TEST(a_batch_that_weighs_nothing)
{
	struct settings s = named();
	struct par *par = par_new(1, &e);
	struct step_row row;
	struct trainer t;
	int zeros = 0;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.batch_size = 1;
	s.train.class_weight = map_of(0, 0, 3);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	while (!trainer_epoch_full(&t)) {
		REQUIRE(trainer_step(&t, &row, &e) == STEP_DONE);
		CHECK(row.term[TERM_TEXT] > 0);
		zeros += row.term[TERM_MAIN] == 0;
	}
	CHECK_INT(zeros, t.count[0] + t.count[1]);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(weights_by_counts)
{
	static const int count[3] = {6, 3, 0};
	struct settings s = named();
	double w[3];

	CHECK(!class_weights(&s, count, w));
	CHECK(w[0] == 1 && w[1] == 1 && w[2] == 1);
	s.train.class_weight.how = CLASS_WEIGHT_BALANCED;
	CHECK(class_weights(&s, count, w));
	CHECK_NEAR(w[0], 0.5, 1e-15);
	CHECK_NEAR(w[1], 1, 1e-15);
	CHECK_NEAR(w[2], 0, 0);
	s.train.class_weight.how = CLASS_WEIGHT_SQRT;
	CHECK(class_weights(&s, count, w));
	CHECK_NEAR(w[0], sqrt(0.5), 1e-15);
	CHECK_NEAR(w[2], 0, 0);
	s.train.class_weight = map_of(2, 0.25, 7);
	s.train.class_weight.n = 2; /* "high" is not named */
	CHECK(class_weights(&s, count, w));
	CHECK(w[0] == 2 && w[1] == 0.25 && w[2] == 1);
}

TEST(steps_of_an_epoch)
{
	static const struct {
		int n, batch, accumulate, steps;
	} want[] = {{13, 4, 1, 4},
		    {13, 4, 2, 2},
		    {13, 4, 3, 2},
		    {12, 4, 3, 1},
		    {13, 4, 4, 1},
		    {13, 4, 9, 1},
		    {1, 128, 1, 1},
		    {5531, 128, 2, 22},
		    {0, 4, 2, 0},
		    {9, 1, 1, 9},
		    {13, 1000000, 1000000, 1}};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct settings s = small_settings();

		s.train.batch_size = want[i].batch;
		s.train.accumulate = want[i].accumulate;
		CHECK_INT(trainer_steps_of(&s, want[i].n), want[i].steps);
	}
}

/* The trainer's rate and state follow the rules of schedule.h and selection.h. */
TEST(epochs_follow_the_rules)
{
	static struct run r;
	const char *name;
	struct settings s = variant(5, &name);
	struct par *par = par_new(1, &e);
	struct plateau p;
	struct trainer t;
	const struct epoch_row *best = NULL;
	int at = 0;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.epoch = 12;
	s.train.optimizer.lr = 0.2;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, INT32_MAX));
	plateau_begin(&p);
	for (int i = 0; i < r.epochs; i++) {
		for (; at < r.steps && r.step[at].epoch == i + 1; at++)
			CHECK(same_double(r.step[at].lr, schedule_rate(&s, i + 1, &p)));
		plateau_epoch(&p, &s, i + 1, r.epoch[i].val_loss);
		if (selection_keeps(&s, &r.epoch[i], best, true))
			best = &r.epoch[i];
	}
	CHECK_INT(at, r.steps);
	CHECK(p.scale < 1); /* it has been lowered, or this proves nothing */
	CHECK_INT(t.state.best_epoch, best->epoch);
	CHECK(same_double(t.state.best_loss, best->val_loss));
	CHECK(same_double(t.state.plateau.scale, p.scale));
	CHECK(same_double(t.state.plateau.best, p.best));
	CHECK_INT(t.state.plateau.bad, p.bad);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Patience counts from the kept epoch, and none is kept before select_from. */
TEST(patience_and_the_first_epoch)
{
	static struct run r;
	struct settings s = named();
	struct par *par = par_new(1, &e);
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.epoch = 12;
	s.train.patience = 2;
	s.train.select_from = 4;
	s.train.min_delta = 2; /* nothing gains so much */
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 3 * 4));
	CHECK_INT(t.state.best_epoch, 0);
	REQUIRE(go(&t, &r, INT32_MAX));
	CHECK_INT(t.state.best_epoch, 4);
	CHECK_INT(t.state.epoch, 6);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
