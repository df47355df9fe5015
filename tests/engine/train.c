/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training step by step: threads, resume, divergence, the kept checkpoint. */
#include "engine/train.h"

#include "base/file.h"
#include "small.h"

enum { STEPS_MAX = 64 };

static const int three[] = {13, 5, 6}, five[] = {5, 4, 6, 5, 4};
static struct small m;
static struct err e;

/* A run's every number. */
struct run {
	struct step_row step[STEPS_MAX];
	struct epoch_row epoch[STEPS_MAX];
	int steps, epochs;
	struct fold_row fold;
	float *w, *v; /* weights and the optimizer's squares at the end */
	size_t total;
};

static void run_free(struct run *r)
{
	free(r->w);
	free(r->v);
	memset(r, 0, sizeof *r);
}

/* Go on to the fold's end, or until `until` steps are done in it. */
static bool go(struct trainer *t, struct run *r, int until)
{
	while (!trainer_done(t)) {
		struct predictions p;

		trainer_epoch_begin(t);
		while (!trainer_epoch_full(t)) {
			if (t->step >= until)
				return true;
			if (r->steps == STEPS_MAX ||
			    trainer_step(t, &r->step[r->steps++], &e) != STEP_DONE) {
				FAIL("%s", e.text);
				return false;
			}
		}
		if (t->step >= until)
			return true;
		if (trainer_epoch_end(t, &r->epoch[r->epochs++], &p, &e)) {
			FAIL("%s", e.text);
			return false;
		}
		predictions_free(&p);
	}
	return true;
}

static void finish(struct trainer *t, struct run *r)
{
	struct predictions p;

	if (trainer_test(t, &r->fold, &p, &e))
		FAIL("%s", e.text);
	else
		predictions_free(&p);
	r->total = t->model.params.total;
	r->w = malloc(r->total * sizeof *r->w);
	r->v = malloc(r->total * sizeof *r->v);
	memcpy(r->w, t->model.params.w, r->total * sizeof *r->w);
	memcpy(r->v, t->optim.v, r->total * sizeof *r->v);
}

static bool whole_run(struct run *r, const struct settings *s, int fold, int threads)
{
	struct par *par = par_new(threads, &e);
	struct trainer t;
	bool ok;

	memset(r, 0, sizeof *r);
	if (!par || trainer_open(&t, s, &m.c, fold, par, &e)) {
		FAIL("%s", e.text);
		par_free(par);
		return false;
	}
	ok = go(&t, r, INT32_MAX);
	if (ok)
		finish(&t, r);
	trainer_close(&t);
	par_free(par);
	return ok;
}

static bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_figures(struct figures a, struct figures b)
{
	return same_double(a.wa, b.wa) && same_double(a.ua, b.ua) && same_double(a.wf1, b.wf1) &&
	       same_double(a.macro_f1, b.macro_f1);
}

static bool same_step(const struct step_row *a, const struct step_row *b)
{
	for (int i = 0; i < TERMS; i++)
		if (!same_double(a->term[i], b->term[i]))
			return false;
	return a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
	       same_double(a->loss, b->loss) && same_double(a->lr, b->lr) &&
	       same_double(a->grad_norm, b->grad_norm);
}

/* All but seconds. */
static bool same_epoch(const struct epoch_row *a, const struct epoch_row *b)
{
	return a->fold == b->fold && a->epoch == b->epoch &&
	       same_double(a->train_loss, b->train_loss) &&
	       same_double(a->train_acc, b->train_acc) && same_double(a->val_loss, b->val_loss) &&
	       same_figures(a->val, b->val);
}

/* The last rows of both runs, and how they ended. */
static void check_same(const char *what, const struct run *a, const struct run *b)
{
	int steps = a->steps < b->steps ? a->steps : b->steps;
	int epochs = a->epochs < b->epochs ? a->epochs : b->epochs;

	for (int i = 1; i <= steps; i++)
		if (!same_step(&a->step[a->steps - i], &b->step[b->steps - i])) {
			FAIL("%s: step %d differs", what, a->step[a->steps - i].step);
			break;
		}
	for (int i = 1; i <= epochs; i++)
		if (!same_epoch(&a->epoch[a->epochs - i], &b->epoch[b->epochs - i])) {
			FAIL("%s: epoch %d differs", what, a->epoch[a->epochs - i].epoch);
			break;
		}
	if (a->total != b->total || memcmp(a->w, b->w, a->total * sizeof *a->w) != 0)
		FAIL("%s: the weights differ", what);
	if (a->total != b->total || memcmp(a->v, b->v, a->total * sizeof *a->v) != 0)
		FAIL("%s: the optimizer differs", what);
	CHECK_INT(a->fold.best_epoch, b->fold.best_epoch);
	CHECK(same_figures(a->fold.test, b->fold.test));
	CHECK(memcmp(&a->fold.confusion, &b->fold.confusion, sizeof a->fold.confusion) == 0);
}

