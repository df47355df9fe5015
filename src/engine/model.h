/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model: MIUST as a whole, for one configuration.
 *
 * Weights, the encoder, the heads, and the workspace of the batch at hand.
 * A step is: model_ready (may allocate), model_forward, model_loss,
 * model_backward (neither allocates). Not thread-safe: one model, one thread
 * calling, which shares the work out over `par`.
 */
#ifndef MIUST_MODEL_H
#define MIUST_MODEL_H

#include "engine/encoder.h"
#include "engine/heads.h"
#include "engine/loss.h"

struct model {
	int classes;
	struct params params;
	struct encoder encoder;
	struct heads heads;
	/* workspace */
	struct encoder_work encoder_work;
	struct heads_work heads_work;
	real *z, *dz; /* [n, z_width] */
	struct arena arena;
	struct par *par; /* the caller's */
};

int model_open(struct model *m, const struct settings *s, struct par *par, struct err *e);
void model_close(struct model *m);

int model_ready(struct model *m, const struct batch *b, bool backward, struct err *e);
void model_forward(struct model *m, const struct batch *b);
/* The terms and the weighted sum; leaves gradients for model_backward. */
double model_loss(struct model *m, const struct batch *b, const struct settings *s,
		  double term[TERMS]);
void model_backward(struct model *m, const struct batch *b); /* clears the gradients first */

/* Logits [n, classes] of a head, after model_forward. */
const real *model_logits(const struct model *m, enum head h);
/* Pooling weights over the rows of utterance i, after model_forward (until
 * model_backward overwrites them); NULL: no such pool. */
const real *model_pool_weights(const struct model *m, const struct batch *b, int pool, int i);
/* Attention weights [heads, Lq, Lk] of utterance i; likewise. */
const real *model_cross_weights(const struct model *m, int cross, int i);

int model_save(const struct model *m, const char *path, struct err *e); /* float32 weights */
int model_load(struct model *m, const char *path, struct err *e);

#endif
