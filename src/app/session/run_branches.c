/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where branches have left a run, as marks of its folds. */
#include "app/session/branch.h"
#include "app/session/run.h"
#include "app/session/run_private.h"
#include "app/session/session_rows.h"
#include "base/file.h"

#include <dirent.h>
#include <string.h>

/* What a rewind has left is no longer in the run: the mark is where that parts from it. */

static void mark_branch(struct run *r, const char *folder, const char *name, const char *own)
{
	struct err ignored = {0};
	struct branch_point p;
	char dir[PATH_LEN];
	bool is_branch;

	if (path_join(dir, sizeof dir, folder, name, &ignored) ||
	    session_branch_point(dir, &p, &is_branch, &ignored) || !is_branch ||
	    strcmp(p.parent, own) != 0)
		return;
	for (int i = 0; i < r->nfolds; i++)
		if (r->fold[i].fold == p.fold && p.step <= r->fold[i].nsteps)
			run_add_mark(r, p.fold, MARK_BRANCH, p.epoch, p.step + 1, name);
}

static int steps_of(const struct run *r, int fold)
{
	const struct fold_run *f = run_find(r, fold);

	return f ? f->steps_per_epoch : 0;
}

/* A rewind further back leaves also what those before it went back to. */
static bool is_further(const struct change *a, const struct rewind *x, const struct change *b,
		       const struct rewind *y)
{
	return a->fold == b->fold &&
	       (x->epoch < y->epoch || (x->epoch == y->epoch && x->in_epoch < y->in_epoch));
}

/* all: in file order, with rewinds. */
static void mark_rewinds(struct run *r, const char *folder, const struct changes *all)
{
	struct err ignored = {0};
	struct rewind to, later;
	char dir[PATH_LEN];

	for (int i = 0; i < all->n; i++) {
		const struct change *c = &all->at[i];
		char name[sizeof to.branch];

		if (!run_find(r, c->fold) || !change_is_rewind(c) ||
		    change_rewind(&to, c, &ignored) || !to.branch[0] ||
		    path_join(dir, sizeof dir, folder, to.branch, &ignored) || !file_is_dir(dir))
			continue;
		memcpy(name, to.branch, sizeof name);
		for (int k = i + 1; k < all->n; k++)
			if (change_is_rewind(&all->at[k]) &&
			    change_rewind(&later, &all->at[k], &ignored) == 0 &&
			    is_further(&all->at[k], &later, c, &to))
				to = later;
		run_add_mark(r, c->fold, MARK_BRANCH, to.epoch - (to.in_epoch == 0),
			     rewind_step(&to, steps_of(r, c->fold)) + 1, name);
	}
}

void run_mark_branches(struct run *r, const struct session *s)
{
	struct err ignored = {0};
	struct changes all = {0};
	char folder[PATH_LEN], own[PATH_LEN];
	struct dirent *d;
	bool rewound = false;
	DIR *open = NULL;

	if (branch_folder(r->dir, folder, own, &ignored) == 0)
		open = opendir(folder);
	while (open && (d = readdir(open))) {
		bool kept = session_branch_is_kept(d->d_name);

		rewound |= kept;
		if (d->d_name[0] != '.' && !kept)
			mark_branch(r, folder, d->d_name, own);
	}
	if (open)
		closedir(open);
	if (rewound && session_changes(s, &r->base, &all, &ignored) == 0)
		mark_rewinds(r, folder, &all);
	changes_free(&all);
}
