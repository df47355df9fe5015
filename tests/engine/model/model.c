/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model as a whole, in float. Gradients: tests/grad/model.c. */
#include "engine/model/model.h"

#include "engine/train/train.h"
#include "engine/model/weights.h"
#include "tests/engine/small.h"

static struct small m;
static struct par *par;
static struct err e;

/* Weights larger than the initial ones, so that attention is far from even. */
static void open_model(struct model *model, const struct settings *s)
{
	struct rng r;

	if (model_open(model, s, par, &e))
		abort();
	rng_seed(&r, 21);
	for (int i = 0; i < model->params.n; i++)
		for (size_t j = 0; j < model->params.tensor[i].count; j++)
			weight(&model->params, i)[j] = rng_uniform(&r, -0.8, 0.8);
}

static double largest(const float *a, const float *b, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++) {
		double d = fabs((double)a[i] - (double)b[i]);

		worst = d > worst || isnan(d) ? d : worst;
	}
	return worst;
}

/* What an utterance gives alone; then what it gives at place i of a batch. */
struct answer {
	float logits[HEADS][SMALL_CLASSES], *pool[POOLS], *cross[CROSSES], *z;
};

static float *copy(const float *x, size_t n)
{
	float *to = malloc(n * sizeof *to);

	return memcpy(to, x, n * sizeof *to);
}

static int pool_rows(const struct batch *b, int pool, int i)
{
	return pool_seqs(b, pool)->len[i];
}

static size_t pairs(const struct model *model, const struct batch *b, int i)
{
	return (size_t)b->text.len[i] * (size_t)b->audio.len[i] *
	       (size_t)model->encoder.cross[0].heads;
}

static void take(struct answer *a, const struct model *model, const struct batch *b, int i)
{
	for (int h = 0; h < HEADS; h++)
		memcpy(a->logits[h], model_logits(model, (enum head)h) + i * SMALL_CLASSES,
		       sizeof a->logits[h]);
	for (int k = 0; k < POOLS; k++)
		a->pool[k] = copy(model_pool_weights(model, b, k, i), (size_t)pool_rows(b, k, i));
	for (int k = 0; k < CROSSES; k++)
		a->cross[k] = copy(model_cross_weights(model, k, i), pairs(model, b, i));
	a->z = copy(model->z + i * model->encoder.z_width, (size_t)model->encoder.z_width);
}

static double compare(const struct answer *a, const struct model *model, const struct batch *b,
		      int i)
{
	double worst = 0;

	for (int h = 0; h < HEADS; h++)
		worst = fmax(worst, largest(a->logits[h],
					    model_logits(model, (enum head)h) + i * SMALL_CLASSES,
					    SMALL_CLASSES));
	for (int k = 0; k < POOLS; k++)
		worst = fmax(worst, largest(a->pool[k], model_pool_weights(model, b, k, i),
					    (size_t)pool_rows(b, k, i)));
	for (int k = 0; k < CROSSES; k++)
		worst = fmax(worst, largest(a->cross[k], model_cross_weights(model, k, i),
					    pairs(model, b, i)));
	return fmax(worst, largest(a->z, model->z + i * model->encoder.z_width,
				   (size_t)model->encoder.z_width));
}

static void answer_free(struct answer *a)
{
	for (int k = 0; k < POOLS; k++)
		free(a->pool[k]);
	for (int k = 0; k < CROSSES; k++)
		free(a->cross[k]);
	free(a->z);
}

static bool forward(struct model *model, struct batch *b, const struct settings *s, const int *utt,
		    int n, enum batch_how how)
{
	if (batch_take(b, &m.c, s, NULL, utt, n, how, &e) || model_ready(model, b, false, &e)) {
		FAIL("%s", e.text);
		return false;
	}
	model_forward(model, b);
	return true;
}

