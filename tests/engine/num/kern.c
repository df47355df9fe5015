/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elementwise kernels against libm in double. */
#include "engine/num/kern.h"

#include "base/rng.h"
#include "engine/num/gemm.h"
#include "test.h"

#include <float.h>
#include <stdint.h>

/* Each set this processor runs is tried: main goes through them. */
static const struct kern *set;

#define kern_tanh       set->tanh
#define kern_softmax    set->softmax
#define kern_add        set->add
#define kern_axpy       set->axpy
#define kern_dot        set->dot
#define kern_pack       set->pack
#define kern_product    set->product
#define kern_product_tn set->product_tn

static float float_of(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

/* |got - want| in units of the last place of a float near `want`. */
static double ulps(float got, double want)
{
	int exponent;

	frexp(want, &exponent);
	return fabs((double)got - want) / ldexp(1, exponent - 24);
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* What the gates of a step are made with: its first, of no bias. */
static void kern_sigmoid(float *x, int n)
{
	enum { MOST = 128 };
	float gates[4 * MOST] = {0}, bias[4 * MOST] = {0}, cell[MOST], h[MOST];
	struct lstm_cells s = {
		.rows = 1, .H = n, .gates = gates, .ld_gates = 4 * n, .cell = cell, .ld = n};

	memcpy(gates, x, (size_t)n * sizeof *x);
	set->cells_forward(&s, bias, h);
	memcpy(x, gates, (size_t)n * sizeof *x);
}

static void tanh_one(float *x)
{
	kern_tanh(x, 1);
}

static void sigmoid_one(float *x)
{
	kern_sigmoid(x, 1);
}

/* exp has no name of its own: it is what a softmax of 0 and x is made of. */
static void softmax_one(float *x)
{
	float pair[2] = {0, *x};

	kern_softmax(pair, 2, 1);
	*x = pair[1];
}

/* Every 2053rd float (or 20011th) from -limit to limit, and all near the seams. */
static void sweep(const char *name, void (*kernel)(float *), double (*want)(double), float limit,
		  bool negative_only)
{
	double worst = 0, at = 0, lost = 0;
	uint32_t end;
	long n = 0;

	memcpy(&end, &limit, sizeof end);
	for (uint32_t bits = 0; bits <= end; bits += RACES ? 20011 : 2053)
		for (int sign = negative_only; sign < 2; sign++) {
			float x = sign ? -float_of(bits) : float_of(bits), y = x;
			double true_value = want((double)x), u;

			kernel(&y);
			n++;
			if (fabs(true_value) < 0x1p-125) {
				/* the header promises no more than this */
				lost = fmax(lost, fabs((double)y - true_value));
				if (!isfinite(y))
					lost = INFINITY;
				continue;
			}
			u = ulps(y, true_value);
			if (!(u <= worst)) {
				worst = u;
				at = (double)x;
			}
		}
	printf("# %s, %s: %ld floats, largest error %.3f ulp at %.9g\n", set->name, name, n, worst,
	       at);
	CHECK(n > (RACES ? 100000 : 1000000));
	if (!(worst <= 3))
		FAIL("%s is off by %g ulp at %.9g", name, worst, at);
	CHECK(lost <= 0x1p-125);
}

TEST(within_three_ulp)
{
	sweep("tanh", tanh_one, tanh, FLT_MAX, false);
	sweep("sigmoid", sigmoid_one, sigmoid, FLT_MAX, false);
	sweep("exp (in a softmax)", softmax_one, sigmoid, FLT_MAX, true);
}

TEST(vectors_equal_single_values)
{
	float x[67], t[67], s[67];
	struct rng r;

	rng_seed(&r, 1);
	for (int i = 0; i < 67; i++)
		x[i] = t[i] = s[i] = rng_uniform(&r, -12, 12);
	kern_tanh(t, 67);
	kern_sigmoid(s, 67);
	for (int i = 0; i < 67; i++) {
		float a = x[i], b = x[i];

		tanh_one(&a);
		sigmoid_one(&b);
		CHECK(memcmp(&a, &t[i], sizeof a) == 0);
		CHECK(memcmp(&b, &s[i], sizeof b) == 0);
	}
}

/* Whatever stands in its other bits; the sanitizer build sees overflows. */
TEST(nan_stays_nan)
{
	for (uint32_t low = 0; low < 512; low++)
		for (int sign = 0; sign < 2; sign++) {
			float x = float_of(0x7fc00000u | low | (uint32_t)sign << 31);
			float t = x, s = x, first[3] = {x, 1, 2}, last[3] = {1, 2, x};

			kern_tanh(&t, 1);
			kern_sigmoid(&s, 1);
			kern_softmax(first, 3, 1);
			kern_softmax(last, 3, 1);
			if (!isnan(t) || !isnan(s))
				FAIL("NaN with bits %x is lost", low);
			for (int i = 0; i < 3; i++)
				if (!isnan(first[i]) || !isnan(last[i]))
					FAIL("softmax loses a NaN with bits %x", low);
		}
}

TEST(infinity_saturates)
{
	static const float huge[] = {INFINITY, FLT_MAX, 1e30f, 1000, 104};

	for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
		float x[4] = {huge[i], -huge[i], huge[i], -huge[i]};

		kern_tanh(x, 2);
		kern_sigmoid(x + 2, 2);
		CHECK_NEAR(x[0], 1, 0);
		CHECK_NEAR(x[1], -1, 0);
		CHECK_NEAR(x[2], 1, 0);
		CHECK_NEAR(x[3], 0, 0x1p-126);
		CHECK(x[3] >= 0);
	}
}

TEST(softmax_of_left_out_entries)
{
	float some[6] = {-1e9f, 0.004f, -1e9f, -0.004f, 0, -1e9f};
	double a = exp((double)0.004f), b = exp(-(double)0.004f), sum = a + b + 1;

	kern_softmax(some, 6, 1);
	CHECK(some[0] == 0 && some[2] == 0 && some[5] == 0);
	CHECK_NEAR(some[1], a / sum, 1e-7);
	CHECK_NEAR(some[3], b / sum, 1e-7);
	CHECK_NEAR(some[4], 1 / sum, 1e-7);
	for (int n = 1; n <= 41; n += 8) {
		float all[41];

		for (int i = 0; i < n; i++)
			all[i] = -1e9f;
		kern_softmax(all, n, 1);
		for (int i = 0; i < n; i++)
			CHECK(all[i] == (float)(1.0 / n));
	}
}

TEST(softmax_of_long_rows)
{
	enum { N = 11753 };
	static float x[N];
	static double want[N];
	double sum = 0, got = 0, worst = 0;
	struct rng r;

	rng_seed(&r, 2);
	for (int i = 0; i < N; i++) {
		x[i] = rng_uniform(&r, -40, 40);
		want[i] = exp(0.5 * (double)x[i] - 20);
		sum += want[i];
	}
	kern_softmax(x, N, 0.5f);
	for (int i = 0; i < N; i++) {
		got += (double)x[i];
		worst = fmax(worst, fabs((double)x[i] * sum / want[i] - 1));
	}
	CHECK_NEAR(got, 1, 1e-6);
	/* exp's own error, and that of the difference before it: half an ulp of 40 */
	CHECK_NEAR(worst, 0, 4e-6);
}

static void draw(struct rng *r, float *x, int n, double scale)
{
	for (int i = 0; i < n; i++)
		x[i] = rng_uniform(r, -scale, scale);
}

enum { ROWS = 3, STARTED = 2, WIDEST = 40, GAP = 5 };

/* Rows of a step, with gaps between them that must stay as they are. */
struct rows {
	float gates[ROWS][4 * WIDEST + GAP], bias[4 * WIDEST];
	float before[ROWS][WIDEST + GAP], cell[ROWS][WIDEST + GAP], h[ROWS][WIDEST + GAP];
	float dout[ROWS][WIDEST + GAP], dh[ROWS * WIDEST], dc[ROWS * WIDEST];
};

static void try_cells(struct rng *r, int H)
{
	struct rows x, y;
	struct lstm_cells s = {ROWS,        STARTED,   H,           y.gates[0], 4 * WIDEST + GAP,
			       y.before[0], y.cell[0], WIDEST + GAP};

	draw(r, (float *)&x, sizeof x / sizeof(float), 1);
	draw(r, x.gates[0], ROWS * (4 * WIDEST + GAP), 4);
	y = x;
	set->cells_forward(&s, y.bias, y.h[0]);
	set->cells_backward(&s, y.dout[0], y.dh, y.dc);
	for (int k = 0; k < ROWS; k++)
		for (int j = 0; j < WIDEST + GAP; j++) {
			const float *in = x.gates[k], *b = x.bias;
			double i, f, g, o, was, cell, t, d, up;

			if (j >= H) {
				CHECK(y.cell[k][j] == x.cell[k][j] && y.h[k][j] == x.h[k][j]);
				continue;
			}
			i = sigmoid((double)in[j] + (double)b[j]);
			f = sigmoid((double)in[H + j] + (double)b[H + j]);
			g = tanh((double)in[2 * H + j] + (double)b[2 * H + j]);
			o = sigmoid((double)in[3 * H + j] + (double)b[3 * H + j]);
			was = k < STARTED ? (double)x.before[k][j] : 0;
			cell = i * g + f * was;
			t = tanh(cell);
			up = (double)x.dout[k][j] + (double)x.dh[k * H + j];
			d = (double)x.dc[k * H + j] + up * o * (1 - t * t);
			CHECK_NEAR(y.cell[k][j], cell, 1e-6);
			CHECK_NEAR(y.h[k][j], o * t, 1e-6);
			CHECK_NEAR(y.gates[k][j], d * g * i * (1 - i), 2e-6);
			CHECK_NEAR(y.gates[k][H + j], d * was * f * (1 - f), 2e-6);
			CHECK_NEAR(y.gates[k][2 * H + j], d * i * (1 - g * g), 2e-6);
			CHECK_NEAR(y.gates[k][3 * H + j], up * t * o * (1 - o), 2e-6);
			CHECK_NEAR(y.dc[k * H + j], d * f, 2e-6);
		}
	for (int k = 0; k < ROWS; k++)
		for (int j = 4 * H; j < 4 * WIDEST + GAP; j++)
			CHECK(y.gates[k][j] == x.gates[k][j]);
	for (int j = ROWS * H; j < ROWS * WIDEST; j++)
		CHECK(y.dc[j] == x.dc[j]);
}

/* Every width: whole vectors, parts of one, both. */
TEST(lstm_cells)
{
	struct rng r;

	rng_seed(&r, 3);
	for (int H = 1; H <= WIDEST; H++)
		try_cells(&r, H);
}

TEST(sums)
{
	float x[61], y[61], to[61];
	struct rng r;

	rng_seed(&r, 4);
	for (int n = 0; n <= 61; n++) {
		double dot = 0;

		draw(&r, x, 61, 1);
		draw(&r, y, 61, 1);
		for (int i = 0; i < n; i++)
			dot += (double)x[i] * (double)y[i];
		CHECK_NEAR(kern_dot(x, y, n), dot, 1e-5);
		memcpy(to, y, sizeof to);
		kern_add(to, x, n);
		for (int i = 0; i < 61; i++)
			CHECK(to[i] == (i < n ? y[i] + x[i] : y[i]));
		memcpy(to, y, sizeof to);
		kern_axpy(to, 0.75f, x, n);
		for (int i = 0; i < 61; i++)
			CHECK_NEAR(to[i], i < n ? (double)y[i] + 0.75 * (double)x[i] : (double)y[i],
				   1.2e-7);
	}
}

/* C += or = A B, in each way the operands may lie; A, B and C with gaps. */
enum way { PACKED, PACKED_TN, ONCE_NN, ONCE_NT, ONCE_TN, WAYS };

static void try_product(struct rng *r, int m, int n, int k)
{
	enum way way = (enum way)(rng_u32(r) % WAYS);
	bool tn = way == PACKED_TN || way == ONCE_TN;
	int nt = way <= PACKED_TN ? (int)(rng_u32(r) % 2) : way == ONCE_NT;
	int add = (int)(rng_u32(r) % 2), lda = (tn ? m : k) + 3, ldc = n + 5;
	int ldb = nt ? k + 1 : n + 1, na = (tn ? k : m) * lda;
	float *a = malloc((size_t)na * sizeof *a);
	float *b = malloc((size_t)((n + k) * ldb) * sizeof *b);
	float *c = malloc((size_t)(m * ldc) * sizeof *c);
	float *want = malloc((size_t)(m * ldc) * sizeof *want);
	float *panels = aligned_alloc(64, (kern_packed(k, n) * sizeof(float) + 63) / 64 * 64);

	draw(r, a, na, 1);
	draw(r, b, (n + k) * ldb, 1);
	draw(r, c, m * ldc, 1);
	memcpy(want, c, (size_t)(m * ldc) * sizeof *c);
	if (way <= PACKED_TN) {
		kern_pack(k, n, b, ldb, nt, panels);
		(tn ? kern_product_tn : kern_product)(m, n, k, a, lda, panels, add, c, ldc);
	} else {
		(tn   ? set->once_tn
		 : nt ? set->once_nt
		      : set->once_nn)(m, n, k, a, lda, b, ldb, add, c, ldc);
	}
	gemm_naive(tn, nt, m, n, k, 1, a, lda, b, ldb, (float)add, want, ldc);
	for (int i = 0; i < m * ldc; i++)
		if (!(fabsf(c[i] - want[i]) <= (k <= 96 ? 2e-5f : 2e-4f))) {
			FAIL("way %d, %d x %d x %d: value %d is %g, expected %g", way, m, n, k, i,
			     (double)c[i], (double)want[i]);
			break;
		}
	free(a);
	free(b);
	free(c);
	free(want);
	free(panels);
}

/* Rows of anywhere, some of them zeros, are packed as the matrix they make. */
TEST(packing_of_rows)
{
	enum { K = 800, N = 70 };
	static float b[K * N], want[K * 96], got[K * 96];
	const float *row[K];
	struct rng r;

	rng_seed(&r, 6);
	for (int n = 1; n <= N; n += 3) {
		draw(&r, b, K * N, 1);
		for (int p = 0; p < K; p++) {
			row[p] = rng_u32(&r) % 4 ? b + (size_t)p * N : NULL;
			if (!row[p])
				memset(b + (size_t)p * N, 0, N * sizeof *b);
		}
		set->pack(K, n, b, N, 0, want);
		set->pack_rows(K, n, row, got);
		CHECK(memcmp(got, want, (size_t)K * (size_t)n * sizeof *got) == 0);
	}
}

/* Rows from..from+rows-1 of a product, columns left..left+width-1, on their own. */
static void product_part(enum way way, int from, int rows, int left, int width, int k,
			 const float *a, int lda, const float *b, int ldb, float *c, int ldc)
{
	bool tn = way == PACKED_TN || way == ONCE_TN, nt = way == ONCE_NT;
	const float *x = a + (size_t)from * (tn ? 1 : lda), *y = b + (size_t)left * (nt ? ldb : 1);
	float *panels = aligned_alloc(64, kern_packed(k, width) * sizeof(float)), *to = c;

	to += (size_t)from * ldc + left;
	if (way <= PACKED_TN) {
		kern_pack(k, width, y, ldb, 0, panels);
		(tn ? kern_product_tn : kern_product)(rows, width, k, x, lda, panels, 1, to, ldc);
	} else {
		(tn   ? set->once_tn
		 : nt ? set->once_nt
		      : set->once_nn)(rows, width, k, x, lda, y, ldb, 1, to, ldc);
	}
	free(panels);
}

/* Threads share products out by rows and columns: no value may depend on those beside it. */
TEST(parts_of_products_have_the_same_bytes)
{
	enum { M = 61, N = 133, K = 780 };
	static const int deep[] = {3, 64, K};
	static float a[K * (M + N)], b[K * (M + N)], start[M * N], whole[M * N], part[M * N];
	struct rng r;

	rng_seed(&r, 12);
	draw(&r, a, K * (M + N), 1);
	draw(&r, b, K * (M + N), 1);
	draw(&r, start, M * N, 1);
	for (int trial = 0; trial < (RACES ? 5 : 25) * WAYS * 3; trial++) {
		enum way way = (enum way)(trial % WAYS);
		int k = deep[trial / WAYS % 3], lda = way == PACKED_TN || way == ONCE_TN ? M : K;
		int ldb = way == ONCE_NT ? K : N;

		memcpy(whole, start, sizeof start);
		memcpy(part, start, sizeof start);
		product_part(way, 0, M, 0, N, k, a, lda, b, ldb, whole, N);
		for (int from = 0, rows; from < M; from += rows) {
			rows = 1 + (int)(rng_u32(&r) % 30);
			rows = rows < M - from ? rows : M - from;
			for (int left = 0, width; left < N; left += width) {
				width = 32 * (1 + (int)(rng_u32(&r) % 3));
				width = width < N - left ? width : N - left;
				product_part(way, from, rows, left, width, k, a, lda, b, ldb, part,
					     N);
			}
		}
		if (memcmp(whole, part, sizeof whole) != 0)
			FAIL("way %d, k %d: parts differ from the whole", way, k);
	}
}

/* Shapes around the sizes of tiles, panels and their depth. */
TEST(products)
{
	static const int sizes[] = {1, 2, 5, 7, 8, 11, 12, 13, 17, 24, 33, 96},
			 deep[] = {767, 768, 769, 1000, 1537};
	struct rng r;

	rng_seed(&r, 3);
	for (int trial = 0; trial < (RACES ? 100 : 600); trial++)
		try_product(&r, sizes[rng_u32(&r) % 12], sizes[rng_u32(&r) % 12],
			    sizes[rng_u32(&r) % 12]);
	for (int trial = 0; trial < (RACES ? 10 : 80); trial++)
		try_product(&r, sizes[rng_u32(&r) % 12], sizes[rng_u32(&r) % 12],
			    deep[rng_u32(&r) % 5]);
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 0; (set = kern_set(i)); i++)
		failed |= TEST_MAIN(argc, argv);
	return failed;
}
