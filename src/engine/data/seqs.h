/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * seqs: sequences of different lengths, packed for the recurrent layers.
 *
 * Packed rows lie time-major: step 0 of all, then step 1 of those that have one, and
 * so on, longest first. So each step's rows are contiguous, the recurrent product
 * shrinks as sequences end, and no arithmetic is spent on padding. Both directions
 * use the same rows: the backward one walks the steps from the last to the first,
 * and sequences join as their last step is reached.
 *
 * After the recurrent layers rows lie sequence by sequence ("flat" rows).
 */
#ifndef MIUST_SEQS_H
#define MIUST_SEQS_H

#include "base/arena.h"
#include "engine/num/real.h"

struct seqs {
	int n;              /* sequences */
	int rows;           /* sum of lengths */
	int steps;          /* longest length */
	int dim;            /* columns of x */
	const int *len;     /* [n] length used, padding included under reference padding */
	int *first;         /* [n+1] first flat row of sequence i */
	int *rank;          /* [n] sequences, longest first (stable) */
	int *live;          /* [steps] sequences that have this step */
	int *at;            /* [steps+1] first packed row of this step */
	int *packed;        /* [rows] packed row of each flat row */
	real *x;            /* [rows, dim] packed features */
	unsigned char *out; /* [rows] flat; 1: the pooling leaves this row out */
};

/* Lay out n sequences of the given lengths (which stay the caller's): everything
 * but x and out, which are taken uncleared. Measures or cuts from `a`; lengths,
 * n and rows can be read after measuring too. For tests too. */
void seqs_layout(struct seqs *s, struct arena *a, int n, const int *len, int dim);

#endif
