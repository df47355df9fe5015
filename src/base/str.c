/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/str.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

/* Room for n more bytes and a NUL. */
static void reserve(struct str *b, size_t n)
{
	size_t room = b->room ? b->room : 64;

	if (b->len + n < b->room)
		return;
	while (room <= b->len + n)
		room *= 2;
	b->s = mem_grow(b->s, room, 1);
	b->room = room;
}

void str_addn(struct str *b, const char *text, size_t n)
{
	reserve(b, n);
	memcpy(b->s + b->len, text, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void str_add(struct str *b, const char *text)
{
	str_addn(b, text, strlen(text));
}

void str_vaddf(struct str *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	BUG_ON(n < 0);
	reserve(b, (size_t)n);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

void str_num(struct str *b, double x)
{
	if (isnan(x))
		str_add(b, "nan"); /* printf shows a NaN's sign, which says nothing */
	else
		str_addf(b, "%.9g", x);
}

void str_add_count(struct str *b, long n)
{
	if (n >= 1000) {
		str_add_count(b, n / 1000);
		str_addf(b, ",%03ld", n % 1000);
	} else {
		str_addf(b, "%ld", n);
	}
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(b, fmt, ap);
	va_end(ap);
}

char *str_format(const char *fmt, ...)
{
	struct str b = {0};
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&b, fmt, ap);
	va_end(ap);
	return b.s;
}

const char *str_text(const struct str *b)
{
	return b->s ? b->s : "";
}

void str_reset(struct str *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = '\0';
}

void str_free(struct str *b)
{
	free(b->s);
	*b = (struct str){0};
}

char *str_line(char **at, const char *end, bool *whole)
{
	char *line = *at, *newline;

	if (line == end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(end - line));
	*whole = newline != NULL;
	if (newline)
		*newline = '\0';
	*at = newline ? newline + 1 : line + (end - line);
	return line;
}

/* One that knows how wide characters are, whatever the user's; 0: the system has none. */
static locale_t wide;
static pthread_once_t wide_made = PTHREAD_ONCE_INIT;

static void make_wide(void)
{
	wide = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

int str_columns(const char *text)
{
	locale_t was;
	uint32_t c;
	int n = 0;

	pthread_once(&wide_made, make_wide);
	was = wide ? uselocale(wide) : (locale_t)0;
	while ((c = utf8_next(&text))) {
		int columns = wide ? wcwidth((wchar_t)c) : 1;

		n += columns < 0 ? 1 : columns;
	}
	if (wide)
		uselocale(was);
	return n;
}

void str_cell(FILE *f, int width, const char *text)
{
	int spaces = abs(width) - str_columns(text);

	if (spaces < 0)
		spaces = 0;
	fprintf(f, "%*s%s%*s", width > 0 ? spaces : 0, "", text, width > 0 ? 0 : spaces, "");
}

void str_fit(char *out, size_t n, const char *text)
{
	size_t len = strlen(text);

	if (len >= n)
		for (len = n - 1; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	memcpy(out, text, len);
	out[len] = '\0';
}

#define NO_BREAK "\xc2\xa0" /* U+00A0, as spreadsheets have it */

/* Bytes of the space that `s` begins with; 0: none. */
static size_t space_at(const char *s)
{
	return *s && strchr(" \t\r\n", *s) ? 1 : strncmp(s, NO_BREAK, 2) == 0 ? 2 : 0;
}

size_t str_trimmed(const char **text)
{
	const char *s = *text;
	size_t n, k;

	while ((k = space_at(s)) > 0)
		s += k;
	n = strlen(s);
	while (n > 0) {
		k = n > 1 && memcmp(s + n - 2, NO_BREAK, 2) == 0 ? 2 : 1;
		if (space_at(s + n - k) != k)
			break;
		n -= k;
	}
	*text = s;
	return n;
}

bool str_contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; *text; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return n == 0;
}
