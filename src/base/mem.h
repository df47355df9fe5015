/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mem: allocation that cannot return NULL.
 *
 * Running out of memory for small things ends the program with one line;
 * large blocks (a batch's workspace, a corpus) use mem_try and say how much
 * was needed.
 */
#ifndef MIUST_MEM_H
#define MIUST_MEM_H

#include <stddef.h>

/* Zeroed; overflow-checked. */
void *mem_alloc(size_t n, size_t size) __attribute__((returns_nonnull));
/* realloc; the new part is not zeroed. */
void *mem_grow(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *mem_dup(const char *s) __attribute__((returns_nonnull)); /* strdup */
_Noreturn void mem_out(size_t n, size_t size); /* that line and that end; bytes: n x size */
void *mem_try(size_t bytes);                   /* 64-byte aligned, not zeroed, or NULL; free() */

#endif
