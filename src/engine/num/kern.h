/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kern: the arithmetic of the layers on vectors: gates, softmax, matrix products.
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

/* How a packed matrix lies is the set's own business; it has so many values, 64-byte
 * aligned. */
enum { KERN_PANEL = 32 };            /* columns of a panel, or a multiple of it */
static inline int kern_panels(int n) /* columns filled up to whole panels */
{
	return (n + KERN_PANEL - 1) / KERN_PANEL * KERN_PANEL;
}
static inline size_t kern_packed(int k, int n)
{
	return (size_t)k * (size_t)kern_panels(n);
}

/* C [m, n; ldc] = or += A . B of operands that are used once, as they lie. k > 0. */
typedef void kern_once(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		       real *c, int ldc);
/* C [m, n; ldc] = or += A . B for a B that is packed once and used again and again;
 * unlike BLAS's, no product of few rows is slow, and no call packs what another has
 * packed. */
typedef void kern_product(int m, int n, int k, const real *a, int lda, const real *panels, int add,
			  real *c, int ldc);

/*
 * A set of kernels. No value of a product depends on the rows and columns beside it, so that
 * threads may share products out as they like (tests/engine/num/kern.c). Each is a build of the
 * same code (kern_code.h) for one kind of vector unit; they differ in the last digits, as BLAS's
 * kernels do, so results are the same for one kind of machine. The layers of a model hold the best
 * as a handle.
 */
struct kern {
	const char *name;
	/*
	 * i, f, o = sigmoid, g = tanh of (gates + bias)
	 * cell = f * before + i * g,  h = o * tanh(cell)
	 * gates: pre-activations in, activated out. bias [4H]; h [rows, H; ld].
	 */
	void (*cells_forward)(const struct lstm_cells *s, const real *bias, real *h);
	/*
	 * The derivative. gates: activated in, gradient of the pre-activations out.
	 * The gradient of h is dout [rows, H; ld] + dh [rows, H]. dc [rows, H]:
	 * gradient of the cells from the step after in, of those before out.
	 */
	void (*cells_backward)(const struct lstm_cells *s, const real *dout, const real *dh,
			       real *dc);
	void (*tanh)(real *x, int n);
	void (*softmax)(real *x, int n, real scale); /* of scale x, > 0; sums in double */
	void (*add)(real *to, const real *from, int n);
	void (*axpy)(real *to, real a, const real *x, int n); /* to += a x */
	real (*dot)(const real *x, const real *y, int n);
	/* B [k, n; ldb] into panels, or transposed: B [n, k; ldb]. */
	void (*pack)(int k, int n, const real *b, int ldb, int transposed, real *panels);
	/* A B whose k rows lie anywhere; NULL for zeros. */
	void (*pack_rows)(int k, int n, const real *const *row, real *panels);
	kern_product *product;    /* A [m, k; lda] */
	kern_product *product_tn; /* A [k, m; lda], transposed */
	/* A [m, k], B [k, n]; A [m, k], B [n, k]; A [k, m], B [k, n] */
	kern_once *once_nn, *once_nt, *once_tn;
};
extern const struct kern kern_portable, kern_avx2, kern_avx512;
const struct kern *kern_set(int i); /* those this processor runs, best first; NULL at the end */
const struct kern *kern_best(void);

/* to [n] += the column sums of x [rows, n; ld]. Sums of a few hundred rows are
 * formed first: one running float sum over a batch's frames would lose a digit. */
void kern_add_rows(const struct kern *k, real *to, const real *x, int rows, int n, int ld);

#endif
