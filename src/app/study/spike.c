/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/spike.h"

#include <math.h>
#include <string.h>

double spike_median(const struct spike *s)
{
	int half = s->n / 2;

	if (s->n < SPIKE_LEAST)
		return NAN;
	return s->n % 2 ? s->sorted[half] : (s->sorted[half - 1] + s->sorted[half]) / 2;
}

/* Where it is in the sorted ones, or would be. */
static int place(const struct spike *s, int n, double loss)
{
	int i = 0;

	while (i < n && s->sorted[i] < loss)
		i++;
	return i;
}

static void drop_oldest(struct spike *s)
{
	int at = place(s, s->n, s->last[s->first]);

	s->n--;
	s->first = (s->first + 1) % SPIKE_WINDOW;
	memmove(s->sorted + at, s->sorted + at + 1, (size_t)(s->n - at) * sizeof *s->sorted);
}

double spike_add(struct spike *s, double loss)
{
	double median = spike_median(s);
	int at;

	if (s->n == SPIKE_WINDOW)
		drop_oldest(s);
	at = place(s, s->n, loss);
	memmove(s->sorted + at + 1, s->sorted + at, (size_t)(s->n - at) * sizeof *s->sorted);
	s->sorted[at] = loss;
	s->last[(s->first + s->n++) % SPIKE_WINDOW] = loss;
	return median > 0 ? loss / median : 0;
}
