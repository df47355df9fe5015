/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include "test.h"

/* The authors' reference outputs for the seed 5489. */
TEST(reference_outputs)
{
	static const uint32_t first[] = {3499211612u, 581869302u, 3890346734u, 3586334585u,
					 545404204u};
	struct rng r;
	uint32_t last = 0;

	rng_seed(&r, 5489);
	for (int i = 0; i < 5; i++)
		CHECK_INT(rng_u32(&r), first[i]);
	for (int i = 5; i < 10000; i++)
		last = rng_u32(&r);
	CHECK_INT(last, 4123659995u);
}

TEST(low_bits_of_the_seed_count)
{
	struct rng a, b;

	rng_seed(&a, 53);
	rng_seed(&b, 53 + (UINT64_C(7) << 32));
	CHECK(memcmp(&a, &b, sizeof a) == 0);
	rng_seed(&b, 54);
	CHECK(rng_u32(&a) != rng_u32(&b));
}

TEST(first_output_is_high)
{
	struct rng r;

	rng_seed(&r, 5489);
	CHECK(rng_u64(&r) == (UINT64_C(3499211612) << 32 | 581869302u));
}

TEST(uniform)
{
	struct rng a, b;
	double bound = 0.08838834764831845, sum = 0; /* 1 / sqrt(128) */

	rng_seed(&a, 53);
	rng_seed(&b, 53);
	for (int i = 0; i < 20000; i++) {
		float got = rng_uniform(&a, -bound, bound), lo = (float)-bound, hi = (float)bound;
		float want = fmaf((float)(rng_u32(&b) & 0xffffff) * 0x1p-24f, hi - lo, lo);

		CHECK(memcmp(&got, &want, sizeof got) == 0);
		CHECK(got >= lo && got <= hi);
		sum += (double)got;
	}
	CHECK_NEAR(sum / 20000, 0, 0.002);    /* 5 standard deviations */
	CHECK(memcmp(&a, &b, sizeof a) == 0); /* one output each */
}

TEST(skip_equals_drawing)
{
	static const int counts[] = {0, 1, 5, 618, 623, 624, 625, 1247, 1248, 1249, 5000};

	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
		for (int before = 0; before < 3; before++) {
			struct rng a, b;

			rng_seed(&a, 9);
			for (int i = 0; i < before * 312; i++)
				rng_u32(&a);
			b = a;
			rng_skip(&a, (uint64_t)counts[k]);
			for (int i = 0; i < counts[k]; i++)
				rng_u32(&b);
			for (int i = 0; i < 700; i++)
				CHECK_INT(rng_u32(&a), rng_u32(&b));
		}
}

/* The model specification's words: swap(order[i], order[i + r32 mod (n - i)]). */
TEST(order)
{
	for (int n = 0; n <= 40; n++) {
		int order[40], want[40];
		bool seen[40] = {false};
		struct rng a, b;

		rng_seed(&a, (uint64_t)n + 7);
		b = a;
		for (int i = 0; i < n; i++)
			want[i] = i;
		for (int i = 0; i <= n - 2; i++) {
			int j = i + (int)(rng_u32(&b) % (uint32_t)(n - i)), t = want[i];

			want[i] = want[j];
			want[j] = t;
		}
		rng_order(&a, order, n);
		for (int i = 0; i < n; i++) {
			CHECK_INT(order[i], want[i]);
			CHECK(!seen[order[i]]);
			seen[order[i]] = true;
		}
		CHECK_INT(rng_u32(&a), rng_u32(&b));
	}
}

TEST(own_generators_differ)
{
	static const struct {
		uint64_t seed;
		int fold;
		const char *purpose;
	} own[] = {{53, 1, "holdout"},
		   {53, 2, "holdout"},
		   {54, 1, "holdout"},
		   {53, 1, "bootstrap"},
		   {53 + (UINT64_C(1) << 40), 1, "holdout"}};
	uint32_t first[5];

	for (int i = 0; i < 5; i++) {
		struct rng a, b;

		rng_seed_own(&a, own[i].seed, own[i].fold, own[i].purpose);
		rng_seed_own(&b, own[i].seed, own[i].fold, own[i].purpose);
		first[i] = rng_u32(&a);
		CHECK_INT(rng_u32(&b), first[i]);
		for (int j = 0; j < i; j++)
			CHECK(first[i] != first[j]);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
