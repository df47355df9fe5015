/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * npy: one feature matrix [rows, cols] in a NumPy file.
 *
 * Versions 1-3; float16/32/64, either byte order, C or Fortran order, two
 * dimensions, no pickles. The header is read and checked at npy_open against
 * the file's size; the body is mapped, not read, so opening a corpus touches
 * one page a file. float32 in native byte order and C order is used in place.
 * An open file must not shrink: replace it by renaming, as npy_write does.
 */
#ifndef MIUST_NPY_H
#define MIUST_NPY_H

#include "base/err.h"

#include <stddef.h>

struct npy {
	int rows, cols;
	char kind;          /* bytes per value: 2, 4 or 8 */
	bool swapped;       /* other byte order than this machine's */
	bool fortran;       /* column by column */
	const void *values; /* inside the map */
	void *map;
	size_t map_len;
};

int npy_open(struct npy *a, const char *path, struct err *e);
void npy_close(struct npy *a);                          /* safe on zeroed memory */
const float *npy_direct(const struct npy *a);           /* [rows, cols] in place, or NULL */
void npy_row(const struct npy *a, int row, float *out); /* out [cols], float32 */
/* Ask the kernel to read ahead what will be needed soon. */
void npy_willneed(const struct npy *a);
/* Write a float32 C-order file (version 1.0); whole or not at all. */
int npy_write(const char *path, const float *values, int rows, int cols, struct err *e);

#endif
