/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/lanes.h"

#include "base/util.h"

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

int lanes_even(const struct seqs *s, int want, int first[LANES_MAX + 1])
{
	double most = (double)LANE_STEP * length(s, 0);
	int lanes;

	for (int i = 0; i < s->n; i++)
		most += length(s, i);
	most /= want;
	while ((lanes = cut(s, most, want, first)) > want)
		most *= 1.01;
	return lanes;
}

int lanes_cut(const struct seqs *s, int want, int first[LANES_MAX + 1])
{
	want = min_int(s->rows / s->steps / LANE_ROWS, want);
	return lanes_even(s, clamp_int(want, 1, LANES_MAX), first);
}
