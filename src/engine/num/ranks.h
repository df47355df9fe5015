/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ranks: processes that compute the same batches, each a part; numbered from 0, as MPI has it.
 *
 * Rank 0 trains, the others do what it tells them (train/helper.h). The engine has no more of them
 * than this table: src/mpi_ranks.c fills it for Open MPI, tests for threads.
 *
 * All ranks make the same calls in the same order. A call returns when the caller may use what
 * it was given; it does not fail: who loses a rank ends the others.
 */
#ifndef MIUST_RANKS_H
#define MIUST_RANKS_H

#include <stddef.h>

struct ranks {
	int rank, n;
	void *ctx;
	/* Rank 0's bytes to all. */
	void (*broadcast)(void *ctx, void *data, size_t bytes);
	/* Bytes from[r]..from[r+1]-1 of each rank's `all` into rank 0's. */
	void (*gather)(void *ctx, void *all, const size_t *from);
	/* Bytes out_from[r]..out_from[r+1]-1 of `out` to rank r, and from it those to in_from[r]..
	 * of `in`; all are multiples of 4. */
	void (*swap)(void *ctx, const void *out, const size_t *out_from, void *in,
		     const size_t *in_from);
};
enum { RANKS_MAX = 64 };

#endif
