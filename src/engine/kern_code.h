/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern_code: the kernels of kern.h, compiled once for each kind of vector unit.
 *
 * A file that includes this defines KERN_SET, the table it makes, and is built
 * with the unit's flags (Makefile). Everything here is static, so the copies
 * do not meet.
 */
#include "engine/kern.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef REAL_DOUBLE

static inline real exp_of(real x)
{
	return exp(x);
}

static inline real tanh_of(real x)
{
	return tanh(x);
}

#else

/*
 * exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2; the polynomial for
 * exp(r) and the two-piece ln 2 are those of Cephes. Adding 1.5 * 2^23 rounds
 * to an integer and leaves it in the low bits, without a conversion that a NaN
 * could upset. Written without branches: each `?:` becomes a blend.
 */
static inline float exp_of(float x)
{
	const float magic = 0x1.8p23f;
	float given = x, t, n, r, p;
	uint32_t bits; /* unsigned: a NaN's bits may be any, and must not overflow */

	x = x > 88.0f ? 88.0f : x;
	x = x < -87.0f ? -87.0f : x;
	t = x * 1.44269504f + magic;
	memcpy(&bits, &t, sizeof bits);
	n = t - magic;
	r = x - n * 0.693359375f;
	r = r - n * -2.12194440e-4f;
	p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1.0f;
	bits = (bits << 23) + 0x3f800000; /* 2^n */
	memcpy(&t, &bits, sizeof t);
	return given < -87.0f ? 0.0f : p * t;
}

/* Near zero a polynomial, elsewhere 1 - 2 / (exp(2|x|) + 1), which would lose
 * the digits of small values. */
static inline float tanh_of(float x)
{
	float a = fabsf(x), s = x * x, small, large;

	small = -5.70498872745e-3f;
	small = small * s + 2.06390887954e-2f;
	small = small * s - 5.37397155531e-2f;
	small = small * s + 1.33314422036e-1f;
	small = small * s - 3.33332819422e-1f;
	small = small * s * x + x;
	large = copysignf(1.0f - 2.0f / (exp_of(2.0f * a) + 1.0f), x);
	return a > 0.625f ? large : small;
}

#endif

static inline real sigmoid_of(real x)
{
	return 1 / (1 + exp_of(-x));
}

static void cell_forward(int H, real *restrict gates, const real *restrict bias,
			 const real *restrict c_before, real *restrict c, real *restrict h)
{
	real *i = gates, *f = gates + H, *g = gates + 2 * H, *o = gates + 3 * H;

	for (int j = 0; j < 2 * H; j++)
		gates[j] = sigmoid_of(gates[j] + bias[j]);
	for (int j = 0; j < H; j++)
		g[j] = tanh_of(g[j] + bias[2 * H + j]);
	for (int j = 0; j < H; j++)
		o[j] = sigmoid_of(o[j] + bias[3 * H + j]);
	if (c_before)
		for (int j = 0; j < H; j++)
			c[j] = f[j] * c_before[j] + i[j] * g[j];
	else
		for (int j = 0; j < H; j++)
			c[j] = i[j] * g[j];
	for (int j = 0; j < H; j++)
		h[j] = o[j] * tanh_of(c[j]);
}

static void cell_backward(int H, real *restrict gates, const real *restrict c_before,
			  const real *restrict c, const real *restrict dh, real *restrict dc)
{
	real *restrict i = gates, *restrict f = gates + H, *restrict g = gates + 2 * H,
		       *restrict o = gates + 3 * H;

	for (int j = 0; j < H; j++) {
		real t = tanh_of(c[j]);
		real d = dc[j] + dh[j] * o[j] * (1 - t * t);
		real before = c_before ? c_before[j] : 0;
		real di = d * g[j] * i[j] * (1 - i[j]);
		real df = d * before * f[j] * (1 - f[j]);
		real dg = d * i[j] * (1 - g[j] * g[j]);

		dc[j] = d * f[j];
		o[j] = dh[j] * t * o[j] * (1 - o[j]);
		i[j] = di;
		f[j] = df;
		g[j] = dg;
	}
}

