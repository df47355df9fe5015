/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: deleting what may be looked at by others.
 *
 * Everything is named from open folders (openat, unlinkat) and no link is
 * followed, so nothing outside the folder can be reached, even if someone
 * exchanges a folder for a link meanwhile.
 */
#include "app/session/session_delete.h"

#include "app/session/session_lock.h"
#include "app/session/session_private.h"
#include "app/session/session_state.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* They go last, in this order: what has no config.yml is no session any more, and whoever
 * would make one there waits for the lock. */
static const char *const last[] = {"config.yml", "lock", NULL};
static const char *const none[] = {NULL};

static int remove_inside(int fd, const char *const *keep, const char *path, struct err *e);

int session_remove(int fd, const char *name, const char *path, struct err *e)
{
	int folder, failed;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_errno(e, path, "cannot be deleted");
	folder = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return err_errno(e, path, "cannot be deleted");
	failed = remove_inside(folder, none, path, e);
	close(folder);
	if (failed)
		return -1;
	return unlinkat(fd, name, AT_REMOVEDIR) ? err_errno(e, path, "cannot be deleted") : 0;
}

static bool is_one_of(const char *name, const char *const *list)
{
	while (*list && strcmp(*list, name) != 0)
		list++;
	return *list;
}

/* All that lies in a folder, but for some names. */
static int remove_inside(int fd, const char *const *keep, const char *path, struct err *e)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3), failed = 0;
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *d;

	if (!dir) {
		err_errno(e, path, "cannot look into it");
		if (own >= 0)
			close(own);
		return -1;
	}
	while (!failed && (d = readdir(dir))) {
		char inside[PATH_LEN];

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
		    is_one_of(d->d_name, keep))
			continue;
		snprintf(inside, sizeof inside, "%.*s/%.255s", PATH_LEN - 260, path, d->d_name);
		failed = session_remove(fd, d->d_name, inside, e);
	}
	closedir(dir);
	return failed;
}

/* Empty the folder of a session or seed. */
static int empty(int fd, const char *path, struct err *e)
{
	int failed = remove_inside(fd, last, path, e);

	for (int i = 0; last[i] && !failed; i++)
		failed = session_remove(fd, last[i], path, e);
	return failed ? -1 : 0;
}

int session_hold(const char *root, int *fd, struct err *e)
{
	char who[256];

	*fd = lock_open(root, false, e);
	if (*fd < 0)
		return e->status ? -1 : 0;
	switch (lock_take(*fd, LOCK_ALONE, false, root, e)) {
	case LOCK_TAKEN:
		return 0;
	case LOCK_BUSY:
		session_written(root, who, sizeof who);
		err_at(e, root, 0, 0, "another program is writing this session%s%s; stop it first",
		       *who ? ": " : "", who);
		break;
	case LOCK_FAILED:
		break;
	}
	close(*fd);
	*fd = -1;
	return -1;
}

int session_join_writers(const char *root, int *fd, struct err *e)
{
	enum lock_answer answer;

	*fd = lock_open(root, false, e);
	if (*fd < 0)
		return e->status ? -1 : 0;
	answer = lock_take(*fd, LOCK_ALONE, false, root, e);
	if (answer == LOCK_BUSY)
		answer = lock_take(*fd, LOCK_SHARED, false, root, e);
	if (answer == LOCK_TAKEN)
		return 0;
	close(*fd);
	*fd = -1;
	return e->status ? -1
			 : err_at(e, root, 0, 0,
				  "another program is changing this session; try again");
}

int session_delete(const char *root, const char *dir, struct err *e)
{
	int locked = -1, fd = -1, failed = -1;

	if (!session_exists(dir))
		return err_at(e, dir, 0, 0, "is not a session (it has no config.yml)");
	if (session_hold(session_lock_of(root, dir), &locked, e))
		return -1;
	if (session_branches_free(dir, e))
		goto out;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		err_errno(e, dir, "cannot be deleted");
	else if (empty(fd, dir, e) == 0)
		failed = rmdir(dir) ? err_errno(e, dir, "cannot be deleted") : 0;
out:
	if (fd >= 0)
		close(fd);
	if (locked >= 0)
		close(locked);
	return failed;
}

int session_discard(struct session *s, struct err *e)
{
	int fd = open(s->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), failed;

	BUG_ON(s->lock < 0);
	if (fd < 0)
		return err_errno(e, s->root, "cannot be deleted");
	if (lock_take(s->lock, LOCK_ALONE, false, s->root, e) != LOCK_TAKEN) {
		close(fd);
		return e->status ? -1 : err_at(e, s->root, 0, 0, "another program writes it");
	}
	if (session_trained(s->root)) {
		close(fd);
		return err_at(e, s->root, 0, 0, "another program has trained in it");
	}
	failed = empty(fd, s->root, e);
	close(fd);
	return failed;
}
