/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check: numerical gradients, in double.
 *
 * Central differences along random directions and single entries, compared
 * with the analytic gradient: relative error below 1e-6. A gradient that is
 * all zero fails, unless the test says that it truly vanishes.
 */
#ifndef MIUST_CHECK_H
#define MIUST_CHECK_H

#include "base/rng.h"
#include "engine/data/batch.h"
#include "test.h"

#ifndef REAL_DOUBLE
#error "gradient checks run in double"
#endif

typedef double (*loss_fn)(void *ctx);

static struct rng check_rng;

static inline double draw(double scale)
{
	return scale * (2 * (double)rng_u32(&check_rng) / 4294967295.0 - 1);
}

static inline void draw_all(double *x, size_t n, double scale)
{
	for (size_t i = 0; i < n; i++)
		x[i] = draw(scale);
}

/* d loss / d (x . direction), numerically: the five-point rule, whose error of
 * order step^4 allows a step wide enough that rounding stays below 1e-13. */
static inline double slope(loss_fn loss, void *ctx, double *x, const double *direction, size_t n)
{
	static const double at[] = {-2, -1, 1, 2}, factor[] = {1, -8, 8, -1};
	const double step = 1e-3;
	double *kept = malloc(n * sizeof *kept), sum = 0;

	memcpy(kept, x, n * sizeof *x);
	for (int k = 0; k < 4; k++) {
		for (size_t i = 0; i < n; i++)
			x[i] = kept[i] + at[k] * step * direction[i];
		sum += factor[k] * loss(ctx);
	}
	memcpy(x, kept, n * sizeof *x);
	free(kept);
	return sum / (12 * step);
}

/* Compare g with the numerical gradient of loss(ctx) with respect to x. */
static inline void check_gradient(const char *what, loss_fn loss, void *ctx, double *x,
				  const double *g, size_t n, bool vanishes)
{
	double *direction = calloc(n, sizeof *direction), size = 0;
	double spread = 1 / sqrt((double)n); /* a direction's length is about 1 */

	for (size_t i = 0; i < n; i++)
		size += g[i] * g[i];
	size = sqrt(size);
	if (vanishes && !(size <= 1e-12))
		FAIL("%s: the gradient should vanish, its norm is %g", what, size);
	if (!vanishes && !(size > 1e-9))
		FAIL("%s: the gradient is all but zero (norm %g): nothing would be proved", what,
		     size);
	for (int trial = 0; trial < 6; trial++) {
		double want = 0, got, tol;

		memset(direction, 0, n * sizeof *direction);
		if (trial < 3)
			draw_all(direction, n, spread);
		else
			direction[rng_u32(&check_rng) % n] = 1;
		for (size_t i = 0; i < n; i++)
			want += g[i] * direction[i];
		got = slope(loss, ctx, x, direction, n);
		/* one direction's slope may be tiny by chance: relative to the gradient */
		tol = 1e-6 * size + 1e-12;
		if (!(fabs(got - want) <= tol))
			FAIL("%s: trial %d: analytic %.12g, numerical %.12g", what, trial, want,
			     got);
	}
	free(direction);
}

/* Random sequences of the given lengths; every fifth flat row (but no first
 * one) is left out of the pooling if `holes`. */
static inline void random_seqs(struct seqs *s, struct arena *a, int n, const int *len, int dim,
			       bool holes)
{
	struct err e = {0};

	arena_measure(a);
	seqs_layout(s, a, n, len, dim);
	if (arena_ready(a, "test", &e))
		abort();
	seqs_layout(s, a, n, len, dim);
	draw_all(s->x, (size_t)s->rows * (size_t)dim, 1);
	for (int i = 0; i < n; i++)
		for (int t = 0; t < len[i]; t++)
			s->out[s->first[i] + t] = holes && t > 0 && t % 5 == 4;
}

#endif
