/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: nothing is lost, whoever else is at work.
 *
 * rename(2) replaces an empty folder at most, so two programs that choose the
 * same name, or restore to the same place, cannot take each other's sessions.
 * NAME.from is made with O_EXCL and so reserves the name: whoever made it is the
 * one who moves a folder there. One that a crash left without its folder costs
 * the next a "-2".
 */
#include "app/session/session_trash.h"

#include "app/session/session_delete.h"
#include "app/session/session_private.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char TRASH[] = ".trash", FROM[] = ".from";
enum { NAMES_MOST = 10000, DEPTH_MOST = 32 };

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_real_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder a path lies in, "/" and "." included. */
static void above(const char *path, char *out, size_t n)
{
	size_t len = (size_t)(path_base(path) - path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	snprintf(out, n, "%.*s", len ? (int)len : 1, len ? path : ".");
}

static int from_path(const char *dir, char *out, size_t n, struct err *e)
{
	if ((size_t)snprintf(out, n, "%s%s", dir, FROM) >= n)
		return err_at(e, dir, 0, 0, "the path is too long");
	return 0;
}

/*
 * Into the trash
 */

/* NAME.from, which must not be there yet. 0, 1 if it is, -1. */
static int reserve(const char *path, const char *from, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	size_t len = strlen(from);
	bool whole;

	if (fd < 0)
		return errno == EEXIST ? 1 : err_errno(e, path, "cannot be written");
	whole = write(fd, from, len) == (ssize_t)len && fsync(fd) == 0;
	if (close(fd) == 0 && whole)
		return 0;
	err_errno(e, path, "cannot be written");
	unlink(path);
	return -1;
}

/* Move dir to `to`, where nothing is yet. 0, 1 if something is, -1. */
static int move(const char *dir, const char *to, const char *from, struct err *e)
{
	char note[PATH_LEN];
	int status;

	if (from_path(to, note, sizeof note, e))
		return -1;
	if (is_there(to))
		return 1;
	status = reserve(note, from, e);
	if (status)
		return status;
	if (rename(dir, to) == 0)
		return 0;
	status = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
			 ? 1
			 : err_errno(e, dir, "cannot be moved to the trash");
	unlink(note);
	return status;
}

/* Where it goes: `trash` is made if it is missing, `name` gets a number if it is
 * taken. */
static int move_into(const char *trash, const char *name, const char *dir, const char *from,
		     char *out, size_t n, struct err *e)
{
	char numbered[NAME_MAX + 1];
	int status = 1;

	if (mkdir(trash, 0777) && errno != EEXIST)
		return err_errno(e, trash, "cannot be made");
	if (!is_real_folder(trash))
		return err_at(e, trash, 0, 0, "is not a folder; move it away");
	for (int i = 1; status > 0 && i < NAMES_MOST; i++) {
		snprintf(numbered, sizeof numbered, i > 1 ? "%.240s-%d" : "%.240s", name, i);
		if (path_join(out, n, trash, numbered, e))
			return -1;
		status = move(dir, out, from, e);
	}
	if (status > 0)
		return err_at(e, trash, 0, 0, "has too many sessions of this name; empty it");
	return status;
}

int session_trash(const char *root, const char *dir, char *out, size_t n, struct err *e)
{
	char whole[PATH_MAX], part[PATH_MAX], beside[PATH_LEN], trash[PATH_LEN];
	char name[2 * NAME_MAX + 2], *from;
	int lock = -1, failed = -1;
	size_t len;

	if (!session_exists(dir))
		return err_at(e, dir, 0, 0, "is not a session (it has no config.yml)");
	if (!is_real_folder(root) || !is_real_folder(dir))
		return err_at(e, dir, 0, 0,
			      "is a symbolic link; delete the folder that it leads to");
	if (!realpath(root, whole) || !realpath(dir, part))
		return err_errno(e, dir, "cannot be moved to the trash");
	len = strlen(whole);
	BUG_ON(strncmp(part, whole, len) != 0 || (part[len] && part[len] != '/'));
	above(whole, beside, sizeof beside);
	snprintf(name, sizeof name, "%s%s%s", path_base(whole), part[len] ? "." : "",
		 part[len] ? path_base(part) : "");
	if (path_join(trash, sizeof trash, beside, TRASH, e) ||
	    session_hold(session_lock_of(root, dir), &lock, e))
		return -1;
	if (session_branches_free(dir, e)) {
		if (lock >= 0)
			close(lock);
		return -1;
	}
	from = str_format("%s%s", path_base(whole), part + len);
	if (move_into(trash, name, part, from, out, n, e) == 0) {
		char left[PATH_LEN];

		above(part, left, sizeof left);
		failed = dir_sync(trash, e) || dir_sync(left, e);
	}
	free(from);
	if (lock >= 0)
		close(lock);
	return failed ? -1 : 0;
}

/*
 * What is in it
 */

static int64_t bytes_in(const char *path, int depth)
{
	struct err ignored = {0};
	char inside[PATH_LEN];
	struct dirent *d;
	int64_t bytes = 0;
	struct stat st;
	DIR *open;

	if (lstat(path, &st))
		return 0;
	if (S_ISREG(st.st_mode))
		return st.st_size / (int64_t)st.st_nlink; /* all its names: once */
	open = S_ISDIR(st.st_mode) && depth < DEPTH_MOST ? opendir(path) : NULL;
	while (open && (d = readdir(open)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    path_join(inside, sizeof inside, path, d->d_name, &ignored) == 0)
			bytes += bytes_in(inside, depth + 1);
	if (open)
		closedir(open);
	return bytes;
}

int64_t bytes_below(const char *path)
{
	return bytes_in(path, 0);
}

/* A path below the folder and nothing else: names joined by single slashes. */
static bool is_inside(const char *from)
{
	for (const char *at = from;; at++) {
		size_t n = strcspn(at, "/");

		if (n == 0 || (n == 1 && *at == '.') || (n == 2 && strncmp(at, "..", 2) == 0))
			return false;
		at += n;
		if (!*at)
			return true;
	}
}

/* What NAME.from says, else NAME. */
static void read_from(struct trash_entry *x, const char *beside)
{
	char path[PATH_LEN], text[PATH_LEN] = "";
	struct err ignored = {0};
	ssize_t n = -1;
	int fd = -1;

	if (from_path(x->dir, path, sizeof path, &ignored) == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0)
		n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)strlen(text) || !is_inside(text) ||
	    path_join(x->from, sizeof x->from, beside, text, &ignored)) {
		snprintf(text, sizeof text, "%s", x->name);
		path_join(x->from, sizeof x->from, beside, text, &ignored);
	}
	x->below = strlen(x->from) - strlen(text);
}

