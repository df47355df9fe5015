/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/seqs.h"

#include "base/util.h"

#include <string.h>

/* Longest first; equal lengths keep their order, so that sums do too. */
static void sort_by_length(int *rank, const int *len, int n, int longest, int *count)
{
	memset(count, 0, ((size_t)longest + 2) * sizeof *count);
	for (int i = 0; i < n; i++)
		count[longest - len[i] + 1]++;
	for (int l = 0; l < longest; l++)
		count[l + 1] += count[l];
	for (int i = 0; i < n; i++)
		rank[count[longest - len[i]]++] = i;
}

void seqs_layout(struct seqs *s, struct arena *a, int n, const int *len, int dim)
{
	int rows = 0, steps = 0, *count;

	for (int i = 0; i < n; i++) {
		BUG_ON(len[i] < 1);
		rows += len[i];
		steps = max_int(len[i], steps);
	}
	*s = (struct seqs){.n = n, .rows = rows, .steps = steps, .dim = dim, .len = len};
	s->first = arena_take(a, (size_t)n + 1, sizeof *s->first);
	s->rank = arena_take(a, (size_t)n, sizeof *s->rank);
	s->live = arena_take(a, (size_t)steps, sizeof *s->live);
	s->at = arena_take(a, (size_t)steps + 1, sizeof *s->at);
	s->packed = arena_take(a, (size_t)rows, sizeof *s->packed);
	s->x = arena_take(a, (size_t)rows * (size_t)dim, sizeof *s->x);
	s->out = arena_take(a, (size_t)rows, sizeof *s->out);
	count = arena_take(a, (size_t)steps + 2, sizeof *count);
	if (!a->base)
		return;

	s->first[0] = 0;
	for (int i = 0; i < n; i++)
		s->first[i + 1] = s->first[i] + len[i];
	sort_by_length(s->rank, len, n, steps, count);
	s->at[0] = 0;
	for (int t = 0, live = n; t < steps; t++) {
		while (len[s->rank[live - 1]] <= t)
			live--;
		s->live[t] = live;
		s->at[t + 1] = s->at[t] + live;
	}
	for (int r = 0; r < n; r++) {
		int i = s->rank[r];

		for (int t = 0; t < len[i]; t++)
			s->packed[s->first[i] + t] = s->at[t] + r;
	}
}
