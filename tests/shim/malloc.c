/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library to preload: allocation number MALLOC_FAIL of the process, counted
 * from 1, finds no memory. MALLOC_COUNT names a file into which the number of
 * allocations is written when the process ends.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own, under the names that cannot be replaced. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

void *aligned_alloc(size_t align, size_t n);
int posix_memalign(void **p, size_t align, size_t n);

static atomic_long count;
static long fail; /* 0: none */

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("MALLOC_FAIL");

	fail = number ? atol(number) : 0;
	count = 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("MALLOC_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;

	if (fd >= 0) {
		dprintf(fd, "%ld\n", (long)count);
		close(fd);
	}
}

static int fails(void)
{
	if (++count != fail)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : __libc_memalign(align, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	void *got = fails() ? NULL : __libc_memalign(align, n);

	if (got)
		*p = got;
	return got ? 0 : ENOMEM;
}
