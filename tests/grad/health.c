/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cosines of health rows, in double, against a pass for each term alone. */
#include "engine/train/class_weight.h"
#include "engine/train/health.h"
#include "tests/engine/small.h"

#include <math.h>

static struct small m;
static struct err e;

struct shape {
	int batch, accumulate, form, padding, align; /* percent */
	bool no_cross, weighted;
	int sample;
};

/* Of the encoder: all tensors but the heads'. */
static bool is_shared(const char *tensor)
{
	return strncmp(tensor, "st.", 3) != 0 && strncmp(tensor, "ss.", 3) != 0 &&
	       strncmp(tensor, "tt.", 3) != 0 && strncmp(tensor, "c_fc.", 5) != 0;
}

/* Poolings and attentions that are nearly even would get next to no gradient: larger weights. */
static void draw_encoder(struct params *p)
{
	struct rng r;

	rng_seed(&r, 5);
	for (int i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->tensor[i].count && is_shared(p->tensor[i].name); k++)
			weight(p, i)[k] = 1.2 * (2. * rng_u32(&r) / 4294967295. - 1);
}

/* The gradient of one term, over the sample. Heads' weights are left 0. */
static double *alone(struct trainer *t, int term, int n)
{
	struct settings s = t->set;
	struct loss_joint joint = {.batches = 1, .n = n};
	double value[TERMS], w[LABELS_MAX], *g = calloc(t->model.params.total, sizeof *g);
	int utt[SMALL_MAX];

	for (int i = 0; i < TERMS; i++)
		loss_set_weight(&s, (enum term)i, i == term ? 3 : 0);
	for (int i = 0; i < n; i++)
		utt[i] = t->split.at[PART_TRAIN][t->state.order[i]];
	if (class_weights(&s, t->count, w)) {
		joint.class_weight = w;
		for (int i = 0; i < n; i++)
			joint.weight += w[t->corpus->utt[utt[i]].label];
	}
	if (batch_take(&t->batch, &m.c, &s, NULL, utt, n, BATCH_TRAIN, &e) ||
	    model_ready(&t->model, &t->batch, true, &e))
		FAIL("%s", e.text);
	model_forward(&t->model, &t->batch);
	model_loss(&t->model, &t->batch, &s, &joint, value);
	model_backward(&t->model, &t->batch);
	for (int i = 0; i < t->model.params.n; i++) {
		const struct tensor *x = &t->model.params.tensor[i];

		if (is_shared(x->name))
			memcpy(g + x->at, t->model.params.g + x->at, x->count * sizeof *g);
	}
	return g;
}

static double dot(const double *a, const double *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static void check(const char *what, const struct shape *a)
{
	static const int sizes[] = {21, 5, 6};
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	struct health h = {0};
	struct health_row row;
	struct step_row step;
	struct trainer t;
	double *g[TERMS], far = 0;
	int zeros = 0;

	small_make(&m, LAYOUT_LISTS, sizes, 9, 25, false);
	s.train.batch_size = a->batch;
	s.train.accumulate = a->accumulate;
	s.train.padding = a->padding;
	s.train.loss.form = a->form;
	s.train.loss.cmd_text = a->align / 100.;
	s.train.health = 1;
	s.model.cross_attention = !a->no_cross;
	if (a->weighted)
		s.train.class_weight.how = CLASS_WEIGHT_BALANCED;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	draw_encoder(&t.model.params);
	trainer_epoch_begin(&t);
	for (int i = 0; i < TERMS; i++)
		g[i] = alone(&t, i, a->sample);
	REQUIRE(health_due(&t) && health_before(&h, &t, &e) == 0);
	REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
	REQUIRE(health_after(&h, &t, &row, &e) == 0);
	CHECK_INT(row.sample, a->sample);
	for (int i = 0; i < TERMS; i++)
		for (int k = i + 1; k < TERMS; k++) {
			size_t n = t.model.params.total;
			double is = row.cosine[health_pair((enum term)i, (enum term)k)];
			double x =
				dot(g[i], g[k], n) / sqrt(dot(g[i], g[i], n) * dot(g[k], g[k], n));

			if (a->align == 0 && (i == TERM_CMD_TEXT || k == TERM_CMD_TEXT)) {
				CHECK(isnan(is));
				continue;
			}
			if (!(fabs(is - x) <= 1e-9))
				FAIL("%s, %s and %s: %.12g, alone %.12g", what, loss_term[i].name,
				     loss_term[k].name, is, x);
			if (!health_shares((enum term)i, (enum term)k))
				CHECK(is == 0);
			else
				CHECK(fabs(is) > 1e-6);
			zeros += is == 0;
			far = fmax(far, fabs(is));
		}
	CHECK_INT(zeros, a->align ? 4 : 2);
	CHECK(far < 1 && far > 0.01);
	for (int i = 0; i < TERMS; i++)
		free(g[i]);
	health_free(&h);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(cosines_are_those_of_a_pass_for_each_term)
{
	check("squared", &(struct shape){.batch = 8,
					 .accumulate = 1,
					 .form = FORM_SQUARED,
					 .padding = PADDING_MASKED,
					 .align = 30,
					 .sample = 8});
	check("a part of the batch", &(struct shape){.batch = 13,
						     .accumulate = 2,
						     .form = FORM_NORM,
						     .padding = PADDING_REFERENCE,
						     .align = 30,
						     .weighted = true,
						     .sample = 8});
	check("a small batch, without cross attention", &(struct shape){.batch = 3,
									.accumulate = 4,
									.form = FORM_MSE,
									.padding = PADDING_MASKED,
									.align = 30,
									.no_cross = true,
									.sample = 3});
	check("a term is off", &(struct shape){.batch = 8,
					       .accumulate = 1,
					       .form = FORM_SQUARED,
					       .padding = PADDING_MASKED,
					       .sample = 8});
}

/* Every pair has a place of its own. */
TEST(pairs)
{
	bool taken[HEALTH_PAIRS] = {false};

	for (int a = 0; a < TERMS; a++)
		for (int b = a + 1; b < TERMS; b++) {
			int pair = health_pair((enum term)a, (enum term)b);

			CHECK_INT(health_pair((enum term)b, (enum term)a), pair);
			REQUIRE(pair >= 0 && pair < HEALTH_PAIRS);
			CHECK(!taken[pair]);
			taken[pair] = true;
		}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
