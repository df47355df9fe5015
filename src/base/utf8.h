/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * utf8: characters out of bytes, and back (RFC 3629, whatever the locale).
 */
#ifndef MIUST_UTF8_H
#define MIUST_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xfffd };

/* Decode the character at *s and step over it; 0 at the end, where it stays.
 * A byte that begins no character (also of an overlong form, a surrogate or
 * one above U+10FFFF) is UTF8_REPLACEMENT, and the next call goes on after it. */
uint32_t utf8_next(const char **s);
/* A copy of n bytes that is UTF-8 without NULs: a byte that begins no character, and a
 * NUL, is UTF8_REPLACEMENT, and *replaced becomes true. free() it. */
char *utf8_copy(const char *s, size_t n, bool *replaced);
int utf8_put(char out[5], uint32_t c); /* bytes written, NUL not counted */

#endif
