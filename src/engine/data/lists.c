/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/lists.h"

#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { IEMOCAP_SESSIONS = 5 };

/* N of SessionN.csv, 0 if it is not a session's list; *as: how N is to be written. */
static int session_of(const char *file, char as[32])
{
	int n, end = 0;

	if (sscanf(file, "Session%4d.csv%n", &n, &end) != 1 || !end || file[end] || n < 1)
		return 0;
	snprintf(as, 32, "Session%d.csv", n);
	return n;
}

/* The largest N of the files Session1.csv, Session2.csv ... that are there; 0: none is. */
static int last_session(const char *dir)
{
	DIR *open = opendir(dir);
	struct dirent *d;
	int last = 0;

	while (open && (d = readdir(open))) {
		char as[32];
		int n = session_of(d->d_name, as);

		if (n > last && strcmp(as, d->d_name) == 0)
			last = n;
	}
	if (open)
		closedir(open);
	return last;
}

/* Session07.csv is not read: that is said, or training would go on without it. */
static void warn_unread(const char *dir, struct problems *p)
{
	DIR *open = opendir(dir);
	struct dirent *d;

	while (open && (d = readdir(open))) {
		struct fault f = {.kind = PROBLEM_WARNING, .file = dir};
		char as[32];

		if (session_of(d->d_name, as) && strcmp(as, d->d_name) != 0)
			problem_add(p, &f, "%s/%s: is not read; rename it to %s if it is a list",
				    dir, d->d_name, as);
	}
	if (open)
		closedir(open);
}

void lists_name(struct corpus *c, const struct settings *s)
{
	static const char *const part[] = {"train", "dev", "test"};
	const char *const path[] = {s->exp.train_csv, s->exp.dev_csv, s->exp.test_csv};
	int last = last_session(s->exp.iemocap_csv);

	c->nlists = s->layout == LAYOUT_LISTS ? 3 : last ? last : IEMOCAP_SESSIONS;
	c->list = mem_alloc((size_t)c->nlists, sizeof *c->list);
	for (int i = 0; i < c->nlists; i++) {
		struct list *l = &c->list[i];

		if (s->layout == LAYOUT_LISTS) {
			snprintf(l->name, sizeof l->name, "%s", part[i]);
			l->path = mem_dup(path[i]);
		} else {
			snprintf(l->name, sizeof l->name, "Session%d", i + 1);
			l->path = str_format("%s/%s.csv", s->exp.iemocap_csv, l->name);
		}
	}
}

void lists_name_new(struct corpus *c, const char *path)
{
	c->layout = LAYOUT_LISTS;
	c->nlists = 1;
	c->list = mem_alloc(1, sizeof *c->list);
	snprintf(c->list->name, sizeof c->list->name, "list");
	c->list->path = mem_dup(path);
}

void lists_check(const struct corpus *c, const struct settings *s, struct problems *p)
{
	const char *dir = s->exp.iemocap_csv;

	if (c->layout != LAYOUT_IEMOCAP)
		return;
	warn_unread(dir, p);
	if (c->nlists < IEMOCAP_SESSIONS)
		problem_add(p, &(struct fault){.kind = PROBLEM_NOTE, .file = dir},
			    "%s: %d session%s; IEMOCAP has %d", dir, c->nlists,
			    c->nlists == 1 ? "" : "s", IEMOCAP_SESSIONS);
}
