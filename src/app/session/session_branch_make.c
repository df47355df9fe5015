/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: never half there.
 *
 * A branch is made in a folder branches/.miust-tmp-PID-N, whose `lock`, later the branch's, is
 * held alone all the while, and gets its name by rename(2) when all of it is on the disk. A
 * hidden folder whose lock nobody holds was left by a program that was killed; whoever removes
 * one holds that lock meanwhile. So where both want a folder, one of them sees the other.
 */
#include "app/session/session_branch_private.h"

#include "app/session/session_lock.h"
#include "app/session/session_private.h"
#include "base/file.h"
#include "base/utf8.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Places
 */

/* The folder that a path lies in; "" at the top. */
static void above(const char *path, char out[PATH_LEN])
{
	const char *slash = strrchr(path, '/');

	snprintf(out, PATH_LEN, "%.*s", slash ? (int)(slash - path) : 0, path);
}

/* "X/branches/NAME" of a session X: where it lies, as it was given, else as found. */
static int branch_folder(const char *given, const char *whole, char out[PATH_LEN], struct err *e)
{
	char folder[PATH_LEN], owner[PATH_LEN], trimmed[PATH_LEN];
	size_t n = strlen(given);

	above(whole, folder);
	above(folder, owner);
	if (strcmp(path_base(folder), SESSION_BRANCHES) != 0 || !session_exists(owner))
		return path_join(out, PATH_LEN, given, SESSION_BRANCHES, e);
	while (n > 1 && given[n - 1] == '/')
		n--;
	snprintf(trimmed, sizeof trimmed, "%.*s", (int)n, given);
	above(trimmed, out);
	if (strcmp(path_base(trimmed), path_base(whole)) != 0 ||
	    strcmp(path_base(out), SESSION_BRANCHES) != 0)
		memcpy(out, folder, PATH_LEN);
	return 0;
}

/* The session around a run, its seed or branch. */
static void root_of(const char *whole, char out[PATH_LEN])
{
	char up[PATH_LEN], owner[PATH_LEN];

	snprintf(out, PATH_LEN, "%s", whole);
	above(whole, up);
	above(up, owner);
	if (strcmp(path_base(up), SESSION_BRANCHES) == 0 && session_exists(owner))
		memcpy(out, owner, PATH_LEN);
	above(out, up);
	if (strncmp(path_base(out), "seed-", 5) == 0 && session_exists(up))
		memcpy(out, up, PATH_LEN);
}

int branch_place(struct branch_place *p, const char *session_dir, struct err *e)
{
	char whole[PATH_LEN];
	size_t n;

	if (path_absolute(whole, sizeof whole, ".", session_dir, e) ||
	    branch_folder(session_dir, whole, p->folder, e))
		return -1;
	root_of(whole, p->root);
	n = strlen(p->root);
	snprintf(p->parent, sizeof p->parent, "%s", whole[n] ? whole + n + 1 : ".");
	return 0;
}

/*
 * Made under a hidden name
 */

static bool is_utf8(const char *text)
{
	bool replaced = false;

	free(utf8_copy(text, strlen(text), &replaced));
	return !replaced;
}

static int check_name(const char *name, struct err *e)
{
	bool control = false;

	if (strlen(name) > BRANCH_NAME)
		return err_set(e, "a branch's name has at most %d bytes; found %zu", BRANCH_NAME,
			       strlen(name));
	for (const char *p = name; *p; p++)
		control |= iscntrl((unsigned char)*p) || *p == ' ';
	if (control || !*name || strchr("-.#~", *name) || !is_utf8(name) ||
	    strcspn(name, "/\\\"'`$*?[]{}|;&<>()!") != strlen(name))
		return err_set(e,
			       "'%.80s' cannot name a branch: expected letters of any language, "
			       "digits and ._+-=, "
			       "beginning with one of the first two",
			       name);
	if (strcmp(name, "main") == 0 || strcmp(name, "off") == 0)
		return err_set(e, "'%s' cannot name a branch: duel means something else by it",
			       name);
	return 0;
}

