/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evaluate: what a model says of some utterances.
 *
 * No padding in either mode: the published program evaluates batches of one,
 * and utterances packed without padding give the same (model specification,
 * "Training"). Batches are cut by the data only, so the bytes do not depend on
 * the number of threads.
 */
#ifndef MIUST_EVALUATE_H
#define MIUST_EVALUATE_H

#include "engine/model/model.h"
#include "engine/train/record.h"

/* Asked between two batches; true ends the evaluation, which then fails with
 * EXIT_STOPPED. `asked` NULL: never. Of ranks only rank 0 is asked, and waits for the others' part.
 */
struct evaluate_stop {
	bool (*asked)(void *ctx);
	void *ctx;
};

/* Utterances utt[0..n-1] in that order; *p is made here (predictions_free).
 * stop: may be NULL. */
int evaluate(struct model *m, struct corpus *c, const struct settings *s, const struct norm *norm,
	     const int *utt, int n, const struct evaluate_stop *stop, struct predictions *p,
	     struct err *e);

/* After each batch of an evaluation: read the model's workspace. */
typedef int (*evaluate_fn)(void *ctx, const struct model *m, const struct batch *b, struct err *e);
int evaluate_each(struct model *m, struct corpus *c, const struct settings *s,
		  const struct norm *norm, const int *utt, int n, evaluate_fn fn, void *ctx,
		  struct err *e);

void predictions_free(struct predictions *p);
const float *predictions_at(const struct predictions *p, int i, enum head h); /* [classes] */
int predicted_class(const float *logits, int classes);                 /* the first largest */
void class_probabilities(const float *logits, int classes, double *p); /* softmax in double */
double class_loss(const float *logits, int classes, int label);        /* cross-entropy */
void predictions_confusion(const struct predictions *p, enum head h, struct confusion *m);
double predictions_loss(const struct predictions *p, enum head h); /* mean; NaN if empty */

#endif
