/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/branch_trash.h"

#include "app/session/session_branch_private.h"
#include "app/session/session_delete.h"
#include "app/session/states.h"
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

struct pin {
	char run[PATH_LEN];    /* that the branch left */
	char lay[PATH_LEN];    /* the folder of branches that it lay in */
	char beside[PATH_LEN]; /* the folder that has the session, and the trash */
	struct branch_point left;
	int step; /* of the state */
};

/* The newest pinned state up to where a branch left. -1: none. */
static int pinned_by(const char *run, const struct branch_point *left)
{
	struct err ignored = {0};
	struct stored_list l;
	int step = -1;

	if (states_list(&l, run, left->fold, &ignored))
		return -1;
	for (int i = 0; i < l.n && l.at[i].step <= left->step; i++)
		if (l.at[i].pinned)
			step = l.at[i].step;
	stored_free(&l);
	return step;
}

/* The branch whose folder is `dir` and lay at `from`. What a rewind kept pins nothing. */
static bool is_pinning(const char *dir, const char *from, struct branch_point *left)
{
	struct err ignored = {0};
	bool is_branch;

	return !session_branch_is_kept(path_base(from)) &&
	       session_branch_point(dir, left, &is_branch, &ignored) == 0 && is_branch;
}

/* The folder that a path lies in, which has one. */
static void above(const char *path, char out[PATH_LEN])
{
	snprintf(out, PATH_LEN, "%.*s", (int)(path_base(path) - path - 1), path);
}

/* Of a branch at `dir`, that lay at `from`, whose first `root` bytes are the session's folder.
 * False: it is no branch, or pins nothing. */
static bool find_pin(struct pin *p, const char *dir, const char *from, size_t root)
{
	int n;

	if (!from[root] || !is_pinning(dir, from, &p->left) || strstr(p->left.parent, "..") ||
	    p->left.parent[0] == '/')
		return false;
	above(from, p->lay);
	n = snprintf(p->run, sizeof p->run, "%.*s/%s", (int)root, from, p->left.parent);
	p->step = n < (int)sizeof p->run ? pinned_by(p->run, &p->left) : -1;
	return p->step >= 0;
}

static bool holds(const struct pin *p, const char *dir, const char *from)
{
	struct branch_point left;

	return is_pinning(dir, from, &left) && left.fold == p->left.fold &&
	       strcmp(left.parent, p->left.parent) == 0 && pinned_by(p->run, &left) == p->step;
}

static bool is_held_in_place(const struct pin *p)
{
	DIR *open = opendir(p->lay);
	struct err ignored = {0};
	char dir[PATH_LEN];
	struct dirent *d;
	bool held = false;

	while (open && !held && (d = readdir(open)))
		held = d->d_name[0] != '.' &&
		       path_join(dir, sizeof dir, p->lay, d->d_name, &ignored) == 0 &&
		       holds(p, dir, dir);
	if (open)
		closedir(open);
	return held;
}

static bool is_held_in_trash(const struct pin *p)
{
	struct trash t = {0};
	char lay[PATH_LEN];
	bool held = false;

	trash_names(&t, p->beside);
	for (int i = 0; i < t.n && !held; i++) {
		above(t.at[i].from, lay);
		held = strcmp(lay, p->lay) == 0 && holds(p, t.at[i].dir, t.at[i].from);
	}
	trash_free(&t);
	return held;
}

/* The branch has gone; if that fails the state stays pinned. */
static void unpin(const struct pin *p)
{
	struct err ignored = {0};

	if (!is_held_in_place(p) && !is_held_in_trash(p))
		states_pin(p->run, p->left.fold, p->step, false, &ignored);
}

int branch_trash_remove(const struct trash_entry *x, struct err *e)
{
	size_t root = x->below + strcspn(x->from + x->below, "/");
	char trash[PATH_LEN];
	struct pin p;
	bool pins = find_pin(&p, x->dir, x->from, root);

	above(x->dir, trash);
	above(trash, p.beside);
	if (trash_remove(x, e))
		return -1;
	if (pins)
		unpin(&p);
	return 0;
}

int branch_delete(const char *dir, struct err *e)
{
	char whole[PATH_LEN];
	struct branch_place place;
	struct pin p;
	bool pins;

	if (path_absolute(whole, sizeof whole, ".", dir, e) || branch_place(&place, whole, e))
		return -1;
	pins = find_pin(&p, whole, whole, strlen(place.root));
	above(place.root, p.beside);
	if (session_delete(place.root, whole, e))
		return -1;
	if (pins)
		unpin(&p);
	return 0;
}