static void tanh_all(real *x, int n)
{
	for (int i = 0; i < n; i++)
		x[i] = tanh_of(x[i]);
}

static void sigmoid_all(real *x, int n)
{
	for (int i = 0; i < n; i++)
		x[i] = sigmoid_of(x[i]);
}

static void softmax(real *x, int n)
{
	real top = x[0], scale;
	double sum = 0;

	for (int i = 1; i < n; i++)
		top = x[i] > top ? x[i] : top;
	for (int i = 0; i < n; i++)
		x[i] = exp_of(x[i] - top);
	for (int i = 0; i < n; i++)
		sum += x[i];
	scale = (real)(1 / sum);
	for (int i = 0; i < n; i++)
		x[i] *= scale;
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
	real part[8] = {0}, sum = 0;
	int i = 0;

	/* Eight partial sums: the order is fixed, and a vector register holds them. */
	for (; i + 8 <= n; i += 8)
		for (int j = 0; j < 8; j++)
			part[j] += x[i + j] * y[i + j];
	for (; i < n; i++)
		sum += x[i] * y[i];
	for (int j = 0; j < 8; j++)
		sum += part[j];
	return sum;
}

/*
 * Products with a packed matrix: the large ones of training, and the recurrence
 * with its few rows. A panel is PANEL columns of B over some rows of B (its
 * depth, at most DEPTH), row after row; panels lie side by side, then those of
 * the next rows; the last beside one another is filled up with zeros. ROWS rows
 * of A stay in the first-level cache and ROWS x 2 vectors of sums in registers
 * while the panels of one depth stream past from the second level, asked for
 * AHEAD values early. The more rows, the fewer loads an operation needs, and the
 * deeper, the less often the sums go to memory.
 */
#if defined __AVX512F__
enum { LANES = 64 / sizeof(real), ROWS = 12 };
#elif defined __AVX2__
enum { LANES = 32 / sizeof(real), ROWS = 6 };
#else
enum { LANES = 16 / sizeof(real), ROWS = 4 };
#endif
enum { PANEL = 2 * LANES, DEPTH = 768, LINE = 64 / sizeof(real), AHEAD = 2048 / sizeof(real) };

typedef real vec __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real))));

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* How deep the panels of k rows are: even, so that none is shallow. */
static int depth(int k)
{
	int pieces = (k + DEPTH - 1) / DEPTH;

	return pieces > 1 ? (k + pieces - 1) / pieces : k;
}

static void pack(int k, int n, const real *b, int ldb, int transposed, real *panels)
{
	int step = depth(k);

	for (int top = 0; top < k; top += step)
		for (int from = 0; from < n; from += PANEL)
			for (int p = top; p < least(top + step, k); p++, panels += PANEL) {
				int width = least(PANEL, n - from);

				for (int j = 0; j < width; j++)
					panels[j] = transposed ? b[(size_t)(from + j) * ldb + p]
							       : b[(size_t)p * ldb + from + j];
				for (int j = width; j < PANEL; j++)
					panels[j] = 0;
			}
}

/* How A lies in memory: a(r, p) = a[r * down + p * right]. */
struct operand {
	const real *a;
	size_t down, right;
};

