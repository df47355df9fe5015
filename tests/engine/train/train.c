/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training step by step: threads, divergence, the kept checkpoint, folds. */
#include "tests/engine/run.h"

#include "base/clock.h"

TEST(same_bytes_for_any_threads_and_again)
{
	static struct run one, other;

	/* long enough for several blocks and input tasks */
	small_make(&m, LAYOUT_LISTS, three, RACES ? 20 : 40, RACES ? 150 : 500, false);
	for (int padding = PADDING_REFERENCE; padding <= PADDING_MASKED; padding++) {
		struct settings s = small_settings();
		static const int threads[] = {1, 2, 3, 16, 8};

		/* several blocks of each gradient too, some of two matrices */
		s.model.hidden_size1 = s.model.hidden_size2 = 40;
		s.model.num_layers = 1 + padding;
		s.train.padding = padding;
		s.train.batch_size = 7;
		s.train.epoch = 2;
		s.train.clip = 0.5;
		REQUIRE(whole_run(&one, &s, 0, 1));
		CHECK_INT(one.steps, 4);
		for (int i = RACES ? 4 : 0; i < 5; i++) {
			char what[64];

			snprintf(what, sizeof what, "%s, %d threads",
				 padding == PADDING_MASKED ? "masked" : "reference", threads[i]);
			REQUIRE(whole_run(&other, &s, 0, threads[i]));
			CHECK_INT(other.steps, one.steps);
			check_same(what, &one, &other);
			run_free(&other);
		}
		run_free(&one);
	}
	small_free(&m);
}

/* What must not change when a step is refused. */
static void check_unchanged(const struct trainer *t, const struct state *before)
{
	struct str how = {0};

	if (state_differ(&t->state, before, &how))
		FAIL("changed: %s", how.s);
	CHECK(same_double(t->state.seconds, before->seconds));
	str_free(&how);
}

TEST(a_huge_rate_diverges)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	struct step_row row;
	struct trainer t;
	struct state b = {0};

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.optimizer.lr = 1e30;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	REQUIRE(trainer_step(&t, &row, &e) == STEP_DONE);
	REQUIRE(state_copy(&b, &t.state, &e) == 0);
	for (int again = 0; again < 2; again++) {
		err_clear(&e);
		REQUIRE(trainer_step(&t, &row, &e) == STEP_DIVERGED);
		CHECK(!isfinite(row.loss));
		CHECK_INT(row.step, 2);
		CHECK_INT(e.status, EXIT_DIVERGED);
		CHECK_HAS(e.text, "fold 0, epoch 1, step 2: loss_main is ");
		CHECK_HAS(e.text, "train.optimizer.lr");
	}
	err_clear(&e);
	check_unchanged(&t, &b);
	state_free(&b);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Finite features of any size: a step is done with finite weights, or refused
 * without a trace. */
TEST(features_near_the_end_of_float)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	int refused = 0;

	for (int row = 0; row < 3; row++) {
		struct step_row step;
		struct trainer t;
		struct state b = {0};
		float x[4 * SMALL_AUDIO];
		enum step_result result;

		small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
		for (int i = 0; i < 4 * SMALL_AUDIO; i++)
			x[i] = (row == 0 ? 1e38f : row == 1 ? 3.4e38f : 1e20f) * (i % 3 ? 1 : -1);
		for (int i = 0; i < 13; i++) {
			npy_close(&m.utt[i].frames);
			small_feature(&m.utt[i].frames, "huge", x, 4, SMALL_AUDIO);
		}
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		trainer_epoch_begin(&t);
		REQUIRE(state_copy(&b, &t.state, &e) == 0);
		result = trainer_step(&t, &step, &e);
		if (result == STEP_DIVERGED) {
			CHECK_HAS(e.text, "fold 0, epoch 1, step 1: ");
			CHECK_INT(e.status, EXIT_DIVERGED);
			check_unchanged(&t, &b);
			refused++;
		} else {
			CHECK_INT(result, STEP_DONE);
			for (size_t i = 0; i < t.model.params.total; i++)
				if (!isfinite(t.model.params.w[i]) || !isfinite(t.optim.v[i])) {
					FAIL("weight %zu is %g, its square %g", i,
					     (double)t.model.params.w[i], (double)t.optim.v[i]);
					break;
				}
		}
		err_clear(&e);
		state_free(&b);
		trainer_close(&t);
		small_free(&m);
	}
	printf("# %d of 3 refused\n", refused);
	par_free(par);
}

