/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * phase: where the time of a step goes, for `miust bench`.
 *
 * The engine's tasks say at the end of each piece of work what it was; the time
 * since the last word is added there, over all threads. Without a struct phases
 * (NULL, as in training) that is one test. With it a step of the recurrence asks
 * the clock twice: 0.1 % of the time.
 */
#ifndef MIUST_PHASE_H
#define MIUST_PHASE_H

#include "base/clock.h"

#include <stdatomic.h>
#include <stddef.h>

enum phase {
	PHASE_INPUT,      /* input products of the LSTMs */
	PHASE_RECURRENCE, /* recurrent products, forward and backward */
	PHASE_GATES,
	PHASE_WEIGHTS,   /* gradients of the LSTMs' weights */
	PHASE_BETWEEN,   /* gradients between the layers */
	PHASE_COPY,      /* time-major to utterance by utterance, and back */
	PHASE_ATTENTION, /* cross attention, its weights' gradients too */
	PHASE_POOLING,
	PHASES
};
extern const char *const phase_name[PHASES];

struct phases {
	atomic_llong ns[PHASES]; /* thread-nanoseconds; any thread adds */
};

/* One task's own clock. */
struct lap {
	struct phases *phases; /* NULL: not timed */
	double at;
	double seconds[PHASES];
};

static inline struct lap lap_begin(struct phases *p)
{
	struct lap l = {.phases = NULL};

	if (p)
		l = (struct lap){.phases = p, .at = clock_seconds()};
	return l;
}

/* What was done since the last lap was this. */
static inline void lap(struct lap *l, enum phase what)
{
	double now;

	if (!l->phases)
		return;
	now = clock_seconds();
	l->seconds[what] += now - l->at;
	l->at = now;
}

void lap_end(const struct lap *l); /* add up what this task took */

#endif
