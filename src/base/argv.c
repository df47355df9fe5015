/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/argv.h"

#include "base/mem.h"
#include "base/plain.h"

#include <stdlib.h>
#include <string.h>

static const char space[] = " \t\r\n";

void argv_add(struct argv *a, const char *word)
{
	a->word = mem_grow(a->word, (size_t)a->n + 2, sizeof *a->word);
	a->word[a->n++] = mem_dup(word);
	a->word[a->n] = NULL;
}

/* What follows an opening quote into *word; returns where the line goes on, or NULL. */
static const char *read_quoted(const char *at, char quote, struct str *word)
{
	for (; *at && *at != quote; at++) {
		if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		str_addn(word, at, 1);
	}
	return *at ? at + 1 : NULL;
}

/* One word, from its first character on; returns where the line goes on, or NULL. */
static const char *read_word(const char *at, struct str *word, struct err *e)
{
	while (*at && !strchr(space, *at)) {
		const char *from = at;

		if (*at == '\'' || *at == '"') {
			at = read_quoted(at + 1, *at, word);
			if (!at) {
				err_set(e, "the quote before %.60s is not closed", from + 1);
				return NULL;
			}
			continue;
		}
		if (*at == '\\' && !*++at) {
			err_set(e, "a backslash is the last character; nothing follows it");
			return NULL;
		}
		str_addn(word, at++, 1);
	}
	return at;
}

int argv_read(struct argv *a, const char *line, struct err *e)
{
	struct str word = {0};

	line += strspn(line, space);
	while (line && *line) {
		str_reset(&word);
		line = read_word(line, &word, e);
		if (!line)
			break;
		argv_add(a, str_text(&word));
		line += strspn(line, space);
	}
	str_free(&word);
	if (!line)
		argv_free(a);
	return line ? 0 : -1;
}

void argv_copy(struct argv *to, const struct argv *from)
{
	for (int i = 0; i < from->n; i++)
		argv_add(to, from->word[i]);
}

void argv_line(const struct argv *a, struct str *out)
{
	for (int i = 0; i < a->n; i++) {
		if (i)
			str_add(out, " ");
		str_add_quoted(out, a->word[i]);
	}
}

void argv_free(struct argv *a)
{
	for (int i = 0; i < a->n; i++)
		free(a->word[i]);
	free(a->word);
	*a = (struct argv){0};
}
