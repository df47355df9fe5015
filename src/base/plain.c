/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* fopencookie */
#include "base/plain.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

int str_add_cp1252(struct str *b, const char *text)
{
	char one[5];
	int n = 0;

	for (uint32_t c; (c = utf8_next(&text));) {
		uint32_t meant = plain_cp1252(c);

		n += meant != 0;
		str_addn(b, one, (size_t)utf8_put(one, meant ? meant : c));
	}
	return n;
}

void str_add_plain(struct str *b, const char *text)
{
	char one[5];

	for (uint32_t c; (c = utf8_next(&text));)
		str_addn(b, one, (size_t)utf8_put(one, plain_char(c)));
}

char *plain_line(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	while (length && line[length - 1] == ' ')
		line[--length] = '\0';
	return line + strspn(line, " ");
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

/* ---- a stream ---- */

struct stream {
	int fd, *why;
	struct str in, out; /* `in` begins with what the last write left of a character */
};

/* Bytes at the end of a text that may be the beginning of a character. */
static size_t unfinished(const char *s, size_t n)
{
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char c = (unsigned char)s[n - back];
		size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if ((c & 0xc0) != 0x80)
			return length > back ? back : 0;
	}
	return 0;
}

static void add_printed(struct str *out, const char *s, const char *end)
{
	char one[5];

	while (s < end) {
		uint32_t c = *s ? utf8_next(&s) : (uint32_t)(uint8_t)*s++;

		if (c != '\n' && c != '\t')
			c = plain_char(c);
		str_addn(out, one, (size_t)utf8_put(one, c));
	}
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t n)
{
	struct stream *s = cookie;
	size_t rest, sent = 0;

	str_addn(&s->in, bytes, n);
	rest = unfinished(s->in.s, s->in.len);
	str_reset(&s->out);
	add_printed(&s->out, s->in.s, s->in.s + s->in.len - rest);
	memmove(s->in.s, s->in.s + s->in.len - rest, rest);
	s->in.len = rest;
	while (sent < s->out.len) {
		ssize_t once = write(s->fd, s->out.s + sent, s->out.len - sent);

		if (once < 0 && errno != EINTR) {
			*s->why = *s->why ? *s->why : errno;
			return 0;
		}
		sent += once > 0 ? (size_t)once : 0;
	}
	return (ssize_t)n;
}

static int stream_close(void *cookie)
{
	struct stream *s = cookie;

	str_free(&s->in);
	str_free(&s->out);
	free(s);
	return 0;
}

FILE *plain_stream(int fd, int *why)
{
	static const cookie_io_functions_t io = {.write = stream_write, .close = stream_close};
	struct stream *s = mem_alloc(1, sizeof *s);
	FILE *f;

	s->fd = fd;
	s->why = why;
	f = fopencookie(s, "w", io);
	if (!f) /* it fails for a wrong mode only, and without memory */
		mem_out(1, BUFSIZ);
	if (isatty(fd))
		setvbuf(f, NULL, _IOLBF, 0);
	return f;
}
