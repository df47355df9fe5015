/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/states_private.h"

int64_t states_thin_bytes(const struct states_thin *x, int n)
{
	int64_t bytes = 0;

	for (int i = 0; i < n; i++) {
		bool first = !x[i].gone && x[i].shared;

		for (int k = i - 1; k >= 0 && first; k--)
			first = x[k].gone || x[k].shared != x[i].shared;
		bytes += (x[i].gone ? 0 : x[i].bytes) + (first ? x[i].shared_bytes : 0);
	}
	return bytes;
}

/* The gap that it would leave, in its own age. */
static double cost(const struct states_thin *x, int n, int i)
{
	double from = x[i].start, to = x[i].end, now = x[n - 1].at;

	for (int k = i - 1; k >= 0; k--)
		if (!x[k].gone) {
			from = x[k].at > from ? x[k].at : from;
			break;
		}
	for (int k = i + 1; k < n; k++)
		if (!x[k].gone) {
			to = x[k].at < to ? x[k].at : to;
			break;
		}
	return (to - from) / (now - x[i].at + 1);
}

bool states_thin(struct states_thin *x, int n, int64_t budget)
{
	while (states_thin_bytes(x, n) > budget) {
		double least = 0;
		int found = -1;

		for (int i = 0; i < n - 1; i++) {
			double c;

			if (x[i].keep || x[i].gone)
				continue;
			c = cost(x, n, i);
			if (found < 0 || c < least) {
				found = i;
				least = c;
			}
		}
		if (found < 0)
			return false;
		x[found].gone = true;
	}
	return true;
}
