/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/microbatch.h"

#include "base/process.h"
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
	const struct kern *kern;
	real *to;
	const real *from;
	size_t n;
};

static void add_block(void *ctx, int task)
{
	const struct adding *a = ctx;
	size_t at = (size_t)task * BLOCK;

	a->kern->add(a->to + at, a->from + at, (int)min_size(BLOCK, a->n - at));
}

static int blocks(size_t values)
{
	return (int)((values + BLOCK - 1) / BLOCK);
}

/* Of slot i + 1 to slot i. */
static void add_slot(const struct microbatch_sum *s, int i, struct params_range of)
{
	struct adding a = {s->kern, slot(s, i) + of.from, slot(s, i + 1) + of.from,
			   of.to - of.from};

	par_run(s->par, blocks(a.n), add_block, &a);
}

/* A node that is whole here, into slot i; those above it are free. The last microbatch that is
 * formed is the leftmost of its node: it is not added to those beside it yet. */
static void form_node(struct microbatch_sum *s, int from, int to, int i)
{
	int first = first_of(s, rank_here(s));

	if (to - from == 1) {
		memset(slot(s, i), 0, s->total * sizeof(real));
		s->leaf = i;
		s->last = from == first;
		s->form(s->ctx, from, slot(s, i));
		return;
	}
	form_node(s, middle(from, to), to, i);
	form_node(s, from, middle(from, to), i + 1);
	if (from > first)
		add_slot(s, i, (struct params_range){0, s->total});
}

/* To those beside it, up to its node. */
static void add_up(const struct microbatch_sum *s, struct params_range of)
{
	for (int i = s->leaf - 1; i >= s->top; i--)
		add_slot(s, i, of);
}

/* All that are, the last one into slot i, the one before it into the next. Returns the slot after
 * those. */
static int form_nodes(struct microbatch_sum *s, int from, int to, int i)
{
	int first = first_of(s, rank_here(s)), end = first_of(s, rank_here(s) + 1);

	if (to <= first || from >= end)
		return i;
	if (first <= from && to <= end) {
		s->top = i;
		form_node(s, from, to, i);
		return i + 1;
	}
	i = form_nodes(s, middle(from, to), to, i);
	return form_nodes(s, from, middle(from, to), i);
}

/* ---- what is added where all have come together ---- */

/* The spans that are not early. */
static int late_spans(const struct microbatch_sum *s, struct params_range late[SPANS_MAX + 1])
{
	size_t at = 0;
	int n = 0;

	for (int i = 0; i <= s->nearly; i++) {
		size_t to = i < s->nearly ? s->early[i].from : s->total;

		if (to > at)
			late[n++] = (struct params_range){at, to};
		if (i < s->nearly)
			at = s->early[i].to;
	}
	return n;
}

/* Rank r's slice of a span begins here. */
static size_t slice(const struct microbatch_sum *s, struct params_range of, int r)
{
	size_t lines = (of.to - of.from + 15) / 16;

	return min_size(of.from + lines * (size_t)r / (size_t)s->ranks->n * 16, of.to);
}

static size_t slice_size(const struct microbatch_sum *s, struct params_range of)
{
	return slice(s, of, s->ranks->rank + 1) - slice(s, of, s->ranks->rank);
}

static size_t largest_slice(const struct microbatch_sum *s)
{
	struct params_range late[SPANS_MAX + 1];
	int n = late_spans(s, late);
	size_t most = 0;

	for (int i = 0; i < n; i++)
		most = max_size(most, slice_size(s, late[i]));
	for (int i = 0; i < s->nearly; i++)
		most = max_size(most, slice_size(s, s->early[i]));
	return most;
}

/* Slots for what this rank forms. */
static int slots_here(const struct microbatch_sum *s)
{
	int own = first_of(s, rank_here(s) + 1) - first_of(s, rank_here(s));

	return max_int(nodes_of(s, rank_here(s), 0, s->n), 1) + levels(max_int(own, 1));
}

