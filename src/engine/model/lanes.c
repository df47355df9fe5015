/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/lanes.h"

#include "base/util.h"

#include <stdint.h>
#include <string.h>

static int length(const struct seqs *s, int rank)
{
	return s->len[s->rank[rank]];
}

/* Lanes of `most` work at most, but for what one sequence alone is. */
static int cut(const struct seqs *s, double most, int want, int first[LANES_MAX + 1])
{
	int lanes = 0;

	for (int from = 0, to; from < s->n; from = to) {
		double work = (LANE_STEP + 1.0) * length(s, from);

		if (lanes == want)
			return want + 1;
		for (to = from + 1; to < s->n && work + length(s, to) <= most; to++)
			work += length(s, to);
		first[lanes++] = from;
	}
	first[lanes] = s->n;
	return lanes;
}

static int64_t work_of(const struct seqs *s, int from, int to)
{
	int64_t work = 0;

	for (int i = from; i < to; i++)
		work += length(s, i);
	return work;
}

/* Sequences come whole, so even work may make fewer lanes than are wanted: halve the one with most
 * work, of those that have two sequences. */
static void halve_one(const struct seqs *s, int lanes, int first[LANES_MAX + 1])
{
	int64_t most = -1;
	int at = 0;

	for (int i = 0; i < lanes; i++) {
		int64_t work = work_of(s, first[i], first[i + 1]);

		if (first[i + 1] - first[i] > 1 && work > most) {
			most = work;
			at = i;
		}
	}
	memmove(first + at + 2, first + at + 1, (size_t)(lanes - at) * sizeof *first);
	first[at + 1] = first[at] + (first[at + 2] - first[at]) / 2;
}

int lanes_even(const struct seqs *s, int want, int first[LANES_MAX + 1])
{
	double most = ((double)LANE_STEP * length(s, 0) + (double)work_of(s, 0, s->n)) / want;
	int lanes;

	while ((lanes = cut(s, most, want, first)) > want)
		most *= 1.01;
	for (; lanes < want; lanes++)
		halve_one(s, lanes, first);
	return want;
}

int lanes_cut(const struct seqs *s, int want, int first[LANES_MAX + 1])
{
	want = min_int(s->rows / s->steps / LANE_ROWS, want);
	return lanes_even(s, clamp_int(want, 1, min_int(s->n, LANES_MAX)), first);
}
