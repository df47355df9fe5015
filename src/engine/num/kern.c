/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERN_SET kern_portable
#ifdef __aarch64__
#define KERN_NAME "neon" /* which all of them have */
#else
#define KERN_NAME "portable"
#endif
#include "engine/num/kern_code.h"

#include <string.h>

/* Best first. What a set needs is asked of the processor each time, which costs
 * a load and a test: the engine keeps no state. */
const struct kern_set *kern_set(int i)
{
#if defined __x86_64__ && defined KERN_VECTORS
	if (__builtin_cpu_supports("avx512f") && i-- == 0)
		return &kern_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && i-- == 0)
		return &kern_avx2;
#endif
	return i == 0 ? &kern_portable : NULL;
}

void lstm_cells_forward(const struct lstm_cells *s, const real *bias, real *h)
{
	kern_set(0)->cells_forward(s, bias, h);
}

void lstm_cells_backward(const struct lstm_cells *s, const real *dout, const real *dh, real *dc)
{
	kern_set(0)->cells_backward(s, dout, dh, dc);
}

void kern_tanh(real *x, int n)
{
	kern_set(0)->tanh(x, n);
}

void kern_sigmoid(real *x, int n)
{
	kern_set(0)->sigmoid(x, n);
}

void kern_softmax(real *x, int n, real scale)
{
	kern_set(0)->softmax(x, n, scale);
}

void kern_add(real *to, const real *from, int n)
{
	kern_set(0)->add(to, from, n);
}

void kern_add_rows(real *to, const real *x, int rows, int n, int ld)
{
	enum { PART = 512, COLUMNS = 1024 };
	const struct kern_set *k = kern_set(0);
	real sum[COLUMNS];

	for (int from = 0; from < rows; from += PART) {
		int end = rows - from < PART ? rows : from + PART;

		for (int j = 0; j < n; j += COLUMNS) {
			int width = n - j < COLUMNS ? n - j : COLUMNS;

			memset(sum, 0, (size_t)width * sizeof *sum);
			for (int r = from; r < end; r++)
				k->add(sum, x + (size_t)r * ld + j, width);
			k->add(to + j, sum, width);
		}
	}
}

void kern_axpy(real *to, real a, const real *x, int n)
{
	kern_set(0)->axpy(to, a, x, n);
}

real kern_dot(const real *x, const real *y, int n)
{
	return kern_set(0)->dot(x, y, n);
}

void kern_pack(int k, int n, const real *b, int ldb, int transposed, real *panels)
{
	kern_set(0)->pack(k, n, b, ldb, transposed, panels);
}

void kern_pack_rows(int k, int n, const real *const *row, real *panels)
{
	kern_set(0)->pack_rows(k, n, row, panels);
}

void kern_product(int m, int n, int k, const real *a, int lda, const real *panels, int add, real *c,
		  int ldc)
{
	kern_set(0)->product(m, n, k, a, lda, panels, add, c, ldc);
}

void kern_product_tn(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		     real *c, int ldc)
{
	kern_set(0)->product_tn(m, n, k, a, lda, panels, add, c, ldc);
}

void kern_once_nn(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		  real *c, int ldc)
{
	kern_set(0)->once_nn(m, n, k, a, lda, b, ldb, add, c, ldc);
}

void kern_once_nt(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		  real *c, int ldc)
{
	kern_set(0)->once_nt(m, n, k, a, lda, b, ldb, add, c, ldc);
}

void kern_once_tn(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		  real *c, int ldc)
{
	kern_set(0)->once_tn(m, n, k, a, lda, b, ldb, add, c, ldc);
}
