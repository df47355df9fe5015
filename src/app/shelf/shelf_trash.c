/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was deleted from a shelf's folders. */
#include "app/shelf/shelf.h"

#include "base/file.h"
#include "base/str.h"

#include <limits.h>
#include <stdlib.h>

/* The trash in a folder, once however it is named. */
static void add(struct trash *t, struct texts *seen, const char *dir)
{
	char *real = realpath(dir, NULL);
	size_t n = seen->n;

	if (real)
		texts_one(seen, real);
	if (seen->n > n)
		trash_read(t, dir);
	free(real);
}

void shelf_trash(const struct shelf *s, struct trash *t)
{
	struct texts seen = {0};

	for (int i = 0; i < s->nplaces; i++) {
		const char *dir = s->place[i].dir, *base = path_base(dir);
		char *above =
			base > dir ? str_format("%.*s", (int)(base - dir), dir) : str_format(".");

		add(t, &seen, s->place[i].depth == SHELF_ONE ? above : dir);
		free(above);
	}
	for (int i = 0; i < s->nfolders; i++) /* of studies of which nothing is left, too */
		add(t, &seen, s->folder[i].dir);
	texts_free(&seen);
}
