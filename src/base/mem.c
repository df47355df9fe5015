/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Other threads go on until the process is gone: exit would take the libraries away under them
 * and flush a file that one of them is writing.
 */
_Noreturn void mem_out(size_t n, size_t size)
{
	fprintf(stderr, "miust: out of memory (%zu x %zu bytes needed)\n", n, size);
	fflush(stdout);
	quick_exit(1);
}

void *mem_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		mem_out(n, size);
	return p;
}

void *mem_grow(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		mem_out(n, size);
	p = realloc(p, n && size ? n * size : 1);
	if (!p)
		mem_out(n, size);
	return p;
}

char *mem_dup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(mem_alloc(n, 1), s, n);
}

void *mem_try(size_t bytes)
{
	if (bytes > SIZE_MAX - 64)
		return NULL;
	return aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
}