static int by_name(const void *a, const void *b)
{
	const struct trash_entry *x = a, *y = b;

	return strcmp(x->dir, y->dir);
}

void trash_names(struct trash *t, const char *beside)
{
	struct err ignored = {0};
	char trash[PATH_LEN];
	struct dirent *d;
	DIR *open = NULL;

	if (path_join(trash, sizeof trash, beside, TRASH, &ignored) == 0 && is_real_folder(trash))
		open = opendir(trash);
	while (open && (d = readdir(open))) {
		struct trash_entry x = {.bytes = -1};

		if (d->d_name[0] == '.' ||
		    path_join(x.dir, sizeof x.dir, trash, d->d_name, &ignored) ||
		    !is_real_folder(x.dir) || !session_exists(x.dir))
			continue;
		x.name = path_base(x.dir);
		read_from(&x, beside);
		t->at = mem_grow(t->at, (size_t)t->n + 1, sizeof *t->at);
		t->at[t->n++] = x;
	}
	if (open)
		closedir(open);
	if (t->n)
		qsort(t->at, (size_t)t->n, sizeof *t->at, by_name);
	for (int i = 0; i < t->n; i++)
		t->at[i].name = path_base(t->at[i].dir);
}

void trash_read(struct trash *t, const char *beside)
{
	trash_names(t, beside);
	for (int i = 0; i < t->n; i++)
		if (t->at[i].bytes < 0)
			t->bytes += t->at[i].bytes = bytes_below(t->at[i].dir);
}

void trash_free(struct trash *t)
{
	free(t->at);
	*t = (struct trash){0};
}

const struct trash_entry *trash_find(const struct trash *t, const char *name)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->at[i].name, name) == 0 || strcmp(t->at[i].from, name) == 0)
			return &t->at[i];
	return NULL;
}

/*
 * Out of it
 */

static void forget(const struct trash_entry *x)
{
	char path[PATH_LEN];
	struct err ignored = {0};

	if (from_path(x->dir, path, sizeof path, &ignored) == 0)
		unlink(path);
}

/* A seed's or branch's session must be there, and nobody may write it; that of a branch, whose
 * locks are its own, may be written. */
static int hold_parent(const struct trash_entry *x, int *lock, struct err *e)
{
	size_t len = x->below + strcspn(x->from + x->below, "/");
	char parent[PATH_LEN];

	*lock = -1;
	if (!x->from[len])
		return 0;
	snprintf(parent, sizeof parent, "%.*s", (int)len, x->from);
	if (!session_exists(parent))
		return err_at(e, parent, 0, 0, "is missing, and %s belongs in it; restore it first",
			      x->name);
	return strstr(x->from + len, "/" SESSION_BRANCHES "/")
		       ? session_join_writers(parent, lock, e)
		       : session_hold(parent, lock, e);
}

int trash_restore(const struct trash_entry *x, struct err *e)
{
	char to[PATH_LEN], trash[PATH_LEN];
	int lock, failed;

	above(x->from, to, sizeof to);
	above(x->dir, trash, sizeof trash);
	if (hold_parent(x, &lock, e))
		return -1;
	if (is_there(x->from)) {
		failed = err_at(e, x->from, 0, 0,
				"already exists; rename it or move it away, then restore again");
	} else {
		failed = make_dirs(to, e);
		if (!failed && rename(x->dir, x->from))
			failed = err_errno(e, x->from, "cannot be restored");
		if (!failed) {
			forget(x);
			failed = dir_sync(to, e) || dir_sync(trash, e);
		}
	}
	if (lock >= 0)
		close(lock);
	return failed ? -1 : 0;
}

int trash_remove(const struct trash_entry *x, struct err *e)
{
	if (session_delete(x->dir, x->dir, e))
		return -1;
	forget(x);
	return 0;
}
