/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern_code: the kernels of kern.h, compiled once for each kind of vector unit.
 *
 * A file that includes this defines KERN_SET, the table it makes, and is built
 * with the unit's flags (Makefile). Everything here is static, so the copies
 * do not meet.
 */
#include "engine/kern.h"
#include "engine/kern_product.h"
#include "engine/kern_vec.h"

/* Some columns of a cell, n of a vector's lanes, from the pointers on. */
INLINE void columns_forward(int n, int H, real *gates, const real *bias, const real *before,
			    real *cell, real *h)
{
	vec i = sigmoid_of(take(gates, n) + take(bias, n));
	vec f = sigmoid_of(take(gates + H, n) + take(bias + H, n));
	vec g = tanh_of(take(gates + 2 * H, n) + take(bias + 2 * H, n));
	vec o = sigmoid_of(take(gates + 3 * H, n) + take(bias + 3 * H, n));
	vec c = i * g;

	if (before)
		c += f * take(before, n);
	put(gates, i, n);
	put(gates + H, f, n);
	put(gates + 2 * H, g, n);
	put(gates + 3 * H, o, n);
	put(cell, c, n);
	put(h, o * tanh_of(c), n);
}

static void cells_forward(const struct lstm_cells *s, const real *bias, real *h)
{
	for (int r = 0; r < s->rows; r++, h += s->ld) {
		real *gates = s->gates + (size_t)r * s->ld_gates;
		real *cell = s->cell + (size_t)r * s->ld;
		const real *before = r < s->started ? s->before + (size_t)r * s->ld : NULL;

		for (int j = 0; j < s->H; j += LANES) {
			const real *was = before ? before + j : NULL;

			if (s->H - j >= LANES)
				columns_forward(LANES, s->H, gates + j, bias + j, was, cell + j,
						h + j);
			else
				columns_forward(s->H - j, s->H, gates + j, bias + j, was, cell + j,
						h + j);
		}
	}
}

INLINE void columns_backward(int n, int H, real *gates, const real *before, const real *cell,
			     vec dh, real *dc)
{
	vec i = take(gates, n), f = take(gates + H, n), g = take(gates + 2 * H, n);
	vec o = take(gates + 3 * H, n), was = before ? take(before, n) : all(0);
	vec t = tanh_of(take(cell, n));
	vec d = take(dc, n) + dh * o * (1 - t * t);

	put(gates, d * g * i * (1 - i), n);
	put(gates + H, d * was * f * (1 - f), n);
	put(gates + 2 * H, d * i * (1 - g * g), n);
	put(gates + 3 * H, dh * t * o * (1 - o), n);
	put(dc, d * f, n);
}

static void cells_backward(const struct lstm_cells *s, const real *dout, const real *dh, real *dc)
{
	for (int r = 0; r < s->rows; r++, dout += s->ld, dh += s->H, dc += s->H) {
		real *gates = s->gates + (size_t)r * s->ld_gates;
		const real *cell = s->cell + (size_t)r * s->ld;
		const real *before = r < s->started ? s->before + (size_t)r * s->ld : NULL;

		for (int j = 0; j < s->H; j += LANES) {
			const real *was = before ? before + j : NULL;
			int n = s->H - j;

			if (n >= LANES)
				columns_backward(LANES, s->H, gates + j, was, cell + j,
						 take(dout + j, LANES) + take(dh + j, LANES),
						 dc + j);
			else
				columns_backward(n, s->H, gates + j, was, cell + j,
						 take(dout + j, n) + take(dh + j, n), dc + j);
		}
	}
}

static void tanh_all(real *x, int n)
{
	for (int i = 0; i < n; i += LANES)
		put(x + i, tanh_of(take(x + i, least(LANES, n - i))), least(LANES, n - i));
}

static void sigmoid_all(real *x, int n)
{
	for (int i = 0; i < n; i += LANES)
		put(x + i, sigmoid_of(take(x + i, least(LANES, n - i))), least(LANES, n - i));
}

static real largest(const real *x, int n)
{
	vec top = all(x[0]);
	real lane[LANES];

	for (int i = 0; i < n; i += LANES) {
		vec v = take_or(x + i, least(LANES, n - i), top);

		top = where_less(top, v, v, top);
	}
	put(lane, top, LANES);
	FOLD(lane, fold_largest);
	return lane[0];
}

static void softmax(real *x, int n, real scale)
{
	double sum[LANES] = {0};
	real top = scale * largest(x, n), share;

	for (int i = 0; i < n; i += LANES) {
		int m = least(LANES, n - i);
		vec e = exp_of(scale * take_or(x + i, m, all(-INFINITY)) - top);

		put(x + i, e, m);
		for (int j = 0; j < LANES; j++)
			sum[j] += e[j];
	}
	FOLD(sum, fold_sum_double);
	share = (real)(1 / sum[0]);
	for (int i = 0; i < n; i += LANES)
		put(x + i, share * take(x + i, least(LANES, n - i)), least(LANES, n - i));
}

static void add(real *restrict to, const real *restrict from, int n)
{
	for (int i = 0; i < n; i++)
		to[i] += from[i];
}

static void axpy(real *restrict to, real a, const real *restrict x, int n)
{
	for (int i = 0; i < n; i++)
		to[i] += a * x[i];
}

static real dot(const real *x, const real *y, int n)
{
	vec even = {0}, odd = {0};
	int i = 0;

	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		even += take(x + i, LANES) * take(y + i, LANES);
		odd += take(x + i + LANES, LANES) * take(y + i + LANES, LANES);
	}
	for (; i < n; i += LANES) {
		int m = least(LANES, n - i);

		even += take(x + i, m) * take(y + i, m);
	}
	return total(even + odd);
}

const struct kern_set KERN_SET = {
	.name = KERN_NAME,
	.cells_forward = cells_forward,
	.cells_backward = cells_backward,
	.tanh = tanh_all,
	.sigmoid = sigmoid_all,
	.softmax = softmax,
	.add = add,
	.axpy = axpy,
	.dot = dot,
	.pack = pack,
	.pack_rows = pack_rows,
	.product = product,
	.product_tn = product_tn,
	.once_nn = once_nn,
	.once_nt = once_nt,
	.once_tn = once_tn,
};
