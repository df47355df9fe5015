/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arithmetic of a step, against a count that goes through it utterance by
 * utterance and frame by frame, as the model specification writes it down. */
#include "engine/model/flops.h"

#include "tests/engine/small.h"

/* A matrix [out, in] times a vector. */
static double times(double out, double in)
{
	return 2 * out * in;
}

/* One stack, one sequence; forward, weight gradients, gradients of the inputs. */
static void count_stack(int T, int in, int H, int layers, double work[3])
{
	for (int layer = 0; layer < layers; layer++)
		for (int dir = 0; dir < 2; dir++)
			for (int t = 0; t < T; t++) {
				double input = times(4 * H, layer ? 2 * H : in);
				double recurrent = t > 0 ? times(4 * H, H) : 0;

				work[0] += input + recurrent;
				work[1] += input + recurrent;
				work[2] += (layer ? input : 0) + recurrent;
			}
}

/* Queries and keys of one utterance, width E. */
static void count_cross(int Lq, int Lk, int E, double work[3])
{
	double projections = Lq * times(E, E) * 2 + Lk * times(E, E) * 2;
	double pairs = 0;

	for (int q = 0; q < Lq; q++)
		pairs += 2 * times(Lk, E); /* scores and sums, all heads together */
	work[0] += projections + pairs;
	work[1] += projections;
	work[2] += projections + 2 * pairs;
}

static void count_utterance(const struct settings *s, int L, int T, double work[3])
{
	int H = s->model.hidden_size1, E = 2 * H, C = s->model.num_classes;
	double heads = times(s->model.head, (s->model.cross_attention ? 6 : 4) * E) +
		       times(C, s->model.head) + 2 * times(C, E);

	for (int i = 0; i < 2; i++) {
		count_stack(L, s->model.text_feat_dim, H, s->model.num_layers, work);
		count_stack(T, s->model.audio_feat_dim, H, s->model.num_layers, work);
	}
	if (s->model.cross_attention) {
		count_cross(L, T, E, work);
		count_cross(T, L, E, work);
	}
	for (int i = 0; i < 3; i++)
		work[i] += heads;
}

static void check(const struct settings *s, struct small *m, struct par *par)
{
	static const int utt[] = {0, 1, 2, 3, 4};
	bool reference = s->train.padding == PADDING_REFERENCE;
	double work[3] = {0}, phase[PHASES], sum = 0, heads;
	int words = 0, frames = 0;
	struct model model;
	struct batch b = {0};
	struct err e = {0};

	if (model_open(&model, s, par, &e) ||
	    batch_take(&b, &m->c, s, NULL, utt, 5, BATCH_TRAIN, &e))
		abort();
	for (int i = 0; i < 5; i++) {
		words = m->utt[i].words.rows > words ? m->utt[i].words.rows : words;
		frames = m->utt[i].frames.rows > frames ? m->utt[i].frames.rows : frames;
	}
	for (int i = 0; i < 5; i++)
		count_utterance(s, reference ? words : m->utt[i].words.rows,
				reference ? frames : m->utt[i].frames.rows, work);
	CHECK(work[0] > 0);
	CHECK_NEAR(flops_train(&model, &b), work[0] + work[1] + work[2], 0.5);
	flops_phases(&model, &b, phase);
	for (int i = 0; i < PHASES; i++)
		sum += phase[i];
	heads = times(s->model.head, model.encoder.z_width) +
		times(s->model.num_classes, s->model.head) +
		2 * times(s->model.num_classes, 2 * s->model.hidden_size1);
	CHECK_NEAR(sum + 5 * 3 * heads, flops_train(&model, &b), 0.5);
	batch_free(&b);
	model_close(&model);
}

TEST(equals_a_count_step_by_step)
{
	static const int sizes[] = {5, 1, 1};
	struct settings s = small_settings();
	struct small m;
	struct err e = {0};
	struct par *par = par_new(1, &e);

	small_make(&m, LAYOUT_LISTS, sizes, 7, 30, false);
	check(&s, &m, par);
	s.train.padding = PADDING_REFERENCE;
	check(&s, &m, par);
	s.model.cross_attention = false;
	s.model.num_layers = 1;
	check(&s, &m, par);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
