/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemm: matrix products. The only file that calls BLAS.
 *
 * Row-major; ld is the distance between rows, in values. The result is
 * C = alpha * op(A) op(B) + beta * C; with beta 0 C is only written. Names say which operand is
 * transposed: nn: A [m,k], B [k,n]; nt: A [m,k], B [n,k]; tn: A [k,m], B [k,n]. The products
 * run in the calling thread, and the same call gives the same bytes whatever other threads do.
 * Here the heads are computed; the products of the encoder are kern.h's.
 */
#ifndef MIUST_GEMM_H
#define MIUST_GEMM_H

#include "base/err.h"
#include "engine/num/real.h"

#include <stdbool.h>
#include <stddef.h>

void gemm_nn(int m, int n, int k, real alpha, const real *a, int lda, const real *b, int ldb,
	     real beta, real *c, int ldc);
void gemm_nt(int m, int n, int k, real alpha, const real *a, int lda, const real *b, int ldb,
	     real beta, real *c, int ldc);
void gemm_tn(int m, int n, int k, real alpha, const real *a, int lda, const real *b, int ldb,
	     real beta, real *c, int ldc);

/* The naive twin, for tests: sums in double. ta, tb: transposed. */
void gemm_naive(int ta, int tb, int m, int n, int k, real alpha, const real *a, int lda,
		const real *b, int ldb, real beta, real *c, int ldc);

/* Which BLAS runs: "SkylakeX, OpenBLAS 0.3.21 ...": its kernels, its version and how it was built.
 */
void gemm_name(char *out, size_t n);
/* Its kernels are for processors without AVX2, although this one has it: an
 * OpenBLAS older than the processor takes its oldest kernels. */
bool gemm_is_outdated(void);

/*
 * Before the first product, and again as often as one likes, from any thread: OpenBLAS
 * uses no threads of its own from now on, and has the buffer it keeps for its products.
 * It would look for one for ever where the address space is limited; -1 says so.
 */
int gemm_start(struct err *e);

#endif
