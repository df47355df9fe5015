/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/texts.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Where the text is, or belongs. */
static size_t place(const struct texts *p, const char *text)
{
	size_t i = (size_t)XXH3_64bits(text, strlen(text)) & (p->room - 1);

	while (p->at[i] && strcmp(p->at[i], text) != 0)
		i = (i + 1) & (p->room - 1);
	return i;
}

static void grow(struct texts *p)
{
	struct texts next = {.room = p->room ? 2 * p->room : 256, .n = p->n};

	next.at = mem_alloc(next.room, sizeof *next.at);
	for (size_t i = 0; i < p->room; i++)
		if (p->at[i])
			next.at[place(&next, p->at[i])] = p->at[i];
	free(p->at);
	*p = next;
}

const char *texts_one(struct texts *p, const char *text)
{
	size_t i;

	if (2 * p->n >= p->room)
		grow(p);
	i = place(p, text);
	if (!p->at[i]) {
		p->at[i] = mem_dup(text);
		p->n++;
	}
	return p->at[i];
}

void texts_free(struct texts *p)
{
	for (size_t i = 0; i < p->room; i++)
		free(p->at[i]);
	free(p->at);
	*p = (struct texts){0};
}
