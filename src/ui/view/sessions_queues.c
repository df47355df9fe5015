/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queues of the runs that view 7 lists: that of its folder, and those of folders in it, where
 * it lists what lies deeper.
 */
#include "ui/view/sessions.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The runs that wait, of all queues on end. */
struct waiting {
	const char **dir; /* [n] */
	int n;
	struct queue *queue; /* [queues] */
	int queues;
};

/* The queue of that folder, once. */
static void add_queue(struct waiting *w, const char *folder)
{
	struct err ignored = {0}; /* said by whoever works on it */
	struct queue *q;

	for (int i = 0; i < w->queues; i++)
		if (strcmp(w->queue[i].folder, folder) == 0)
			return;
	w->queue = mem_grow(w->queue, (size_t)w->queues + 1, sizeof *w->queue);
	q = &w->queue[w->queues];
	if (queue_read(q, folder, &ignored))
		return;
	w->queues++;
	w->dir = mem_grow(w->dir, (size_t)(w->n + q->n) + 1, sizeof *w->dir);
	for (int i = 0; i < q->n; i++)
		w->dir[w->n++] = q->run[i].dir;
}

/* The folder that a path lies in; false: none in `within`, or that itself. */
static bool go_up(char *path, const char *within)
{
	size_t n = strlen(within);
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return strncmp(path, within, n) == 0 && path[n] == '/';
}

static bool has_queue(const char *folder)
{
	char path[PATH_LEN];

	return snprintf(path, sizeof path, "%s/queue", folder) < (int)sizeof path &&
	       file_exists(path);
}

/* Of how many of them somebody trains the session, or a seed of it. */
static int count_held(const struct shelf *s)
{
	int n = 0;

	for (int i = 0, end; i < s->n; i = end) {
		bool held = false;

		for (end = i; end < s->n && shelf_root(s->run[end]) == s->run[i]; end++)
			held |= s->run[end]->nheld > 0;
		n += s->run[i]->queued && held;
	}
	return n;
}

void sessions_read_queues(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	const struct shelf *s = &v->shelf;
	struct waiting w = {0};
	char at[PATH_LEN], last[PATH_LEN] = "";

	add_queue(&w, ui_folder(u));
	for (int i = 0; i < s->n; i++) {
		snprintf(at, sizeof at, "%s", s->run[i]->root);
		if (s->run[i]->around || !go_up(at, ui_folder(u)) || strcmp(at, last) == 0)
			continue;
		memcpy(last, at, sizeof last);
		do {
			if (has_queue(at))
				add_queue(&w, at);
		} while (go_up(at, ui_folder(u)));
	}
	shelf_queue(&v->shelf, w.dir, w.n);
	v->waiting = w.n - count_held(s);
	for (int i = 0; i < w.queues; i++)
		queue_free(&w.queue[i]);
	free(w.queue);
	free(w.dir);
}

const char *sessions_queue_of(const struct ui *u, const struct shelf_run *r, char *out)
{
	snprintf(out, PATH_LEN, "%s", r->root);
	while (go_up(out, ui_folder(u)))
		if (has_queue(out) && queue_seeds(out, r->dir))
			return out;
	return ui_folder(u);
}
