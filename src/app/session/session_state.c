/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_state.h"

#include "app/session/session_data.h"
#include "app/session/session_lock.h"
#include "app/session/session_private.h"
#include "base/file.h"
#include "base/str.h"

#include <dirent.h>
#include <string.h>

/* Who writes a fold of this run's folder, and which. */
static bool fold_written(const char *dir, int *fold, char *who, size_t n)
{
	struct fold_list folds = {0};
	bool written = false;

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n && !written; i++) {
		struct err ignored = {0};
		char path[PATH_LEN];

		written = fold_file(dir, folds.at[i], "", path, sizeof path, &ignored) == 0 &&
			  fold_lock_asked(path, who, n);
		*fold = folds.at[i];
	}
	folds_free(&folds);
	return written;
}

/* The folder of a run of the session, a fold of which is written, into `dir`. */
static bool run_written(const char *root, char *dir, size_t n, int *fold, char *who, size_t nwho)
{
	bool found = fold_written(root, fold, who, nwho);
	DIR *open = found ? NULL : opendir(root);
	struct dirent *d;

	str_fit(dir, n, root);
	while (open && !found && (d = readdir(open))) {
		struct err ignored = {0};

		found = strncmp(d->d_name, "seed-", 5) == 0 &&
			path_join(dir, n, root, d->d_name, &ignored) == 0 &&
			fold_written(dir, fold, who, nwho);
	}
	if (open)
		closedir(open);
	if (!found)
		str_fit(dir, n, root);
	return found;
}

int session_seeds(const char *root)
{
	DIR *open = opendir(root);
	struct dirent *d;
	int n = 1;

	while (open && (d = readdir(open)))
		n += strncmp(d->d_name, "seed-", 5) == 0;
	if (open)
		closedir(open);
	return n;
}

bool session_fold_written(const char *root, int *fold, char *who, size_t n)
{
	char dir[PATH_LEN];

	who[0] = '\0';
	return run_written(root, dir, sizeof dir, fold, who, n);
}

bool session_written(const char *root, char *who, size_t n)
{
	int fold;

	who[0] = '\0';
	if (!lock_asked(root))
		return false;
	session_fold_written(root, &fold, who, n);
	return true;
}

bool session_in_training(const char *root, char *dir, size_t n)
{
	char who[256];
	int fold;

	return lock_asked(root) && run_written(root, dir, n, &fold, who, sizeof who);
}

/* When the fold was trained last, nanoseconds since 1970; 0: it has not begun. One of version 0.1
 * has no rows of its own. */
static int64_t trained_at(const char *dir, int fold)
{
	const char *const name[] = {SESSION_STEPS, "state.safetensors"};
	struct file_stamp stamp = {0};

	for (int i = 0; i < 2 && !stamp.inode; i++) {
		struct err ignored = {0};
		char path[PATH_LEN];

		if (fold_file(dir, fold, name[i], path, sizeof path, &ignored) == 0)
			stamp = file_stamp(path);
	}
	return stamp.written;
}

int session_goes_on_with(const char *dir, const int *left, int n)
{
	int64_t last = 0;
	int found = 0;

	for (int i = 0; i < n; i++) {
		int64_t at = trained_at(dir, left[i]);

		if (at > last) {
			last = at;
			found = i;
		}
	}
	return found;
}

int session_finished(const char *root, int seeds, bool *finished, struct err *e)
{
	struct settings set;
	struct session s;
	int folds;

	*finished = false;
	if (session_read(&s, root, &set, e))
		return -1;
	folds = session_folds(&s, &set);
	for (int i = 0; i < seeds; i++, set.exp.seed++) {
		struct results r = {0};
		struct session own;
		int done = -1;

		if (i == 0 ? session_share(&own, &s, e) : session_seed(&own, &s, &set, e))
			return -1;
		if (session_results(&own, &set, &r, e) == 0)
			done = r.n;
		results_free(&r);
		if (done < folds)
			return done < 0 ? -1 : 0;
	}
	*finished = true;
	return 0;
}

int session_settle(const char *root, struct err *e)
{
	struct settings set;
	struct session s;

	if (session_claim(&s, root, &set, e))
		return -1;
	session_close(&s);
	return 0;
}
