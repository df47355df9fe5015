/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_prune.h"

#include "app/session/session_data.h"
#include "app/session/session_delete.h"
#include "app/session/session_private.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The state first: without it the others mean nothing. */
static const char *const pruned[] = {"state.safetensors", "last.safetensors", "states"};
enum { PRUNED = sizeof pruned / sizeof *pruned };

int64_t prune_bytes(const char *dir)
{
	struct fold_list folds = {0};
	struct err ignored = {0};
	char path[PATH_LEN];
	int64_t bytes = 0;

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n; i++)
		for (int k = 0; k < PRUNED; k++)
			if (fold_file(dir, folds.at[i], pruned[k], path, sizeof path, &ignored) ==
			    0)
				bytes += bytes_below(path);
	folds_free(&folds);
	return bytes;
}

bool session_pruned(const char *dir)
{
	struct fold_list folds = {0};
	bool is = false;

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n; i++)
		is |= fold_has(dir, folds.at[i], SESSION_RESULT) &&
		      !fold_has(dir, folds.at[i], pruned[0]);
	folds_free(&folds);
	return is;
}

static int check_finished(const char *dir, struct err *e)
{
	struct results r = {0};
	struct settings set;
	struct session s;
	int folds, failed;

	if (session_read(&s, dir, &set, e) || session_results(&s, &set, &r, e))
		return -1;
	folds = session_folds(&s, &set);
	failed = r.n == folds ? 0
			      : err_at(e, dir, 0, 0,
				       "%d of %d folds are finished; only a finished run is pruned",
				       r.n, folds);
	results_free(&r);
	return failed;
}

/* No link is followed, neither the fold's folder nor what is in it. */
static int prune_fold(const char *dir, int fold, int64_t *freed, struct err *e)
{
	char folder[PATH_LEN], path[PATH_LEN];
	int fd, failed = 0;

	if (fold_file(dir, fold, "", folder, sizeof folder, e))
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, folder, "cannot be pruned");
	for (int k = 0; k < PRUNED && !failed; k++) {
		int64_t bytes;

		failed = path_join(path, sizeof path, folder, pruned[k], e);
		if (failed)
			break;
		bytes = bytes_below(path);
		failed = session_remove(fd, pruned[k], path, e);
		*freed += bytes - (failed ? bytes_below(path) : 0);
	}
	if (!failed && fsync(fd))
		failed = err_errno(e, folder, "cannot be pruned");
	close(fd);
	return failed;
}

int session_prune(const char *root, const char *dir, int64_t *freed, struct err *e)
{
	struct fold_list folds = {0};
	int lock, failed;

	*freed = 0;
	if (session_hold(session_lock_of(root, dir), &lock, e))
		return -1;
	failed = check_finished(dir, e);
	if (!failed)
		folds_read(&folds, dir);
	for (int i = 0; i < folds.n && !failed; i++)
		failed = prune_fold(dir, folds.at[i], freed, e);
	folds_free(&folds);
	if (lock >= 0)
		close(lock);
	return failed ? -1 : 0;
}
