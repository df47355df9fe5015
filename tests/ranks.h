/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ranks: threads as ranks, that hand each other what they say. */
#ifndef MIUST_TEST_RANKS_H
#define MIUST_TEST_RANKS_H

#include "engine/num/ranks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum ranks_call { RANKS_BROADCAST, RANKS_GATHER, RANKS_SWAP };
struct said {
	enum ranks_call call;
	size_t bytes; /* on which all agree */
	const void *out;
	const size_t *out_from;
	void *in;
};
struct ranks_room {
	pthread_barrier_t all;
	struct said said[RANKS_MAX];
	struct ranks rank[RANKS_MAX]; /* one for each thread */
};

struct ranks_seat {
	struct ranks_room *room;
	int rank, n;
};

/* All are at the same call. */
static inline void ranks_say(const struct ranks_seat *x, struct said s)
{
	const struct said *first = &x->room->said[0];

	x->room->said[x->rank] = s;
	pthread_barrier_wait(&x->room->all);
	if (first->call != s.call || first->bytes != s.bytes)
		abort();
}

static inline void ranks_heard(const struct ranks_seat *x)
{
	pthread_barrier_wait(&x->room->all);
}

static inline void ranks_broadcast(void *ctx, void *data, size_t bytes)
{
	const struct ranks_seat *x = ctx;

	ranks_say(x, (struct said){RANKS_BROADCAST, bytes, .out = data});
	if (x->rank > 0)
		memcpy(data, x->room->said[0].out, bytes);
	ranks_heard(x);
}

static inline void ranks_gather(void *ctx, void *all, const size_t *from)
{
	const struct ranks_seat *x = ctx;

	ranks_say(x, (struct said){RANKS_GATHER, from[x->n], .in = all});
	if (x->rank > 0)
		memcpy((char *)x->room->said[0].in + from[x->rank], (char *)all + from[x->rank],
		       from[x->rank + 1] - from[x->rank]);
	ranks_heard(x);
}

static inline void ranks_swap(void *ctx, const void *out, const size_t *out_from, void *in,
			      const size_t *in_from)
{
	const struct ranks_seat *x = ctx;

	ranks_say(x, (struct said){RANKS_SWAP, 0, .out = out, .out_from = out_from});
	for (int r = 0; r < x->n; r++) {
		const struct said *s = &x->room->said[r];

		if (s->out_from[x->rank + 1] - s->out_from[x->rank] != in_from[r + 1] - in_from[r])
			abort(); /* they do not agree on what is sent */
		memcpy((char *)in + in_from[r], (const char *)s->out + s->out_from[x->rank],
		       in_from[r + 1] - in_from[r]);
	}
	ranks_heard(x);
}

/* Seats for n of them; room and seats are the caller's. */
static inline void ranks_begin(struct ranks_room *room, struct ranks_seat *seat, int n)
{
	pthread_barrier_init(&room->all, NULL, (unsigned)n);
	for (int r = 0; r < n; r++) {
		seat[r] = (struct ranks_seat){room, r, n};
		room->rank[r] = (struct ranks){.rank = r,
					       .n = n,
					       .ctx = &seat[r],
					       .broadcast = ranks_broadcast,
					       .gather = ranks_gather,
					       .swap = ranks_swap};
	}
}

static inline void ranks_end(struct ranks_room *room)
{
	pthread_barrier_destroy(&room->all);
}

#endif
