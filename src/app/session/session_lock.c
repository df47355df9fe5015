/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "app/session/session_lock.h"

#include "app/config/config.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/plain.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char LOCK[] = "lock";
enum { LINE_MAX_BYTES = LOCK_SOCKET + 256 };

/*
 * The session's
 */

int lock_open(const char *dir, bool make, struct err *e)
{
	char path[PATH_LEN];
	bool closed;
	int fd;

	if (path_join(path, sizeof path, dir, LOCK, e) || file_check_own(path, e))
		return -1;
	fd = open(path, O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	closed = errno == EACCES || errno == EROFS;
	if (fd < 0 && (make || errno != ENOENT)) {
		err_errno(e, path, "cannot lock the session");
		e->status = closed ? EXIT_CLOSED : e->status;
	}
	return fd;
}

/* 0, 1 if somebody else has it, -1 with errno. */
static int set(int fd, short type, bool wait)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

	if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES || errno == EINTR ? 1 : -1;
}

enum lock_answer lock_take(int fd, enum lock_how how, bool wait, const char *dir, struct err *e)
{
	int busy = set(fd, how == LOCK_ALONE ? F_WRLCK : F_RDLCK, wait);

	if (busy > 0)
		return LOCK_BUSY;
	if (busy == 0 && flock(fd, LOCK_SH | LOCK_NB) == 0)
		return LOCK_TAKEN;
	if (busy == 0 && errno == EWOULDBLOCK) { /* version 0.1: it was not ours before */
		lock_release(fd);
		return LOCK_BUSY;
	}
	err_errno(e, dir, "cannot lock the session");
	return LOCK_FAILED;
}

void lock_release(int fd)
{
	flock(fd, LOCK_UN);
	set(fd, F_UNLCK, false);
}

/*
 * A fold's
 */

static void write_line(int fd, const char *socket)
{
	char host[128], at[32], line[LINE_MAX_BYTES];
	time_t now = time(NULL);
	struct tm utc;
	int n;

	machine_host(host, sizeof host);
	gmtime_r(&now, &utc);
	strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &utc);
	n = snprintf(line, sizeof line, "%s %ld %s%s%s\n", host, (long)getpid(), at,
		     *socket ? " " : "", socket);
	/* It is for people: without it the lock is held all the same. */
	if (ftruncate(fd, 0) || pwrite(fd, line, (size_t)n, 0) != n)
		return;
}

int fold_lock_refused(const char *dir, int fold, const char *who, struct err *e)
{
	struct str quoted = {0};

	str_add_quoted(&quoted, dir);
	err_at(e, dir, 0, 0,
	       "another program is writing this session: fold %d%s%s; wait for it, stop it, or "
	       "look at it and steer it with miust-tui %s (from another machine it only looks)",
	       fold, who[0] ? ", " : "", who, quoted.s);
	e->status = EXIT_BUSY;
	str_free(&quoted);
	return -1;
}

int fold_lock(const char *fold_dir, const char *dir, int fold, const char *socket, struct err *e)
{
	int fd = lock_open(fold_dir, true, e), busy = fd < 0 ? -1 : set(fd, F_WRLCK, false);
	char who[LINE_MAX_BYTES];

	if (busy == 0) {
		write_line(fd, socket);
		return fd;
	}
	if (busy > 0) {
		fold_lock_asked(fold_dir, who, sizeof who);
		fold_lock_refused(dir, fold, who, e);
	} else if (fd >= 0) {
		err_errno(e, fold_dir, "cannot lock the fold");
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

void fold_lock_end(int fd)
{
	if (ftruncate(fd, 0) == 0)
		set(fd, F_UNLCK, false);
	close(fd);
}

/* Of "HOST PID TIME" or "HOST PID TIME SOCKET"; empty if it is not that. A path that is
 * cut, or means nothing elsewhere, would be the name of something else. */
static void read_owner(const char *line, struct lock_owner *who)
{
	int end = 0;
	size_t n;

	*who = (struct lock_owner){0};
	if (sscanf(line, "%127[!-~] %ld %31[0-9TZ:-]%n", who->host, &who->pid, who->since, &end) !=
	    3) {
		*who = (struct lock_owner){0};
		return;
	}
	n = strcspn(line + end, "\n");
	if (n > 1 && n <= sizeof who->socket && strncmp(line + end, " /", 2) == 0)
		memcpy(who->socket, line + end + 1, n - 1);
}

/* DIR/lock, open for reading, or -1 with errno; is it held by somebody? */
static int open_asked(const char *dir, bool *held)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct err ignored = {0};
	char path[PATH_LEN];
	int fd;

	*held = false;
	errno = ENAMETOOLONG;
	if (path_join(path, sizeof path, dir, LOCK, &ignored))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0)
		*held = fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
	return fd;
}