static inline __attribute__((always_inline)) void rows_by_panel(const int rows, int k, int width,
								struct operand o, const real *panel,
								int add, real *c, int ldc)
{
	vec sum[ROWS][2];

	for (int r = 0; r < rows; r++) {
		sum[r][0] = sum[r][1] = (vec){0};
		__builtin_prefetch(c + (size_t)r * ldc, 1);
		__builtin_prefetch(c + (size_t)r * ldc + LANES, 1);
	}
	for (int p = 0; p < k; p++, panel += PANEL) {
		for (int line = 0; line < PANEL; line += LINE)
			__builtin_prefetch(panel + AHEAD + line);
		vec b0 = *(const vec *)panel, b1 = *(const vec *)(panel + LANES);

		for (int r = 0; r < rows; r++) {
			real x = o.a[(size_t)r * o.down + (size_t)p * o.right];

			sum[r][0] += x * b0;
			sum[r][1] += x * b1;
		}
	}
	for (int r = 0; r < rows; r++) {
		real *to = c + (size_t)r * ldc;

		if (width == PANEL) {
			vec *v = (vec *)to, *w = (vec *)(to + LANES);

			*v = add ? *v + sum[r][0] : sum[r][0];
			*w = add ? *w + sum[r][1] : sum[r][1];
		} else {
			real last[PANEL];

			memcpy(last, sum[r], sizeof last);
			for (int j = 0; j < width; j++)
				to[j] = add ? to[j] + last[j] : last[j];
		}
	}
}

/* One panel; the rows left over at the end are done at once, not one by one. */
static void tile(int rows, int k, int width, struct operand o, const real *panel, int add, real *c,
		 int ldc)
{
	switch (rows) {
#define CASE(n)                                                    \
	case n:                                                    \
		rows_by_panel(n, k, width, o, panel, add, c, ldc); \
		break
		CASE(1);
		CASE(2);
		CASE(3);
		CASE(4);
#if defined __AVX2__
		CASE(5);
		CASE(6);
#endif
#if defined __AVX512F__
		CASE(7);
		CASE(8);
		CASE(9);
		CASE(10);
		CASE(11);
		CASE(12);
#endif
#undef CASE
	default:
		break;
	}
}

static void product(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		    real *c, int ldc)
{
	for (int top = 0, step = depth(k); top < k; top += step) {
		int deep = least(step, k - top), onto = add || top > 0;
		const real *panel = panels;

		for (int row = 0; row < m; row += ROWS) {
			const real *from = a + (size_t)row * lda + top;

			panel = panels;
			for (int col = 0; col < n; col += PANEL, panel += (size_t)deep * PANEL)
				tile(least(ROWS, m - row), deep, least(PANEL, n - col),
				     (struct operand){from, (size_t)lda, 1}, panel, onto,
				     c + (size_t)row * ldc + col, ldc);
		}
		panels = panel;
	}
}

/* ROWS columns of A as rows, so that a step down costs no new cache line. */
static void lay_strip(real *strip, int rows, int deep, const real *a, int lda)
{
	for (int p = 0; p < deep; p++, a += lda, strip += ROWS)
		if (rows == ROWS) /* a size the compiler knows */
			memcpy(strip, a, sizeof(real[ROWS]));
		else
			memcpy(strip, a, (size_t)rows * sizeof *a);
}

static void product_tn(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		       real *c, int ldc)
{
	real strip[DEPTH * ROWS];

	for (int top = 0, step = depth(k); top < k; top += step) {
		int deep = least(step, k - top), onto = add || top > 0;
		const real *panel = panels;

		for (int row = 0; row < m; row += ROWS) {
			lay_strip(strip, least(ROWS, m - row), deep, a + (size_t)top * lda + row,
				  lda);
			panel = panels;
			for (int col = 0; col < n; col += PANEL, panel += (size_t)deep * PANEL)
				tile(least(ROWS, m - row), deep, least(PANEL, n - col),
				     (struct operand){strip, 1, ROWS}, panel, onto,
				     c + (size_t)row * ldc + col, ldc);
		}
		panels = panel;
	}
}

const struct kern_set KERN_SET = {
	.name = KERN_NAME,
	.cell_forward = cell_forward,
	.cell_backward = cell_backward,
	.tanh = tanh_all,
	.sigmoid = sigmoid_all,
	.softmax = softmax,
	.add = add,
	.axpy = axpy,
	.dot = dot,
	.pack = pack,
	.product = product,
	.product_tn = product_tn,
};
