/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern: elementwise kernels, written so that the compiler vectorises them.
 *
 * In float: exp, sigmoid and tanh by polynomials, within 3 ulp of the true
 * value (tests/engine/kern.c measures it); NaN stays NaN, Inf saturates. Where
 * the true value is below 2^-125 the error is below 2^-125 instead: exp gives
 * 0, sigmoid stops near 6e-39. In double (gradient checks): libm.
 */
#ifndef MIUST_KERN_H
#define MIUST_KERN_H

#include "engine/real.h"

#include <stddef.h>

/*
 * One LSTM step of one row, gates in the order i, f, g, o (PyTorch):
 *	i, f, o = sigmoid, g = tanh of (gates + bias)
 *	c = f * c_before + i * g,  h = o * tanh(c)
 * gates [4H]: pre-activations in, activated gates out. c_before NULL: zero.
 */
void lstm_cell_forward(int H, real *gates, const real *bias, const real *c_before, real *c,
		       real *h);
/*
 * Its derivative. gates: activated in, gradient of the pre-activations out.
 * dh: gradient of h (all of it). dc: gradient of c from the step after in, of
 * c_before out.
 */
void lstm_cell_backward(int H, real *gates, const real *c_before, const real *c, const real *dh,
			real *dc);

void kern_tanh(real *x, int n);
void kern_sigmoid(real *x, int n);
/* x = softmax(x); sums in double. */
void kern_softmax(real *x, int n);
void kern_add(real *to, const real *from, int n);
void kern_axpy(real *to, real a, const real *x, int n); /* to += a x */
real kern_dot(const real *x, const real *y, int n);

/*
 * C [m, n; ldc] = or += A [m, k; lda] . B, for few rows and a B that is used
 * again and again. kern_pack lays B out once: [k, n; ldb], or transposed
 * [n, k; ldb]. `panels` has kern_packed(k, n) values, 64-byte aligned.
 */
static inline size_t kern_packed(int k, int n)
{
	return (size_t)k * (((size_t)n + 31) / 32 * 32);
}
void kern_pack(int k, int n, const real *b, int ldb, int transposed, real *panels);
void kern_product(int m, int n, int k, const real *a, int lda, const real *panels, int add, real *c,
		  int ldc);

/*
 * The functions above use the best set this processor runs. Each is a build of
 * the same code (kern_code.h); they differ in the last digits, as BLAS's
 * kernels do, so results are the same for one kind of machine.
 */
struct kern_set {
	const char *name;
	void (*cell_forward)(int, real *, const real *, const real *, real *, real *);
	void (*cell_backward)(int, real *, const real *, const real *, const real *, real *);
	void (*tanh)(real *, int);
	void (*sigmoid)(real *, int);
	void (*softmax)(real *, int);
	void (*add)(real *, const real *, int);
	void (*axpy)(real *, real, const real *, int);
	real (*dot)(const real *, const real *, int);
	void (*pack)(int, int, const real *, int, int, real *);
	void (*product)(int, int, int, const real *, int, const real *, int, real *, int);
};
extern const struct kern_set kern_portable, kern_avx2, kern_avx512;
const struct kern_set *kern_set(int i); /* those this processor runs, best first; NULL at the end */

#endif
