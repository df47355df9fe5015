/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch: some utterances, packed for the recurrent layers.
 *
 * Sequences lie time-major: step 0 of all sequences, then step 1 of those that
 * have one, and so on, longest first. So each step's rows are contiguous, the
 * recurrent product shrinks as sequences end, and no arithmetic is spent on
 * padding. Both directions use the same rows: the backward one walks the steps
 * from the last to the first, and sequences join as their last step is reached.
 *
 * Behind the recurrent layers rows lie utterance by utterance ("flat" rows).
 *
 * Reference padding is the same layout with every length set to the batch's
 * longest and zero rows as data (model specification, "Padding").
 */
#ifndef MIUST_BATCH_H
#define MIUST_BATCH_H

#include "base/arena.h"
#include "engine/corpus.h"
#include "engine/norm.h"
#include "engine/par.h"
#include "engine/real.h"

struct seqs {
	int n;              /* sequences */
	int rows;           /* sum of lengths */
	int steps;          /* longest length */
	int dim;            /* columns of x */
	int *len;           /* [n] length used, padding included under reference padding */
	int *first;         /* [n+1] first flat row of sequence i */
	int *rank;          /* [n] sequences, longest first (stable) */
	int *live;          /* [steps] sequences that have this step */
	int *at;            /* [steps+1] first packed row of this step */
	int *packed;        /* [rows] packed row of each flat row */
	real *x;            /* [rows, dim] packed features */
	unsigned char *out; /* [rows] flat; 1: the pooling leaves this row out */
};

struct batch {
	int n;
	const int *utt; /* [n] indexes into the corpus; the caller's */
	int *label;     /* [n] */
	struct seqs text, audio;
	struct arena arena;
};

enum batch_how {
	BATCH_TRAIN, /* pad as settings say */
	BATCH_EVAL,  /* no padding: as the published batch-of-one evaluation */
};

/*
 * Pack utterances utt[0..n-1]. Features are read, normalised (norm may be
 * NULL) and checked to be finite on first use: -1 names file, row and column.
 * Under reference padding a row whose float32 sum is exactly 0 is left out of
 * the pooling; under masked padding every row within the length is data.
 */
int batch_pack(struct batch *b, struct corpus *c, const struct settings *s, const struct norm *norm,
	       const int *utt, int n, enum batch_how how, struct par *par, struct err *e);
void batch_free(struct batch *b);

/* Lay out sequences of the given lengths: everything but x and out, which are
 * taken uncleared. Measures or cuts from `a` (see arena.h). For tests too. */
void seqs_lay(struct seqs *s, struct arena *a, int n, const int *len, int dim);

#endif
