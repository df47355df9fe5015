/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rng: the Mersenne Twister MT19937, drawn as PyTorch's CPU generator draws.
 *
 * Model specification, section "Random numbers". A `struct rng` is plain data:
 * copy it to remember a position.
 */
#ifndef MIUST_RNG_H
#define MIUST_RNG_H

#include <stdint.h>

#define RNG_WORDS 624

struct rng {
	uint32_t word[RNG_WORDS];
	uint32_t next; /* index of the next word; RNG_WORDS: make new ones first */
};

void rng_seed(struct rng *r, uint64_t seed); /* the low 32 bits count */
uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r);                        /* first output high */
float rng_uniform(struct rng *r, double lo, double hi); /* float32; one u32 */
void rng_skip(struct rng *r, uint64_t n);               /* n outputs of 32 bits */
/* Fisher-Yates over order[0..n-1], which is set to 0..n-1 first. */
void rng_order(struct rng *r, int *order, int n);
/* A generator of its own for what the published program does not draw
 * (hold-out splits, bootstrap): depends on seed, fold and a purpose. */
void rng_seed_own(struct rng *r, uint64_t seed, int fold, const char *purpose);

#endif
