/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena: one block of memory, cut into labelled pieces.
 *
 * The layout function runs twice over the same arena: first it only measures
 * (arena_measure, every take returns NULL), then arena_ready allocates the
 * memory and the function runs again to get the pointers. Pieces are 64-byte
 * aligned and not cleared. If more is needed later, a new block is made and old
 * pointers become invalid. What needs no more room can be laid out in the same
 * block again: arena_again.
 */
#ifndef MIUST_ARENA_H
#define MIUST_ARENA_H

#include "base/err.h"

#include <stddef.h>

struct arena {
	char *base; /* NULL while measuring */
	char *block;
	size_t size, used;
};

void arena_measure(struct arena *a);
int arena_ready(struct arena *a, const char *what, struct err *e);
void arena_again(struct arena *a); /* cut from the front again; after arena_ready */
void *arena_take(struct arena *a, size_t n, size_t size);
void arena_free(struct arena *a);

#endif
