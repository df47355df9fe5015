/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch: some utterances, cut into pieces that are packed for the recurrent
 * layers one at a time.
 *
 * Callers see utterances in their order (rows of label, z, logits). Nearly
 * always all of them are one piece; piece.h says how they are cut else.
 *
 * In a piece sequences lie time-major: step 0 of all, then step 1 of those that
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
#include "engine/data/corpus.h"
#include "engine/data/norm.h"
#include "engine/num/par.h"
#include "engine/num/real.h"

struct seqs {
	int n;              /* sequences */
	int rows;           /* sum of lengths */
	int steps;          /* longest length */
	int dim;            /* columns of x */
	const int *len;     /* [n] length used, padding included under reference padding */
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

	/* Places: the utterances in the order of pieces. */
	int pieces;
	int *cut;            /* [pieces+1] first place of each piece, then n */
	int *row;            /* [n] the utterance at a place */
	int *words, *frames; /* [n] lengths used, padding included */
	struct place *place; /* [n] scratch of batch_sort */

	int from; /* first place of the piece that is packed */
	struct seqs text, audio;

	const struct corpus *corpus;
	const struct norm *norm;
	bool reference;          /* zero rows are left out of the pooling */
	int text_dim, audio_dim; /* columns */
	struct arena arena;      /* all of the above that has n values */
};

enum batch_how {
	BATCH_TRAIN, /* pad as settings say */
	BATCH_EVAL,  /* no padding: as the published batch-of-one evaluation */
};

/*
 * Utterances utt[0..n-1], as one piece; nothing is packed yet. Features are
 * checked to be finite on first use: -1 names file, row and column. corpus,
 * norm (may be NULL) and utt stay the caller's, and in place.
 */
int batch_take(struct batch *b, struct corpus *c, const struct settings *s, const struct norm *norm,
	       const int *utt, int n, enum batch_how how, struct err *e);
void batch_free(struct batch *b);
size_t batch_bytes(int n); /* of a batch's arena */

enum { ROWS_MAX = 1 << 28 }; /* of a piece: rows are counted in int */

/* Places by length, shortest first (stable): before cutting. */
void batch_sort(struct batch *b);
/* Lay out places from..to-1: measures or cuts from `a` (see arena.h). */
void batch_lay(struct batch *b, struct arena *a, int from, int to);
/*
 * Pack the places that were laid out: features are read and normalised. Under
 * reference padding a row whose float32 sum is exactly 0 is left out of the
 * pooling; under masked padding every row within the length is data.
 */
void batch_fill(struct batch *b, struct par *par);

/* Lay out sequences of the given lengths (which stay the caller's): everything
 * but x and out, which are taken uncleared. Measures or cuts from `a`; lengths,
 * n and rows can be read after measuring too. For tests too. */
void seqs_lay(struct seqs *s, struct arena *a, int n, const int *len, int dim);

#endif
