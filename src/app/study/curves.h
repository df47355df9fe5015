/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * curves: what runs have recorded, as numbers to draw or to compare.
 *
 * A curve is one figure of the rows of steps or of epochs. Over several folds, of
 * one run or of several (seeds), it is the mean of those that have the row: of steps
 * row by row, where the fold that has come farthest says where each point is; of
 * epochs by their numbers.
 *
 *	struct curve_folds folds = curve_folds(run, 3, false);
 *	struct curve c = curve_epochs(&folds, EPOCH_WF1);
 *	curve_free(&c);
 *	curve_folds_free(&folds);
 */
#ifndef MIUST_CURVES_H
#define MIUST_CURVES_H

#include "app/session/run.h"

/* Curves over steps, and over epochs. */
enum { STEP_LOSS, STEP_TERM, STEP_GRAD = STEP_TERM + TERMS, STEP_LR, STEP_CURVES };
enum { EPOCH_CE, EPOCH_WF1, EPOCH_WA, EPOCH_UA, EPOCH_CURVES };

/* Terms in the order they are listed: classifiers, then alignments. i: 0 … TERMS - 1 */
enum term curve_term(int i);

double step_value(const struct step_row *row, int curve);
double epoch_value(const struct epoch_row *row, int curve);

/* The folds whose mean is shown; n 0: none has a row. */
struct curve_folds {
	const struct fold_run **at; /* [n], owned; the folds are the runs' */
	double *y;                  /* [n] room for a row of each */
	int n;
};
/* Fold number `fold`, or all that have rows; then those of a further run. */
struct curve_folds curve_folds(const struct run *r, int fold, bool all);
void curve_folds_add(struct curve_folds *s, const struct run *r, int fold, bool all);
struct curve_folds curve_fold(const struct fold_run *f); /* one */
void curve_folds_free(struct curve_folds *s);
const struct fold_run *curve_most_steps(const struct curve_folds *s); /* of n > 0 */
const struct fold_run *curve_most_epochs(const struct curve_folds *s);
/* Row i of those folds that have one: mean (NaN: none) and deviation (NaN: of one). */
double curve_step(const struct curve_folds *s, int i, int curve, double *sd);

/* One figure of epochs: a point for each epoch that any of the folds has. */
struct curve {
	int n;
	int *epoch; /* [n] ascending */
	int *of;    /* [n] folds with a finite value there: the others do not count */
	double *y;  /* [n] their mean; NaN: none */
	double *sd; /* [n] their deviation, by n - 1; NaN: of one */
};
struct curve curve_epochs(const struct curve_folds *s, int curve);
void curve_free(struct curve *c); /* safe on zeroed memory */

/* How many epochs, from the first, are the same in both: a branch and what it left. */
int curve_common(const struct fold_run *a, const struct fold_run *b);
/* When a mark happened, in epochs (2.5: in the middle of the third): before its step. */
double curve_mark(const struct run_mark *m, int steps_per_epoch);
/* The best of n values and its place; -1: none is finite. Of a loss the smallest. */
int curve_best(const double *y, int n, bool smallest);

/* Debiased exponential mean of y[0 … n - 1]: weight `keep` (0 … 1) of the past;
 * 0 copies. Not finite stays so and does not enter the mean. out may be y. */
void ema(const double *y, int n, double keep, double *out);

/* The wall clock of a fold: epochs to seconds of training, and back. */
struct curve_clock {
	double *end; /* [n + 1] seconds until the end of each epoch; end[0] is 0. Owned */
	int n;
};
/* first: seconds to assume of an epoch where none has ended yet. */
struct curve_clock curve_clock(const struct fold_run *f, double first);
void curve_clock_free(struct curve_clock *c);
double curve_clock_seconds(const struct curve_clock *c, double epochs);
double curve_clock_epochs(const struct curve_clock *c, double seconds);

/* One head's probabilities of an utterance by epoch: x [h->epochs], y [classes][h->epochs]. */
void curve_classes(const struct history *h, int utt, enum head head, double *x, double *y);
/* Classes in the order they are drawn: the true one, what the head says at `epoch`
 * (there must be predictions), then the rest. order [classes] */
void curve_class_order(const struct history *h, int utt, enum head head, int epoch, int *order);

#endif
