/* SPDX-License-Identifier: GPL-3.0-or-later */
#define KERN_SET kern_portable
#ifdef __aarch64__
#define KERN_NAME "neon" /* which all of them have */
#else
#define KERN_NAME "portable"
#endif
#include "base/util.h"
#include "engine/num/kern_code.h"

#include <string.h>

/* What a set needs is asked of the processor each time: the engine keeps no state. */
const struct kern *kern_set(int i)
{
#if defined __x86_64__ && defined KERN_VECTORS
	if (__builtin_cpu_supports("avx512f") && i-- == 0)
		return &kern_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && i-- == 0)
		return &kern_avx2;
#endif
	return i == 0 ? &kern_portable : NULL;
}

const struct kern *kern_best(void)
{
	return kern_set(0);
}

void kern_add_rows(const struct kern *k, real *to, const real *x, int rows, int n, int ld)
{
	enum { PART = 512, COLUMNS = 1024 };
	real sum[COLUMNS];

	for (int from = 0; from < rows; from += PART) {
		int end = min_int(from + PART, rows);

		for (int j = 0; j < n; j += COLUMNS) {
			int width = min_int(COLUMNS, n - j);

			memset(sum, 0, (size_t)width * sizeof *sum);
			for (int r = from; r < end; r++)
				k->add(sum, x + (size_t)r * ld + j, width);
			k->add(to + j, sum, width);
		}
	}
}
