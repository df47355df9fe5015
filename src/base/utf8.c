/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

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

uint32_t utf8_next(const char **s)
{
	static const uint32_t min[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length */
	const unsigned char *p = (const unsigned char *)*s;
	int length = sequence_length(*p);
	uint32_t c;

	if (!*p)
		return 0;
	(*s)++;
	if (length == 0)
		return UTF8_REPLACEMENT;
	if (length == 1)
		return *p;
	c = *p & (0xffu >> (length + 1));
	for (int i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UTF8_REPLACEMENT;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < min[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return UTF8_REPLACEMENT;
	*s += length - 1;
	return c;
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
