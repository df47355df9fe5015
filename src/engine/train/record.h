/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record: the rows a run produces, as the engine hands them out and the
 * session folder keeps them. Plain data; rates are fractions.
 */
#ifndef MIUST_RECORD_H
#define MIUST_RECORD_H

#include "engine/model/encoder.h"
#include "engine/model/heads.h"
#include "engine/model/loss.h"
#include "engine/train/metrics.h"

struct step_row {
	int fold, epoch, step; /* epoch and step from 1, step within the fold */
	double loss;           /* weighted sum */
	double term[TERMS];    /* unweighted */
	double lr;             /* in force */
	double grad_norm;      /* L2 of all gradients, before clipping */
};

/* Tensors whose health is measured together: each stack, what is between stacks and heads,
 * each head. The heads are in the order of enum head. */
enum health_group {
	HEALTH_STACK,                         /* + enum stack */
	HEALTH_CROSS = HEALTH_STACK + STACKS, /* both cross attentions */
	HEALTH_POOL,                          /* all poolings */
	HEALTH_HEAD,                          /* + enum head */
	HEALTH_GROUPS = HEALTH_HEAD + HEADS
};
enum { HEALTH_PAIRS = TERMS * (TERMS - 1) / 2 }; /* of terms: health_pair_table */

/* A measurement at a step (health.h). A group that the model does not have is NaN. */
struct health_row {
	int fold, epoch, step;          /* as in the row of the step */
	int sample;                     /* utterances that the cosines are of */
	double update[HEALTH_GROUPS];   /* log10 of |update| / |weights| */
	double gradient[HEALTH_GROUPS]; /* L2 norm, before clipping */
	double cosine[HEALTH_PAIRS];    /* of the terms' gradients; NaN: one has none */
};

struct epoch_row {
	int fold, epoch;
	double train_loss; /* mean over batches */
	double train_acc;  /* over utterances */
	double val_loss;   /* mean CE of the main head; NaN if nothing validates */
	struct figures val;
	double seconds; /* training and validation, wall clock */
};

struct fold_row {
	int fold, best_epoch;
	struct figures test;
	struct confusion confusion; /* of the test part, by the kept checkpoint */
};

/* What a model says of a list of utterances. Owner: whoever made it. */
struct predictions {
	int n, classes;
	int *utt;      /* [n] index into the corpus */
	int *label;    /* [n] true class */
	float *logits; /* [n][HEADS][classes] */
};

#endif
