/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross attention's gradients over many rows: what a running float sum loses. */
#include "engine/model/cross.h"

#include "base/rng.h"
#include "engine/num/kern.h"
#include "test.h"

enum { ROWS = 42000, E = 8 }; /* as many frames as a long batch has */

static float *draw(struct rng *r, size_t n)
{
	float *x = malloc(n * sizeof *x);

	for (size_t i = 0; i < n; i++)
		x[i] = rng_uniform(r, 0.05, 0.15);
	return x;
}

/* The column sums of dy [ROWS, E], in double, against a bias gradient. */
static double off(const float *got, const float *dy)
{
	double worst = 0, most = 0;

	for (int j = 0; j < E; j++) {
		double sum = 0;

		for (int r = 0; r < ROWS; r++)
			sum += dy[(size_t)r * E + j];
		worst = fmax(worst, fabs(got[j] - sum));
		most = fmax(most, fabs(sum));
	}
	return worst / most;
}

TEST(bias_gradients_of_many_rows)
{
	struct params p = {0};
	struct cross c;
	struct cross_work w = {0};
	struct seqs s = {.rows = ROWS};
	struct rng r;
	struct err e = {0};
	float *x;

	rng_seed(&r, 8);
	cross_add(&c, &p, "cross_attn1", E, E, 2);
	REQUIRE(params_ready(&p, &e) == 0);
	x = draw(&r, (size_t)ROWS * E);
	w.dq = draw(&r, (size_t)ROWS * E);
	w.k = draw(&r, (size_t)ROWS * E);
	w.v = draw(&r, (size_t)ROWS * E);
	w.o = draw(&r, (size_t)ROWS * E);
	w.da = draw(&r, (size_t)ROWS * E);
	for (int i = 0; i < CROSS_PARTS; i++)
		w.panels[i] = aligned_alloc(64, kern_packed(512, E) * sizeof(float));
	for (int part = 0; part < CROSS_PARTS; part++)
		cross_weight_gradients(&c, &p, &w, &(struct cross_rows){&s, &s, x, x}, part, 0,
				       cross_columns(&c, part));
	CHECK(off(grad(&p, c.in_bias), w.dq) < 2e-6);
	CHECK(off(grad(&p, c.in_bias) + E, w.k) < 2e-6);
	CHECK(off(grad(&p, c.in_bias) + 2 * E, w.v) < 2e-6);
	CHECK(off(grad(&p, c.out_bias), w.da) < 2e-6);
	for (int i = 0; i < CROSS_PARTS; i++)
		free(w.panels[i]);
	free(x);
	free(w.dq);
	free(w.k);
	free(w.v);
	free(w.o);
	free(w.da);
	params_free(&p);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