TEST(same_bytes_for_any_threads_and_again)
{
	static struct run one, other;

	/* long enough for several blocks and input tasks */
	small_make(&m, LAYOUT_LISTS, three, 40, 500, false);
	for (int padding = PADDING_REFERENCE; padding <= PADDING_MASKED; padding++) {
		struct settings s = small_settings();
		static const int threads[] = {1, 2, 3};

		s.train.padding = padding;
		s.train.batch_size = 7;
		s.train.epoch = 2;
		s.train.clip = 0.5;
		REQUIRE(whole_run(&one, &s, 0, 1));
		CHECK_INT(one.steps, 4);
		for (int i = 0; i < 3; i++) {
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

TEST(resume_is_exact)
{
	static const int stops[] = {1, 2, 4, 5, 8, 11};
	static struct run whole, part;
	struct par *par = par_new(2, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int name = OPTIMIZER_RMSPROP; name <= OPTIMIZER_ADAMW; name++) {
		struct settings s = small_settings();

		s.train.optimizer.name = name;
		s.exp.normalize = NORMALIZE_TRAIN;
		REQUIRE(whole_run(&whole, &s, 0, 2));
		CHECK_INT(whole.steps, 12);
		for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
			const char *path = temp_path("state.safetensors");
			struct trainer t;
			char what[64];

			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(go(&t, &part, stops[i]));
			CHECK_INT(t.step, stops[i]);
			REQUIRE(trainer_save(&t, path, &e) == 0);
			trainer_close(&t);
			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(trainer_restore(&t, path, &e) == 0);
			CHECK_INT(t.step, stops[i]);
			REQUIRE(go(&t, &part, INT32_MAX));
			finish(&t, &part);
			CHECK_INT(part.steps, whole.steps - stops[i]);
			snprintf(what, sizeof what, "%s after %d steps",
				 name == OPTIMIZER_RMSPROP ? "RMSprop" : "AdamW", stops[i]);
			check_same(what, &whole, &part);
			run_free(&part);
			trainer_close(&t);
		}
		run_free(&whole);
	}
	small_free(&m);
	par_free(par);
}

/* After an epoch's evaluation, and before the first step. */
TEST(resume_between_epochs)
{
	static struct run whole, part;
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(whole_run(&whole, &s, 0, 1));
	for (int epochs = 0; epochs <= 3; epochs++) {
		const char *path = temp_path("state.safetensors");
		struct trainer t;

		memset(&part, 0, sizeof part);
		s.train.epoch = epochs ? epochs : 1;
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		t.set.train.epoch = s.train.epoch = 3;
		while (t.epoch < epochs) {
			struct predictions p;
			struct epoch_row row;
			struct step_row step;

			trainer_epoch_begin(&t);
			while (!trainer_epoch_full(&t))
				REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
			REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
			predictions_free(&p);
		}
		REQUIRE(trainer_save(&t, path, &e) == 0);
		trainer_close(&t);
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		REQUIRE(trainer_restore(&t, path, &e) == 0);
		CHECK_INT(t.epoch, epochs);
		CHECK(trainer_done(&t) == (epochs == 3));
		REQUIRE(go(&t, &part, INT32_MAX));
		finish(&t, &part);
		CHECK_INT(part.epochs, 3 - epochs);
		check_same("between epochs", &whole, &part);
		run_free(&part);
		trainer_close(&t);
	}
	run_free(&whole);
	small_free(&m);
	par_free(par);
}

/* What must not change when a step is refused. */
struct before {
	float *w, *v;
	struct rng rng;
	int epoch, in_epoch, step;
	int64_t optim_steps, right;
	double loss_sum;
};

static struct before look(const struct trainer *t)
{
	size_t size = t->model.params.total * sizeof(float);
	struct before b = {malloc(size), malloc(size),   t->rng,   t->epoch,   t->in_epoch,
			   t->step,      t->optim.steps, t->right, t->loss_sum};

	memcpy(b.w, t->model.params.w, size);
	memcpy(b.v, t->optim.v, size);
	return b;
}

static void check_unchanged(const struct trainer *t, struct before *b)
{
	size_t size = t->model.params.total * sizeof(float);

	CHECK(memcmp(b->w, t->model.params.w, size) == 0);
	CHECK(memcmp(b->v, t->optim.v, size) == 0);
	CHECK(memcmp(&b->rng, &t->rng, sizeof b->rng) == 0);
	CHECK_INT(t->epoch, b->epoch);
	CHECK_INT(t->in_epoch, b->in_epoch);
	CHECK_INT(t->step, b->step);
	CHECK_INT(t->optim.steps, b->optim_steps);
	CHECK_INT(t->right, b->right);
	CHECK(same_double(t->loss_sum, b->loss_sum));
	free(b->w);
	free(b->v);
}

TEST(a_huge_rate_diverges)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	struct step_row row;
	struct trainer t;
	struct before b;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.optimizer.lr = 1e30;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	REQUIRE(trainer_step(&t, &row, &e) == STEP_DONE);
	b = look(&t);
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
		struct before b;
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
		b = look(&t);
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
			free(b.w);
			free(b.v);
		}
		err_clear(&e);
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
	struct before b;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.loss.main = 1e25;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	b = look(&t);
	CHECK_INT(trainer_step(&t, &row, &e), STEP_DIVERGED);
	CHECK(isfinite(row.loss) && isfinite(row.grad_norm) && row.grad_norm > 1e20);
	CHECK_HAS(e.text, "the gradient norm is ");
	CHECK_HAS(e.text, "e+2");
	err_clear(&e);
	check_unchanged(&t, &b);
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
	CHECK_INT(t.best_epoch, 0);
	CHECK(!t.ended);
	err_clear(&e);
	t.model.params.w[0] = 0.1f;
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	t.best_weights[0] = NAN;
	CHECK_INT(trainer_test(&t, &fold, &p, &e), -1);
	CHECK_INT(e.status, EXIT_DIVERGED);
	CHECK(t.model.params.w[0] == 0.1f); /* swapped back */
	err_clear(&e);
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
	CHECK_INT(t.best_epoch, 1);
	CHECK(same_figures(t.best, row.val));
	CHECK(memcmp(t.best_weights, t.model.params.w, size) == 0);
	one_epoch(&t);
	REQUIRE(trainer_save(&t, path, &e) == 0);
	REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
	predictions_free(&p);
	val = row.val;
	for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
		REQUIRE(trainer_restore(&t, path, &e) == 0);
		CHECK_INT(t.best_epoch, 1);
		t.best.wa = val.wa + rule[i].wa;
		t.best.ua = val.ua + rule[i].ua;
		REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
		predictions_free(&p);
		CHECK(same_figures(row.val, val));
		if (t.best_epoch != (rule[i].kept ? 2 : 1))
			FAIL("rule %zu: the best epoch is %d", i, t.best_epoch);
		CHECK((memcmp(t.best_weights, t.model.params.w, size) == 0) == rule[i].kept);
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
		CHECK_INT(t.best_epoch, 1);
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
	CHECK_INT(t.best_epoch, 3);
	CHECK(memcmp(t.best_weights, t.model.params.w, t.model.params.total * sizeof(float)) == 0);
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
	t.epoch = 1;
	CHECK_NEAR(trainer_rate(&t), 0.01, 1e-15);
	t.epoch = 2;
	CHECK_NEAR(trainer_rate(&t), 0.01 * (1 + sqrt(0.5)) / 2, 1e-15);
	t.epoch = 3;
	CHECK_NEAR(trainer_rate(&t), 0.005, 1e-15);
	t.epoch = 4;
	CHECK_NEAR(trainer_rate(&t), 0.01 * (1 - sqrt(0.5)) / 2, 1e-15);
	/* lowered while a later epoch is under way: it does not rise again */
	t.epoch = 9;
	CHECK_NEAR(trainer_rate(&t), 0, 1e-15);
	t.epoch = 0;
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
				t.best.wa = 2;
			one_epoch(&t);
			CHECK(memcmp(order, t.order, (size_t)n * sizeof *order) == 0);
			if (fold != 2)
				CHECK_INT(t.epoch, epoch + 1);
			{
				struct epoch_row row;
				struct predictions predictions;

				REQUIRE(trainer_epoch_end(&t, &row, &predictions, &e) == 0);
				predictions_free(&predictions);
			}
		}
		rng_u64(&r); /* the test's pass */
		CHECK(trainer_done(&t));
		CHECK_INT(t.epoch, fold == 2 ? 2 : EPOCHS);
		trainer_close(&t);
	}
	small_free(&m);
	par_free(par);
}

