/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * npy: one feature matrix [rows, cols] in a NumPy file.
 *
 * Versions 1-3; floats of 16 (also bfloat16), 32 and 64 bits and integers, either
 * byte order, C or Fortran order, two dimensions, [1, rows, cols] or [cols]; no pickles
 * (npy_header.h). The header is read and checked at npy_open against the file's
 * size; the body is mapped, not read, so opening a corpus touches one page a
 * file. float32 in native byte order and C order is used in place. An open file
 * must not shrink (mapped.h): replace it by renaming, as npy_write does.
 */
#ifndef MIUST_NPY_H
#define MIUST_NPY_H

#include "base/mapped.h"
#include "engine/file/npy_header.h"

struct npy {
	int rows, cols;
	enum npy_type type;
	bool swapped;       /* other byte order than this machine's */
	bool fortran;       /* column by column */
	bool vector;        /* a file of one dimension, [cols]: rows is 1 */
	const void *values; /* inside the map */
	struct mapped *map; /* NULL: values in memory, the caller's */
};

int npy_open(struct npy *a, const char *path, struct err *e);
void npy_close(struct npy *a);                /* safe on zeroed memory */
const float *npy_direct(const struct npy *a); /* [rows, cols] in place, or NULL */
bool npy_is_integer(const struct npy *a);
void npy_row(const struct npy *a, int row, float *out);  /* out [cols], rounded to float32 */
double npy_value(const struct npy *a, int row, int col); /* as stored */
/* -1 if the file has become shorter since it was opened. */
int npy_check(const struct npy *a, struct err *e);
/* Ask the kernel to read ahead what will be needed soon. */
void npy_willneed(const struct npy *a);
/* Write a float32 C-order file (version 1.0); whole or not at all. */
int npy_write(const char *path, const float *values, int rows, int cols, struct err *e);

#endif
