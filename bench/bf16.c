/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What bf16 would gain in training: `make bench-bf16`.
 *
 *	bf16 SHARE_IN SHARE_BACK [PAIRS]
 *		the input products of a strand, and their weights' gradients, at the published
 *		sizes: the program's float kernels in turn with the same tiles on bf16 pairs
 *		(vdpbf16ps, sums in float), what it takes to round and to pack included. SHARE_*:
 *		of a step, in percent, that these two take (`miust bench` prints it), from which
 *		what a whole step would gain follows.
 */
#include "bench/median.h"

#include "engine/num/kern.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined __x86_64__
#include <immintrin.h>

/* A strand of the published model: rows in hand, features, gates. */
enum { ROWS = 256, WIDTH = 768, GATES = 512, ROUNDS = 20, PAIRS_MOST = 99 };
enum { TILE = 12, PANEL = 32 };
#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

static float x[ROWS * WIDTH], weights[GATES * WIDTH], gates[ROWS * GATES];
static float out[ROWS * GATES], out16[ROWS * GATES], grad[GATES * WIDTH], grad16[GATES * WIDTH];
static float packed_w[GATES * WIDTH], packed_x[ROWS * WIDTH];
static uint32_t pairs_a[ROWS * WIDTH / 2], pairs_g[ROWS * GATES / 2];
static uint32_t panels_w[GATES * WIDTH / 2], panels_x[ROWS * WIDTH / 2];

/* Of this processor: others may be at work. */
static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* Rows of A, rounded: two values of a row are a pair. */
BF16 static void round_rows(int n, const float *a, uint32_t *pair)
{
	for (int i = 0; i < n; i += 32)
		_mm512_storeu_si512(pair + i / 2,
				    (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(a + i + 16),
								 _mm512_loadu_ps(a + i)));
}

/* Two rows beside each other, rounded: values of a column are a pair. */
BF16 static void pair_rows(int n, const float *a, const float *b, uint32_t *pair)
{
	for (int i = 0; i < n; i += 16) {
		__m512i low =
			_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(a + i)));
		__m512i high =
			_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(b + i)));

		_mm512_storeu_si512(pair + i, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
	}
}

/* B [k, n] in panels of pairs. */
static void pack_pairs(int k, int n, const float *b, uint32_t *panels)
{
	for (int from = 0; from < n; from += PANEL)
		for (int p = 0; p < k; p += 2, panels += PANEL)
			pair_rows(PANEL, b + (size_t)p * n + from, b + (size_t)(p + 1) * n + from,
				  panels);
}

#define UNROLL _Pragma("GCC unroll 12") /* so that the sums are registers */

/* C [m, n] = or += A . B over k / 2 pairs; a pair of A is a[r * down + p * right]. */
#define TILE_OF(rows)                                                                              \
	BF16 static void tile_##rows(int k, const uint32_t *a, size_t down, size_t right,          \
				     const uint32_t *b, int add, float *c, size_t ldc)             \
	{                                                                                          \
		__m512 sum[rows][2];                                                               \
                                                                                                   \
		UNROLL for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm512_setzero_ps(); \
		for (int p = 0; p < k / 2; p++, b += PANEL) {                                      \
			__m512bh y0 = (__m512bh)_mm512_loadu_si512(b);                             \
			__m512bh y1 = (__m512bh)_mm512_loadu_si512(b + 16);                        \
                                                                                                   \
			_mm_prefetch((const char *)(b + 512), _MM_HINT_T0);                        \
			_mm_prefetch((const char *)(b + 528), _MM_HINT_T0);                        \
			UNROLL for (int r = 0; r < rows; r++)                                      \
			{                                                                          \
				__m512bh v = (__m512bh)_mm512_set1_epi32(                          \
					(int)a[(size_t)r * down + (size_t)p * right]);             \
                                                                                                   \
				sum[r][0] = _mm512_dpbf16_ps(sum[r][0], v, y0);                    \
				sum[r][1] = _mm512_dpbf16_ps(sum[r][1], v, y1);                    \
			}                                                                          \
		}                                                                                  \
		UNROLL for (int r = 0; r < rows; r++) for (int v = 0; v < 2; v++)                  \
		{                                                                                  \
			float *to = c + (size_t)r * ldc + 16 * v;                                  \
                                                                                                   \
			_mm512_storeu_ps(to, add ? _mm512_add_ps(_mm512_loadu_ps(to), sum[r][v])   \
						 : sum[r][v]);                                     \
		}                                                                                  \
	}
TILE_OF(12)
TILE_OF(8)
TILE_OF(4)

