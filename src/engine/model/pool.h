/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool: attention pooling of a sequence into one vector.
 *
 *	e_s = tanh(h_s . w_omega) . u_omega,  -1e9 where the row is left out
 *	a = softmax(e),  out = sum_s a_s h_s
 *
 * h [rows, E] flat; w_omega [E, A]; u_omega [A] (model specification,
 * "Forward" 2). A sequence in which every row is left out is weighted evenly,
 * as -1e9 everywhere gives.
 */
#ifndef MIUST_POOL_H
#define MIUST_POOL_H

#include "engine/data/seqs.h"
#include "engine/model/params.h"
#include "engine/num/kern.h"

struct pool {
	const struct kern *kern;
	int E, A;
	int w_omega, u_omega; /* tensors */
};

struct pool_work {
	real *t;      /* [rows, A] tanh(h . w_omega); then the gradient of what is inside */
	real *a;      /* [rows] weights */
	real *de;     /* [rows] gradient of e */
	real *dout_t; /* [rows, A] de * t, for du */
	real *dw_t;   /* [A, E] gradient of w_omega, transposed */
};

void pool_add(struct pool *q, struct params *p, const char *name, int E, int A);
void pool_layout(const struct pool *q, struct pool_work *w, struct arena *a, int rows,
		 bool backward);

/* Sequences from..to-1. out: row i at out + i * ldout. */
void pool_forward(const struct pool *q, const struct params *p, struct pool_work *w,
		  const struct seqs *s, const real *h, int from, int to, real *out, int ldout);
/* Sets dh [rows, E] for these sequences. */
void pool_backward(const struct pool *q, const struct params *p, struct pool_work *w,
		   const struct seqs *s, const real *h, int from, int to, const real *dout,
		   int ldout, real *dh);
/* Adds the gradients of w_omega, of which those of h's columns from..to-1, and of u_omega, where
 * from is 0: over all rows; after pool_backward. */
void pool_weight_gradients(const struct pool *q, const struct params *p, const struct pool_work *w,
			   int rows, const real *h, int from, int to);

#endif
