/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loss: the training objective and its gradient.
 *
 *	L = sum over terms of weight * term
 *
 * Terms (model specification, "Loss"): cross-entropy of the three heads, mean over the
 * batch (weighted by class as torch.nn.CrossEntropyLoss(weight=w) is: divided by the sum
 * of the utterances' weights), and two alignments D(X, Y) of pooled vectors: a
 * central-moment discrepancy of order 5 (squared or plain norm), or a mean squared error.
 * All sums are formed in double.
 *
 * To add a term: a name in enum term and a weight beside it (settings.h), its row in
 * loss_term[], an option for the weight (app/config/option.c). steps.csv, its reader
 * and the screen follow the table.
 */
#ifndef MIUST_LOSS_H
#define MIUST_LOSS_H

#include "engine/data/settings.h"
#include "engine/model/encoder.h"
#include "engine/model/heads.h"

#include <stddef.h>

/* What the loss is of, for n utterances. Vectors of utterance i start at
 * pointer + i * ld; gradients have the layout of what they belong to and are
 * set (dlogits) or added to (dx of vectors). */
struct loss_vectors {
	const real *x;
	real *dx;
	int ld, width;
};
struct loss_input {
	int n, classes;
	const int *label;                /* [n] */
	const real *logits[HEADS];       /* [n, classes] */
	real *dlogits[HEADS];            /* [n, classes] */
	struct loss_vectors pool[POOLS]; /* of those that a term aligns */
	const struct loss_joint *joint;  /* NULL: these n alone, and every class weighs 1 */
};

/*
 * The batches that share a step (train.accumulate), of which the input is one. Their
 * terms add up to those of the step: a cross-entropy is that of all utterances
 * together, an alignment the mean over the batches.
 */
struct loss_joint {
	int batches;                /* 1 or more */
	int n;                      /* utterances of all of them */
	const double *class_weight; /* [classes] in the cross-entropies that
				     * train.class_weight_in names; NULL: all weigh 1 */
	double weight;              /* sum of the weights of all n utterances */
};

struct loss_term {
	const char *name;   /* "cmd text": as the screen says it */
	const char *column; /* "loss_cmd_text": in steps.csv */
	const char *key;    /* "train.loss.cmd_text": its weight */
	size_t weight_at;   /* double in struct settings */
	/* The term's value; adds weight times its gradient. */
	double (*eval)(const struct loss_term *t, const struct settings *s,
		       const struct loss_input *in, double weight);
	enum head head;       /* cross-entropy of this head; or */
	bool aligns;          /* alignment */
	enum pooling pair[2]; /* of these two */
};
extern const struct loss_term loss_term[TERMS];

double loss_weight(const struct settings *s, enum term t);
void loss_set_weight(struct settings *s, enum term t, double weight);

/* Values of the terms (unweighted) and, weighted, all gradients. Returns the
 * weighted sum. Alignments whose weight is 0 are still valued, unless the
 * widths differ: then they are 0 and BUG if weighted. */
double loss_eval(const struct settings *s, const struct loss_input *in, double term[TERMS]);
double loss_sum(const struct settings *s, const double term[TERMS]); /* weighted */

#endif
