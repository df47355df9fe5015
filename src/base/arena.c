/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>

void arena_measure(struct arena *a)
{
	a->base = NULL;
	a->used = 0;
}

int arena_ready(struct arena *a, const char *what, struct err *e)
{
	if (a->used > a->size) {
		free(a->block);
		a->block = mem_try(a->used);
		a->size = a->block ? a->used : 0;
		if (!a->block)
			return err_set(e,
				       "%s needs %.1f GB of memory, which this machine does not "
				       "give; set train.memory or a smaller train.batch_size",
				       what, (double)a->used / 1e9);
	}
	arena_again(a);
	return 0;
}

void arena_again(struct arena *a)
{
	a->base = a->block;
	a->used = 0;
}

void *arena_take(struct arena *a, size_t n, size_t size)
{
	char *p = a->base ? a->base + a->used : NULL;

	BUG_ON(size && n > (SIZE_MAX - a->used - 64) / size);
	a->used += (n * size + 63) / 64 * 64;
	BUG_ON(a->base && a->used > a->size);
	return p;
}

void arena_free(struct arena *a)
{
	free(a->block);
	*a = (struct arena){0};
}
