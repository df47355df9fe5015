/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of view 7: reading, finding, and what is done with them. */
#include "ui/view/sessions.h"

#include "app/study/compare.h"
#include "app/session/session_data.h"
#include "app/session/session_rows.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/state/page.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/*
 * Reading
 */

static int read_epochs(struct session_row *r, const struct session *s, struct err *e)
{
	struct epoch_row *row = NULL;
	int failed = session_epochs(s, &r->set, &row, &r->epochs, e);

	free(row);
	return failed;
}

/* When the session was made: config.yml is written once. */
static void date_of(const char *dir, char *out, size_t n)
{
	struct err ignored = {0};
	char path[PATH_LEN];
	struct stat st;
	struct tm local;

	out[0] = '\0';
	if (path_join(path, sizeof path, dir, "config.yml", &ignored) || stat(path, &st))
		return;
	localtime_r(&st.st_mtime, &local);
	strftime(out, n, "%Y-%m-%d %H:%M", &local);
}

static bool is_same_folder(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

static void read_notes(struct session_row *r)
{
	struct err ignored = {0};
	struct notes n;

	notes_read(&n, r->dir, &ignored);
	r->notes = n.n;
	if (n.n)
		str_fit(r->note, sizeof r->note, n.at[n.n - 1].text);
	notes_free(&n);
}

/* A session may be broken in any way: its row says how, and the others stand. */
static void row_read(struct session_row *r, const char *root, const char *dir)
{
	struct err e = {0};
	struct session s;

	*r = (struct session_row){0};
	snprintf(r->root, sizeof r->root, "%s", root);
	snprintf(r->dir, sizeof r->dir, "%s", dir);
	run_names(dir, r->name, r->branch);
	if (strncmp(r->branch, "seed-", 5) == 0)
		snprintf(r->branch, sizeof r->branch, "main"); /* the seed has a column */
	date_of(dir, r->date, sizeof r->date);
	if (session_read(&s, dir, &r->set, &e) == 0) {
		r->folds = session_folds(&s, &r->set);
		if (read_epochs(r, &s, &e) || session_results(&s, &r->set, &r->results, &e) ||
		    session_changes(&s, &r->set, &r->changes, &e))
			results_free(&r->results);
		session_close(&s);
	} else {
		options_preset(&r->set);
	}
	if (e.status || !r->results.n)
		results_init(&r->results, &r->set);
	if (e.status) {
		size_t len = strlen(dir);
		bool inside = strncmp(e.text, dir, len) == 0 && e.text[len] == '/';

		str_fit(r->why, sizeof r->why, e.text + (inside ? len + 1 : 0));
	}
	read_notes(r);
}

static void add_row(struct ui *u, const char *root, const char *dir)
{
	struct sessions_view *v = sessions_view(u);
	struct session_row *r;

	for (int i = 0; i < v->n; i++)
		if (is_same_folder(v->row[i].dir, dir))
			return;
	v->row = mem_grow(v->row, (size_t)v->n + 1, sizeof *r);
	r = &v->row[v->n];
	row_read(r, root, dir);
	r->here = u->run.dir[0] && is_same_folder(dir, u->run.dir);
	v->n++;
}

/* Do something with each folder in `dir` whose name starts so. */
static void each_folder(struct ui *u, const char *dir, const char *start, const char *root,
			void (*visit)(struct ui *u, const char *root, const char *dir))
{
	struct err ignored = {0};
	char path[PATH_LEN];
	struct dirent *d;
	DIR *open = opendir(dir);

	while (open && (d = readdir(open)))
		if (d->d_name[0] != '.' && strncmp(d->d_name, start, strlen(start)) == 0 &&
		    path_join(path, sizeof path, dir, d->d_name, &ignored) == 0 &&
		    file_is_dir(path))
			visit(u, root, path);
	if (open)
		closedir(open);
}

static void add_session(struct ui *u, const char *unused, const char *root)
{
	struct err ignored = {0};
	char branches[PATH_LEN];

	(void)unused;
	if (!session_exists(root))
		return;
	add_row(u, root, root);
	each_folder(u, root, "seed-", root, add_row);
	if (path_join(branches, sizeof branches, root, "branches", &ignored) == 0)
		each_folder(u, branches, "", root, add_row);
}

/* The session's folder of a run: its own, or the one around seed-S, branches/NAME. */
static void root_of(const char *dir, char *out, size_t n)
{
	const char *branches = strstr(dir, "/branches/"), *last = path_base(dir);
	size_t length = strlen(dir);

	if (branches)
		length = (size_t)(branches - dir);
	else if (strncmp(last, "seed-", 5) == 0 && last > dir)
		length = (size_t)(last - dir) - 1;
	snprintf(out, n, "%.*s", (int)length, dir);
}

/* This run first, then what belongs to its session, then the newest. */
static int by_place(const void *pa, const void *pb)
{
	const struct session_row *a = pa, *b = pb;
	int order = (int)b->here - (int)a->here;

	if (!order)
		order = (int)b->sibling - (int)a->sibling;
	if (!order && strcmp(a->root, b->root) != 0) {
		order = strcmp(b->made, a->made);
		return order ? order : strcmp(a->root, b->root);
	}
	return order ? order : strcmp(a->dir, b->dir);
}

static void place_rows(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);

	for (int i = 0; i < v->n; i++) {
		struct session_row *r = &v->row[i];
		char here[PATH_LEN];

		root_of(u->run.dir, here, sizeof here);
		r->sibling = here[0] && is_same_folder(r->root, here);
		date_of(r->root, r->made, sizeof r->made);
	}
	if (v->n)
		qsort(v->row, (size_t)v->n, sizeof *v->row, by_place);
}

