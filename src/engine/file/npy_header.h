/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * npy_header: what NumPy wrote in front of the values, as numpy.load reads it.
 *
 * A Python literal, {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), },
 * by Python 2 also with u'' and 3L. `descr` may be any word of numpy.dtype for a
 * number that fits: '<f4', '|f4', 'f4', 'f', 'float32', 'single', ...
 */
#ifndef MIUST_NPY_HEADER_H
#define MIUST_NPY_HEADER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum npy_type {
	NPY_F32,
	NPY_F16,
	NPY_F64,
	NPY_BF16, /* the upper half of a float32 (ml_dtypes, as JAX has it): descr '<V2' */
	NPY_BOOL,
	NPY_I8,
	NPY_I16,
	NPY_I32,
	NPY_I64,
	NPY_U8,
	NPY_U16,
	NPY_U32,
	NPY_U64,
	NPY_TYPES
};
extern const struct npy_type_row {
	const char *name; /* "float32" */
	int size;         /* bytes */
} npy_type_table[NPY_TYPES];

struct npy_header {
	enum npy_type type;
	bool swapped; /* other byte order than this machine's */
	bool fortran; /* column by column */
	int rows, cols;
	bool vector; /* of one dimension, [cols]: rows is 1 */
};

/*
 * The literal text[0..n-1], which lies at byte `offset` of `path` (for
 * messages). Two dimensions, three of which the first is 1, or one: a vector, which
 * is for the caller to take or to refuse. What is neither, or not numbers, is an error
 * that says what the file holds and what to do.
 */
int npy_header_read(struct npy_header *h, const char *text, size_t n, size_t offset,
		    const char *path, struct err *e);

#endif