bool lock_asked(const char *dir)
{
	bool held;
	int fd = open_asked(dir, &held);

	if (fd >= 0)
		close(fd);
	return held;
}

enum fold_lock fold_lock_look(const char *fold_dir, struct lock_owner *who)
{
	char line[LINE_MAX_BYTES];
	ssize_t len;
	bool held;
	int fd = open_asked(fold_dir, &held);

	*who = (struct lock_owner){0};
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? FOLD_UNSEEN : FOLD_FREE;
	len = read(fd, line, sizeof line - 1);
	line[len > 0 ? len : 0] = '\0';
	read_owner(line, who);
	close(fd);
	return held ? FOLD_HELD : len > 0 ? FOLD_LEFT : FOLD_FREE;
}

char *lock_owner_text(const struct lock_owner *who, char *out, size_t n)
{
	out[0] = '\0';
	if (who->host[0])
		snprintf(out, n, "process %ld on %s since %s", who->pid, who->host, who->since);
	return out;
}

int64_t lock_owner_since(const struct lock_owner *who)
{
	struct tm utc = {0};
	const char *end = strptime(who->since, "%Y-%m-%dT%H:%M:%SZ", &utc);

	return end && !*end ? (int64_t)timegm(&utc) : 0;
}

bool fold_lock_asked(const char *fold_dir, char *who, size_t n)
{
	struct lock_owner owner;
	bool held = fold_lock_look(fold_dir, &owner) == FOLD_HELD;

	lock_owner_text(held ? &owner : &(struct lock_owner){0}, who, n);
	return held;
}

/*
 * Locks that other machines do not see
 */

static const struct {
	const char *type, *option; /* type: how the file system's name begins */
} local_locks[] = {
	{"nfs", "nolock"},     {"nfs", "local_lock=all"}, {"nfs", "local_lock=posix"},
	{"cifs", "nobrl"},     {"smb3", "nobrl"},         {"lustre", "localflock"},
	{"lustre", "noflock"}, {"fuse.sshfs", ""},
};

/* Is it one of the options, which commas separate? */
static bool has_option(const char *options, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = options; *at; at += strspn(at, ",")) {
		size_t len = strcspn(at, ", \n");

		if (len == n && strncmp(at, option, n) == 0)
			return true;
		at += len;
		if (*at != ',')
			return false;
	}
	return false;
}

/* Of a line "36 35 98:0 /root /at rw,noatime shared:1 - nfs host:/x rw,nolock". */
static bool line_is_local(const char *line, char *why, size_t n)
{
	const char *dash = strstr(line, " - ");
	char type[64], super[1024];

	if (!dash || sscanf(dash, " - %63s %*s %1023s", type, super) != 2)
		return false;
	for (size_t i = 0; i < sizeof local_locks / sizeof local_locks[0]; i++) {
		const char *option = local_locks[i].option;

		if (strncmp(type, local_locks[i].type, strlen(local_locks[i].type)) == 0 &&
		    (!*option || has_option(super, option))) {
			snprintf(why, n, "%s%s%s", type, *option ? ", " : "", option);
			return true;
		}
	}
	return false;
}

bool lock_is_local(const char *mountinfo, unsigned major, unsigned minor, char *why, size_t n)
{
	for (const char *line = mountinfo; line && *line;) {
		const char *end = strchr(line, '\n');
		char one[4096];
		unsigned a, b;

		snprintf(one, sizeof one, "%.*s", (int)(end ? end - line : (long)strlen(line)),
			 line);
		if (sscanf(one, "%*s %*s %u:%u", &a, &b) == 2 && a == major && b == minor)
			return line_is_local(one, why, n);
		line = end ? end + 1 : NULL;
	}
	return false;
}

bool lock_dir_is_local(const char *dir, char *why, size_t n)
{
	char mounts[64 << 10];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t len = f ? fread(mounts, 1, sizeof mounts - 1, f) : 0;
	struct stat st;

	mounts[len] = '\0';
	if (f)
		fclose(f);
	return stat(dir, &st) == 0 &&
	       lock_is_local(mounts, major(st.st_dev), minor(st.st_dev), why, n);
}

void lock_warning(const char *dir, char *text, size_t n)
{
	char why[128];

	text[0] = '\0';
	if (lock_dir_is_local(dir, why, sizeof why))
		snprintf(text, n,
			 "%s: other machines do not see locks on this file system (%s): write "
			 "the session from one machine at a time, or mount it with locks",
			 dir, why);
}