/* Some rows inside utterances are zero: under masked padding they are data. */
static void make_with_zero_rows(void)
{
	static const int size[] = {24, 4, 4};
	static const float zero[5][SMALL_TEXT] = {{1}, {0}, {0, 2}, {0}, {3}};

	small_make(&m, LAYOUT_LISTS, size, 14, 60, false);
	npy_close(&m.utt[3].words);
	small_feature(&m.utt[3].words, "zeros", zero[0], 5, SMALL_TEXT);
}

TEST(masked_answers_do_not_depend_on_the_batch)
{
	enum { N = 24, TRIALS = 40 };
	struct settings s = small_settings();
	static struct answer alone[N];
	struct model model;
	struct batch b = {0};
	struct rng r;
	double worst = 0, spread = 0;

	make_with_zero_rows();
	open_model(&model, &s);
	for (int i = 0; i < N; i++) {
		REQUIRE(forward(&model, &b, &s, &i, 1, BATCH_EVAL));
		take(&alone[i], &model, &b, 0);
		spread = fmax(spread,
			      largest(alone[0].logits[0], alone[i].logits[0], SMALL_CLASSES));
	}
	CHECK(spread > 0.01); /* else the answers would agree anyway */
	rng_seed(&r, 5);
	for (int trial = 0; trial < TRIALS; trial++) {
		int order[N], n = 2 + (int)(rng_u32(&r) % (N - 1));

		rng_order(&r, order, N);
		REQUIRE(forward(&model, &b, &s, order, n, BATCH_TRAIN));
		for (int i = 0; i < n; i++) {
			double d = compare(&alone[order[i]], &model, &b, i);

			worst = d > worst || isnan(d) ? d : worst;
		}
	}
	printf("# largest difference in %d random batches: %.3g\n", TRIALS, worst);
	CHECK_NEAR(worst, 0, 1e-5);
	for (int i = 0; i < N; i++)
		answer_free(&alone[i]);
	batch_free(&b);
	model_close(&model);
	small_free(&m);
}

/* The twin of the test above: it would notice, for under reference padding the
 * answers do depend on the batch. */
TEST(reference_answers_depend_on_the_batch)
{
	struct settings s = small_settings();
	static struct answer alone;
	static const int utt[] = {0, 1, 2, 3, 4, 5};
	struct model model;
	struct batch b = {0};
	double worst = 0;

	make_with_zero_rows();
	s.train.padding = PADDING_REFERENCE;
	open_model(&model, &s);
	for (int i = 0; i < 6; i++) {
		float logits[SMALL_CLASSES];

		REQUIRE(forward(&model, &b, &s, &utt[i], 1, BATCH_EVAL));
		take(&alone, &model, &b, 0);
		REQUIRE(forward(&model, &b, &s, utt, 6, BATCH_TRAIN));
		memcpy(logits, model_logits(&model, HEAD_MAIN) + i * SMALL_CLASSES, sizeof logits);
		worst = fmax(worst, largest(logits, alone.logits[HEAD_MAIN], SMALL_CLASSES));
		answer_free(&alone);
	}
	CHECK(worst > 1e-3);
	batch_free(&b);
	model_close(&model);
	small_free(&m);
}

/* Attention weights are shares: they sum to 1 over the keys. */
TEST(weights_sum_to_one)
{
	static const int utt[] = {0, 1, 2, 3, 4, 5, 6, 7};
	struct settings s = small_settings();
	struct model model;
	struct batch b = {0};

	make_with_zero_rows();
	open_model(&model, &s);
	REQUIRE(forward(&model, &b, &s, utt, 8, BATCH_TRAIN));
	for (int i = 0; i < 8; i++) {
		for (int k = 0; k < POOLS; k++) {
			double sum = 0;

			for (int t = 0; t < pool_rows(&b, k, i); t++)
				sum += (double)model_pool_weights(&model, &b, k, i)[t];
			CHECK_NEAR(sum, 1, 1e-5);
		}
		for (int k = 0; k < CROSSES; k++) {
			int keys = k ? b.text.len[i] : b.audio.len[i];
			size_t rows = pairs(&model, &b, i) / (size_t)keys;

			for (size_t row = 0; row < rows; row++) {
				double sum = 0;

				for (int t = 0; t < keys; t++)
					sum += (double)model_cross_weights(
						&model, k, i)[row * (size_t)keys + (size_t)t];
				CHECK_NEAR(sum, 1, 1e-5);
			}
		}
	}
	batch_free(&b);
	model_close(&model);
	small_free(&m);
}

