/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ranks: processes that compute the same batches, each a part; numbered from 0, as MPI has it.
 *
 * Rank 0 trains, the others do what it tells them (train/helper.h). The engine has no more of them
 * than this table: src/mpi_ranks.c fills it for Open MPI, tests for threads.
 *
 * All ranks make the same calls in the same order, one at a time, though not always in the same
 * thread. A call returns when the caller may use what it was given, and does not fail: the loss of
 * a rank ends the others. Bytes are multiples of 4, but for those of broadcast.
 */
#ifndef MIUST_RANKS_H
#define MIUST_RANKS_H

#include <stddef.h>

struct ranks {
	int rank, n;
	void *ctx;
	/* Rank 0's bytes to all. */
	void (*broadcast)(void *ctx, void *data, size_t bytes);
	/* Bytes from[r]..from[r+1]-1 of rank r's `all` to the same place in rank 0's. `from` [n+1]
	 * is equal on all ranks. */
	void (*gather)(void *ctx, void *all, const size_t *from);
	/* Bytes out_from[r]..out_from[r+1]-1 of `out` to rank r, and those that it sends to
	 * in_from[r]..in_from[r+1]-1 of `in`. */
	void (*swap)(void *ctx, const void *out, const size_t *out_from, void *in,
		     const size_t *in_from);
};
enum { RANKS_MAX = 64 };

#endif