/* The gradient is finite, its square is not: kept as Inf it would hold the
 * weight still for ever, and nobody would know. */
TEST(a_gradient_too_large_for_its_square)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct step_row row;
	struct trainer t;
	struct state b = {0};

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.loss.main = 1e25;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	REQUIRE(state_copy(&b, &t.state, &e) == 0);
	CHECK_INT(trainer_step(&t, &row, &e), STEP_DIVERGED);
	CHECK(isfinite(row.loss) && isfinite(row.grad_norm) && row.grad_norm > 1e20);
	CHECK_HAS(e.text, "the gradient norm is ");
	CHECK_HAS(e.text, "e+2");
	err_clear(&e);
	check_unchanged(&t, &b);
	state_free(&b);
	t.set.train.clip = 1;
	CHECK_INT(trainer_step(&t, &row, &e), STEP_DONE);
	for (size_t i = 0; i < t.model.params.total; i++)
		CHECK(isfinite(t.optim.v[i]));
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(clipping_scales_the_gradient)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int clipped = 0; clipped < 2; clipped++) {
		struct step_row row;
		struct trainer t;
		double sum = 0, norm;

		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		trainer_epoch_begin(&t);
		REQUIRE(trainer_step(&t, &row, &e) == STEP_DONE);
		for (size_t i = 0; i < t.model.params.total; i++)
			sum += (double)t.optim.v[i];
		/* RMSprop's first step keeps 0.01 g^2 */
		norm = sqrt(sum / 0.01);
		CHECK_NEAR(norm / (clipped ? s.train.clip : row.grad_norm), 1, 1e-4);
		s.train.clip = row.grad_norm / 3;
		trainer_close(&t);
	}
	small_free(&m);
	par_free(par);
}

/* Train one epoch and stop before its evaluation. */
static void one_epoch(struct trainer *t)
{
	struct step_row row;

	trainer_epoch_begin(t);
	while (!trainer_epoch_full(t))
		if (trainer_step(t, &row, &e) != STEP_DONE) {
			FAIL("%s", e.text);
			return;
		}
}

/* An argmax takes NaN for class 0, which might even look like the best epoch. */
TEST(answers_that_are_not_numbers)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct epoch_row row;
	struct fold_row fold;
	struct predictions p;
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	one_epoch(&t);
	t.model.params.w[0] = NAN;
	CHECK_INT(trainer_epoch_end(&t, &row, &p, &e), -1);
	CHECK_INT(e.status, EXIT_DIVERGED);
	CHECK_HAS(e.text, "fold 0, epoch 1: the model's answer for utterance dia4_utt13 is not");
	CHECK_INT(t.state.best_epoch, 0);
	CHECK(!t.state.ended);
	err_clear(&e);
	t.model.params.w[0] = 0.1f;
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	t.state.array[ARRAY_KEPT][0] = NAN;
	CHECK_INT(trainer_test(&t, &fold, &p, &e), -1);
	CHECK_INT(e.status, EXIT_DIVERGED);
	CHECK(t.model.params.w[0] == 0.1f); /* swapped back */
	err_clear(&e);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Of its steps and its evaluation, and of no other epoch. */
