/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode)    ? "a folder"
	       : S_ISFIFO(mode) ? "a pipe"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

static int too_large(const char *path, size_t max, struct err *e)
{
	if (max >= (size_t)1 << 20)
		return err_at(e, path, 0, 0, "larger than %zu MiB, the limit for such a file",
			      max >> 20);
	return err_at(e, path, 0, 0, "larger than %zu bytes, the limit for such a file", max);
}

static int check_kind(const char *path, const struct stat *st, struct err *e)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return err_at(e, path, 0, 0, "is %s; expected a regular file", kind_of(st->st_mode));
}

int file_check_own(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) || S_ISDIR(st.st_mode))
		return 0;
	if (!S_ISLNK(st.st_mode))
		return check_kind(path, &st, e);
	return err_at(e, path, 0, 0,
		      "is a symbolic link, and miust does not write through it; remove it, or "
		      "replace it with a copy of its target");
}

int file_open_read(const char *path, size_t max, size_t *size, struct err *e)
{
	struct stat st;
	int fd, failed = 0;

	/* Opening a device may already do something: ask first. The second time
	 * it is certain, as the name may mean another file by then. */
	if (stat(path, &st))
		return errno == ENOENT ? err_at(e, path, 0, 0, "no such file")
				       : err_errno(e, path, "cannot open");
	if (check_kind(path, &st, e))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, path, "cannot open");
	if (fstat(fd, &st))
		failed = err_errno(e, path, "cannot read");
	else if (check_kind(path, &st, e))
		failed = -1;
	else if ((uintmax_t)st.st_size > max)
		failed = too_large(path, max, e);
	if (failed) {
		close(fd);
		return -1;
	}
	if (size)
		*size = (size_t)st.st_size;
	return fd;
}

struct file_stamp file_stamp_of(const struct stat *st)
{
	return (struct file_stamp){st->st_dev, st->st_ino, st->st_size,
				   st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec};
}

struct file_stamp file_stamp(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return (struct file_stamp){0};
	if (!S_ISREG(st.st_mode)) /* opening a pipe or device does something */
		return file_stamp_of(&st);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		fstat(fd, &st);
		close(fd);
	}
	return file_stamp_of(&st);
}

bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->written == b->written;
}

/* read(2), waiting for what a pipe does not have yet. */
static ssize_t read_some(int fd, char *to, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t got;

	while ((got = read(fd, to, n)) < 0 && (errno == EINTR || errno == EAGAIN))
		poll(&p, 1, -1);
	return got;
}

/* All there is from fd, which is closed; `room` is how much that may be. */
static char *read_all(int fd, const char *path, size_t room, size_t max, size_t *len, struct err *e)
{
	char *data = mem_alloc(room + 1, 1);
	size_t n = 0;
	ssize_t got;

	/* Files in /proc have no size and grow while they are read. */
	while ((got = read_some(fd, data + n, room - n)) > 0) {
		n += (size_t)got;
		if (n > max)
			break;
		if (n == room) {
			room *= 2;
			data = mem_grow(data, room + 1, 1);
		}
	}
	if (got < 0)
		err_errno(e, path, "cannot read");
	else if (n > max)
		too_large(path, max, e);
	close(fd);
	if (got < 0 || n > max) {
		free(data);
		return NULL;
	}
	data[n] = '\0';
	if (len)
		*len = n;
	return data;
}

char *file_read(const char *path, size_t max, size_t *len, struct err *e)
{
	size_t size = 0;
	int fd = file_open_read(path, max, &size, e);

	/* One byte more than the size finds the end without growing. */
	return fd < 0 ? NULL : read_all(fd, path, size + 1, max, len, e);
}

int file_read_any(char **text, const char *path, size_t max, size_t *len, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) && errno == ENOENT) {
		*text = mem_dup("");
		*len = 0;
		return 0;
	}
	*text = file_read(path, max, len, e);
	return *text ? 0 : -1;
}

char *file_read_stream(const char *path, size_t max, size_t *len, struct err *e)
{
	struct stat st;
	int fd;

	if (stat(path, &st) || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) ||
	    S_ISSOCK(st.st_mode))
		return file_read(path, max, len, e);
	/* A pipe that nobody has opened for writing ends at once. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err_errno(e, path, "cannot open");
		return NULL;
	}
	return read_all(fd, path, 4096, max, len, e);
}

int file_make_hold(const char *path, const void *data, size_t len, struct err *e)
{
	struct err unreadable = {0}; /* or longer than this: then it is replaced */
	size_t n = 0;
	char *old = file_exists(path) ? file_read(path, len, &n, &unreadable) : NULL;
	bool same = old && n == len && memcmp(old, data, len) == 0;

	free(old);
	return same ? 0 : file_write(path, data, len, e);
}
