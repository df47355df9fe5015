/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_state.h"

#include "app/session/session_data.h"
#include "app/session/session_lock.h"
#include "app/session/session_private.h"
#include "base/file.h"

#include <dirent.h>
#include <string.h>

/* Who writes a fold of this run's folder. */
static bool fold_written(const char *dir, char *who, size_t n)
{
	struct fold_list folds = {0};
	bool written = false;

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n && !written; i++) {
		struct err ignored = {0};
		char path[PATH_LEN];

		written = fold_file(dir, folds.at[i], "", path, sizeof path, &ignored) == 0 &&
			  fold_lock_asked(path, who, n);
	}
	folds_free(&folds);
	return written;
}

bool session_written(const char *root, char *who, size_t n)
{
	bool fold = false;
	struct dirent *d;
	DIR *open;

	who[0] = '\0';
	if (!lock_asked(root))
		return false;
	fold = fold_written(root, who, n);
	open = fold ? NULL : opendir(root);
	while (open && !fold && (d = readdir(open))) {
		struct err ignored = {0};
		char path[PATH_LEN];

		fold = strncmp(d->d_name, "seed-", 5) == 0 &&
		       path_join(path, sizeof path, root, d->d_name, &ignored) == 0 &&
		       fold_written(path, who, n);
	}
	if (open)
		closedir(open);
	return true;
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
