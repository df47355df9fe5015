/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include <math.h>

/* MT19937 of Matsumoto and Nishimura, 1998. */
enum { N = RNG_WORDS, M = 397 };

void rng_seed(struct rng *r, uint64_t seed)
{
	r->word[0] = (uint32_t)seed;
	for (uint32_t i = 1; i < N; i++)
		r->word[i] = 1812433253u * (r->word[i - 1] ^ (r->word[i - 1] >> 30)) + i;
	r->next = N;
}

static uint32_t twist(uint32_t high, uint32_t low, uint32_t far)
{
	uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);

	return far ^ (y >> 1) ^ (low & 1 ? 0x9908b0dfu : 0);
}

static void refill(struct rng *r)
{
	uint32_t *w = r->word;
	int i;

	for (i = 0; i < N - M; i++)
		w[i] = twist(w[i], w[i + 1], w[i + M]);
	for (; i < N - 1; i++)
		w[i] = twist(w[i], w[i + 1], w[i + M - N]);
	w[N - 1] = twist(w[N - 1], w[0], w[M - 1]);
	r->next = 0;
}

uint32_t rng_u32(struct rng *r)
{
	uint32_t y;

	if (r->next >= N)
		refill(r);
	y = r->word[r->next++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	return y ^ (y >> 18);
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t high = rng_u32(r);

	return high << 32 | rng_u32(r);
}

float rng_uniform(struct rng *r, double lo, double hi)
{
	float x = (float)(rng_u32(r) & 0xffffff) * 0x1p-24f;
	float flo = (float)lo, fhi = (float)hi;

	return fmaf(x, fhi - flo, flo); /* the fused form gives the recorded bits */
}

void rng_skip(struct rng *r, uint64_t n)
{
	while (n > 0) {
		uint64_t left;

		if (r->next >= N)
			refill(r);
		left = N - r->next;
		if (left > n)
			left = n;
		r->next += (uint32_t)left;
		n -= left;
	}
}

void rng_order(struct rng *r, int *order, int n)
{
	for (int i = 0; i < n; i++)
		order[i] = i;
	for (int i = 0; i < n - 1; i++) {
		int j = i + (int)(rng_u32(r) % (uint32_t)(n - i));
		int t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
}

void rng_seed_own(struct rng *r, uint64_t seed, int fold, const char *purpose)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a over seed, fold, purpose */

	for (int i = 0; i < 8; i++)
		h = (h ^ (seed >> (8 * i) & 0xff)) * 1099511628211u;
	h = (h ^ (uint64_t)(fold & 0xff)) * 1099511628211u;
	for (; *purpose; purpose++)
		h = (h ^ (uint8_t)*purpose) * 1099511628211u;
	rng_seed(r, h ^ (h >> 32));
}