/* An ablated head gives what one gives whose columns of out_proj are zero. */
TEST(an_ablated_head_adds_nothing)
{
	static const int utt[] = {3, 1, 6};
	enum { HEAD = 1 };
	struct settings s = small_settings();
	struct model model;
	struct batch b = {0};
	float want[3 * SMALL_CLASSES], *heard;
	size_t n = 3 * SMALL_CLASSES;

	make_with_zero_rows();
	open_model(&model, &s);
	REQUIRE(forward(&model, &b, &s, utt, 3, BATCH_EVAL));
	heard = copy(model_logits(&model, HEAD_MAIN), n);
	model_ablate_head(&model, HEAD);
	model_forward(&model, &b);
	memcpy(want, model_logits(&model, HEAD_MAIN), sizeof want);
	CHECK(largest(heard, want, n) > 1e-3);
	model_ablate_head(&model, -1);
	for (int i = 0; i < CROSSES; i++) {
		struct cross *c = &model.encoder.cross[i];
		int width = c->E / c->heads;

		for (int r = 0; r < c->E; r++)
			memset(weight(&model.params, c->out_proj) + r * c->E + HEAD * width, 0,
			       (size_t)width * sizeof(float));
	}
	model_forward(&model, &b);
	CHECK_NEAR(largest(model_logits(&model, HEAD_MAIN), want, n), 0, 1e-6);
	free(heard);
	batch_free(&b);
	model_close(&model);
	small_free(&m);
}

TEST(without_cross_attention_there_are_no_weights_of_it)
{
	static const int utt[] = {0};
	struct settings s = small_settings();
	struct model model;
	struct batch b = {0};

	make_with_zero_rows();
	s.model.cross_attention = false;
	open_model(&model, &s);
	REQUIRE(forward(&model, &b, &s, utt, 1, BATCH_TRAIN));
	CHECK(model_pool_weights(&model, &b, ATT22, 0) != NULL);
	CHECK(model_pool_weights(&model, &b, ATTS1, 0) == NULL);
	CHECK(model_cross_weights(&model, 0, 0) == NULL);
	batch_free(&b);
	model_close(&model);
	small_free(&m);
}

/* Where no batch has padding, both paddings are the same model. */
TEST(paddings_agree_where_lengths_are_equal)
{
	static const int size[] = {10, 3, 3};
	struct settings s = small_settings();
	struct trainer t[2];
	double loss = 0, worst = 0;
	int steps = 0;

	small_make(&m, LAYOUT_LISTS, size, 7, 19, true);
	for (int i = 0; i < 2; i++) {
		s.train.padding = i ? PADDING_MASKED : PADDING_REFERENCE;
		REQUIRE(trainer_open(&t[i], &s, &m.c, 0, par, &e) == 0);
	}
	while (!trainer_done(&t[0])) {
		struct epoch_row row[2];
		struct predictions p;

		for (int i = 0; i < 2; i++)
			trainer_epoch_begin(&t[i]);
		for (; !trainer_epoch_full(&t[0]); steps++) {
			struct step_row a, b;

			REQUIRE(trainer_step(&t[0], &a, &e) == STEP_DONE);
			REQUIRE(trainer_step(&t[1], &b, &e) == STEP_DONE);
			loss = fmax(loss, fabs(a.loss / b.loss - 1));
			CHECK_NEAR(a.grad_norm / b.grad_norm, 1, 1e-5);
		}
		for (int i = 0; i < 2; i++) {
			REQUIRE(trainer_epoch_end(&t[i], &row[i], &p, &e) == 0);
			predictions_free(&p);
		}
		CHECK_NEAR(row[0].val_loss / row[1].val_loss, 1, 1e-6);
	}
	for (int i = 0; i < t[0].model.params.n; i++) {
		const struct tensor *x = &t[0].model.params.tensor[i];
		const float *a = weight(&t[0].model.params, i), *b = weight(&t[1].model.params, i);
		double top = 0;

		for (size_t j = 0; j < x->count; j++)
			top = fmax(top, fabs((double)a[j]));
		worst = fmax(worst, largest(a, b, x->count) / top);
	}
	printf("# after %d steps: losses differ by %.3g, weights by %.3g (relative)\n", steps, loss,
	       worst);
	CHECK_INT(steps, 9);
	CHECK_NEAR(loss, 0, 1e-6);
	CHECK_NEAR(worst, 0, 1e-6);
	trainer_close(&t[0]);
	trainer_close(&t[1]);
	small_free(&m);
}

