/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where branches have left a run, as marks of its folds. */
#include "app/session/branch.h"
#include "app/session/run.h"
#include "app/session/run_private.h"
#include "base/file.h"

#include <dirent.h>
#include <string.h>

/* What a rewind has left is no longer in the run. */
static const char REWOUND[] = "before-rewind-";

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

void run_mark_branches(struct run *r)
{
	struct err ignored = {0};
	char folder[PATH_LEN], own[PATH_LEN];
	struct dirent *d;
	DIR *open = NULL;

	if (branch_folder(r->dir, folder, own, &ignored) == 0)
		open = opendir(folder);
	while (open && (d = readdir(open)))
		if (d->d_name[0] != '.' && strncmp(d->d_name, REWOUND, strlen(REWOUND)) != 0)
			mark_branch(r, folder, d->d_name, own);
	if (open)
		closedir(open);
}
