/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/num/gemm.h"

#include "base/process.h"

#include <cblas.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#ifdef REAL_DOUBLE
#define cblas_gemm cblas_dgemm
#else
#define cblas_gemm cblas_sgemm
#endif

/* Each product under way needs a buffer of the library's. Where address space is
 * limited there is one, so there is one product at a time. */
static pthread_mutex_t one_buffer = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool limited;

static void product(enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb, int m, int n, int k,
		    real alpha, const real *a, int lda, const real *b, int ldb, real beta, real *c,
		    int ldc)
{
	bool alone = atomic_load_explicit(&limited, memory_order_relaxed);

	if (alone)
		pthread_mutex_lock(&one_buffer);
	cblas_gemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
	if (alone)
		pthread_mutex_unlock(&one_buffer);
}

/* An empty product still has to scale C; BLAS versions differ there. A beta of 0
 * sets, as everywhere in BLAS: what C held before may be NaN. */
static int is_empty(int m, int n, int k, real beta, real *c, int ldc)
{
	if (k > 0)
		return m == 0 || n == 0;
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++)
			c[(size_t)i * ldc + j] = beta == 0 ? 0 : beta * c[(size_t)i * ldc + j];
	return 1;
}

void gemm_nn(int m, int n, int k, real alpha, const real *a, int lda, const real *b, int ldb,
	     real beta, real *c, int ldc)
{
	if (!is_empty(m, n, k, beta, c, ldc))
		product(CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void gemm_nt(int m, int n, int k, real alpha, const real *a, int lda, const real *b, int ldb,
	     real beta, real *c, int ldc)
{
	if (!is_empty(m, n, k, beta, c, ldc))
		product(CblasNoTrans, CblasTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void gemm_tn(int m, int n, int k, real alpha, const real *a, int lda, const real *b, int ldb,
	     real beta, real *c, int ldc)
{
	if (!is_empty(m, n, k, beta, c, ldc))
		product(CblasTrans, CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void gemm_naive(int ta, int tb, int m, int n, int k, real alpha, const real *a, int lda,
		const real *b, int ldb, real beta, real *c, int ldc)
{
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++) {
			double sum = 0;

			for (int p = 0; p < k; p++) {
				double x = ta ? a[(size_t)p * lda + i] : a[(size_t)i * lda + p];
				double y = tb ? b[(size_t)j * ldb + p] : b[(size_t)p * ldb + j];

				sum += x * y;
			}
			sum *= alpha;
			if (beta != 0)
				sum += (double)beta * c[(size_t)i * ldc + j];
			c[(size_t)i * ldc + j] = (real)sum;
		}
}

void gemm_name(char *out, size_t n)
{
	snprintf(out, n, "%s, %s", openblas_get_corename(), openblas_get_config());
}

bool gemm_is_outdated(void)
{
#ifdef __x86_64__
	static const char *const old[] = {"Prescott", "Core2", "Penryn",    "Dunnington", "Nehalem",
					  "Atom",     "Nano",  "Barcelona", "Opteron",    "Bobcat"};

	for (size_t i = 0; i < sizeof old / sizeof *old; i++)
		if (strncmp(openblas_get_corename(), old[i], strlen(old[i])) == 0)
			return __builtin_cpu_supports("avx2");
#endif
	return false;
}

/* The first product makes the library's buffer, of which there is one a process. Small ones do
 * without (up to 100 cubed, on AVX-512); later, beside the threads' own memory, there may be no
 * room for it, and the library asks again for ever. */
static int make_buffer(struct err *e)
{
	enum { BUFFER = 129 << 20 }; /* 128 MiB on x86-64 and arm64, and room to align it */
	enum { LARGE = 128 };
	static real zeros[LARGE * LARGE],
		product_of[LARGE * LARGE]; /* -- protected by one_buffer */

	openblas_set_num_threads(1);
	if (process_space_limited()) {
		void *room = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

		if (room == MAP_FAILED)
			return err_set(
				e,
				"OpenBLAS needs %d MB of address space in one block, and the "
				"limit leaves no room for it; raise or lift it (ulimit -v, "
				"ulimit -d)",
				BUFFER >> 20);
		munmap(room, BUFFER);
		atomic_store(&limited, true);
	}
	cblas_gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, LARGE, LARGE, LARGE, 1, zeros, LARGE,
		   zeros, LARGE, 0, product_of, LARGE);
	return 0;
}

int gemm_start(struct err *e)
{
	static bool has_buffer; /* -- protected by one_buffer */
	int failed = 0;

	pthread_mutex_lock(&one_buffer);
	if (!has_buffer)
		failed = make_buffer(e);
	has_buffer |= !failed;
	pthread_mutex_unlock(&one_buffer);
	return failed;
}
