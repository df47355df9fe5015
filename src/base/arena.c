/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/*
 * Huge pages, where the system leaves them to the program's wish: a workspace of
 * a gigabyte is walked through a few times a step, and with pages of 4 KB the
 * look-up of addresses costs some per cent of training (on a virtual machine 5).
 * A hint: failure changes nothing.
 */
static void ask_for_huge_pages(char *block, size_t size)
{
	enum { PAGE = 4096, HUGE = 1 << 21 };
	char *first = (char *)(((uintptr_t)block + PAGE - 1) / PAGE * PAGE);

#ifdef MADV_HUGEPAGE
	if (size >= 4 * (size_t)HUGE)
		madvise(first, size - PAGE, MADV_HUGEPAGE);
#else
	(void)first;
	(void)size;
#endif
}

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
				       "%s needs %.1f GB of memory, more than this machine has "
				       "free; set train.memory or a smaller train.batch_size",
				       what, (double)a->used / 1e9);
		ask_for_huge_pages(a->block, a->size);
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