static int load(struct model *to, const char *path)
{
	struct weights_file w;
	int failed;

	if (weights_open(&w, path, &e))
		return -1;
	failed = weights_load(&w, &to->params, &e);
	weights_close(&w);
	return failed;
}

TEST(weights_come_back_bit_for_bit)
{
	for (int variant = 0; variant < 3; variant++) {
		struct settings s = small_settings();
		struct model a, b;
		const char *path = temp_path("weights.safetensors");

		if (variant == 1)
			s.model.hidden_size2 = 6;
		if (variant == 2)
			s.model.cross_attention = false;
		open_model(&a, &s);
		a.params.w[0] = -0.0f;
		a.params.w[1] = 1e-42f; /* subnormal */
		REQUIRE(weights_save(&a.params, a.params.w, NULL, path, &e) == 0);
		REQUIRE(model_open(&b, &s, par, &e) == 0);
		REQUIRE(load(&b, path) == 0);
		CHECK_INT((long long)a.params.total, (long long)b.params.total);
		CHECK(memcmp(a.params.w, b.params.w, a.params.total * sizeof(float)) == 0);
		model_close(&a);
		model_close(&b);
	}
}

TEST(weights_of_another_shape)
{
	struct settings s = small_settings(), other = s;
	const char *path = temp_path("other.safetensors");
	struct model a, b;
	float *before;

	open_model(&a, &s);
	REQUIRE(weights_save(&a.params, a.params.w, NULL, path, &e) == 0);
	other.model.head = 12;
	open_model(&b, &other);
	b.params.w[0] = 77;
	before = copy(b.params.w, b.params.total);
	CHECK_INT(load(&b, path), -1);
	CHECK_HAS(e.text, "other.safetensors: tensor st.0.weight");
	CHECK_HAS(e.text, "[10, 48]");
	CHECK_HAS(e.text, "[12, 48]");
	CHECK(memcmp(before, b.params.w, b.params.total * sizeof *before) == 0);
	free(before);
	model_close(&b);
	err_clear(&e);
	other = s;
	other.model.num_layers = 3;
	open_model(&b, &other);
	CHECK_INT(load(&b, path), -1);
	CHECK_HAS(e.text, "weight_ih_l2 is missing");
	model_close(&b);
	err_clear(&e);
	other = s;
	other.model.num_layers = 1;
	open_model(&b, &other);
	CHECK_INT(load(&b, path), -1);
	CHECK_HAS(e.text, "_l1");
	model_close(&b);
	model_close(&a);
	err_clear(&e);
}

int main(int argc, char **argv)
{
	int failed;

	par = par_new(2, &e);
	if (!par)
		return 1;
	failed = TEST_MAIN(argc, argv);
	small_free(&m);
	par_free(par);
	return failed;
}
