/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loss: the training objective and its gradient.
 *
 *	L = sum over terms of weight * term
 *
 * Terms (model specification, "Loss"): cross-entropy of the three heads, mean
 * over the batch, and two alignments D(X, Y) of pooled vectors: a central-moment
 * discrepancy of order 5 (squared or plain norm), or a mean squared error.
 * All sums are formed in double.
 *
 * To add a term: a name in enum term, a row in loss_term[], a weight in settings
 * and option.c, and its computation in loss_eval. The columns of
 * steps.csv, the screen's strips and the session reader follow the table.
 */
#ifndef MIUST_LOSS_H
#define MIUST_LOSS_H

#include "engine/data/settings.h"
#include "engine/model/heads.h"

#include <stddef.h>

/* The terms of the loss (model specification, "Loss"), in the order of steps.csv;
 * D(Att1, Att22) is CMD_TEXT, D(Att2, Att11) is CMD_AUDIO. */
enum term { TERM_MAIN, TERM_CMD_TEXT, TERM_CMD_AUDIO, TERM_TEXT, TERM_AUDIO, TERMS };

struct loss_term {
	const char *name;   /* "cmd text": as the screen says it */
	const char *column; /* "loss_cmd_text": in steps.csv */
	const char *key;    /* "train.loss.cmd_text": its weight */
	size_t weight_at;   /* double in struct settings */
};
extern const struct loss_term loss_term[TERMS];

double loss_weight(const struct settings *s, enum term t);

/* What the loss looks at, for n utterances. Vectors of utterance i start at
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
	struct loss_vectors align[2][2]; /* CMD_TEXT: Att1, Att22; CMD_AUDIO: Att2, Att11 */
};

/* Values of the terms (unweighted) and, weighted, all gradients. Returns the
 * weighted sum. Alignments whose weight is 0 are still valued, unless the
 * widths differ: then they are 0 and BUG if weighted. */
double loss_eval(const struct settings *s, const struct loss_input *in, double term[TERMS]);

/* Mean cross-entropy of n rows; dlogits may be NULL, else weight * gradient. */
double cross_entropy(int n, int classes, const real *logits, const int *label, double weight,
		     real *dlogits);

#endif
