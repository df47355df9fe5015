/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * health: how the parts of the model learn, measured at every train.health-th step of a fold.
 *
 *	if (health_due(&t) && health_before(&h, &t, e) == 0)	// copies the weights
 *		measures = true;
 *	trainer_step(&t, &row, e);				// STEP_DONE
 *	if (measures)
 *		health_after(&h, &t, &health_row, e);
 *
 * For each group of tensors (record.h): log10 of |update| / |weights| of the step, where about -3
 * is usual; and the L2 norm of its gradient as steps.csv has it, of all the step's utterances and
 * before clipping, so that the squares add up to grad_norm's.
 *
 * For each pair of terms of the loss: the cosine between their gradients. A term's gradient is of
 * the weights that terms may share, the encoder's (stacks, cross attentions, poolings), as they
 * were before the step; 0 where two terms have none in common. It is of the step's first
 * utterances, a quarter of a batch but 8 at least, as a batch of their own: the whole batch would
 * cost four times as much. A term whose weight is 0 has none (NaN).
 *
 * Terms that share no weights go through the model together, so the five terms are three passes
 * (forward and backward) over the sample.
 *
 * Nothing of the training is changed: no draw, weight, gradient or sum, only the batch at hand.
 * What it costs in time: `make bench-health`. The room, a copy of the weights and their gradients
 * for each pass, comes on top of train.memory.
 */
#ifndef MIUST_HEALTH_H
#define MIUST_HEALTH_H

#include "engine/train/train.h"

struct health_name {
	const char *name;   /* "lstm1": as the screen says it */
	const char *update; /* "update_lstm1": columns of health.csv */
	const char *gradient;
};
extern const struct health_name health_name[HEALTH_GROUPS];

struct health {       /* zeroed at first; may serve several trainers of one configuration */
	real *before; /* [total] weights */
	real *gradient[TERMS]; /* [total] of a pass; NULL: not needed so far */
};
void health_free(struct health *h); /* safe on zeroed memory, and twice */

bool health_due(const struct trainer *t); /* is the next step to be measured? */
/* -1: there is no memory for it; nothing has changed. */
int health_before(struct health *h, const struct trainer *t, struct err *e);
/* After the step, while its gradients are there. -1: also if features cannot be read. */
int health_after(struct health *h, struct trainer *t, struct health_row *row, struct err *e);

/* The pairs of terms, in the order of the row's cosines. */
struct health_pair {
	enum term a, b;
	const char *column; /* "cos_main_cmd_text": in health.csv */
};
extern const struct health_pair health_pair_table[HEALTH_PAIRS];
int health_pair(enum term a, enum term b); /* the number of a pair, in any order */
/* Have their gradients weights in common? Else the cosine is 0. */
bool health_shares(enum term a, enum term b);

#endif