TEST(an_epoch_says_its_seconds)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct epoch_row row;
	struct predictions p;
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	for (int epoch = 1; epoch <= 3; epoch++) {
		double before = clock_seconds(), spent = 0;

		for (trainer_epoch_begin(&t); !trainer_epoch_full(&t);) {
			struct step_row step;

			REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
			CHECK(t.state.seconds > spent);
			spent = t.state.seconds;
		}
		CHECK(spent <= clock_seconds() - before);
		REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
		predictions_free(&p);
		CHECK(row.seconds > spent);
		CHECK(row.seconds <= clock_seconds() - before);
		CHECK_NEAR(t.state.seconds, 0, 0);
	}
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* WA, then UA, strictly better only. */
TEST(best_checkpoint)
{
	static const struct {
		double wa, ua; /* of the best so far, relative to this epoch's */
		bool kept;
	} rule[] = {{0, 0, false},    {0, -1e-9, true},  {0, 1e-9, false}, {-1e-9, 1, true},
		    {-1e-9, 0, true}, {1e-9, -1, false}, {-1, -1, true},   {1e-9, 0, false}};
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	const char *path = temp_path("state.safetensors");
	struct epoch_row row;
	struct predictions p;
	struct trainer t;
	struct figures val;
	size_t size;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	size = t.model.params.total * sizeof(float);
	one_epoch(&t);
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	CHECK_INT(t.state.best_epoch, 1);
	CHECK(same_figures(t.state.best, row.val));
	CHECK(memcmp(t.state.array[ARRAY_KEPT], t.model.params.w, size) == 0);
	one_epoch(&t);
	REQUIRE(trainer_save(&t, path, &e) == 0);
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	val = row.val;
	for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
		REQUIRE(trainer_restore(&t, path, &e) == 0);
		CHECK_INT(t.state.best_epoch, 1);
		t.state.best.wa = val.wa + rule[i].wa;
		t.state.best.ua = val.ua + rule[i].ua;
		REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
		predictions_free(&p);
		CHECK(same_figures(row.val, val));
		if (t.state.best_epoch != (rule[i].kept ? 2 : 1))
			FAIL("rule %zu: the best epoch is %d", i, t.state.best_epoch);
		CHECK((memcmp(t.state.array[ARRAY_KEPT], t.model.params.w, size) == 0) ==
		      rule[i].kept);
	}
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* The validation part has no row of class 2, so that UA is not a number in the
 * published program: equal WA keeps the first epoch, also after a resume. */
TEST(best_checkpoint_without_a_class)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	const char *path = temp_path("state.safetensors");
	struct epoch_row row;
	struct predictions p;
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int i = m.c.list[1].first; i < m.c.list[1].first + m.c.list[1].n; i++)
		m.utt[i].label = i % 2;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	one_epoch(&t);
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	CHECK_INT(t.state.best_epoch, 1);
	CHECK(isfinite(t.state.best.ua)); /* what is shown: over the classes there are */
	one_epoch(&t);
	REQUIRE(trainer_save(&t, path, &e) == 0);
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	for (int i = 0; i < 3; i++) {
		static const int protocol[] = {PROTOCOL_REFERENCE, PROTOCOL_SESSION,
					       PROTOCOL_REFERENCE};
		double wa = row.val.wa - (i == 2 ? 1e-9 : 0), ua = row.val.ua - 0.25;

		REQUIRE(trainer_restore(&t, path, &e) == 0);
		t.set.exp.protocol = protocol[i];
		t.state.best.wa = wa;
		t.state.best.ua = ua;
		REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
		predictions_free(&p);
		CHECK_INT(t.state.best_epoch, i == 0 ? 1 : 2);
	}
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Always wrong: the first epoch is kept all the same, and patience runs from it. */
TEST(a_fold_that_gets_nothing_right)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	struct epoch_row row;
	struct fold_row fold;
	struct predictions p;
	struct trainer t;
	int bias;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int i = m.c.list[1].first; i < m.c.list[1].first + m.c.list[1].n; i++)
		m.utt[i].label = 1;
	s.train.optimizer.lr = 1e-9;
	s.train.epoch = 10;
	s.train.patience = 2;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	bias = params_find(&t.model.params, "c_fc.bias");
	weight(&t.model.params, bias)[0] = 50;
	for (int epoch = 1; epoch <= 3; epoch++) {
		CHECK(!trainer_done(&t));
		one_epoch(&t);
		CHECK(!trainer_done(&t));
		REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
		predictions_free(&p);
		CHECK_NEAR(row.val.wa, 0, 0);
		CHECK_INT(t.state.best_epoch, 1);
	}
	CHECK(trainer_done(&t));
	REQUIRE(trainer_test(&t, &fold, &p, &e) == 0);
	predictions_free(&p);
	CHECK_INT(fold.best_epoch, 1);
	REQUIRE(trainer_save_best(&t, temp_path("best.safetensors"), &e) == 0);
	t.set.train.patience = 3; /* live */
	CHECK(!trainer_done(&t));
	t.set.train.patience = 0; /* off */
	CHECK(!trainer_done(&t));
	t.set.train.epoch = 3;
	CHECK(trainer_done(&t));
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(protocol_fixed_keeps_the_last_epoch)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	struct fold_row fold;
	struct predictions p;
	struct trainer t;
	static struct run r;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.exp.protocol = PROTOCOL_FIXED;
	s.train.patience = 1;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	CHECK_INT(t.split.n[PART_VAL], 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, INT32_MAX));
	CHECK_INT(r.epochs, 3);
	for (int i = 0; i < r.epochs; i++)
		CHECK(isnan(r.epoch[i].val_loss) && isnan(r.epoch[i].val.wa));
	CHECK_INT(t.state.best_epoch, 3);
	CHECK(memcmp(t.state.array[ARRAY_KEPT], t.model.params.w,
		     t.model.params.total * sizeof(float)) == 0);
	REQUIRE(trainer_test(&t, &fold, &p, &e) == 0);
	CHECK_INT(fold.best_epoch, 3);
	CHECK_INT(p.n, 6);
	predictions_free(&p);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(cosine_rate)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 2, 2, false);
	s.train.epoch = 4;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	CHECK_NEAR(trainer_rate(&t), 0.01, 1e-15);
	t.state.epoch = 1;
	CHECK_NEAR(trainer_rate(&t), 0.01, 1e-15);
	t.state.epoch = 2;
	CHECK_NEAR(trainer_rate(&t), 0.01 * (1 + sqrt(0.5)) / 2, 1e-15);
	t.state.epoch = 3;
	CHECK_NEAR(trainer_rate(&t), 0.005, 1e-15);
	t.state.epoch = 4;
	CHECK_NEAR(trainer_rate(&t), 0.01 * (1 - sqrt(0.5)) / 2, 1e-15);
	/* lowered while a later epoch is under way: it does not rise again */
	t.state.epoch = 9;
	CHECK_NEAR(trainer_rate(&t), 0, 1e-15);
	t.state.epoch = 0;
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* One generator for the whole run, as the published program has it, against
 * folds that each start alone; fold 2 is ended early by patience. */
