/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * share: what ranks say to each other, so that all compute the batches of rank 0's trainer.
 *
 * Rank 0 trains as one process does, and says what it does with its model: take a batch, forward,
 * backward, evaluate. The others (helper.h) do the same with what they are sent, weights
 * included, and hold nothing else: whatever rank 0 goes back to, resumes or changes, they follow.
 * Features they read themselves; that those are the same is compared when they are first used.
 *
 * Without ranks (m->ranks NULL) these are what model.h has.
 */
#ifndef MIUST_SHARE_H
#define MIUST_SHARE_H

#include "engine/model/model.h"

enum share_kind {
	SHARE_FOLD, /* a fold begins (app/lab/job_ranks.h) */
	SHARE_BATCH,
	SHARE_FORWARD,
	SHARE_BACKWARD,
	SHARE_EVALUATE,
	SHARE_FOLD_END, /* its trainer is closed */
	SHARE_END,      /* rank 0 has nothing more to do */
};
struct share_order {
	enum share_kind kind;
	int n; /* utterances; of SHARE_FORWARD: 1, weights follow, 0: those of before */
};
void share_tell(const struct ranks *r, enum share_kind kind, int n); /* rank 0 */
struct share_order share_listen(const struct ranks *r);              /* the others */

/* Rank 0's to all; the others have made room: utt [n], the values of norm, m->params.w. */
void share_utterances(const struct ranks *r, const int *utt, int n);
void share_norm(const struct ranks *r, const struct norm *norm);
void share_weights(const struct model *m);
/* Of all, also after an error: are the features of these utterances the same files everywhere? -1:
 * those of this rank are others than rank 0's, *e names one. r NULL: 0. */
int share_features(const struct ranks *r, struct corpus *c, const int *utt, int n, struct err *e);
/* Of all: did anyone fail? Then all return -1, rank 0 with the sentence of the first that did.
 * r NULL: `failed`. */
int share_agree(const struct ranks *r, int failed, struct err *e);

/* Rank 0's. */
int share_take(struct model *m, struct batch *b, struct corpus *c, const struct settings *s,
	       const struct norm *norm, const int *utt, int n, struct err *e);
/* same: the weights are those of the forward before. */
void share_forward(struct model *m, struct batch *b, bool same);
void share_backward(struct model *m, struct batch *b, bool add);

#endif
