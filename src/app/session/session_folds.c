/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_private.h"

#include "app/session/rows.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void folds_add(struct fold_list *l, int fold)
{
	int at = l->n;

	while (at > 0 && l->at[at - 1] > fold)
		at--;
	if (at > 0 && l->at[at - 1] == fold)
		return;
	l->at = mem_grow(l->at, (size_t)l->n + 1, sizeof *l->at);
	memmove(&l->at[at + 1], &l->at[at], (size_t)(l->n - at) * sizeof *l->at);
	l->at[at] = fold;
	l->n++;
}

void folds_free(struct fold_list *l)
{
	free(l->at);
	*l = (struct fold_list){0};
}

/* "fold-12" as the program writes it; else -1. */
static int fold_of(const char *name)
{
	char again[32];
	int fold;

	if (sscanf(name, "fold-%6d", &fold) != 1 || fold < 0 || fold > FOLD_MAX)
		return -1;
	snprintf(again, sizeof again, "fold-%d", fold);
	return strcmp(again, name) == 0 ? fold : -1;
}

void folds_read(struct fold_list *l, const char *dir)
{
	DIR *open = opendir(dir);
	struct dirent *d;

	while (open && (d = readdir(open))) {
		struct err ignored = {0};
		char path[PATH_LEN];
		int fold = fold_of(d->d_name);

		if (fold >= 0 && path_join(path, sizeof path, dir, d->d_name, &ignored) == 0 &&
		    file_is_dir(path))
			folds_add(l, fold);
	}
	if (open)
		closedir(open);
}

int fold_file(const char *dir, int fold, const char *name, char *out, size_t n, struct err *e)
{
	char part[80];

	snprintf(part, sizeof part, "fold-%d%s%.40s", fold, *name ? "/" : "", name);
	return path_join(out, n, dir, part, e);
}

bool fold_has(const char *dir, int fold, const char *name)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	return fold_file(dir, fold, name, path, sizeof path, &ignored) == 0 && file_exists(path);
}

int fold_check_log(const char *dir, int fold, struct err *e)
{
	char path[PATH_LEN];

	if (!fold_has(dir, fold, SESSION_STEPS) || fold_has(dir, fold, SESSION_COMMANDS))
		return 0;
	if (fold_file(dir, fold, SESSION_COMMANDS, path, sizeof path, e))
		return -1;
	return err_at(e, path, 0, 0,
		      "is missing, although the fold has begun, so what was changed in it is not "
		      "known; put it back, or copy the lines that begin with \"at %d \" from the "
		      "%s above, or make an empty file if there are none",
		      fold, SESSION_COMMANDS);
}

/* It has a log, as --replay gives to every fold, and nothing was trained in it yet. */
static bool only_has_log(const char *dir, int fold)
{
	return fold_has(dir, fold, SESSION_COMMANDS) && !fold_has(dir, fold, "state.safetensors") &&
	       !fold_has(dir, fold, "best.safetensors") && !fold_has(dir, fold, SESSION_RESULT);
}

bool folder_counts(const char *dir, const struct fold_list *l)
{
	for (int i = 0; i < l->n; i++)
		if (!fold_has(dir, l->at[i], SESSION_STEPS) && !only_has_log(dir, l->at[i]))
			return true;
	return l->n == 0;
}

bool fold_lacks_begin(const char *dir, int fold, const struct changes *c)
{
	return changes_have_earlier(c, fold) && fold_has(dir, fold, SESSION_STEPS) &&
	       !changes_have_begin(c, fold);
}

static int check_writable(const char *dir, struct err *e)
{
	if (access(dir, W_OK) == 0 || errno == ENOENT)
		return 0;
	return err_at(e, dir, 0, 0, "this user cannot write into the folder (%s)", strerror(errno));
}

int session_check_writable(const char *dir, struct err *e)
{
	struct fold_list folds = {0};
	char path[PATH_LEN];
	int failed = check_writable(dir, e);

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n && !failed; i++)
		failed = fold_file(dir, folds.at[i], "", path, sizeof path, e) ||
			 check_writable(path, e);
	folds_free(&folds);
	return failed ? -1 : 0;
}