size_t microbatch_room(const struct microbatch_sum *s)
{
	size_t here = (size_t)slots_here(s) * s->total;

	if (!s->ranks)
		return here;
	return here + (size_t)most_nodes(s) * (size_t)s->ranks->n * largest_slice(s);
}

/* A block of this rank's slice. */
struct combining {
	const struct microbatch_sum *s;
	struct params_range of;
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
	return c->node + (size_t)place * slice_size(c->s, c->of) + c->at;
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
	c.n = min_size(BLOCK, slice_size(s, c.of) - c.at);
	memcpy(slot(s, 0) + slice(s, c.of, s->ranks->rank) + c.at, combine(&c, 0, s->n),
	       c.n * sizeof(real));
}

/* Each rank's k-th node from the end, to where its slices are added. */
static void swap_nodes(const struct microbatch_sum *s, struct params_range of, int k, real *in)
{
	size_t out_from[RANKS_MAX + 1] = {0}, in_from[RANKS_MAX + 1] = {0};
	bool mine = k < nodes_of(s, s->ranks->rank, 0, s->n);

	for (int r = 0; r <= s->ranks->n; r++)
		out_from[r] = mine ? slice(s, of, r) * sizeof(real) : 0;
	for (int r = 0; r < s->ranks->n; r++) {
		bool theirs = k < nodes_of(s, r, 0, s->n);

		in_from[r + 1] = in_from[r] + (theirs ? slice_size(s, of) * sizeof(real) : 0);
	}
	s->ranks->swap(s->ranks->ctx, slot(s, mine ? k : 0), out_from, in, in_from);
}

/* par NULL: in this thread. */
static void add_slices(const struct microbatch_sum *s, struct params_range of, struct par *par)
{
	struct combining c = {.s = s, .of = of, .node = slot(s, slots_here(s))};
	int most = most_nodes(s), tasks = blocks(slice_size(s, of));
	size_t from[RANKS_MAX + 1];

	for (int r = 0; r < s->ranks->n; r++)
		c.nodes[r] = nodes_of(s, r, 0, s->n);
	for (int k = 0; k < most; k++)
		swap_nodes(s, of, k, c.node + (size_t)k * (size_t)s->ranks->n * slice_size(s, of));
	if (par)
		par_run(par, tasks, combine_block, &c);
	for (int task = 0; !par && task < tasks; task++)
		combine_block(&c, task);
	for (int r = 0; r <= s->ranks->n; r++)
		from[r] = slice(s, of, r) * sizeof(real);
	s->ranks->gather(s->ranks->ctx, slot(s, 0), from);
}

/* ---- early and late ---- */

static void *send_early(void *ctx)
{
	const struct microbatch_sum *s = ctx;

	for (int i = 0; i < s->nearly; i++)
		add_slices(s, s->early[i], NULL);
	return NULL;
}

void microbatch_early(struct microbatch_sum *s)
{
	sigset_t old;

	if (!s->ranks || !s->last)
		return;
	for (int i = 0; i < s->nearly; i++)
		add_up(s, s->early[i]);
	s->added = true;
	process_block_signals(&old); /* they are for the threads that handle them */
	s->sent = pthread_create(&s->thread, NULL, send_early, s) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* What is early goes first on all ranks, also where it is not said to be, or nothing is formed. */
static void finish_early(struct microbatch_sum *s)
{
	if (s->sent) {
		pthread_join(s->thread, NULL);
		return;
	}
	for (int i = 0; i < s->nearly && !s->added; i++)
		add_up(s, s->early[i]);
	send_early(s);
}

const real *microbatch_sum(struct microbatch_sum *s)
{
	struct params_range late[SPANS_MAX + 1];
	int n = late_spans(s, late);

	s->leaf = s->top = 0;
	s->last = s->added = s->sent = false;
	form_nodes(s, 0, s->n, 0);
	if (!s->ranks) {
		add_up(s, (struct params_range){0, s->total});
		return slot(s, 0);
	}
	for (int i = 0; i < n; i++)
		add_up(s, late[i]);
	finish_early(s);
	for (int i = 0; i < n; i++)
		add_slices(s, late[i], s->par);
	return slot(s, 0);
}
