/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/params.h"

#include "engine/model/model.h"
#include "tests/engine/small.h"

static void make(struct params *p)
{
	struct err e = {0};

	memset(p, 0, sizeof *p);
	CHECK_INT(params_add(p, "one.weight", 5, 3, INIT_UNIFORM, 0.25), 0);
	CHECK_INT(params_add(p, "one.bias", 5, 0, INIT_DISCARD, 0), 1);
	CHECK_INT(params_add(p, "omega", 4, 4, INIT_CONSTANT, 0.001), 2);
	CHECK_INT(params_add(p, "two.weight", 1, 17, INIT_UNIFORM, 2), 3);
	if (params_ready(p, &e))
		abort();
}

TEST(table)
{
	struct params p;

	make(&p);
	CHECK_INT(p.n, 4);
	CHECK_INT((long long)p.weights, 15 + 5 + 16 + 17);
	CHECK_INT((long long)p.draws, 15 + 5 + 17);
	CHECK_INT((long long)p.total, 16 + 16 + 16 + 32);
	CHECK_INT(p.tensor[1].dims, 1);
	CHECK_INT(p.tensor[3].dims, 2);
	for (int i = 0; i < p.n; i++) {
		CHECK_INT((long long)(p.tensor[i].at % 16), 0);
		CHECK(weight(&p, i) == p.w + p.tensor[i].at);
		CHECK(grad(&p, i) == p.g + p.tensor[i].at);
	}
	for (size_t i = 0; i < p.total; i++)
		CHECK(p.w[i] == 0 && p.g[i] == 0);
	CHECK_INT(params_find(&p, "omega"), 2);
	CHECK_INT(params_find(&p, "omeg"), -1);
	params_free(&p);
}

TEST(draws_in_order)
{
	struct params p;
	struct rng r, by_hand;

	make(&p);
	rng_seed(&r, 3);
	by_hand = r;
	params_init(&p, &r);
	for (int j = 0; j < 15; j++)
		CHECK(weight(&p, 0)[j] == rng_uniform(&by_hand, -0.25, 0.25));
	for (int j = 0; j < 5; j++) {
		CHECK(weight(&p, 1)[j] == 0);
		rng_u32(&by_hand);
	}
	for (int j = 0; j < 16; j++)
		CHECK(weight(&p, 2)[j] == 0.001f);
	for (int j = 0; j < 17; j++)
		CHECK(weight(&p, 3)[j] == rng_uniform(&by_hand, -2, 2));
	CHECK_INT(rng_u32(&r), rng_u32(&by_hand));
	params_free(&p);
}

/* A fold alone skips what earlier folds drew: the count must be what is taken. */
TEST(draws_counted_equal_draws_taken)
{
	for (int variant = 0; variant < 4; variant++) {
		struct settings s = small_settings();
		struct model m;
		struct err e = {0};
		struct rng drawn, skipped;

		s.model.num_layers = 1 + variant;
		s.model.cross_attention = variant != 1;
		if (variant == 2)
			s.model.hidden_size2 = 6;
		REQUIRE(model_open(&m, &s, NULL, &e) == 0);
		rng_seed(&drawn, 9);
		skipped = drawn;
		params_init(&m.params, &drawn);
		rng_skip(&skipped, m.params.draws);
		for (int i = 0; i < 700; i++)
			CHECK_INT(rng_u32(&drawn), rng_u32(&skipped));
		model_close(&m);
	}
}

/* The published sizes (model specification, "Forward"). */
TEST(published_counts)
{
	static const struct {
		int classes, head;
		long long weights;
	} published[] = {{4, 64, 5892452}, {7, 128, 5993005}};

	for (int i = 0; i < 2; i++) {
		struct settings s = small_settings();
		struct model m;
		struct err e = {0};

		s.model.text_feat_dim = s.model.audio_feat_dim = 768;
		s.model.hidden_size1 = s.model.hidden_size2 = 128;
		s.model.attention_size = 4;
		s.model.num_classes = published[i].classes;
		s.model.head = published[i].head;
		REQUIRE(model_open(&m, &s, NULL, &e) == 0);
		CHECK_INT((long long)m.params.weights, published[i].weights);
		model_close(&m);
	}
}

static int save(const struct params *p, const char *prefix, const char *path)
{
	struct st_writer *w = st_new();
	struct err e = {0};

	params_put(p, p->w, prefix, w);
	return st_write(w, path, &e);
}

TEST(prefixes_keep_arrays_apart)
{
	struct params p;
	struct st_file f;
	struct err e = {0};
	struct rng r;
	float *got;

	make(&p);
	rng_seed(&r, 4);
	params_init(&p, &r);
	REQUIRE(save(&p, "best/", temp_path("best.safetensors")) == 0);
	REQUIRE(st_open(&f, temp_path("best.safetensors"), &e) == 0);
	got = calloc(p.total, sizeof *got);
	CHECK_INT(params_get(&p, got, "", &f, &e), -1);
	CHECK_HAS(e.text, "one.weight is missing");
	for (size_t i = 0; i < p.total; i++)
		CHECK(got[i] == 0);
	err_clear(&e);
	CHECK_INT(params_get(&p, got, "best/", &f, &e), 0);
	CHECK(memcmp(got, p.w, p.total * sizeof *got) == 0);
	st_close(&f);
	free(got);
	params_free(&p);
}

/* All is checked before anything is changed. */
TEST(a_tensor_without_a_place_is_refused)
{
	struct params p, less = {0};
	struct st_file f;
	struct err e = {0};

	make(&p);
	params_add(&less, "one.weight", 5, 3, INIT_UNIFORM, 1);
	REQUIRE(params_ready(&less, &e) == 0);
	p.w[0] = 7;
	REQUIRE(save(&p, "", temp_path("all.safetensors")) == 0);
	REQUIRE(st_open(&f, temp_path("all.safetensors"), &e) == 0);
	CHECK_INT(params_get(&less, less.w, "", &f, &e), -1);
	CHECK_HAS(e.text, "is not part of this model");
	CHECK(less.w[0] == 0);
	st_close(&f);
	params_free(&less);
	params_free(&p);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
