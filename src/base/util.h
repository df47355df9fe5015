/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * util: the smaller and the larger of two numbers, a number within limits, a number
 * among others. By type, since C's macros would evaluate their arguments twice.
 */
#ifndef MIUST_UTIL_H
#define MIUST_UTIL_H

#include <stdbool.h>
#include <stddef.h>

static inline int min_int(int a, int b)
{
	return a < b ? a : b;
}
static inline int max_int(int a, int b)
{
	return a > b ? a : b;
}
static inline int clamp_int(int x, int min, int max) /* min <= max */
{
	return x < min ? min : x > max ? max : x;
}
static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}
static inline size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Is x among at[0..n-1]? */
static inline bool contains_int(const int *at, int n, int x)
{
	for (int i = 0; i < n; i++)
		if (at[i] == x)
			return true;
	return false;
}

#endif