static void free_rows(struct session_row *row, int n)
{
	for (int i = 0; i < n; i++) {
		changes_free(&row[i].changes);
		results_free(&row[i].results);
	}
	free(row);
}

void sessions_load(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	struct session_row *old = v->row;
	int n = v->n, at = v->at;
	char root[PATH_LEN], *slash;

	v->row = NULL;
	v->n = v->at = 0;
	root_of(u->run.dir, root, sizeof root);
	if (root[0])
		add_session(u, NULL, root);
	slash = strrchr(root, '/');
	trash_free(&v->trash);
	if (slash && slash > root) {
		*slash = '\0';
		if (strcmp(path_base(root), ".trash") != 0) /* opened by its path */
			each_folder(u, root, "", NULL, add_session);
		trash_read(&v->trash, root);
	} else if (root[0] && !slash) {
		trash_read(&v->trash, ".");
	}
	each_folder(u, "sessions", "", NULL, add_session);
	if (!slash || slash == root || !is_same_folder(root, "sessions"))
		trash_read(&v->trash, "sessions");
	place_rows(u);
	for (int k = 0; k < n; k++)
		if (old[k].here && !(v->n && strcmp(v->row[0].dir, old[k].dir) == 0))
			at = -1; /* another is shown: its row, the first, is selected */
	for (int i = 0; i < v->n; i++)
		for (int k = 0; k < n; k++)
			if (strcmp(v->row[i].dir, old[k].dir) == 0) {
				v->row[i].picked = old[k].picked;
				v->at = k == at ? i : v->at;
			}
	free_rows(old, n);
}

void sessions_free(void *view)
{
	struct sessions_view *v = view;

	free_rows(v->row, v->n);
	trash_free(&v->trash);
}

/*
 * Which row
 */

const struct session_row *sessions_at(const struct ui *u)
{
	const struct sessions_view *v = sessions_view(u);

	return v->n ? &v->row[v->at] : NULL;
}

const struct session_row *sessions_against(const struct ui *u)
{
	const struct sessions_view *v = sessions_view(u);
	const struct session_row *at = sessions_at(u);

	for (int i = 0; i < v->n; i++)
		if (v->row[i].here && &v->row[i] != at)
			return &v->row[i];
	for (int i = 0; i < v->n; i++)
		if (v->row[i].picked && &v->row[i] != at)
			return &v->row[i];
	return NULL;
}

