/* SPDX-License-Identifier: GPL-3.0-or-later */
/* median: of n values, which are sorted in place. */
#ifndef MIUST_BENCH_MEDIAN_H
#define MIUST_BENCH_MEDIAN_H

#include <stdlib.h>

static inline int median_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The upper of two in the middle. */
static inline double median(double *x, int n)
{
	qsort(x, (size_t)n, sizeof *x, median_order);
	return x[n / 2];
}

#endif