TEST(folds_alone_begin_as_in_the_whole_run)
{
	enum { EPOCHS = 4 };
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	struct rng r;

	small_make(&m, LAYOUT_IEMOCAP, five, 5, 9, false);
	s.layout = LAYOUT_IEMOCAP;
	s.train.epoch = EPOCHS;
	rng_seed(&r, (uint64_t)s.exp.seed);
	for (int fold = 1; fold <= 5; fold++) {
		struct trainer t;
		struct params *p;
		float *alone;

		s.train.patience = fold == 2;
		REQUIRE(trainer_open(&t, &s, &m.c, fold, par, &e) == 0);
		p = &t.model.params;
		alone = malloc(p->total * sizeof *alone);
		memcpy(alone, p->w, p->total * sizeof *alone);
		params_init(p, &r);
		CHECK(memcmp(alone, p->w, p->total * sizeof *alone) == 0);
		free(alone);
		for (int epoch = 0; epoch < EPOCHS; epoch++) {
			int order[SMALL_MAX], n = t.split.n[PART_TRAIN];
			struct rng shuffle;

			rng_u64(&r);
			rng_seed(&shuffle, rng_u64(&r) & INT64_MAX);
			rng_order(&shuffle, order, n);
			rng_u64(&r);
			rng_u64(&r);
			if (trainer_done(&t))
				continue;
			if (fold == 2) /* so that no later epoch is better */
				t.state.best.wa = 2;
			one_epoch(&t);
			CHECK(memcmp(order, t.state.order, (size_t)n * sizeof *order) == 0);
			if (fold != 2)
				CHECK_INT(t.state.epoch, epoch + 1);
			{
				struct epoch_row row;
				struct predictions predictions;

				REQUIRE(trainer_epoch_end(&t, &row, &predictions, &e) == 0);
				predictions_free(&predictions);
			}
		}
		rng_u64(&r); /* the test's pass */
		CHECK(trainer_done(&t));
		CHECK_INT(t.state.epoch, fold == 2 ? 2 : EPOCHS);
		trainer_close(&t);
	}
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
