/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cross: multi-head attention from one modality to the other.
 *
 * PyTorch's nn.MultiheadAttention with biases, scale 1/sqrt(E/heads) (model
 * specification, "Forward" 3). Queries [rows, E], keys and values [rows, Ekv],
 * all flat. Where E and Ekv differ, keys and values have weights of their own
 * (kdim, vdim). Keys of an utterance are all rows of its sequence: under
 * reference padding that includes the padding, as published.
 */
#ifndef MIUST_CROSS_H
#define MIUST_CROSS_H

#include "engine/data/seqs.h"
#include "engine/model/params.h"
#include "engine/num/kern.h"

struct cross {
	const struct kern *kern;
	int E, Ekv, heads;
	int in_proj;                     /* tensor [3E, E]; -1 where q, k, v are apart */
	int q, k, v;                     /* tensors [E, E], [E, Ekv], [E, Ekv]; -1 with in_proj */
	int in_bias, out_proj, out_bias; /* [3E], [E, E], [E] */
	int ablated; /* this head gives zero; -1: none, as always while training */
};

enum { CROSS_PARTS = 4 }; /* q, k, v, out */

/* Query rows: q, o, a, da, dq; key rows: k, v. */
struct cross_work {
	real *q;       /* [rows, E] projected queries */
	real *k, *v;   /* [rows, E] projected keys and values; then their gradients */
	real *o;       /* [rows, E] what the heads give, side by side */
	real *a;       /* [rows, E] the result: o . out_proj + bias */
	real *da;      /* [rows, E] gradient of a, set by the caller */
	real *dq;      /* [rows, E] gradient of o, then of q */
	real *weights; /* [heads, Lq, Lk] of utterance i from place[i] on; then the scores' gradient
			*/
	real *dweights;            /* [Lq, Lk] of utterance i from place[i] / heads on */
	size_t *place;             /* [n+1] */
	real *packed[CROSS_PARTS]; /* the projections, packed (kern.h) as the pass needs them */
	real *panels[CROSS_PARTS]; /* some rows, packed, for their gradients */
};

void cross_add(struct cross *c, struct params *p, const char *name, int E, int Ekv, int heads);
void cross_layout(const struct cross *c, struct cross_work *w, struct arena *a,
		  const struct seqs *query, const struct seqs *key, bool backward);

/* Before the others, once a pass: packs the weights of a part for it. */
void cross_pack(const struct cross *c, const struct params *p, struct cross_work *w, bool backward,
		int part);
/* Utterances from..to-1. */
void cross_forward(const struct cross *c, const struct params *p, struct cross_work *w,
		   const struct seqs *sq, const struct seqs *sk, const real *query, const real *key,
		   int from, int to);
/* From w->da: adds to dquery [rows, E] and dkey [rows, Ekv]. */
void cross_backward(const struct cross *c, struct cross_work *w, const struct seqs *sq,
		    const struct seqs *sk, int from, int to, real *dquery, real *dkey);

/* What a cross attention reads: its sequences, their rows [rows, E] and [rows, Ekv]. */
struct cross_rows {
	const struct seqs *query, *key;
	const real *q, *k;
};
/* Weight gradients over all rows, in parts that touch different tensors, and of each part columns
 * from..to-1 of cross_columns, multiples of KERN_PANEL. */
int cross_columns(const struct cross *c, int part);
void cross_weight_gradients(const struct cross *c, const struct params *p,
			    const struct cross_work *w, const struct cross_rows *r, int part,
			    int from, int to);

#endif