/* A state file, byte by byte. */
struct state {
	char *bytes;
	size_t len, header; /* header: the length field and the JSON */
	struct trainer t;
};

static void check_refused(struct state *x, size_t len, const char *what, size_t at)
{
	const char *path = temp_path("broken.safetensors");

	temp_bytes(path, x->bytes, len);
	err_clear(&e);
	if (trainer_restore(&x->t, path, &e) != -1)
		FAIL("%s at byte %zu is not noticed", what, at);
	else if (!strstr(e.text, "broken.safetensors"))
		FAIL("%s at byte %zu: the sentence is \"%s\"", what, at, e.text);
	err_clear(&e);
}

TEST(broken_states_are_refused)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	static struct state x;
	static struct run r;
	const char *path = temp_path("state.safetensors");
	uint64_t json;

	/* few tensors: a short header */
	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	s.model.num_layers = 1;
	s.model.cross_attention = false;
	REQUIRE(trainer_open(&x.t, &s, &m.c, 0, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&x.t, &r, 6));
	REQUIRE(trainer_save(&x.t, path, &e) == 0);
	x.bytes = file_read(path, &x.len, &e);
	REQUIRE(x.bytes);
	memcpy(&json, x.bytes, sizeof json);
	x.header = sizeof json + (size_t)json;
	CHECK(x.header < x.len);
	for (size_t len = 0; len < x.len; len += len < 32 ? 1 : 499)
		check_refused(&x, len, "a cut", len);
	check_refused(&x, x.len - 1, "a cut", x.len - 1);
	for (size_t at = 0; at < x.header; at += at < 300 ? 1 : 29) {
		char was = x.bytes[at];

		x.bytes[at] = (char)(was ^ (1 << at % 7));
		check_refused(&x, x.len, "a flipped bit", at);
		x.bytes[at] = was;
	}
	/* and whole it is taken */
	temp_bytes(path, x.bytes, x.len);
	CHECK_INT(trainer_restore(&x.t, path, &e), 0);
	CHECK_INT(x.t.step, 6);
	free(x.bytes);
	trainer_close(&x.t);
	small_free(&m);
	par_free(par);
}

