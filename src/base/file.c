/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/xdg.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The folder a path lies in, to be freed: "a/b" -> "a", "b" -> ".", "/b" -> "/". */
static char *folder_of(const char *path)
{
	size_t n = (size_t)(path_base(path) - path);
	char *dir = mem_dup(n ? path : ".");

	if (n)
		dir[n > 1 ? n - 1 : 1] = '\0';
	return dir;
}

bool file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool file_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool file_is_same(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

int dir_sync(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed;

	if (fd < 0 && errno == EACCES)
		return 0; /* one may write in it, not read it: then it is left to the system */
	if (fd < 0)
		return err_errno(e, path, "cannot open the folder");
	/* EINVAL: this file system cannot sync folders, and need not. */
	failed = fsync(fd) && errno != EINVAL;
	if (failed)
		err_errno(e, path, "cannot write the folder to the disk");
	close(fd);
	return failed ? -1 : 0;
}

int file_sync_folder(const char *path, struct err *e)
{
	char *dir = folder_of(path);
	int failed = dir_sync(dir, e);

	free(dir);
	return failed;
}

static int make_dir(const char *path, struct err *e)
{
	int why;

	if (mkdir(path, 0777) == 0)
		return file_sync_folder(path, e);
	why = errno;
	if (file_is_dir(path))
		return 0;
	if (why == EEXIST)
		return err_at(e, path, 0, 0,
			      "is not a folder, but a folder is needed here; move it away or "
			      "choose another name");
	errno = why;
	return err_errno(e, path, "cannot make the folder");
}

int make_dirs(const char *path, struct err *e)
{
	char *dir = mem_dup(path), *end = dir;
	int failed = 0;

	while (!failed && *end) {
		char kept;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		kept = *end;
		*end = '\0';
		failed = make_dir(dir, e);
		*end = kept;
	}
	free(dir);
	return failed;
}

void dirs_missing(char *out, size_t n, const char *path)
{
	char *dir = mem_dup(path), *end = dir;
	struct stat st;

	*out = '\0';
	while (!*out && *end) {
		char kept;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		kept = *end;
		*end = '\0';
		if (lstat(dir, &st))
			snprintf(out, n, "%s", dir);
		*end = kept;
	}
	free(dir);
}

void dirs_remove(const char *path, const char *top)
{
	char *dir = mem_dup(path), *slash;
	size_t min = strlen(top);

	while (strlen(dir) >= min && rmdir(dir) == 0 && (slash = strrchr(dir, '/')))
		*slash = '\0';
	free(dir);
}

/*
 * Paths
 */

static int give(char *out, size_t n, const char *path, struct err *e)
{
	if (strlen(path) >= n)
		return err_at(e, path, 0, 0, "the path is too long (max %zu bytes)", n - 1);
	memmove(out, path, strlen(path) + 1);
	return 0;
}

int path_join(char *out, size_t n, const char *dir, const char *name, struct err *e)
{
	struct str b = {0};
	int failed;

	str_add(&b, dir);
	if (b.len && b.s[b.len - 1] != '/')
		str_add(&b, "/");
	str_add(&b, name);
	failed = give(out, n, str_text(&b), e);
	str_free(&b);
	return failed;
}

/* "~" or "~USER" at the start of path: adds the home folder and returns how
 * many bytes of the path that stands for; 0 if there is no such folder. */
static size_t expand_home(struct str *b, const char *path)
{
	size_t len = strcspn(path, "/");
	const char *home = len == 1 ? getenv("HOME") : NULL;
	struct passwd entry, *who = NULL;
	char user[256], room[4096]; /* several threads may ask */

	if (!home && len < sizeof user) {
		snprintf(user, sizeof user, "%.*s", (int)len - 1, path + 1);
		if (len == 1)
			getpwuid_r(getuid(), &entry, room, sizeof room, &who);
		else
			getpwnam_r(user, &entry, room, sizeof room, &who);
	}
	if (who)
		home = who->pw_dir;
	if (!home)
		return 0;
	str_add(b, home);
	return len;
}

/* "$VAR" or "${VAR}", likewise; 0 if it is not set. "$$" is a dollar. */
static size_t expand_variable(struct str *b, const char *at)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	bool braces = at[1] == '{';
	const char *name = at + 1 + braces;
	size_t len = strspn(name, letters);
	const char *value = NULL;
	char text[256], folder[PATH_MAX];

	if (at[1] == '$') {
		str_add(b, "$");
		return 2;
	}
	if (len > 0 && len < sizeof text && (!braces || name[len] == '}')) {
		snprintf(text, sizeof text, "%.*s", (int)len, name);
		value = xdg_folder(folder, sizeof folder, text) ? folder : getenv(text);
	}
	if (!value)
		return 0;
	str_add(b, value);
	return 1 + len + 2 * (size_t)braces;
}

static void expand(struct str *b, const char *path)
{
	size_t used = path[0] == '~' ? expand_home(b, path) : 0;

	for (path += used; *path; path += used) {
		used = *path == '$' ? expand_variable(b, path) : 0;
		if (!used) {
			str_addn(b, path, 1);
			used = 1;
		}
	}
}

/* "X/.." is the folder of X only if X is a real folder: after a symbolic link
 * it lies elsewhere. Takes the last part off b if so. */
static bool step_up(struct str *b)
{
	struct stat st;
	bool real = b->len > 0 && strcmp(path_base(b->s), "..") != 0 && lstat(b->s, &st) == 0 &&
		    S_ISDIR(st.st_mode);

	if (real) {
		b->len = (size_t)(path_base(b->s) - b->s) - 1;
		b->s[b->len] = '\0';
	}
	return real || b->len == 0; /* "/.." is "/" */
}

/* An absolute path without "//", "." and most "..". */
static void simplify(struct str *b, const char *path)
{
	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");
		bool dot = len == 1 && path[0] == '.';
		bool up = len == 2 && path[0] == '.' && path[1] == '.';

		if (!dot && !(up && step_up(b))) {
			str_add(b, "/");
			str_addn(b, path, len);
		}
		path += len;
	}
	if (!b->len)
		str_add(b, "/");
}

int path_absolute(char *out, size_t n, const char *dir, const char *path, struct err *e)
{
	struct str whole = {0}, simple = {0};
	char cwd[PATH_MAX];
	int failed = -1;

	if (!path[0])
		return give(out, n, "", e);
	if (path[0] != '/' && dir[0] != '/') {
		if (!getcwd(cwd, sizeof cwd)) {
			err_errno(e, path, "cannot find the current folder");
			goto out;
		}
		str_addf(&whole, "%s/", cwd);
	}
	if (path[0] != '/')
		str_addf(&whole, "%s/", dir);
	str_add(&whole, path);
	simplify(&simple, whole.s);
	failed = give(out, n, simple.s, e);
out:
	str_free(&whole);
	str_free(&simple);
	return failed;
}

int path_resolve(char *out, size_t n, const char *dir, const char *path, struct err *e)
{
	struct str expanded = {0};
	int failed;

	expand(&expanded, path);
	failed = path_absolute(out, n, dir, str_text(&expanded), e);
	str_free(&expanded);
	return failed;
}
