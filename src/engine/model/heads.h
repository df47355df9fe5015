/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heads: the classifiers on top of the pooled vectors.
 *
 *	logits = c_fc(relu(st.0(z))),  text only = ss(Att1),  audio only = tt(Att2)
 *
 * (model specification, "Forward" 4). Affine layers, weight [out, in].
 */
#ifndef MIUST_HEADS_H
#define MIUST_HEADS_H

#include "engine/model/params.h"
#include "engine/num/kern.h"

/* The three classifiers: fused, text only (ss), audio only (tt). */
enum head { HEAD_MAIN, HEAD_TEXT, HEAD_AUDIO, HEADS };

struct heads {
	const struct kern *kern;
	int z_width, hidden, classes;
	struct {
		int at, width; /* the columns of z it reads */
	} input[HEADS];
	int st_w, st_b, w[HEADS], b[HEADS]; /* tensors */
};

struct heads_work {
	real *hidden;         /* [n, hidden] relu(st.0(z)) */
	real *dhidden;        /* [n, hidden] */
	real *logits[HEADS];  /* [n, classes] */
	real *dlogits[HEADS]; /* [n, classes] set by the loss */
};

/* `at` and `width` of Att1 and Att2 in z. Rows in the published draw order:
 * st.0, ss, tt, c_fc. */
void heads_add(struct heads *h, struct params *p, int z_width, int hidden, int classes, int text_at,
	       int text_width, int audio_at, int audio_width);
void heads_forward(const struct heads *h, const struct params *p, struct heads_work *w, int n,
		   const real *z);
/* Adds to the weights' gradients and to dz [n, z_width]. */
void heads_backward(const struct heads *h, const struct params *p, struct heads_work *w, int n,
		    const real *z, real *dz);

#endif
