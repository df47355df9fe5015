/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch: some utterances, cut into chunks that are packed for the recurrent
 * layers one at a time.
 *
 * Callers see utterances in their order (rows of label, z, logits). Nearly
 * always all of them are one chunk; chunk.h says how they are cut else.
 *
 * Reference padding is the same layout with every length set to the batch's
 * longest and zero rows as data (model specification, "Padding").
 */
#ifndef MIUST_BATCH_H
#define MIUST_BATCH_H

#include "engine/data/corpus.h"
#include "engine/data/norm.h"
#include "engine/data/seqs.h"
#include "engine/num/par.h"

struct batch {
	int n;
	const int *utt; /* [n] indexes into the corpus; the caller's */
	int *label;     /* [n] */

	/* Places: the utterances in the order of chunks. */
	int chunks;
	int *cut;            /* [chunks+1] first place of each chunk, then n */
	int microbatches;    /* whose gradients are formed apart (microbatch.h); 1: they are not */
	int *begins;         /* [microbatches+1] first chunk of each, then chunks */
	int *row;            /* [n] the utterance at a place */
	int *words, *frames; /* [n] lengths used, padding included */
	struct place *place; /* [n] scratch of batch_sort */
	int *work, *longest; /* [n] scratch of chunk_cut */

	int from; /* first place of the chunk that is packed */
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
 * Utterances utt[0..n-1], as one chunk; nothing is packed yet. Features are
 * checked to be finite on first use: -1 names file, row and column. corpus,
 * norm (may be NULL) and utt stay the caller's, and in place.
 */
int batch_take(struct batch *b, struct corpus *c, const struct settings *s, const struct norm *norm,
	       const int *utt, int n, enum batch_how how, struct err *e);
void batch_free(struct batch *b);
size_t batch_bytes(int n); /* of a batch's arena */

enum { ROWS_MAX = 1 << 28 }; /* of a chunk: rows are counted in int */

void batch_uncut(struct batch *b); /* one chunk again */
/* Places by length, shortest first (stable): before cutting. */
void batch_sort(struct batch *b);
/* Lay out places from..to-1: measures or cuts from `a` (see arena.h). */
void batch_layout(struct batch *b, struct arena *a, int from, int to);
/*
 * Pack the places that were laid out: features are read and normalised. Under
 * reference padding a row whose float32 sum is exactly 0 is left out of the
 * pooling; under masked padding every row within the length is data.
 */
void batch_fill(struct batch *b, struct par *par);

#endif
