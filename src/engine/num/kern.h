/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern: elementwise kernels, written so that the compiler vectorises them.
 *
 * In float: exp, sigmoid and tanh by polynomials, within 3 ulp of the true
 * value (tests/engine/num/kern.c measures it); NaN stays NaN, Inf saturates. Where
 * the true value is below 2^-125 the error is below 2^-125 instead: exp gives
 * 0, sigmoid stops near 6e-39. In double (gradient checks): libm.
 */
#ifndef MIUST_KERN_H
#define MIUST_KERN_H

#include "engine/num/real.h"

#include <stddef.h>

/*
 * Rows of one LSTM step, gates in the order i, f, g, o (PyTorch). The first
 * `started` of them have a state before, the others start from zero.
 */
struct lstm_cells {
	int rows, started, H;
	real *gates; /* [rows, 4H; ld_gates] */
	int ld_gates;
	const real *before; /* [started, H; ld] cells one step before */
	real *cell;         /* [rows, H; ld] */
	int ld;
};
/*
 * i, f, o = sigmoid, g = tanh of (gates + bias)
 * cell = f * before + i * g,  h = o * tanh(cell)
 * gates: pre-activations in, activated out. bias [4H]; h [rows, H; ld].
 */
void lstm_cells_forward(const struct lstm_cells *s, const real *bias, real *h);
/*
 * The derivative. gates: activated in, gradient of the pre-activations out.
 * The gradient of h is dout [rows, H; ld] + dh [rows, H]. dc [rows, H]:
 * gradient of the cells from the step after in, of those before out.
 */
void lstm_cells_backward(const struct lstm_cells *s, const real *dout, const real *dh, real *dc);

void kern_tanh(real *x, int n);
void kern_sigmoid(real *x, int n);
/* x = softmax(scale x), scale > 0; sums in double. */
void kern_softmax(real *x, int n, real scale);
void kern_add(real *to, const real *from, int n);
void kern_axpy(real *to, real a, const real *x, int n); /* to += a x */
real kern_dot(const real *x, const real *y, int n);
/* to [n] += the column sums of x [rows, n; ld]. Sums of a few hundred rows are
 * formed first: one running float sum over a batch's frames would lose a digit. */
void kern_add_rows(real *to, const real *x, int rows, int n, int ld);

/*
 * C [m, n; ldc] = or += A . B for a B that is packed once and used again and
 * again; unlike BLAS's, no product of few rows is slow, and no call packs what
 * another has packed. kern_pack lays B [k, n; ldb] out, or B transposed
 * [n, k; ldb]; kern_pack_rows one whose k rows lie anywhere, NULL for zeros. `panels` has
 * kern_packed(k, n) values, 64-byte aligned. kern_product: A [m, k; lda]; kern_product_tn: A is [k,
 * m; lda], transposed.
 */
static inline size_t kern_packed(int k, int n)
{
	return (size_t)k * (((size_t)n + 31) / 32 * 32);
}
void kern_pack(int k, int n, const real *b, int ldb, int transposed, real *panels);
void kern_pack_rows(int k, int n, const real *const *row, real *panels);
void kern_product(int m, int n, int k, const real *a, int lda, const real *panels, int add, real *c,
		  int ldc);
void kern_product_tn(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		     real *c, int ldc);

/*
 * C [m, n; ldc] = or += A . B of operands that are used once, as they lie: nn
 * A [m, k], B [k, n]; nt A [m, k], B [n, k]; tn A [k, m], B [k, n]. k > 0.
 */
void kern_once_nn(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		  real *c, int ldc);
void kern_once_nt(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		  real *c, int ldc);
void kern_once_tn(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		  real *c, int ldc);

/*
 * The functions above use the best set this processor runs. Each is a build of
 * the same code (kern_code.h); they differ in the last digits, as BLAS's
 * kernels do, so results are the same for one kind of machine.
 */
typedef void kern_once(int, int, int, const real *, int, const real *, int, int, real *, int);
struct kern_set {
	const char *name;
	void (*cells_forward)(const struct lstm_cells *, const real *, real *);
	void (*cells_backward)(const struct lstm_cells *, const real *, const real *, real *);
	void (*tanh)(real *, int);
	void (*sigmoid)(real *, int);
	void (*softmax)(real *, int, real);
	void (*add)(real *, const real *, int);
	void (*axpy)(real *, real, const real *, int);
	real (*dot)(const real *, const real *, int);
	void (*pack)(int, int, const real *, int, int, real *);
	void (*pack_rows)(int, int, const real *const *, real *);
	void (*product)(int, int, int, const real *, int, const real *, int, real *, int);
	void (*product_tn)(int, int, int, const real *, int, const real *, int, real *, int);
	kern_once *once_nn, *once_nt, *once_tn;
};
extern const struct kern_set kern_portable, kern_avx2, kern_avx512;
const struct kern_set *kern_set(int i); /* those this processor runs, best first; NULL at the end */

#endif
