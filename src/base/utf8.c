/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include "base/mem.h"

#include <string.h>

/* Length of the sequence a first byte announces, 0 if it cannot be one. */
static int sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* The character of the n bytes at p, n > 0: its length and *c, or 0 if there is none. */
static int decode(const unsigned char *p, size_t n, uint32_t *c)
{
	static const uint32_t min[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length */
	int length = sequence_length(*p);

	*c = *p;
	if (length <= 1 || (size_t)length > n)
		return length == 1;
	*c = *p & (0xffu >> (length + 1));
	for (int i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return *c < min[length] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : length;
}

uint32_t utf8_next(const char **s)
{
	uint32_t c;
	int length;

	if (!**s)
		return 0;
	length = decode((const unsigned char *)*s, SIZE_MAX, &c); /* a NUL continues nothing */
	*s += length ? length : 1;
	return length ? c : UTF8_REPLACEMENT;
}

/* Of n bytes, n > 0; a NUL is no character here. */
static size_t length_at(const char *s, size_t n)
{
	uint32_t c;

	return *s ? (size_t)decode((const unsigned char *)s, n, &c) : 0;
}

char *utf8_copy(const char *s, size_t n, bool *replaced)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t bad = 0, len;
	char *out, *to;

	for (size_t i = 0; i < n; i += len ? len : 1) {
		len = length_at(s + i, n - i);
		bad += len == 0;
	}
	*replaced |= bad > 0;
	out = to = mem_alloc(n + 2 * bad + 1, 1);
	for (size_t i = 0; i < n; i += len ? len : 1) {
		len = length_at(s + i, n - i);
		memcpy(to, len ? s + i : replacement, len ? len : 3);
		to += len ? len : 3;
	}
	return out;
}

int utf8_put(char out[5], uint32_t c)
{
	int n = 0;

	if (c < 0x80) {
		out[n++] = (char)c;
	} else if (c < 0x800) {
		out[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		out[n++] = (char)(0xe0 | c >> 12);
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | c >> 18);
		out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		out[n++] = (char)(0x80 | (c & 0x3f));
	out[n] = '\0';
	return n;
}
