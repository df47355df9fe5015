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
 * many ranks there are, where each has one node.
 */
#ifndef MIUST_MICROBATCH_H
#define MIUST_MICROBATCH_H

#include "base/arena.h"
#include "engine/num/kern.h"
#include "engine/num/par.h"
#include "engine/num/ranks.h"

/* Arrays of gradients beside params.g that one process needs for the sum of n: none for 1. */
int microbatch_arrays(int n);
/* The first of n microbatches that is this rank's; the next rank's is the end of its own. */
int microbatch_first(int n, int rank, int ranks);

struct microbatch_sum {
	const struct kern *kern;
	struct par *par;
	const struct ranks *ranks; /* NULL: one process */
	size_t total;              /* values of a gradient */
	int n;                     /* microbatches */
	/* The gradient of one, into g [total]; called for those of this rank, the last one first.
	 */
	void (*form)(void *ctx, int microbatch, real *g);
	void *ctx;
	real *array; /* [microbatch_room] */
};
size_t microbatch_room(const struct microbatch_sum *s); /* values; other ranks may need more */
/* [total]; of rank 0, others get nothing to use. */
const real *microbatch_sum(struct microbatch_sum *s);

#endif