/* Lock a hidden folder: 1: somebody else has it, or it is gone. */
static int lock_hidden(const char *dir, int *fd, struct err *e)
{
	struct session held = {.lock = -1};
	struct err ignored = {0};
	enum lock_answer answer;

	*fd = lock_open(dir, true, &ignored);
	if (*fd < 0)
		return file_exists(dir) ? err_at(e, dir, 0, 0, "%s", ignored.text) : 1;
	answer = lock_take(*fd, LOCK_ALONE, false, dir, e);
	held.lock = *fd;
	snprintf(held.root, sizeof held.root, "%s", dir);
	snprintf(held.dir, sizeof held.dir, "%s", dir);
	if (answer == LOCK_TAKEN && session_check_held(&held, &ignored) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return answer == LOCK_FAILED ? -1 : 1;
}

/* With its lock held alone. */
static void remove_hidden(const char *folder, const char *dir)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err ignored = {0}; /* if it stays, it only takes room */

	if (fd >= 0) {
		session_remove(fd, path_base(dir), dir, &ignored);
		close(fd);
	}
}

/* Those in a folder of branches whose makers are gone. */
static void tidy(const char *folder)
{
	DIR *open = opendir(folder);
	struct dirent *d;

	while (open && (d = readdir(open))) {
		struct err ignored = {0};
		char dir[PATH_LEN];
		int fd;

		if (strncmp(d->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) != 0 ||
		    path_join(dir, sizeof dir, folder, d->d_name, &ignored) ||
		    lock_hidden(dir, &fd, &ignored))
			continue;
		remove_hidden(folder, dir);
		close(fd);
	}
	if (open)
		closedir(open);
}

void session_branches_tidy(const char *root)
{
	struct err ignored = {0};
	char folder[PATH_LEN];
	struct dirent *d;
	DIR *open = opendir(root);

	if (path_join(folder, sizeof folder, root, SESSION_BRANCHES, &ignored) == 0)
		tidy(folder);
	while (open && (d = readdir(open))) {
		char seed[PATH_LEN];

		if (strncmp(d->d_name, "seed-", 5) == 0 &&
		    path_join(seed, sizeof seed, root, d->d_name, &ignored) == 0 &&
		    path_join(folder, sizeof folder, seed, SESSION_BRANCHES, &ignored) == 0)
			tidy(folder);
	}
	if (open)
		closedir(open);
}

/* A folder that nobody has, locked. */
static int make_hidden(struct branch_making *b, struct err *e)
{
	for (int i = 0; i < 10000; i++) {
		char name[64];
		int busy;

		snprintf(name, sizeof name, TEMP_PREFIX "%ld-%d", (long)getpid(), i);
		if (path_join(b->hidden, sizeof b->hidden, b->place.folder, name, e))
			return -1;
		if (mkdir(b->hidden, 0777)) {
			if (errno == EEXIST)
				continue;
			return err_errno(e, b->hidden, "cannot make the folder");
		}
		busy = lock_hidden(b->hidden, &b->lock, e);
		if (busy <= 0)
			return busy;
	}
	return err_at(e, b->place.folder, 0, 0, "has too many temporary folders; remove some");
}

int branch_new(struct branch_making *b, const char *session_dir, const char *name, struct err *e)
{
	*b = (struct branch_making){.lock = -1};
	if (check_name(name, e) || branch_place(&b->place, session_dir, e) ||
	    path_join(b->dir, sizeof b->dir, b->place.folder, name, e) ||
	    file_check_own(b->place.folder, e))
		return -1;
	dirs_missing(b->made, sizeof b->made, b->place.folder);
	if (make_dirs(b->place.folder, e) == 0) {
		tidy(b->place.folder);
		if (make_hidden(b, e) == 0)
			return 0;
	}
	branch_drop(b);
	return -1;
}

void branch_drop(struct branch_making *b)
{
	if (b->lock >= 0) {
		remove_hidden(b->place.folder, b->hidden);
		close(b->lock);
	}
	b->lock = -1;
	if (b->made[0])
		dirs_remove(b->place.folder, b->made);
}

int branch_failed(struct branch_making *b, const char *name, struct err *e)
{
	err_rename(e, path_base(b->hidden), name);
	branch_drop(b);
	return -1;
}

int branch_exists(const struct branch_making *b, const char *name, struct err *e)
{
	return err_at(e, b->dir, 0, 0, "a branch %s exists; choose another name", name);
}

