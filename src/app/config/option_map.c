/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exp.map as a text: "exc=hap,fru=drop". */
#include "app/config/option.h"

#include "base/str.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct word {
	const char *at;
	size_t len;
};

/* Without spaces around it. */
static struct word trimmed(const char *at, size_t len)
{
	while (len && *at == ' ')
		at++, len--;
	while (len && at[len - 1] == ' ')
		len--;
	return (struct word){at, len};
}

static bool is_text(struct word w)
{
	for (size_t i = 0; i < w.len; i++)
		if (iscntrl((unsigned char)w.at[i]))
			return false;
	for (const char *c = w.at; c < w.at + w.len;)
		if (utf8_next(&c) == UTF8_REPLACEMENT)
			return false;
	return true;
}

static int shown(struct word w)
{
	return w.len < 80 ? (int)w.len : 80;
}

/* One of the two labels of a pair into out[size]. */
static int take(struct word w, struct word pair, const char *which, char *out, size_t size,
		struct err *e)
{
	if (!w.len)
		return err_set(e,
			       "exp.map: expected two labels, as in exc=hap or fru=drop; found "
			       "'%.*s', without the %s",
			       shown(pair), pair.at, which);
	if (w.len >= size)
		return err_set(e, "exp.map: expected labels of at most %zu bytes; found '%.*s'",
			       size - 1, shown(w), w.at);
	if (!is_text(w))
		return err_set(e,
			       "exp.map: expected labels in UTF-8 without control characters; "
			       "found '%.*s'",
			       shown(w), w.at);
	memcpy(out, w.at, w.len);
	out[w.len] = '\0';
	return 0;
}

static int add_pair(struct label_map *m, struct word pair, struct err *e)
{
	const char *equals = memchr(pair.at, '=', pair.len);
	size_t key = equals ? (size_t)(equals - pair.at) : pair.len;

	if (!equals)
		return err_set(e,
			       "exp.map: expected pairs of labels, as in exc=hap,fru=drop; found "
			       "'%.*s'",
			       shown(pair), pair.at);
	if (m->n == MAP_MAX)
		return err_set(e, "exp.map: expected at most %d labels; '%.*s' is one too many",
			       MAP_MAX, shown(pair), pair.at);
	if (take(trimmed(pair.at, key), pair, "first", m->at[m->n].from, MAP_FROM, e) ||
	    take(trimmed(equals + 1, pair.len - key - 1), pair, "second", m->at[m->n].to, LABEL_LEN,
		 e))
		return -1;
	for (int i = 0; i < m->n; i++)
		if (strcmp(m->at[i].from, m->at[m->n].from) == 0)
			return err_set(e, "exp.map: '%s' appears twice; map each label once",
				       m->at[i].from);
	m->n++;
	return 0;
}

int option_read_map(struct label_map *m, const char *text, struct err *e)
{
	struct label_map read = {0};

	for (;;) {
		size_t len = strcspn(text, ",");

		if (add_pair(&read, trimmed(text, len), e))
			return -1;
		if (!text[len])
			break;
		text += len + 1;
	}
	*m = read;
	return 0;
}

void option_print_map(const struct label_map *m, char *out, size_t n)
{
	size_t at = 0;

	for (int i = 0; i < m->n && at < n; i++)
		at += (size_t)snprintf(out + at, n - at, "%s%s=%s", i ? "," : "", m->at[i].from,
				       m->at[i].to);
}

bool option_equal_maps(const struct label_map *a, const struct label_map *b)
{
	bool equal = a->n == b->n;

	for (int i = 0; equal && i < a->n; i++) {
		int k = 0;

		while (k < b->n && strcmp(a->at[i].from, b->at[k].from) != 0)
			k++;
		equal = k < b->n && strcmp(a->at[i].to, b->at[k].to) == 0;
	}
	return equal;
}
