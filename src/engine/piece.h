/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * piece: as much of a batch as the memory holds at a time.
 *
 * The encoder treats utterances one by one, so a batch that does not fit goes
 * through it in pieces: forward piece by piece, keeping z alone; heads and loss
 * once over the whole batch; then backward from the last piece, which still
 * lies there, to the first, each of the others after a forward of its own once
 * more. The gradients are those of the whole batch, to rounding.
 *
 * Utterances of like length share a piece, so that their recurrence is wide,
 * and the last piece, the one that is computed once, is filled with the longest.
 * The cut depends on lengths, settings and the memory allowed, never on
 * threads. What fits as a whole is one piece, in the batch's own order.
 *
 * A piece has one utterance at least: one that alone needs more than is allowed
 * gets it.
 */
#ifndef MIUST_PIECE_H
#define MIUST_PIECE_H

#include "engine/encoder.h"

/*
 * Bytes that batches may take: train.memory, or without one half of what the
 * machine has (the other half is for the features' pages), less what a run
 * holds anyway: `total` weights, their gradients, the optimiser's means and the
 * kept checkpoint, and PROGRAM_BYTES. 0 if nothing is left.
 */
size_t piece_room(const struct settings *s, size_t total);
/* The program, its libraries, their buffers, the corpus without features. */
enum { PROGRAM_BYTES = 48 << 20 };

/* Lay out places from..to-1: batch and workspace, in one arena (arena.h). */
void piece_lay(const struct encoder *c, struct encoder_work *w, struct arena *a, struct batch *b,
	       int from, int to, bool backward);
/* Bytes of that. */
size_t piece_bytes(const struct encoder *c, const struct batch *b, int from, int to, bool backward);
/* Cut the batch so that each piece fits into `room`; returns the bytes of the
 * largest. */
size_t piece_cut(const struct encoder *c, struct batch *b, size_t room, bool backward);

#endif
