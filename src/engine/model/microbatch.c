/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/microbatch.h"

#include "base/util.h"

#include <stdint.h>
#include <string.h>

/* ---- the tree ---- */

static int middle(int from, int to)
{
	return from + (to - from) / 2;
}

static int levels(int n)
{
	int l = 0;

	while (n > 1 << l)
		l++;
	return l;
}

int microbatch_arrays(int n)
{
	return n > 1 ? levels(n) + 1 : 0;
}

int microbatch_first(int n, int rank, int ranks)
{
	return (int)((int64_t)n * rank / ranks);
}

static int first_of(const struct microbatch_sum *s, int rank)
{
	return microbatch_first(s->n, rank, s->ranks ? s->ranks->n : 1);
}

static int rank_here(const struct microbatch_sum *s)
{
	return s->ranks ? s->ranks->rank : 0;
}

/* The largest nodes below from..to that are whole among this rank's microbatches. */
static int nodes_of(const struct microbatch_sum *s, int rank, int from, int to)
{
	int first = first_of(s, rank), end = first_of(s, rank + 1);

	if (to <= first || from >= end)
		return 0;
	if (first <= from && to <= end)
		return 1;
	return nodes_of(s, rank, from, middle(from, to)) + nodes_of(s, rank, middle(from, to), to);
}

static int most_nodes(const struct microbatch_sum *s)
{
	int most = 0;

	for (int r = 0; s->ranks && r < s->ranks->n; r++)
		most = max_int(nodes_of(s, r, 0, s->n), most);
	return most;
}

/* ---- what a rank forms ---- */

static real *slot(const struct microbatch_sum *s, int i)
{
	return s->array + (size_t)i * s->total;
}

enum { BLOCK = 1 << 16 }; /* values a task adds */

struct adding {
	const struct microbatch_sum *s;
	real *to;
	const real *from;
};

static void add_block(void *ctx, int task)
{
	const struct adding *a = ctx;
	size_t at = (size_t)task * BLOCK;

	a->s->kern->add(a->to + at, a->from + at, (int)min_size(BLOCK, a->s->total - at));
}

static int blocks(size_t values)
{
	return (int)((values + BLOCK - 1) / BLOCK);
}

/* A node that is whole here, into slot i; those above it are free. */
static void form_node(struct microbatch_sum *s, int from, int to, int i)
{
	struct adding a = {s, slot(s, i), slot(s, i + 1)};

	if (to - from == 1) {
		memset(a.to, 0, s->total * sizeof *a.to);
		s->form(s->ctx, from, a.to);
		return;
	}
	form_node(s, middle(from, to), to, i);
	form_node(s, from, middle(from, to), i + 1);
	par_run(s->par, blocks(s->total), add_block, &a);
}

/* All that are, the last one into slot i, the one before it into the next. Returns the slot after
 * those. */
static int form_nodes(struct microbatch_sum *s, int from, int to, int i)
{
	int first = first_of(s, rank_here(s)), end = first_of(s, rank_here(s) + 1);

	if (to <= first || from >= end)
		return i;
	if (first <= from && to <= end) {
		form_node(s, from, to, i);
		return i + 1;
	}
	i = form_nodes(s, middle(from, to), to, i);
	return form_nodes(s, from, middle(from, to), i);
}

/* ---- what is added where all have come together ---- */

/* Rank r's slice of a gradient begins here. */
static size_t slice(const struct microbatch_sum *s, int r)
{
	size_t lines = (s->total + 15) / 16;

	return min_size(lines * (size_t)r / (size_t)s->ranks->n * 16, s->total);
}

static size_t slice_size(const struct microbatch_sum *s)
{
	return slice(s, s->ranks->rank + 1) - slice(s, s->ranks->rank);
}

size_t microbatch_room(const struct microbatch_sum *s)
{
	int own = first_of(s, rank_here(s) + 1) - first_of(s, rank_here(s));
	int slots = max_int(nodes_of(s, rank_here(s), 0, s->n), 1) + levels(max_int(own, 1));
	size_t here = (size_t)slots * s->total;

	if (!s->ranks)
		return here;
	return here + (size_t)most_nodes(s) * (size_t)s->ranks->n * slice_size(s);
}

/* A block of this rank's slice. */
struct combining {
	const struct microbatch_sum *s;
	real *node; /* [most nodes][ranks][slice]: the k-th from the end of each that has one */
	size_t at, n;
	int nodes[RANKS_MAX], taken[RANKS_MAX]; /* of each rank */
};

static int owner(const struct microbatch_sum *s, int from, int to)
{
	for (int r = 0; r < s->ranks->n; r++)
		if (first_of(s, r) <= from && to <= first_of(s, r + 1))
			return r;
	return -1;
}

static real *taken(struct combining *c, int rank)
{
	int k = c->taken[rank]++, place = k * c->s->ranks->n;

	for (int r = 0; r < rank; r++)
		place += k < c->nodes[r];
	return c->node + (size_t)place * slice_size(c->s) + c->at;
}

static real *combine(struct combining *c, int from, int to)
{
	int rank = owner(c->s, from, to);
	real *left, *right;

	if (rank >= 0)
		return taken(c, rank);
	right = combine(c, middle(from, to), to);
	left = combine(c, from, middle(from, to));
	c->s->kern->add(left, right, (int)c->n);
	return left;
}

static void combine_block(void *ctx, int task)
{
	const struct combining *all = ctx;
	const struct microbatch_sum *s = all->s;
	struct combining c = *all;

	c.at = (size_t)task * BLOCK;
	c.n = min_size(BLOCK, slice_size(s) - c.at);
	memcpy(slot(s, 0) + slice(s, s->ranks->rank) + c.at, combine(&c, 0, s->n),
	       c.n * sizeof(real));
}

/* Each rank's k-th node from the end, to where its slices are added. */
static void swap_nodes(const struct microbatch_sum *s, int k, real *in)
{
	size_t out_from[RANKS_MAX + 1] = {0}, in_from[RANKS_MAX + 1] = {0};
	bool mine = k < nodes_of(s, s->ranks->rank, 0, s->n);

	for (int r = 0; r < s->ranks->n; r++) {
		bool theirs = k < nodes_of(s, r, 0, s->n);

		out_from[r + 1] = mine ? slice(s, r + 1) * sizeof(real) : 0;
		in_from[r + 1] = in_from[r] + (theirs ? slice_size(s) * sizeof(real) : 0);
	}
	s->ranks->swap(s->ranks->ctx, slot(s, mine ? k : 0), out_from, in, in_from);
}

static void add_slices(struct microbatch_sum *s, real *node)
{
	struct combining c = {.s = s, .node = node};
	size_t from[RANKS_MAX + 1];
	int most = most_nodes(s);

	for (int r = 0; r < s->ranks->n; r++)
		c.nodes[r] = nodes_of(s, r, 0, s->n);
	for (int k = 0; k < most; k++)
		swap_nodes(s, k, node + (size_t)k * (size_t)s->ranks->n * slice_size(s));
	par_run(s->par, blocks(slice_size(s)), combine_block, &c);
	for (int r = 0; r <= s->ranks->n; r++)
		from[r] = slice(s, r) * sizeof(real);
	s->ranks->gather(s->ranks->ctx, slot(s, 0), from);
}

const real *microbatch_sum(struct microbatch_sum *s)
{
	int slots = form_nodes(s, 0, s->n, 0);
	int own = first_of(s, rank_here(s) + 1) - first_of(s, rank_here(s));

	if (s->ranks)
		add_slices(s, slot(s, max_int(slots, 1) + levels(max_int(own, 1))));
	return slot(s, 0);
}
