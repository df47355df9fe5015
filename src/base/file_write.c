/* SPDX-License-Identifier: GPL-3.0-or-later */
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

/* Where the symbolic links starting at path end (which need not exist), to be
 * freed; NULL with errno if they go round in circles. */
static char *follow_links(const char *path)
{
	char *at = mem_dup(path);
	char target[PATH_MAX];

	for (int hops = 0; hops < 40; hops++) {
		ssize_t n = readlink(at, target, sizeof target - 1);
		struct str next = {0};

		if (n < 0)
			return at;
		target[n] = '\0';
		if (target[0] != '/')
			str_addn(&next, at, (size_t)(path_base(at) - at));
		str_addn(&next, target, (size_t)n);
		free(at);
		at = next.s;
	}
	free(at);
	errno = ELOOP;
	return NULL;
}

/* A new file in the folder of a->path; no process has one of the same name. */
static int open_temp(struct atomic_file *a, struct err *e)
{
	int dir_len = (int)(path_base(a->path) - a->path);
	struct str name = {0};
	int fd = -1;

	for (int i = 0; fd < 0 && i < 10000; i++) {
		str_reset(&name);
		str_addf(&name, "%.*s%s%ld-%d", dir_len, a->path, TEMP_PREFIX, (long)getpid(), i);
		fd = open(name.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		err_at(e, a->path, 0, 0,
		       "cannot write: %s; does its folder exist, and may you write to it?",
		       strerror(errno));
		str_free(&name);
	}
	a->temp = name.s;
	return fd;
}

int atomic_open(struct atomic_file *a, const char *path, struct err *e)
{
	struct stat st;
	bool old;
	int fd;

	/* /dev/stdout may lead to a pipe, whose link names nothing that can be opened. */
	old = stat(path, &st) == 0;
	*a = (struct atomic_file){.path = old && !S_ISREG(st.st_mode) ? mem_dup(path)
								      : follow_links(path)};
	if (!a->path)
		return err_errno(e, path, "cannot write");
	if (old && S_ISDIR(st.st_mode)) {
		err_at(e, path, 0, 0, "is a folder; expected the name of a file");
		goto fail;
	}
	if (old && access(a->path, W_OK)) {
		err_errno(e, path, "cannot write");
		goto fail;
	}
	if (old && !S_ISREG(st.st_mode)) {
		fd = open(a->path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			err_errno(e, path, "cannot write");
	} else {
		fd = open_temp(a, e);
	}
	if (fd < 0)
		goto fail;
	if (a->temp && old && fchmod(fd, st.st_mode & 07777)) {
		err_errno(e, path, "cannot keep the mode of the old file");
		close(fd);
		goto fail;
	}
	a->f = fdopen(fd, "w");
	if (a->f)
		return 0;
	err_errno(e, path, "cannot write");
	close(fd);
fail:
	atomic_abort(a);
	return -1;
}

/* All of it is on the disk; the stream is closed. */
static int flush_file(struct atomic_file *a, const char *kept, struct err *e)
{
	/* A stream remembers that a write failed, not why. */
	bool failed_before = ferror(a->f);
	int failed;

	errno = 0;
	failed = fflush(a->f) || failed_before || (a->temp && fsync(fileno(a->f)));
	if (failed)
		err_at(e, a->path, 0, 0, "cannot write: %s%s",
		       errno ? strerror(errno) : "the disk may be full", kept);
	if (fclose(a->f) && !failed)
		failed = err_at(e, a->path, 0, 0, "cannot write: %s%s", strerror(errno), kept);
	a->f = NULL;
	return failed ? -1 : 0;
}

int atomic_commit(struct atomic_file *a, struct err *e)
{
	const char *kept = a->temp ? "; the file of that name is unchanged" : "";
	int failed = flush_file(a, kept, e);

	if (a->temp && !failed) {
		failed = rename(a->temp, a->path);
		if (failed)
			err_at(e, a->path, 0, 0, "cannot replace: %s%s", strerror(errno), kept);
		else
			failed = file_sync_folder(a->path, e);
	}
	if (failed && a->temp)
		unlink(a->temp);
	free(a->path);
	free(a->temp);
	*a = (struct atomic_file){0};
	return failed ? -1 : 0;
}

void atomic_abort(struct atomic_file *a)
{
	if (a->f)
		fclose(a->f);
	if (a->temp)
		unlink(a->temp);
	free(a->path);
	free(a->temp);
	*a = (struct atomic_file){0};
}

int file_write(const char *path, const void *data, size_t len, struct err *e)
{
	struct atomic_file a;

	if (atomic_open(&a, path, e))
		return -1;
	if (len)
		fwrite(data, 1, len, a.f);
	return atomic_commit(&a, e);
}

/* Give the file its name; 1: there is one of that name. */
static int link_file(const struct atomic_file *a)
{
	struct stat st;
	int why;

	if (link(a->temp, a->path) == 0)
		return 0;
	why = errno;
	/* NFS: the answer to the first try was lost, and the second met what it had made. */
	if (why == EEXIST && stat(a->temp, &st) == 0 && st.st_nlink == 2)
		return 0;
	if (file_exists(a->path))
		return 1;
	errno = why;
	if (why == EPERM || why == ENOTSUP || why == ENOSYS || why == EMLINK)
		return rename(a->temp, a->path); /* a file system without links */
	return -1;
}

int file_create(const char *path, const void *data, size_t len, bool *made, struct err *e)
{
	struct atomic_file a;
	int answer = -1;

	*made = false;
	if (file_exists(path))
		return 0;
	if (atomic_open(&a, path, e))
		return -1;
	if (!a.temp) { /* by now it is a pipe or a device */
		atomic_abort(&a);
		return 0;
	}
	if (len)
		fwrite(data, 1, len, a.f);
	if (flush_file(&a, "", e) == 0) {
		answer = link_file(&a);
		*made = answer == 0;
		if (answer < 0)
			err_errno(e, a.path, "cannot make the file");
		else if (*made && file_sync_folder(a.path, e))
			answer = -1;
	}
	atomic_abort(&a);
	return answer < 0 ? -1 : 0;
}

FILE *file_append(const char *path, struct err *e)
{
	int fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		     0666);
	struct stat st;
	FILE *f = NULL;
	int failed;

	if (fd < 0) {
		if (errno != ELOOP || file_check_own(path, e) == 0)
			err_errno(e, path, "cannot append");
		return NULL;
	}
	failed = fstat(fd, &st);
	if (!failed && !S_ISREG(st.st_mode))
		err_at(e, path, 0, 0, "cannot append: not a regular file");
	else if (failed || !(f = fdopen(fd, "a")))
		err_errno(e, path, "cannot append");
	if (!f)
		close(fd);
	return f;
}

/* All that can be read, written and put on the disk. */
static int copy_all(int from, int to)
{
	char part[1 << 16];
	ssize_t got, put;

	while ((got = read(from, part, sizeof part)) > 0)
		for (ssize_t done = 0; done < got; done += put) {
			put = write(to, part + done, (size_t)(got - done));
			if (put < 0)
				return -1;
		}
	return got < 0 || fsync(to) ? -1 : 0;
}

int file_copy(const char *from, const char *to, struct err *e)
{
	int in = file_open_read(from, SIZE_MAX, NULL, e), out, failed;

	if (in < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	failed = out < 0 || copy_all(in, out);
	if (failed)
		err_at(e, to, 0, 0, "cannot be copied from %s: %s", from, strerror(errno));
	if (out >= 0 && close(out) && !failed)
		failed = err_at(e, to, 0, 0, "cannot be copied from %s: %s", from, strerror(errno));
	close(in);
	if (failed && out >= 0)
		unlink(to);
	return failed ? -1 : 0;
}

int file_link(const char *from, const char *to, struct err *e)
{
	struct stat st;

	if (lstat(from, &st) == 0 && S_ISREG(st.st_mode) && link(from, to) == 0)
		return 0;
	return file_copy(from, to, e); /* says why not, if that is what fails */
}

/* Of one folder and those below it; names are from the open folder, so a folder that is
 * exchanged for a link meanwhile leads nowhere. */
static void remove_temps(int fd, const char *except, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		bool temp = strncmp(d->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0;
		int below;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
		    (except && strcmp(d->d_name, except) == 0))
			continue;
		if (temp && unlinkat(fd, d->d_name, 0) == 0)
			continue; /* if one stays, it only takes room */
		below = depth > 0 ? openat(fd, d->d_name,
					   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK |
						   O_CLOEXEC)
				  : -1;
		if (below >= 0)
			remove_temps(below, except, depth - 1);
	}
	closedir(dir);
}

void temps_remove(const char *dir, const char *except)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* also if dir is a link */

	if (fd >= 0)
		remove_temps(fd, except, 16);
}
