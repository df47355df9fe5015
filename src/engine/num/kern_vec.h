/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern_vec: one vector of the unit a kernel file is built for, and exp, sigmoid
 * and tanh of it.
 *
 * Arithmetic is the compiler's own (GCC's vector extension, which clang has
 * too), so any unit will do. What the extension has no word for is a function
 * here, with the unit's instruction where that is much shorter. For kern_code.h
 * alone: everything is static.
 */
#ifndef MIUST_KERN_VEC_H
#define MIUST_KERN_VEC_H

#include "base/util.h"
#include "engine/num/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined __AVX2__ && !defined REAL_DOUBLE
#include <immintrin.h>
#endif

#if defined __AVX512F__
enum { LANES = 64 / sizeof(real) };
#elif defined __AVX2__
enum { LANES = 32 / sizeof(real) };
#else
enum { LANES = 16 / sizeof(real) };
#endif

#ifdef REAL_DOUBLE
typedef uint64_t word;
#else
typedef uint32_t word; /* unsigned: sums of a NaN's bits may wrap */
#endif
typedef real vec __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real))));
typedef word bits __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real))));

#define INLINE static inline __attribute__((always_inline))

#if defined __AVX512F__ && !defined REAL_DOUBLE
#define MASKS /* loads, stores and choices by a bit for each lane */
INLINE __mmask16 first_lanes(int n)
{
	return (__mmask16)((1u << n) - 1);
}
#endif

INLINE vec all(real x)
{
	return x - (vec){0};
}

/* The first n lanes, for which alone memory is read; the others as in `rest`. */
INLINE vec load_or(const real *x, int n, vec rest)
{
	if (n == LANES)
		return *(const vec *)x;
#ifdef MASKS
	return (vec)_mm512_mask_loadu_ps((__m512)rest, first_lanes(n), x);
#else
	for (int i = 0; i < n; i++)
		rest[i] = x[i];
	return rest;
#endif
}

INLINE vec load(const real *x, int n)
{
	return load_or(x, n, all(0));
}

INLINE void store(real *x, vec v, int n)
{
	if (n == LANES) {
		*(vec *)x = v;
		return;
	}
#ifdef MASKS
	_mm512_mask_storeu_ps(x, first_lanes(n), (__m512)v);
#else
	for (int i = 0; i < n; i++)
		x[i] = v[i];
#endif
}

/* a < b ? x : y, lane by lane; y where a or b is NaN. */
INLINE vec where_less(vec a, vec b, vec x, vec y)
{
#ifdef MASKS
	return (vec)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ),
					 (__m512)y, (__m512)x);
#else
	bits m = (bits)(a < b);

	return (vec)((m & (bits)x) | (~m & (bits)y));
#endif
}

/* x between the two; NaN stays NaN. */
INLINE vec limited(vec x, real low, real high)
{
#ifdef MASKS
	return (vec)_mm512_max_ps(_mm512_set1_ps(low),
				  _mm512_min_ps(_mm512_set1_ps(high), (__m512)x));
#elif defined __AVX2__ && !defined REAL_DOUBLE
	return (vec)_mm256_max_ps(_mm256_set1_ps(low),
				  _mm256_min_ps(_mm256_set1_ps(high), (__m256)x));
#else
	x = where_less(all(high), x, all(high), x);
	return where_less(x, all(low), all(low), x);
#endif
}

/* All of x[LANES] into x[0], always in the same order: halves onto halves, of
 * sizes the compiler knows. */
#define FOLD(x, op)                      \
	do {                             \
		if (LANES > 8)           \
			HALVE(x, 8, op); \
		if (LANES > 4)           \
			HALVE(x, 4, op); \
		if (LANES > 2)           \
			HALVE(x, 2, op); \
		HALVE(x, 1, op);         \
	} while (0)
#define HALVE(x, n, op)               \
	for (int k = 0; k < (n); k++) \
	(x)[k] = op((x)[k], (x)[k + (n)])
#define SUM(a, b)    ((a) + (b))
#define LARGER(a, b) ((a) < (b) ? (b) : (a))

INLINE real total(vec v)
{
	real x[LANES];

	store(x, v, LANES);
	FOLD(x, SUM);
	return x[0];
}

/* 1 / x, x from 1 to 2^127. */
INLINE vec inverse(vec x)
{
#ifdef MASKS
	/* Of a division, 14 bits come fast; a step of Newton's doubles them. */
	vec r = (vec)_mm512_rcp14_ps((__m512)x);

	return r + r * (1 - x * r);
#else
	return 1 / x;
#endif
}

static const word SIGN = (word)1 << (8 * sizeof(word) - 1);

#ifdef REAL_DOUBLE

INLINE vec exp_of(vec x)
{
	for (int i = 0; i < LANES; i++)
		x[i] = exp(x[i]);
	return x;
}

INLINE vec sigmoid_of(vec x)
{
	return 1 / (1 + exp_of(-x));
}

INLINE vec tanh_of(vec x)
{
	for (int i = 0; i < LANES; i++)
		x[i] = tanh(x[i]);
	return x;
}

#else

/*
 * exp(x) of x limited to -87..88, where it is a normal number: 2^n exp(r), n = round(x / ln 2), |r|
 * <= ln 2 / 2; the polynomial for exp(r) and the two-piece ln 2 are those of Cephes. Adding 1.5 *
 * 2^23 rounds to an integer and leaves it in the low bits, without a conversion that a NaN could
 * upset.
 */
INLINE vec exp_limited(vec x)
{
	const float magic = 0x1.8p23f;
	vec t, n, r, p;

	x = limited(x, -87, 88);
	t = x * 1.44269504f + magic;
	n = t - magic;
	r = x - n * 0.693359375f;
	r = r - n * -2.12194440e-4f;
	p = r * 1.9875691500e-4f + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * (r * r) + r + 1.0f;
	return p * (vec)(((bits)t << 23) + 0x3f800000u); /* 2^n */
}

INLINE vec exp_of(vec x)
{
	return where_less(x, all(-87), all(0), exp_limited(x));
}

INLINE vec sigmoid_of(vec x)
{
	return inverse(1 + exp_limited(-x));
}

/* Near zero a polynomial, elsewhere 1 - 2 / (exp(2|x|) + 1), which would lose
 * the digits of small values. */
INLINE vec tanh_of(vec x)
{
	vec a = (vec)((bits)x & ~SIGN), s = x * x, small, large;

	small = s * -5.70498872745e-3f + 2.06390887954e-2f;
	small = small * s - 5.37397155531e-2f;
	small = small * s + 1.33314422036e-1f;
	small = small * s - 3.33332819422e-1f;
	small = small * s * x + x;
	large = 1 - 2 * inverse(1 + exp_limited(2 * a));
	large = (vec)((bits)large | ((bits)x & SIGN));
	return where_less(all(0.625f), a, large, small);
}

#endif

#endif
