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
	vec i = sigmoid_of(load(gates + j, n) + load(bias + j, n));
	vec f = sigmoid_of(load(gates + H + j, n) + load(bias + H + j, n));
	vec g = tanh_of(load(gates + 2 * H + j, n) + load(bias + 2 * H + j, n));
	vec o = sigmoid_of(load(gates + 3 * H + j, n) + load(bias + 3 * H + j, n));
	vec c = i * g;

	if (before)
		c += f * load(before + j, n);
	store(gates + j, i, n);
	store(gates + H + j, f, n);
	store(gates + 2 * H + j, g, n);
	store(gates + 3 * H + j, o, n);
	store(cell + j, c, n);
	store(h + j, o * tanh_of(c), n);
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
	vec i = load(gates + j, n), f = load(gates + H + j, n), g = load(gates + 2 * H + j, n);
	vec o = load(gates + 3 * H + j, n), was = before ? load(before + j, n) : all(0);
	vec t = tanh_of(load(cell + j, n)), dh = load(dout + j, n) + load(dh_carried + j, n);
	vec d = load(dc + j, n) + dh * o * (1 - t * t);

	store(gates + j, d * g * i * (1 - i), n);
	store(gates + H + j, d * was * f * (1 - f), n);
	store(gates + 2 * H + j, d * i * (1 - g * g), n);
	store(gates + 3 * H + j, dh * t * o * (1 - o), n);
	store(dc + j, d * f, n);
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
		store(x + i, tanh_of(load(x + i, min_int(LANES, n - i))), min_int(LANES, n - i));
}

static real largest(const real *x, int n)
{
	vec top = all(x[0]);
	real lane[LANES];

	for (int i = 0; i < n; i += LANES) {
		vec v = load_or(x + i, min_int(LANES, n - i), top);

		top = where_less(top, v, v, top);
	}
	store(lane, top, LANES);
	FOLD(lane, LARGER);
	return lane[0];
}

static void softmax(real *x, int n, real scale)
{
	double sum[LANES] = {0};
	real top = scale * largest(x, n), share;

	for (int i = 0; i < n; i += LANES) {
		int m = min_int(LANES, n - i);
		vec e = exp_of(scale * load_or(x + i, m, all(-INFINITY)) - top);

		store(x + i, e, m);
		for (int j = 0; j < LANES; j++)
			sum[j] += e[j];
	}
	FOLD(sum, SUM);
	share = (real)(1 / sum[0]);
	for (int i = 0; i < n; i += LANES)
		store(x + i, share * load(x + i, min_int(LANES, n - i)), min_int(LANES, n - i));
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
		even += load(x + i, LANES) * load(y + i, LANES);
		odd += load(x + i + LANES, LANES) * load(y + i + LANES, LANES);
	}
	for (; i < n; i += LANES) {
		int m = min_int(LANES, n - i);

		even += load(x + i, m) * load(y + i, m);
	}
	return total(even + odd);
}

const struct kern KERN_SET = {
	.name = KERN_NAME,
	.cells_forward = cells_forward,
	.cells_backward = cells_backward,
	.tanh = tanh_all,
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
