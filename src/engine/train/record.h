/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record: the rows a run produces, as the engine hands them out and the
 * session folder keeps them. Plain data; rates are fractions.
 */
#ifndef MIUST_RECORD_H
#define MIUST_RECORD_H

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
