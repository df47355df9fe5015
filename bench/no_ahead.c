/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LD_PRELOAD: nobody asks for pages before they are read (bench/cold.sh). */
#define _GNU_SOURCE

#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int madvise(void *at, size_t n, int advice)
{
	return advice == MADV_WILLNEED ? 0 : (int)syscall(SYS_madvise, at, n, advice);
}
