/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * same_file: have two files the same bytes?
 */
#ifndef MIUST_TEST_SAME_FILE_H
#define MIUST_TEST_SAME_FILE_H

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

/* False also where one cannot be read. */
static inline bool same_file(const char *a, const char *b)
{
	struct err e = {0};
	size_t n = 0, m = 0;
	char *x = file_read(a, FILE_ROWS, &n, &e), *y = file_read(b, FILE_ROWS, &m, &e);
	bool same = x && y && n == m && memcmp(x, y, n) == 0;

	free(x);
	free(y);
	return same;
}

#endif
