/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BLAS against the naive twin. */
#include "engine/num/gemm.h"

#include "base/rng.h"
#include "test.h"

#include <stdint.h>

enum { ROOM = 1 << 14 };

static float a[ROOM], b[ROOM], c[ROOM], want[ROOM];
static struct rng rng;

static void draw(float *x)
{
	for (int i = 0; i < ROOM; i++)
		x[i] = rng_uniform(&rng, -1, 1);
}

static int below(int n)
{
	return (int)(rng_u32(&rng) % (uint32_t)n);
}

typedef void (*gemm_fn)(int, int, int, float, const float *, int, const float *, int, float,
			float *, int);

static const struct {
	const char *name;
	gemm_fn product;
	int ta, tb;
} kind[] = {{"nn", gemm_nn, 0, 0}, {"nt", gemm_nt, 0, 1}, {"tn", gemm_tn, 1, 0}};

/* Rows lie `gap` values further apart than they are wide. */
static void check(int m, int n, int k, float alpha, float beta, int gap)
{
	for (int i = 0; i < 3; i++) {
		int lda = (kind[i].ta ? m : k) + gap, ldb = (kind[i].tb ? k : n) + gap;
		int ldc = n + gap;

		draw(c);
		memcpy(want, c, sizeof c);
		kind[i].product(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
		gemm_naive(kind[i].ta, kind[i].tb, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc);
		for (int at = 0; at < ROOM; at++)
			if (!(fabs((double)c[at] - (double)want[at]) <= 1e-6 * (k + 4))) {
				FAIL("%s, m %d, n %d, k %d, alpha %g, beta %g, gap %d: [%d] is %g, "
				     "expected %g",
				     kind[i].name, m, n, k, (double)alpha, (double)beta, gap, at,
				     (double)c[at], (double)want[at]);
				break;
			}
	}
}

TEST(random_shapes)
{
	static const float betas[] = {0, 1, 0.5f, -2}, alphas[] = {1, 0.25f, -1};
	struct err e = {0};

	CHECK_INT(gemm_start(&e), 0);
	CHECK_INT(gemm_start(&e), 0);
	rng_seed(&rng, 1);
	draw(a);
	draw(b);
	for (int trial = 0; trial < 150; trial++)
		check(1 + below(40), 1 + below(40), 1 + below(60), alphas[below(3)],
		      betas[trial % 4], trial % 3 ? below(9) : 0);
}

TEST(one_row_and_one_column)
{
	rng_seed(&rng, 2);
	draw(a);
	draw(b);
	for (int beta = 0; beta < 2; beta++) {
		check(1, 32, 48, 1, (float)beta, 5);
		check(32, 1, 48, 1, (float)beta, 5);
		check(32, 48, 1, 1, (float)beta, 5);
		check(1, 1, 48, 1, (float)beta, 0);
		check(1, 1, 1, 1, (float)beta, 3);
	}
}

TEST(empty_sums_scale)
{
	rng_seed(&rng, 3);
	draw(a);
	draw(b);
	check(5, 7, 0, 1, 0, 2);
	check(5, 7, 0, 1, 1, 2);
	check(5, 7, 0, 1, 0.5f, 2);
	check(0, 7, 3, 1, 0.5f, 2);
	check(5, 0, 3, 1, 0.5f, 2);
}

/* Workspaces are not cleared, so what is only written may hold anything. */
TEST(beta_zero_overwrites_nan)
{
	rng_seed(&rng, 4);
	draw(a);
	draw(b);
	for (int k = 0; k <= 9; k += 3)
		for (int i = 0; i < 3; i++) {
			for (int at = 0; at < 35; at++)
				c[at] = want[at] = NAN;
			kind[i].product(5, 7, k, 1, a, 20, b, 20, 0, c, 7);
			gemm_naive(kind[i].ta, kind[i].tb, 5, 7, k, 1, a, 20, b, 20, 0, want, 7);
			for (int at = 0; at < 35; at++)
				CHECK_NEAR(c[at], want[at], 1e-5);
		}
}

TEST(nan_and_infinity_come_through)
{
	rng_seed(&rng, 5);
	for (int i = 0; i < 3; i++) {
		draw(a);
		draw(b);
		a[0] = NAN;
		kind[i].product(4, 4, 4, 1, a, 4, b, 4, 0, c, 4);
		CHECK(isnan(c[0]));
		a[0] = INFINITY;
		kind[i].product(4, 4, 4, 1, a, 4, b, 4, 0, c, 4);
		CHECK(isinf(c[0]));
	}
}

/* The same product gives the same bytes, wherever its operands lie. */
TEST(same_bytes_at_any_address)
{
	static float a2[ROOM + 16], b2[ROOM + 16], c2[ROOM + 16];

	rng_seed(&rng, 6);
	draw(a);
	draw(b);
	gemm_nt(33, 64, 48, 1, a, 48, b, 48, 0, c, 64);
	for (int shift = 1; shift < 16; shift += 3) {
		memcpy(a2 + shift, a, sizeof a);
		memcpy(b2 + shift, b, sizeof b);
		gemm_nt(33, 64, 48, 1, a2 + shift, 48, b2 + shift, 48, 0, c2 + shift, 64);
		CHECK(memcmp(c2 + shift, c, 33 * 64 * sizeof *c) == 0);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
