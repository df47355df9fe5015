/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern_code: the kernels of kern.h, compiled once for each kind of vector unit.
 *
 * A file that includes this defines KERN_SET, the table it makes, and is built
 * with the unit's flags (Makefile). Everything here is static, so the copies
 * do not meet.
 */
#include "engine/num/kern.h"
#include "engine/num/kern_product.h"
#include "engine/num/kern_vec.h"

/* n columns of a row's cells from column j on: a vector, or what is left of one. */
INLINE void columns_forward(int j, int n, int H, real *gates, const real *bias, const real *before,
			    real *cell, real *h)
{
	vec i = sigmoid_of(take(gates + j, n) + take(bias + j, n));
	vec f = sigmoid_of(take(gates + H + j, n) + take(bias + H + j, n));
	vec g = tanh_of(take(gates + 2 * H + j, n) + take(bias + 2 * H + j, n));
	vec o = sigmoid_of(take(gates + 3 * H + j, n) + take(bias + 3 * H + j, n));
	vec c = i * g;

	if (before)
		c += f * take(before + j, n);
	put(gates + j, i, n);
	put(gates + H + j, f, n);
	put(gates + 2 * H + j, g, n);
	put(gates + 3 * H + j, o, n);
	put(cell + j, c, n);
	put(h + j, o * tanh_of(c), n);
}

static void cells_forward(const struct lstm_cells *s, const real *bias, real *h)
{
	int H = s->H, whole = H / LANES * LANES;

	for (int r = 0; r < s->rows; r++, h += s->ld) {
		real *gates = s->gates + (size_t)r * s->ld_gates;
		real *cell = s->cell + (size_t)r * s->ld;
		const real *before = r < s->started ? s->before + (size_t)r * s->ld : NULL;

		for (int j = 0; j < whole; j += LANES)
			columns_forward(j, LANES, H, gates, bias, before, cell, h);
		if (whole < H)
			columns_forward(whole, H - whole, H, gates, bias, before, cell, h);
	}
}

INLINE void columns_backward(int j, int n, int H, real *gates, const real *before, const real *cell,
			     const real *dout, const real *dh_carried, real *dc)
{
	vec i = take(gates + j, n), f = take(gates + H + j, n), g = take(gates + 2 * H + j, n);
	vec o = take(gates + 3 * H + j, n), was = before ? take(before + j, n) : all(0);
	vec t = tanh_of(take(cell + j, n)), dh = take(dout + j, n) + take(dh_carried + j, n);
	vec d = take(dc + j, n) + dh * o * (1 - t * t);

	put(gates + j, d * g * i * (1 - i), n);
	put(gates + H + j, d * was * f * (1 - f), n);
	put(gates + 2 * H + j, d * i * (1 - g * g), n);
	put(gates + 3 * H + j, dh * t * o * (1 - o), n);
	put(dc + j, d * f, n);
}

static void cells_backward(const struct lstm_cells *s, const real *dout, const real *dh, real *dc)
{
	int H = s->H, whole = H / LANES * LANES;

	for (int r = 0; r < s->rows; r++, dout += s->ld, dh += H, dc += H) {
		real *gates = s->gates + (size_t)r * s->ld_gates;
		const real *cell = s->cell + (size_t)r * s->ld;
		const real *before = r < s->started ? s->before + (size_t)r * s->ld : NULL;

		for (int j = 0; j < whole; j += LANES)
			columns_backward(j, LANES, H, gates, before, cell, dout, dh, dc);
		if (whole < H)
			columns_backward(whole, H - whole, H, gates, before, cell, dout, dh, dc);
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
	FOLD(lane, LARGER);
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
	FOLD(sum, SUM);
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
