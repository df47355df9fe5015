/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/known.h"

#include <stdlib.h>
#include <string.h>

static int by_line(const void *line, const void *row)
{
	long want = *(const long *)line, has = ((const struct table_row *)row)->line;

	return (want > has) - (want < has);
}

static bool is_id(const char *id, const char *want)
{
	return id && strcmp(id, want) == 0;
}

void known_find(const struct known_row *known, int nknown, const char *part, const struct table *t,
		char *const *id, const struct known_row **as)
{
	for (int k = 0; k < nknown; k++) {
		const struct table_row *row;
		int i = -1;

		if (strcmp(known[k].part, part) != 0)
			continue;
		row = bsearch(&known[k].line, t->row, (size_t)t->n, sizeof *row, by_line);
		if (row)
			i = (int)(row - t->row);
		if (known[k].id[0] && (!row || !is_id(id[i], known[k].id)))
			for (i = t->n - 1; i >= 0 && !is_id(id[i], known[k].id);)
				i--;
		if (i >= 0)
			as[i] = &known[k];
	}
}
