/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One utterance through a model, whole and ablated. */
#include "engine/train/probe.h"

#include "tests/engine/run.h"

enum { UTT = 4 };

static void answer(struct probe *p, int ablation, float out[HEADS][SMALL_CLASSES])
{
	if (probe_forward(p, UTT, ablation, &e))
		FAIL("%s", e.text);
	for (int h = 0; h < HEADS; h++)
		memcpy(out[h], model_logits(p->model, (enum head)h), sizeof out[h]);
}

static bool same(float a[HEADS][SMALL_CLASSES], float b[HEADS][SMALL_CLASSES], int h)
{
	return memcmp(a[h], b[h], sizeof a[h]) == 0;
}

/* As an evaluation of it alone; what was ablated before leaves nothing behind. */
TEST(a_probe_answers_as_an_evaluation)
{
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	float whole[HEADS][SMALL_CLASSES], now[HEADS][SMALL_CLASSES];
	static const int utt[] = {UTT};
	struct predictions said;
	struct trainer t;
	struct probe p;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.exp.normalize = NORMALIZE_TRAIN;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	p = (struct probe){.model = &t.model, .corpus = &m.c, .set = &s, .norm = &t.norm};
	REQUIRE(trainer_evaluate(&t, utt, 1, &said, &e) == 0);
	CHECK_INT(probe_ablations(&t.model), ABLATE_HEAD + 2);
	for (int a = probe_ablations(&t.model) - 1; a >= 0; a--) {
		answer(&p, ABLATE_NOTHING, whole);
		for (int h = 0; h < HEADS; h++)
			CHECK(memcmp(predictions_at(&said, 0, (enum head)h), whole[h],
				     sizeof whole[h]) == 0);
		CHECK(model_pool_weights(&t.model, &p.batch, ATT2, 0) != NULL);
		answer(&p, a, now);
		/* which of the three classifiers notice */
		CHECK(same(whole, now, HEAD_MAIN) == (a == ABLATE_NOTHING));
		CHECK(same(whole, now, HEAD_TEXT) == (a != ABLATE_TEXT));
		CHECK(same(whole, now, HEAD_AUDIO) == (a != ABLATE_AUDIO));
	}
	predictions_free(&said);
	probe_free(&p);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* An ablated modality is one whose features are 0. */
TEST(an_ablated_modality_is_zero)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	float ablated[HEADS][SMALL_CLASSES], zero[HEADS][SMALL_CLASSES];
	struct trainer t;
	struct probe p;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	p = (struct probe){.model = &t.model, .corpus = &m.c, .set = &s};
	for (int a = ABLATE_TEXT; a <= ABLATE_AUDIO; a++) {
		struct npy *x = a == ABLATE_TEXT ? &m.utt[UTT].words : &m.utt[UTT].frames, was = *x;
		float *none = calloc((size_t)was.rows * (size_t)was.cols, sizeof *none);

		answer(&p, a, ablated);
		x->values = none;
		answer(&p, ABLATE_NOTHING, zero);
		*x = was;
		free(none);
		for (int h = 0; h < HEADS; h++)
			CHECK(same(ablated, zero, h));
	}
	probe_free(&p);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Between two steps, with the weights of another time: they are given back, and the run
 * goes on as if nothing had been. */
TEST(other_weights_and_the_run_goes_on)
{
	static struct run whole, part;
	struct settings s = small_settings();
	struct par *par = par_new(2, &e);
	float now[HEADS][SMALL_CLASSES], kept[HEADS][SMALL_CLASSES], again[HEADS][SMALL_CLASSES];
	struct state before = {0};
	struct str how = {0};
	struct trainer t;
	struct probe p;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(whole_run(&whole, &s, 0, 2));
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	p = (struct probe){.model = &t.model, .corpus = &m.c, .set = &s};
	memset(&part, 0, sizeof part);
	REQUIRE(go(&t, &part, 6));
	REQUIRE(state_copy(&before, &t.state, &e) == 0);
	answer(&p, ABLATE_NOTHING, now);
	p.weights = t.state.array[ARRAY_KEPT];
	answer(&p, ABLATE_HEAD, kept);
	answer(&p, ABLATE_NOTHING, kept);
	CHECK(!same(now, kept, HEAD_MAIN));
	p.weights = NULL;
	answer(&p, ABLATE_NOTHING, again);
	CHECK(same(now, again, HEAD_MAIN));
	if (state_differ(&before, &t.state, &how))
		FAIL("changed: %s", how.s);
	REQUIRE(go(&t, &part, INT32_MAX));
	finish(&t, &part);
	check_same("probed", &whole, &part);
	state_free(&before);
	str_free(&how);
	run_free(&whole);
	run_free(&part);
	probe_free(&p);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
