/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpi_ranks.h"

#include "base/err.h"
#include "base/file.h"

#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

enum { WORD = 4, MOST = 1 << 30, ORDER = 256 };

/* A count of MPI is an int: they count words. */
static int count_of(size_t bytes)
{
	if (bytes % WORD || bytes / WORD > INT_MAX)
		BUG("%zu bytes between ranks", bytes);
	return (int)(bytes / WORD);
}

/* Open MPI waits at full speed. An order may be long in coming (a pause, the first read of the
 * data): after a moment this rank looks only now and then. */
static void look_until_done(MPI_Request *request)
{
	struct timespec nap = {.tv_nsec = 200000};
	int done = 0;

	for (int looks = 0;; looks++) {
		MPI_Test(request, &done, MPI_STATUS_IGNORE);
		if (done)
			return;
		if (looks == 3000) /* a quarter of a second later */
			nap.tv_nsec = 5000000;
		if (looks < 2000)
			sched_yield();
		else
			nanosleep(&nap, NULL);
	}
}

static void broadcast(void *ctx, void *data, size_t bytes)
{
	(void)ctx;
	for (size_t at = 0, n; at < bytes; at += n) {
		MPI_Request request;

		n = bytes - at < MOST ? bytes - at : MOST;
		if (bytes > ORDER) {
			MPI_Bcast((char *)data + at, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD);
			continue;
		}
		MPI_Ibcast(data, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
		look_until_done(&request);
		MPI_Wait(&request, MPI_STATUS_IGNORE);
	}
}

/* Counts and places of each rank's bytes. */
struct parts {
	int count[RANKS_MAX], at[RANKS_MAX];
};

static void parts_of(struct parts *p, const size_t *from, int n)
{
	for (int r = 0; r < n; r++) {
		p->count[r] = count_of(from[r + 1] - from[r]);
		p->at[r] = count_of(from[r]);
	}
}

static void gather(void *ctx, void *all, const size_t *from)
{
	const struct ranks *r = ctx;
	struct parts p;

	parts_of(&p, from, r->n);
	if (r->rank == 0)
		MPI_Gatherv(MPI_IN_PLACE, 0, MPI_FLOAT, all, p.count, p.at, MPI_FLOAT, 0,
			    MPI_COMM_WORLD);
	else
		MPI_Gatherv((char *)all + from[r->rank], p.count[r->rank], MPI_FLOAT, NULL, NULL,
			    NULL, MPI_FLOAT, 0, MPI_COMM_WORLD);
}

static void swap(void *ctx, const void *out, const size_t *out_from, void *in,
		 const size_t *in_from)
{
	const struct ranks *r = ctx;
	struct parts o, i;

	parts_of(&o, out_from, r->n);
	parts_of(&i, in_from, r->n);
	MPI_Alltoallv(out, o.count, o.at, MPI_FLOAT, in, i.count, i.at, MPI_FLOAT, MPI_COMM_WORLD);
}

/* Of the program's file; 0 if it cannot be read. */
static uint64_t build_hash(void)
{
	struct err ignored = {0};
	size_t n = 0;
	char *program = file_read("/proc/self/exe", SIZE_MAX, &n, &ignored);
	uint64_t hash = program ? XXH3_64bits(program, n) : 0;

	free(program);
	return hash;
}

static int check_build(const struct ranks *r)
{
	uint64_t here = build_hash(), first = here;

	MPI_Bcast(&first, sizeof first, MPI_BYTE, 0, MPI_COMM_WORLD);
	if (first == here)
		return 0;
	fprintf(stderr,
		"miust-mpi: rank %d (%s) is another build of the program than rank 0: give all "
		"machines "
		"the same file\n",
		r->rank, MIUST_VERSION);
	return -1;
}

void mpi_ranks_begin(struct ranks *r)
{
	int level;

	*r = (struct ranks){.broadcast = broadcast, .gather = gather, .swap = swap, .ctx = r};
	MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
	MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
	MPI_Comm_size(MPI_COMM_WORLD, &r->n);
	if (r->n > RANKS_MAX && r->rank > 0)
		MPI_Barrier(MPI_COMM_WORLD); /* which rank 0 does not come to */
	else if (r->n > RANKS_MAX)
		fprintf(stderr, "miust-mpi: %d ranks; at most %d can share a batch\n", r->n,
			RANKS_MAX);
	else if (level < MPI_THREAD_SERIALIZED)
		fprintf(stderr, "miust-mpi: this MPI cannot be called from a thread\n");
	else if (check_build(r) == 0)
		return;
	MPI_Abort(MPI_COMM_WORLD, EXIT_FAILED);
}

void mpi_ranks_end(void)
{
	MPI_Finalize();
}
