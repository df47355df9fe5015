/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* struct ucred */
#include "app/control/address.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG = 64, /* connections that wait to be accepted */
	DRAWS = 8,    /* names that are tried */
	NAME = 64,
};

/* NAME in the open folder. False: the name is too long for any socket of ours. */
static bool locate(struct sockaddr_un *to, int dir, const char *name)
{
	int n;

	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(to->sun_path, sizeof to->sun_path, "/proc/self/fd/%d/%s", dir, name);
	return n > 0 && (size_t)n < sizeof to->sun_path;
}

static int new_socket(struct err *e)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 ? fd : err_errno(e, "socket", "cannot be made");
}

/* Connected to NAME; else -1 and errno. */
static int dial(int dir, const char *name)
{
	struct err ignored = {0};
	struct sockaddr_un to;
	int fd, why;

	if (!locate(&to, dir, name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = new_socket(&ignored);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* Where the socket belongs. */
static int find_folder(char *out, size_t n, struct err *e)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *base = getenv("TMPDIR");
	struct stat st;
	int length;

	/* Under su and sudo it may still be somebody else's. */
	if (runtime && *runtime == '/' && stat(runtime, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid())
		return path_join(out, n, runtime, "miust", e);
	if (!base || *base != '/' || stat(base, &st) || !S_ISDIR(st.st_mode))
		base = "/tmp";
	length = snprintf(out, n, "%s/miust-%lu", base, (unsigned long)geteuid());
	return length < 0 || (size_t)length >= n ? err_set(e, "%s: too long for a path", base) : 0;
}

/* Nobody else can put anything there. */
static int check_folder(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(e, path, "cannot be examined");
	if (st.st_uid != geteuid())
		return err_set(
			e,
			"%s: this folder for sockets belongs to another user (%lu): remove it, "
			"or set XDG_RUNTIME_DIR to a folder of your own",
			path, (unsigned long)st.st_uid);
	if (st.st_mode & 077)
		return err_set(
			e, "%s: others may enter this folder for sockets (mode %03o): chmod 700 it",
			path, (unsigned)st.st_mode & 0777);
	return 0;
}

/* The folder, opened; made if it is missing. */
static int open_folder(const char *path, struct err *e)
{
	bool made = mkdir(path, 0700) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return err_errno(e, path, "this folder for sockets cannot be made");
	if (made)
		chmod(path, 0700); /* the umask may have taken away more */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(e,
			       "%s: a folder for sockets is expected here, not a link or file: "
			       "remove it",
			       path);
	if (fd < 0)
		return err_errno(e, path, "this folder for sockets cannot be opened");
	if (check_folder(fd, path, e)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The process of a name PID-NUMBER.sock; 0: it is not such a name. */
static long name_process(const char *name)
{
	long pid = 0;
	unsigned number;
	int n = 0;

	if (sscanf(name, "%9ld-%8x.sock%n", &pid, &number, &n) != 2 || !n || name[n] || pid < 1)
		return 0;
	return pid;
}

/* Does nobody listen there, and never will again? A process that has just bound its socket does
 * not listen yet, but is alive. */
static bool is_stale(int dir, const char *name)
{
	long pid = name_process(name);
	struct stat st;
	int fd;

	if (!pid || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISSOCK(st.st_mode))
		return false;
	if (pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno != ESRCH))
		return false;
	fd = dial(dir, name);
	if (fd >= 0)
		close(fd); /* of another container */
	return fd < 0 && errno == ECONNREFUSED;
}

static void remove_stale(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *at; (at = readdir(d));)
		if (is_stale(dir, at->d_name))
			unlinkat(dir, at->d_name, 0);
	closedir(d);
}

/* Bind it to a name that nobody has had. */
static int bind_new(int fd, int dir, char name[NAME], struct err *e)
{
	struct sockaddr_un to;

	for (int i = 0; i < DRAWS; i++) {
		uint32_t number;

		if (getrandom(&number, sizeof number, 0) != sizeof number)
			return err_errno(e, "getrandom", "no random number can be had");
		snprintf(name, NAME, "%ld-%08x.sock", (long)getpid(), (unsigned)number);
		if (!locate(&to, dir, name))
			BUG("a name of %s", name);
		if (bind(fd, (struct sockaddr *)&to, sizeof to) == 0)
			return 0;
		if (errno != EADDRINUSE)
			break;
	}
	return -1;
}

/* A socket that listens in the folder. */
static int listen_in(struct address *a, int dir, const char *folder, struct err *e)
{
	char name[NAME];
	struct stat st;
	int fd = new_socket(e);

	if (fd < 0)
		return -1;
	remove_stale(dir);
	/* bind takes the mode of the open socket, less the umask; the second call gives
	 * back what an odd umask took. */
	if (fchmod(fd, 0600) || bind_new(fd, dir, name, e)) {
		err_errno(e, folder, "no socket can be made in this folder");
		close(fd);
		return -1;
	}
	if (path_join(a->path, sizeof a->path, folder, name, e) || fchmodat(dir, name, 0600, 0) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || listen(fd, BACKLOG)) {
		err_errno(e, a->path, "this socket cannot be listened on");
		unlinkat(dir, name, 0);
		close(fd);
		return -1;
	}
	a->device = st.st_dev;
	a->inode = st.st_ino;
	return fd;
}

int address_listen(struct address *a, struct err *e)
{
	char folder[ADDRESS_PATH];
	int dir, fd;

	if (find_folder(folder, sizeof folder, e))
		return -1;
	dir = open_folder(folder, e);
	if (dir < 0)
		return -1;
	fd = listen_in(a, dir, folder, e);
	close(dir);
	return fd;
}

void address_remove(const struct address *a)
{
	struct stat st;

	if (lstat(a->path, &st) == 0 && st.st_dev == a->device && st.st_ino == a->inode)
		unlink(a->path);
}

/* Is the other end who it should be? */
static int check_owner(int fd, const char *path, long pid, struct err *e)
{
	struct ucred who;
	socklen_t n = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n))
		return err_errno(e, path, "nobody knows whose socket this is");
	if (who.uid != geteuid())
		return err_set(e, "%s: another user (%lu) listens on this socket", path,
			       (unsigned long)who.uid);
	if (pid && who.pid && who.pid != pid)
		return err_set(e, "%s: process %ld listens on this socket, not process %ld", path,
			       (long)who.pid, pid);
	return 0;
}

static int refused(const char *path, int why, struct err *e)
{
	errno = why;
	if (why == ECONNREFUSED || why == ENOENT) {
		err_set(e, "%s: nobody listens here (any longer)", path);
		e->status = EXIT_NOBODY;
		return -1;
	}
	if (why != EAGAIN)
		return err_errno(e, path, "this socket cannot be reached");
	err_set(e, "%s: too many connections wait here: try again", path);
	e->status = EXIT_BUSY;
	return -1;
}

int address_connect(const char *path, long pid, struct err *e)
{
	const char *name = path_base(path);
	char folder[ADDRESS_PATH];
	int dir, fd, why;

	if (*path != '/' || !*name || (size_t)(name - path) >= sizeof folder)
		return err_set(e, "%s: not the path of a socket", path);
	snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return refused(path, errno, e);
	fd = dial(dir, name);
	why = errno;
	close(dir);
	if (fd < 0)
		return refused(path, why, e);
	if (check_owner(fd, path, pid, e)) {
		close(fd);
		return -1;
	}
	return fd;
}