TEST(states_of_other_runs_are_refused)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	const char *path = temp_path("state.safetensors");
	struct trainer t, other;
	static struct run r;

	small_make(&m, LAYOUT_IEMOCAP, five, 5, 9, false);
	s.layout = LAYOUT_IEMOCAP;
	REQUIRE(trainer_open(&t, &s, &m.c, 3, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 2));
	REQUIRE(trainer_save(&t, path, &e) == 0);

	REQUIRE(trainer_open(&other, &s, &m.c, 1, par, &e) == 0);
	CHECK_INT(trainer_restore(&other, path, &e), -1);
	trainer_close(&other);
	err_clear(&e);
	t.fold = 2;
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "not a state of fold 2");
	t.fold = 3;
	err_clear(&e);
	s.train.optimizer.name = OPTIMIZER_ADAMW;
	REQUIRE(trainer_open(&other, &s, &m.c, 3, par, &e) == 0);
	CHECK_INT(trainer_restore(&other, path, &e), -1);
	CHECK_HAS(e.text, "mean/");
	trainer_close(&other);
	err_clear(&e);

	/* positions no run has */
	t.best_epoch = 7;
	t.epoch = 1;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.best_epoch = 0;
	t.in_epoch = 100;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.in_epoch = 1;
	t.order[3] = t.split.n[PART_TRAIN];
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "the order names row");
	err_clear(&e);
	t.order[3] = 0;
	t.rng.next = RNG_WORDS + 1;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
