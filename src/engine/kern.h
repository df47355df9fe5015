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
 * C [m, n; ldc] = or += A . B for a B that is packed once and used again and
 * again; unlike BLAS's, no product of few rows is slow, and no call packs what
 * another has packed. kern_pack lays B [k, n; ldb] out, or B transposed
 * [n, k; ldb]. `panels` has kern_packed(k, n) values, 64-byte aligned.
 * kern_product: A [m, k; lda]; kern_product_tn: A is [k, m; lda], transposed.
 */
static inline size_t kern_packed(int k, int n)
{
	return (size_t)k * (((size_t)n + 31) / 32 * 32);
}
void kern_pack(int k, int n, const real *b, int ldb, int transposed, real *panels);
void kern_product(int m, int n, int k, const real *a, int lda, const real *panels, int add, real *c,
		  int ldc);
void kern_product_tn(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		     real *c, int ldc);

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
	void (*product_tn)(int, int, int, const real *, int, const real *, int, real *, int);
};
extern const struct kern_set kern_portable, kern_avx2, kern_avx512;
const struct kern_set *kern_set(int i); /* those this processor runs, best first; NULL at the end */

#endif