static void product(int m, int n, int k, const uint32_t *a, size_t down, size_t right,
		    const uint32_t *panels, int add, float *c)
{
	for (int top = 0; top < m;) {
		int rows = m - top >= 12 ? 12 : m - top >= 8 ? 8 : 4;

		for (int from = 0; from < n; from += PANEL)
			(rows == 12  ? tile_12
			 : rows == 8 ? tile_8
				     : tile_4)(k, a + (size_t)top * down, down, right,
					       panels + (size_t)from * (size_t)(k / 2), add,
					       c + (size_t)top * (size_t)n + from, (size_t)n);
		top += rows;
	}
}

/* Seconds of a product; rounding what changes with each batch counts, the weights do not. */
static double input_float(const struct kern *k)
{
	double began = seconds();

	for (int i = 0; i < ROUNDS; i++)
		k->product(ROWS, GATES, WIDTH, x, WIDTH, packed_w, 0, out, GATES);
	return seconds() - began;
}

static double input_bf16(void)
{
	double began = seconds();

	for (int i = 0; i < ROUNDS; i++) {
		round_rows(ROWS * WIDTH, x, pairs_a);
		product(ROWS, GATES, WIDTH, pairs_a, WIDTH / 2, 1, panels_w, 0, out16);
	}
	return seconds() - began;
}

static double gradient_float(const struct kern *k)
{
	double began = seconds();

	for (int i = 0; i < ROUNDS; i++) {
		k->pack(ROWS, WIDTH, x, WIDTH, 0, packed_x);
		k->product_tn(GATES, WIDTH, ROWS, gates, GATES, packed_x, i > 0, grad, WIDTH);
	}
	return seconds() - began;
}

static double gradient_bf16(void)
{
	double began = seconds();

	for (int i = 0; i < ROUNDS; i++) {
		pack_pairs(ROWS, WIDTH, x, panels_x);
		for (int r = 0; r < ROWS; r += 2)
			pair_rows(GATES, gates + r * GATES, gates + (r + 1) * GATES,
				  pairs_g + r / 2 * GATES);
		product(GATES, WIDTH, ROWS, pairs_g, 1, GATES, panels_x, i > 0, grad16);
	}
	return seconds() - began;
}

/* Largest difference, of the largest value. */
static double apart(const float *a, const float *b, int n)
{
	double most = 0, scale = 0;

	for (int i = 0; i < n; i++) {
		double d = a[i] > b[i] ? (double)a[i] - b[i] : (double)b[i] - a[i];

		most = d > most ? d : most;
		scale = a[i] > scale ? a[i] : scale;
	}
	return most / scale;
}

static void fill(float *to, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = (float)rand() / (float)RAND_MAX - 0.5F;
}

int main(int argc, char **argv)
{
	const struct kern *k = kern_best();
	double in[PAIRS_MOST], back[PAIRS_MOST], gain_in, gain_back, share_in, share_back, left;
	int pairs = argc > 3 ? atoi(argv[3]) : 21;

	if (argc < 3 || pairs < 1 || pairs > PAIRS_MOST) {
		fprintf(stderr, "usage: bf16 SHARE_IN SHARE_BACK [PAIRS]\n");
		return 2;
	}
	if (!__builtin_cpu_supports("avx512bf16")) {
		printf("this processor has no AVX512_BF16: nothing to measure\n");
		return 0;
	}
	fill(x, ROWS * WIDTH);
	fill(weights, GATES * WIDTH);
	fill(gates, ROWS * GATES);
	k->pack(WIDTH, GATES, weights, GATES, 0, packed_w);
	pack_pairs(WIDTH, GATES, weights, panels_w);
	for (int i = 0; i < pairs; i++) {
		double a = input_float(k), b = input_bf16();

		in[i] = a / b;
		a = gradient_float(k), b = gradient_bf16();
		back[i] = a / b;
	}
	gain_in = median(in, pairs), gain_back = median(back, pairs);
	share_in = atof(argv[1]) / 100, share_back = atof(argv[2]) / 100;
	left = 1 - share_in * (1 - 1 / gain_in) - share_back * (1 - 1 / gain_back);
	printf("input product [%d, %d] . [%d, %d]: %.2f times as fast, apart %.1e\n", ROWS, WIDTH,
	       WIDTH, GATES, gain_in, apart(out, out16, ROWS * GATES));
	printf("its weights' gradient:               %.2f times as fast, apart %.1e\n", gain_back,
	       apart(grad, grad16, GATES * WIDTH));
	printf("a step of which they are %s %% and %s %%: %.2f times as fast\n", argv[1], argv[2],
	       1 / left);
	return 0;
}
#else
int main(void)
{
	printf("this processor has no AVX512_BF16: nothing to measure\n");
	return 0;
}
#endif
