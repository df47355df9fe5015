/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * full: one call that stores something fails, as a preloaded library.
 *
 *	LD_PRELOAD=full.so FULL_ROOT=FOLDER FULL_AT=N FULL_COUNT=FILE program ...
 *
 * Calls that make something durable or change a name below FULL_ROOT (fsync, rename, link,
 * unlink, mkdir, truncate, fopen for writing, open of a new file) are counted from 1; that of
 * number N fails as on a full disk, or with FULL_ERROR=EROFS as in a folder that has become
 * read-only, and then it and all that follow do; with FULL_ERROR=KILL the program is killed
 * before it. FULL_COUNT has how many there were in the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long count;

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FULL_COUNT");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%ld\n", (long)count);
	fclose(f);
}

/* Does this one fail? errno says why. */
static bool fails(const char *path)
{
	const char *root = getenv("FULL_ROOT"), *at = getenv("FULL_AT");
	const char *error = getenv("FULL_ERROR");
	bool read_only = error && strcmp(error, "EROFS") == 0;
	char real[PATH_MAX];
	long n;

	if (!root || !path)
		return false;
	if (path[0] != '/') { /* the current folder is in it, or it is not */
		if (!getcwd(real, sizeof real) || strncmp(real, root, strlen(root)) != 0)
			return false;
	} else if (strncmp(path, root, strlen(root)) != 0) {
		return false;
	}
	n = ++count;
	if (!at || (read_only ? n < atol(at) : n != atol(at)))
		return false;
	if (error && strcmp(error, "KILL") == 0)
		raise(SIGKILL);
	errno = read_only ? EROFS : ENOSPC;
	return true;
}

#define NEXT(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
	char name[64], path[PATH_MAX];
	ssize_t n;

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	return fails(path) ? -1 : NEXT(int, fsync, int)(fd);
}

int rename(const char *from, const char *to)
{
	return fails(to) ? -1 : NEXT(int, rename, const char *, const char *)(from, to);
}

int link(const char *from, const char *to)
{
	return fails(to) ? -1 : NEXT(int, link, const char *, const char *)(from, to);
}

int unlink(const char *path)
{
	return getenv("FULL_ERROR") && fails(path) ? -1 : NEXT(int, unlink, const char *)(path);
}

int mkdir(const char *path, mode_t mode)
{
	return fails(path) ? -1 : NEXT(int, mkdir, const char *, mode_t)(path, mode);
}

int truncate(const char *path, off_t to)
{
	return getenv("FULL_ERROR") && fails(path)
		       ? -1
		       : NEXT(int, truncate, const char *, off_t)(path, to);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		if (fails(path))
			return -1;
	}
	return NEXT(int, open, const char *, int, ...)(path, flags, mode);
}

int mkstemp(char *path)
{
	return fails(path) ? -1 : NEXT(int, mkstemp, char *)(path);
}
