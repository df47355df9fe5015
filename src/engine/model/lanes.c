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

int lanes_cut(const struct seqs *s, int want, int first[LANES_MAX + 1])
{
	double most;
	int lanes;

	want = clamp_int(min_int(s->rows / s->steps / LANE_ROWS, want), 1, LANES_MAX);
	most = (s->rows + (double)LANE_STEP * s->steps) / want;
	while ((lanes = cut(s, most, want, first)) > want)
		most *= 1.05;
	return lanes;
}
