/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_kept.h"

#include "app/session/session_private.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_run(struct session_kept_list *l, const char *dir, int64_t seed)
{
	struct session_kept run = {.seed = seed};
	struct fold_list folds = {0};

	snprintf(run.dir, sizeof run.dir, "%s", dir);
	folds_read(&folds, dir);
	run.fold = mem_alloc((size_t)folds.n + 1, sizeof *run.fold);
	for (int i = 0; i < folds.n; i++)
		if (fold_has(dir, folds.at[i], "best.safetensors"))
			run.fold[run.nfolds++] = folds.at[i];
	folds_free(&folds);
	if (!run.nfolds) {
		free(run.fold);
		return;
	}
	l->at = mem_grow(l->at, (size_t)l->n + 1, sizeof *l->at);
	l->at[l->n++] = run;
}

static int by_seed(const void *a, const void *b)
{
	const struct session_kept *x = a, *y = b;

	return (x->seed > y->seed) - (x->seed < y->seed);
}

int session_kept(struct session_kept_list *l, const char *root, const struct settings *set,
		 struct err *e)
{
	DIR *open = opendir(root);
	struct dirent *d;
	int failed = 0, own;

	add_run(l, root, set->exp.seed);
	own = l->n;
	while (open && !failed && (d = readdir(open))) {
		char path[PATH_LEN], again[32];
		long long seed;

		if (sscanf(d->d_name, "seed-%19lld", &seed) != 1)
			continue;
		snprintf(again, sizeof again, "seed-%lld", seed);
		if (strcmp(again, d->d_name) != 0)
			continue;
		failed = path_join(path, sizeof path, root, d->d_name, e);
		if (!failed && session_exists(path))
			add_run(l, path, seed);
	}
	if (open)
		closedir(open);
	if (l->n > own)
		qsort(l->at + own, (size_t)(l->n - own), sizeof *l->at, by_seed);
	return failed;
}

void session_kept_free(struct session_kept_list *l)
{
	for (int i = 0; i < l->n; i++)
		free(l->at[i].fold);
	free(l->at);
	*l = (struct session_kept_list){0};
}
