/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * str: a text that grows, and lines and table cells of texts.
 *
 *	struct str b = {0};
 *	str_addf(&b, "%d rows", n);
 *	puts(str_text(&b));
 *	str_free(&b);
 */
#ifndef MIUST_STR_H
#define MIUST_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct str {
	char *s; /* NUL-terminated; NULL until something is added */
	size_t len, room;
};

void str_add(struct str *b, const char *text);
void str_addn(struct str *b, const char *text, size_t n);
void str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_num(struct str *b, double x);     /* "%.9g", and "nan" for every NaN */
void str_add_count(struct str *b, long n); /* 13,709 */
void str_vaddf(struct str *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
const char *str_text(const struct str *b); /* "" while empty; never NULL */
void str_reset(struct str *b);             /* empty again, keeps the room */
void str_free(struct str *b);
/* A text of its own; free() it. */
char *str_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Copy what fits into out (size n, terminated), never half a character. */
void str_fit(char *out, size_t n, const char *text);

/* Cut the next line off the text from *at to end (end[0] is NUL): returns it
 * with its newline made a NUL and moves *at after it, or returns NULL at the
 * end. *whole is false for a last line without a newline. */
char *str_line(char **at, const char *end, bool *whole);

/* Columns of UTF-8 text on a screen, whatever the locale: two for a wide character, none for a mark
 * that combines. */
int str_columns(const char *text);
/* Print text padded to `width` columns: right-aligned, left-aligned if width
 * is negative (as printf's %*s, which counts bytes). */
void str_cell(FILE *f, int width, const char *text);

/* Moves *text over the spaces it begins with (also tabs, ends of lines and no-break
 * spaces) and returns its length without those at its end. */
size_t str_trimmed(const char **text);

/* Is `part` somewhere in the text, whatever the case of ASCII letters? "" is. */
bool str_contains(const char *text, const char *part);

#endif
