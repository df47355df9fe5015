/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * microbatch: parts of a batch whose gradients are formed apart, and how those are added.
 *
 * train.microbatches cuts a batch into so many (chunk.h). Their gradients are the leaves of a
 * tree: a node of several microbatches is the sum of its two halves. The tree depends on the
 * number of microbatches alone, so ranks may share them out: each forms the gradients of
 * some that follow one another, adds up what nodes of the tree are whole among them, and what is
 * left of the tree is added where all nodes have come together. The bytes are those of one process.
 *
 * Where ranks add: each has a slice of the gradient, gets that slice of all nodes and adds them;
 * rank 0 then gathers the slices. No link carries more than twice the bytes of a gradient, however
 * many ranks there are, where each has one node. What is formed early goes its way while the rest
 * is formed; each value is summed as ever.
 */
#ifndef MIUST_MICROBATCH_H
#define MIUST_MICROBATCH_H

#include "base/arena.h"
#include "engine/model/params.h"
#include "engine/num/kern.h"
#include "engine/num/par.h"
#include "engine/num/ranks.h"

#include <pthread.h>
#include <stdbool.h>

/* Arrays of gradients beside params.g that one process needs for the sum of n: none for 1. */
int microbatch_arrays(int n);
/* The first of n microbatches that is this rank's; the next rank's is the end of its own. */
int microbatch_first(int n, int rank, int ranks);

enum { SPANS_MAX = 8 };

struct microbatch_sum {
	const struct kern *kern;
	struct par *par;
	const struct ranks *ranks; /* NULL: one process */
	size_t total;              /* values of a gradient */
	int n;                     /* microbatches */
	/* The gradient of one, into g [total]; called for those of this rank, the last one first.
	 * Once the early values of g are formed, it may say so (microbatch_early). */
	void (*form)(void *ctx, int microbatch, real *g);
	void *ctx;
	struct params_range early[SPANS_MAX]; /* [nearly] in their order, the same on all ranks */
	int nearly;
	real *array; /* [microbatch_room] */

	/* microbatch.c's: the slots of the microbatch at hand and of its node, */
	int leaf, top;
	bool last;  /* is it the last one formed here? */
	bool added; /* are its early values added to those beside it? */
	bool sent;  /* are they on their way, in that thread? */
	pthread_t thread;
};
size_t microbatch_room(const struct microbatch_sum *s); /* values; other ranks may need more */
/* [total]; of rank 0, others get nothing to use. */
const real *microbatch_sum(struct microbatch_sum *s);
/* For form, at most once a call: the early values of its g are formed, and stay as they are. */
void microbatch_early(struct microbatch_sum *s);

#endif
