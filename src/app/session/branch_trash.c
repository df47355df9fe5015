/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/branch_trash.h"

#include "app/session/session_branch.h"
#include "app/session/states.h"
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

struct pin {
	char run[PATH_LEN]; /* that the branch left */
	char lay[PATH_LEN]; /* the folder of branches that it lay in */
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

/* False: it is no branch, or pins nothing. */
static bool find_pin(struct pin *p, const struct trash_entry *x)
{
	size_t root = x->below + strcspn(x->from + x->below, "/");
	int n;

	if (!x->from[root] || !is_pinning(x->dir, x->from, &p->left) ||
	    strstr(p->left.parent, "..") || p->left.parent[0] == '/')
		return false;
	above(x->from, p->lay);
	n = snprintf(p->run, sizeof p->run, "%.*s/%s", (int)root, x->from, p->left.parent);
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

static bool is_held_in_trash(const struct pin *p, const struct trash_entry *x)
{
	char trash[PATH_LEN], beside[PATH_LEN], lay[PATH_LEN];
	struct trash t = {0};
	bool held = false;

	above(x->dir, trash);
	above(trash, beside);
	trash_names(&t, beside);
	for (int i = 0; i < t.n && !held; i++) {
		above(t.at[i].from, lay);
		held = strcmp(lay, p->lay) == 0 && holds(p, t.at[i].dir, t.at[i].from);
	}
	trash_free(&t);
	return held;
}

int branch_trash_remove(const struct trash_entry *x, struct err *e)
{
	struct err ignored = {0}; /* then it stays pinned */
	struct pin p;
	bool pins = find_pin(&p, x);

	if (trash_remove(x, e))
		return -1;
	if (pins && !is_held_in_place(&p) && !is_held_in_trash(&p, x))
		states_pin(p.run, p.left.fold, p.step, false, &ignored);
	return 0;
}