void branch_remove(const struct branch_place *p, const char *name)
{
	struct err ignored = {0}; /* if it stays, it only takes room */
	char dir[PATH_LEN], hidden[PATH_LEN], temp[64];
	int fd;

	snprintf(temp, sizeof temp, TEMP_PREFIX "%ld-gone", (long)getpid());
	if (path_join(dir, sizeof dir, p->folder, name, &ignored) ||
	    path_join(hidden, sizeof hidden, p->folder, temp, &ignored) ||
	    lock_hidden(dir, &fd, &ignored))
		return;
	if (rename(dir, hidden) == 0)
		remove_hidden(p->folder, hidden);
	close(fd);
}

/* Folders that were made, on the disk from the innermost on. */
static int sync_folders(const char *dir, struct err *e)
{
	struct fold_list folds = {0};
	int failed = 0;

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n && !failed; i++) {
		char path[PATH_LEN], states[PATH_LEN];

		failed = fold_file(dir, folds.at[i], "", path, sizeof path, e) ||
			 fold_file(dir, folds.at[i], "states", states, sizeof states, e) ||
			 (file_is_dir(states) && dir_sync(states, e)) || dir_sync(path, e);
	}
	folds_free(&folds);
	return failed || dir_sync(dir, e) ? -1 : 0;
}

int branch_done(struct branch_making *b, const char *name, struct err *e)
{
	/* An empty folder of that name would be replaced: nobody makes one here. */
	if (session_join_all(b->hidden, e) || sync_folders(b->hidden, e) ||
	    (rename(b->hidden, b->dir) && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
						   ? branch_exists(b, name, e)
						   : err_errno(e, b->dir, "cannot be made"))))
		return branch_failed(b, name, e);
	close(b->lock);
	b->lock = -1;
	return dir_sync(b->place.folder, e);
}

/*
 * What is in it
 */

int branch_share(const char *from, const char *to, const char *name, struct err *e)
{
	size_t n = strlen(name);
	bool grows = (n > 4 && strcmp(name + n - 4, ".log") == 0) ||
		     (n > 4 && strcmp(name + n - 4, ".bin") == 0) ||
		     strcmp(name, SESSION_STEPS) == 0 || strcmp(name, SESSION_EPOCHS) == 0 ||
		     strcmp(name, SESSION_HEALTH) == 0 || strcmp(name, "notes.txt") == 0;
	char old[PATH_LEN], new[PATH_LEN];

	if (path_join(old, sizeof old, from, name, e) || path_join(new, sizeof new, to, name, e))
		return -1;
	if (!file_exists(old))
		return 0;
	return grows ? file_copy(old, new, e) : file_link(old, new, e);
}

int branch_share_head(const struct branch_making *b, const char *dir, struct err *e)
{
	char machine[PATH_LEN];

	if (branch_share(dir, b->hidden, "config.yml", e) ||
	    branch_share(dir, b->hidden, SESSION_DATA, e) ||
	    path_join(machine, sizeof machine, dir, "machine", e))
		return -1;
	/* Seeds have that of the session. */
	return branch_share(file_exists(machine) ? dir : b->place.root, b->hidden, "machine", e);
}

/* The files of a folder, but for locks and what is being written. */
static int share_all(const char *from, const char *to, struct err *e)
{
	DIR *open = NULL;
	struct dirent *d;
	int failed = make_dirs(to, e);

	if (!failed && !(open = opendir(from)))
		failed = err_errno(e, from, "cannot look into it");
	while (!failed && (d = readdir(open))) {
		char path[PATH_LEN];
		struct stat st;

		if (d->d_name[0] == '.' || strcmp(d->d_name, "lock") == 0)
			continue;
		failed = path_join(path, sizeof path, from, d->d_name, e);
		if (!failed && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			failed = branch_share(from, to, d->d_name, e);
	}
	if (open)
		closedir(open);
	return failed ? -1 : 0;
}

int branch_share_fold(const char *from, const char *to, int fold, struct err *e)
{
	char old[PATH_LEN], new[PATH_LEN], old_states[PATH_LEN], new_states[PATH_LEN];

	if (fold_file(from, fold, "", old, sizeof old, e) ||
	    fold_file(to, fold, "", new, sizeof new, e) ||
	    fold_file(from, fold, "states", old_states, sizeof old_states, e) ||
	    fold_file(to, fold, "states", new_states, sizeof new_states, e))
		return -1;
	return share_all(old, new, e) ||
			       (file_is_dir(old_states) && share_all(old_states, new_states, e))
		       ? -1
		       : 0;
}
