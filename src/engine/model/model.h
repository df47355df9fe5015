/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model: MIUST as a whole, for one configuration.
 *
 * Weights, the encoder, the heads, and the workspace of the batch at hand.
 * A step is: batch_take, model_ready (may allocate), model_forward, model_loss,
 * model_backward (which do not allocate). A batch that does not fit into
 * train.memory is cut into chunks on the way (chunk.h); nothing else changes.
 *
 * Ranks compute a training batch together (microbatch.h): all make the same calls with the same
 * batch and weights, and rank 0 gets the logits and the gradients.
 * Not thread-safe: one model, one thread calling, which shares the work out
 * over `par`.
 */
#ifndef MIUST_MODEL_H
#define MIUST_MODEL_H

#include "engine/model/heads.h"
#include "engine/model/loss.h"
#include "engine/model/chunk.h"
#include "engine/model/microbatch.h"
#include "engine/model/weights.h"

/* A packed chunk of a batch all of whose chunks fit: none is computed twice then. */
struct kept_chunk {
	int from;
	struct seqs text, audio;
	struct encoder_work work;
};

struct model {
	int classes;
	struct params params;
	struct encoder encoder;
	struct heads heads;
	/* workspace */
	size_t room; /* bytes that a batch may take */
	struct encoder_work encoder_work;
	struct arena chunk; /* the packed chunk and encoder_work; of all that are kept */
	bool backward;      /* it is laid out for gradients too */
	struct heads_work heads_work;
	real *z, *dz; /* [n, z_width] of the whole batch */
	struct arena arena;
	/* For microbatches, beside what train.memory lets a batch have, so that who computes with
	 * whom does not change how it is cut. */
	struct arena beside;
	struct microbatch_sum sum; /* of their gradients */
	real *zp;                  /* [n, z_width] z place by place; for ranks */
	struct kept_chunk *kept;   /* [MICROBATCHES_MAX] chunks that stay packed; NULL: none does */
	int nkept;                 /* so far */
	int microbatches;          /* as settings say */
	struct par *par;           /* the caller's */
	/* The caller's: who share training batches. NULL: this process alone. */
	const struct ranks *ranks;
};

int model_open(struct model *m, const struct settings *s, struct par *par, struct err *e);
/* The same, with the weights of a file. */
int model_load(struct model *m, const struct settings *s, const struct weights_file *w,
	       struct par *par, struct err *e);
void model_close(struct model *m);

/* Compute with other weights (laid out as params.w), until it is given back what this
 * returns: the weights so far. */
real *model_weights(struct model *m, real *w);

/* In forward passes from now on this head of both cross attentions gives 0; -1: none. */
void model_ablate_head(struct model *m, int head);

/* Cut the batch, make room and pack its first chunk. Another forward of the
 * same batch needs it only if the model has seen another one in between. */
int model_ready(struct model *m, struct batch *b, bool backward, struct err *e);
/* Bytes that a batch of n takes beside its chunks. */
size_t model_beside(const struct model *m, int n);
/* Whether the batch would be one chunk. */
bool model_holds(const struct model *m, const struct batch *b, bool backward);
void model_forward(struct model *m, struct batch *b);
/* The terms and the weighted sum; leaves gradients for model_backward. joint: the batches
 * that the step is of (loss.h); NULL: this one alone. */
double model_loss(struct model *m, const struct batch *b, const struct settings *s,
		  const struct loss_joint *joint, double term[TERMS]);
void model_backward(struct model *m, struct batch *b);     /* clears the gradients first */
void model_backward_add(struct model *m, struct batch *b); /* adds to them */

int model_heads(const struct model *m); /* of a cross attention; 0: there is none */

/* Logits [n, classes] of a head, after model_forward. */
const real *model_logits(const struct model *m, enum head h);
/* Pooling weights over the rows of utterance i of a batch in one chunk, after
 * model_forward (until model_backward overwrites them); NULL: no such pool. */
const real *model_pool_weights(const struct model *m, const struct batch *b, int pool, int i);
/* Attention weights [heads, Lq, Lk] of utterance i; likewise. */
const real *model_cross_weights(const struct model *m, int cross, int i);

#endif
