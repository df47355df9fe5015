/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is what is written the session's own? Nothing is written through a symbolic
 * link in it, and nothing into the place of a session that has gone.
 */
#include "app/session/session_private.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All names that are written, in whichever folder of the session. */
static const char *const written[] = {
	"lock",
	"config.yml",
	"branch.yml",
	"branches",
	"data.csv",
	"machine",
	"steps.csv",
	"epochs.csv",
	"health.csv",
	"commands.log",
	"notes.txt",
	"output.txt",
	"tags.txt",
	"archived",
	"results.json",
	"result.json",
	"best.safetensors",
	"last.safetensors",
	"state.safetensors",
	"normalize.safetensors",
	"predictions.csv",
	"history.json",
	"history.bin",
	"test.json",
	"test.bin",
	"states",
};

static bool is_written(const char *name)
{
	for (size_t i = 0; i < sizeof written / sizeof written[0]; i++)
		if (strcmp(name, written[i]) == 0)
			return true;
	return false;
}

/* Folders of a fold or a seed. */
static bool is_part(const char *name)
{
	return strncmp(name, "fold-", 5) == 0 || strncmp(name, "seed-", 5) == 0;
}

static int refuse_links(const char *dir, int depth, struct err *e)
{
	DIR *open = opendir(dir);
	struct dirent *d;
	int failed = 0;

	if (!open)
		return err_errno(e, dir, "cannot look into it");
	while (!failed && (d = readdir(open))) {
		bool part = is_part(d->d_name);
		char path[PATH_LEN];

		if (!part && !is_written(d->d_name))
			continue;
		failed = path_join(path, sizeof path, dir, d->d_name, e) ||
			 file_check_own(path, e) ||
			 (part && depth < 2 && file_is_dir(path) &&
			  refuse_links(path, depth + 1, e));
	}
	closedir(open);
	return failed ? -1 : 0;
}

int session_refuse_links(const char *root, struct err *e)
{
	return refuse_links(root, 0, e); /* seed-S/fold-F is two folders down */
}

/* Is it the file that is open? */
static bool is_open(int fd, const char *path)
{
	struct stat held, now;

	return fstat(fd, &held) == 0 && lstat(path, &now) == 0 && held.st_dev == now.st_dev &&
	       held.st_ino == now.st_ino;
}

/* The same of DIR/lock. */
static bool is_in(int lock, const char *dir)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	return path_join(path, sizeof path, dir, "lock", &ignored) == 0 && is_open(lock, path);
}

static int refuse_gone(const char *dir, const char *what, struct err *e)
{
	return err_at(e, dir, 0, 0,
		      "the %s was deleted or moved while it was being written (its lock is gone "
		      "from there); nothing more is written",
		      what);
}

int session_check_held(const struct session *s, struct err *e)
{
	char fold[PATH_LEN];

	if (s->lock < 0)
		return 0;
	if (!is_in(s->lock, s->root) || !file_is_dir(s->dir))
		return refuse_gone(s->dir, "session", e);
	if (s->fold_lock <= 0)
		return 0;
	if (fold_file(s->dir, s->fold, "", fold, sizeof fold, e))
		return -1;
	return is_in(s->fold_lock, fold) ? 0 : refuse_gone(fold, "fold", e);
}

int session_check_open(const struct session *s, int fd, const char *name, struct err *e)
{
	char path[PATH_LEN];

	if (fold_file(s->dir, s->fold, name, path, sizeof path, e))
		return -1;
	if (is_open(fd, path))
		return 0;
	return err_at(
		e, path, 0, 0,
		"was deleted or moved while it was being written; nothing more is written. Put "
		"it back, then --resume");
}

int session_path(const struct session *s, const char *name, char *out, size_t n, struct err *e)
{
	if (path_join(out, n, s->dir, name, e))
		return -1;
	return s->lock >= 0 && (session_check_held(s, e) || file_check_own(out, e)) ? -1 : 0;
}

int session_fold_path(const struct session *s, int fold, const char *name, char *out, size_t n,
		      struct err *e)
{
	char dir[PATH_LEN], part[32];

	snprintf(part, sizeof part, "fold-%d", fold);
	if (session_path(s, part, dir, sizeof dir, e) ||
	    (s->lock >= 0 && !file_is_dir(dir) && make_dirs(dir, e)) ||
	    path_join(out, n, dir, name, e))
		return -1;
	return s->lock >= 0 ? file_check_own(out, e) : 0;
}
