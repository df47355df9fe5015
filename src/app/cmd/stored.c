/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/stored.h"

#include "app/queue/queue.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"

#include <stdlib.h>
#include <string.h>

/* Which of them wait; a queue at fault is said by who works on it. */
static void read_queue(struct shelf *s)
{
	struct err ignored = {0};
	const char **dir;
	struct queue q;

	if (queue_read(&q, QUEUE_FOLDER, &ignored))
		return;
	dir = mem_alloc((size_t)q.n + 1, sizeof *dir);
	for (int i = 0; i < q.n; i++)
		dir[i] = q.run[i].dir;
	shelf_queue(s, dir, q.n);
	free(dir);
	queue_free(&q);
}

int stored_open(struct stored *s, const char *filter, struct err *e)
{
	struct err why = {0};
	bool archived;

	*s = (struct stored){0};
	if (filter) {
		s->filter = filter_parse(filter, &why);
		if (!s->filter && file_is_dir(filter))
			err_usage(
				e,
				"%.200s is a folder; expected a condition, such as state=finished. "
				"The runs are those in %s of the current folder",
				filter, QUEUE_FOLDER);
		else if (!s->filter)
			*e = why;
		if (!s->filter)
			return -1;
	}
	archived = s->filter && filter_archived(s->filter);
	shelf_add(&s->shelf, QUEUE_FOLDER, SHELF_DEEP);
	shelf_read(&s->shelf);
	read_queue(&s->shelf);
	s->run = mem_alloc((size_t)s->shelf.n + 1, sizeof *s->run);
	for (int i = 0; i < s->shelf.n; i++) {
		struct shelf_run *r = s->shelf.run[i];

		if ((archived || !r->archived) && (!s->filter || filter_true(s->filter, r)))
			s->run[s->n++] = r;
	}
	return 0;
}

static bool ends_with(const char *path, const char *name)
{
	size_t n = strlen(path), m = strlen(name);

	return n > m && path[n - m - 1] == '/' && strcmp(path + n - m, name) == 0;
}

struct shelf_run *stored_find(struct stored *s, const char *name, struct err *e)
{
	struct shelf_run *found = shelf_find(&s->shelf, name), *end = NULL;
	struct near near = near_to(name);
	int ends = 0;

	if (found)
		return found;
	for (int i = 0; i < s->shelf.n; i++) {
		near_try(&near, s->shelf.run[i]->path);
		if (!ends_with(s->shelf.run[i]->path, name))
			continue;
		end = s->shelf.run[i];
		ends++;
	}
	if (ends == 1)
		return end;
	if (ends > 1)
		err_set(e, "%.100s: %d runs end so; say which by its path: %s, ...", name, ends,
			end->path);
	else if (near.best)
		err_set(e, "no run %.100s in %s; did you mean %s?", name, QUEUE_FOLDER, near.best);
	else
		err_set(e, "no run %.100s in %s; miust sessions list shows them", name,
			QUEUE_FOLDER);
	return NULL;
}

void stored_close(struct stored *s)
{
	filter_free(s->filter);
	free(s->run);
	shelf_free(&s->shelf);
}
