/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train_private: the batches of a step. For train_step.c and health.c.
 */
#ifndef MIUST_TRAIN_PRIVATE_H
#define MIUST_TRAIN_PRIVATE_H

#include "engine/train/train.h"

/* Utterances that count as one batch: places [from, to) of the epoch's order. It stays where
 * it was made. */
struct group {
	int from, to, batch; /* how many a batch has; the last one what is left */
	double class_weight[LABELS_MAX];
	struct loss_joint joint; /* its weights are those above */
};
void group_make(const struct trainer *t, int from, int to, struct group *g);
/* The batch that begins at this place of the order, ready for both passes. */
int group_take(struct trainer *t, const struct group *g, int from, struct err *e);

#endif