static void short_name(const struct session_row *r, const char *name, char *out, size_t n)
{
	const char *last = path_base(r->dir);

	if (strcmp(r->root, r->dir) == 0)
		snprintf(out, n, "%s", name);
	else
		snprintf(out, n, "%s/%s", name, last);
}

char *sessions_name(const struct ui *u, const struct session_row *r, char *out, size_t n)
{
	const struct sessions_view *v = sessions_view(u);
	char other[2 * RUN_NAME];

	short_name(r, r->name, out, n);
	for (int i = 0; i < v->n; i++) {
		const struct session_row *o = &v->row[i];

		if (o == r)
			continue;
		short_name(o, o->name, other, sizeof other);
		if (strcmp(other, out) == 0) {
			short_name(r, path_base(r->root), out, n);
			break;
		}
	}
	return out;
}

struct session_row *sessions_find(struct ui *u, const char *name, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	char text[2 * PATH_LEN];

	for (int i = 0; i < v->n; i++) {
		struct session_row *r = &v->row[i];

		if (strcmp(r->dir, name) == 0 ||
		    strcmp(sessions_name(u, r, text, sizeof text), name) == 0)
			return r;
	}
	err_set(e, "no session %.80s; view 7 lists them", name);
	return NULL;
}

struct session_row *sessions_named(struct ui *u, const char *name, struct err *e)
{
	struct err unknown = {0};
	struct session_row *r = sessions_find(u, name, &unknown);

	if (r)
		return r;
	sessions_load(u);
	return sessions_find(u, name, e);
}

void sessions_complete(struct ui *u, const struct words *w, struct completions *c)
{
	struct sessions_view *v = sessions_view(u);
	char text[sizeof c->at->text];

	if (v->n == 0)
		sessions_load(u);
	complete_args(u, w, c);
	for (int i = 0; i < v->n; i++) {
		const struct session_row *r = &v->row[i];

		snprintf(complete_add(c, sessions_name(u, r, text, sizeof text))->when,
			 sizeof c->at->when, "%s", r->results.protocol);
	}
}

/*
 * What is done with them
 */

int sessions_compare(struct ui *u, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	const char **dir = mem_alloc((size_t)v->n + 1, sizeof *dir);
	struct err why = {0};
	char *text = NULL;
	size_t length;
	int n = 0;
	FILE *f;

	for (int i = 0; i < v->n; i++)
		if (v->row[i].picked || i == v->at)
			dir[n++] = v->row[i].dir;
	if (n == 1 && sessions_against(u))
		dir[n++] = sessions_against(u)->dir;
	f = open_memstream(&text, &length);
	if (!f)
		BUG("open_memstream: %s", strerror(errno));
	if (n < 2)
		err_set(&why, "compare: pick at least two sessions");
	else
		compare_print(dir, n, f, &why);
	fclose(f);
	free(dir);
	if (length) { /* it says which of them cannot be read */
		page_open(u, "sessions side by side", text);
		return 0;
	}
	free(text);
	return err_set(e, "%s", why.text);
}

const char *sessions_kept(const struct ui *u, const struct session_row *r)
{
	const struct sessions_view *v = sessions_view(u);

	for (int i = 0; i < v->n; i++)
		if (v->row[i].here && strcmp(v->row[i].root, r->root) == 0 &&
		    (strcmp(r->dir, r->root) == 0 || v->row[i].dir == r->dir))
			return "this session is open; open another one first";
	return NULL;
}

int sessions_delete(struct ui *u, const struct session_row *r, struct err *e)
{
	const char *why = sessions_kept(u, r);
	char place[PATH_LEN];

	if (why)
		return err_set(e, "delete: %s", why);
	if (session_trash(r->root, r->dir, place, sizeof place, e))
		return -1;
	sessions_load(u);
	ui_say(u, "deleted; trash restore %s brings it back", path_base(place));
	return 0;
}
