/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/plain.h"

#include "base/utf8.h"

#include <string.h>

uint32_t plain_cp1252(uint32_t c)
{
	static const uint16_t meant[32] = {
		/* 80 */ 0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		/* 88 */ 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
		/* 90 */ 0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		/* 98 */ 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
	};

	return c >= 0x80 && c < 0xa0 ? meant[c - 0x80] : 0;
}

/* Control characters, and what Unicode calls format characters: those that are
 * invisible or change the direction of their neighbours. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
	{0x180e, 0x180e},   {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
	{0xfeff, 0xfeff},   {0xfff9, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
	{0xe0000, 0xe007f},
};

uint32_t plain_char(uint32_t c)
{
	if (c >= 0x20 && c < 0x7f)
		return c;
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		if (c >= hidden[i].first && c <= hidden[i].last) {
			uint32_t meant = plain_cp1252(c);

			return meant ? meant : UTF8_REPLACEMENT;
		}
	}
	return c;
}

void str_add_plain(struct str *b, const char *text)
{
	char one[5];

	for (uint32_t c; (c = utf8_next(&text));)
		str_addn(b, one, (size_t)utf8_put(one, plain_char(c)));
}

void str_add_quoted(struct str *b, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_@%+=:,./-";

	if (*word && !word[strspn(word, safe)]) {
		str_add(b, word);
		return;
	}
	str_add(b, "'");
	for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
		str_addn(b, word, (size_t)(quote - word));
		str_add(b, "'\\''");
	}
	str_addf(b, "%s'", word);
}
