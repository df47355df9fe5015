/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chunk: as much of a batch as the memory holds at a time.
 *
 * The encoder treats utterances one by one, so a batch that does not fit goes
 * through it in chunks: forward chunk by chunk, keeping z alone; heads and loss
 * once over the whole batch; then backward from the last chunk, which still
 * lies there, to the first, each of the others after a forward of its own once
 * more. The gradients are those of the whole batch, to rounding.
 *
 * Utterances of like length share a chunk, so that their recurrence is wide,
 * and the last chunk, the one that is computed once, is filled with the longest.
 * The cut depends on lengths, settings and the memory allowed, never on
 * threads. What fits as a whole is one chunk, in the batch's own order.
 *
 * A chunk has one utterance at least: one that alone needs more than is allowed
 * gets it.
 *
 * Microbatches (microbatch.h) are cut first, of about equal work, then each into the
 * chunks that it needs.
 */
#ifndef MIUST_CHUNK_H
#define MIUST_CHUNK_H

#include "engine/model/encoder.h"

/* The program, its libraries, their buffers, the corpus without features. */
enum { PROGRAM_BYTES = 48 << 20 };
#define CHUNK_MEMORY ((int64_t)8 << 30)

/* Bytes that a run holds anyway: PROGRAM_BYTES, `total` weights, their
 * gradients, those of microbatches, the optimiser's means and the kept checkpoint. */
int64_t chunk_held(const struct settings *s, size_t total);
/* Bytes that batches may take: train.memory, or CHUNK_MEMORY without one, less that. At least 0.
 * No machine's own memory: the cut is in the last digits. */
size_t chunk_room(const struct settings *s, size_t total);

/* Lay out places from..to-1: batch and workspace, in one arena (arena.h). */
void chunk_layout(const struct encoder *c, struct encoder_work *w, struct arena *a, struct batch *b,
		  int from, int to, bool backward);
/* Bytes of that; and of one utterance of such lengths. */
size_t chunk_bytes(const struct encoder *c, const struct batch *b, int from, int to, bool backward);
size_t chunk_bytes_of(const struct encoder *c, int words, int frames, bool backward);
/* Of n utterances of such lengths; text and frames of one place need not be of one utterance. */
size_t chunk_bytes_all(const struct encoder *c, const int *words, const int *frames, int n,
		       bool backward);
/* Cut the batch into so many microbatches, or one an utterance if it has fewer, and each of those
 * into chunks that fit into `room`; returns the bytes of the largest chunk. */
size_t chunk_cut(const struct encoder *c, struct batch *b, int microbatches, size_t room,
		 bool backward);

#endif
