/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * power: what a power loss would leave, as a preloaded library.
 *
 *	LD_PRELOAD=power.so POWER_ROOT=FOLDER POWER_OUT=FOLDER program ...
 *
 * Before each call that makes something durable or changes a name below
 * POWER_ROOT (fsync, rename, unlink, mkdir, truncate), and when the program
 * ends, two folders are written below POWER_OUT:
 *
 *	NNNN.names	every name is there, but of a file only the bytes that
 *			were there at its last fsync; the rest are zeros
 *	NNNN.synced	only what fsync was asked for: names as of their folder's
 *			last fsync, bytes as of the file's
 *
 * Real file systems leave one of these or something in between. The current
 * state, which a killed program leaves, is tests/cli/kill.sh's.
 *
 * Several threads may call: one such call is made at a time.
 *
 * An inode's number may be used again once its last name is gone: what was
 * known of it is then forgotten, which is noticed in the scan after each call.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 512, NAMES = 64 };

/* A file or folder by its number: what is on the disk for certain. */
static struct node {
	ino_t ino;
	bool folder, seen;
	bool synced; /* bytes, or entries, are those of its last fsync */
	char *bytes; /* a file's */
	size_t n;    /* bytes, or entries */
	struct entry {
		char name[NAME_MAX + 1];
		ino_t ino;
		bool folder;
	} * entry; /* a folder's */
} node[FILES];
static int nodes;

static const char *root, *out;
static int number;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER; /* such call at a time */
static _Thread_local bool busy;                         /* own calls are not looked at */

static struct node *find(ino_t ino)
{
	for (int i = 0; i < nodes; i++)
		if (node[i].ino == ino)
			return &node[i];
	return NULL;
}

static struct node *need(ino_t ino)
{
	struct node *n = find(ino);

	if (n)
		return n;
	if (nodes == FILES)
		abort();
	node[nodes] = (struct node){.ino = ino};
	return &node[nodes++];
}

static char *read_file(const char *path, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	if (fd < 0 || fstat(fd, &st))
		abort();
	bytes = malloc((size_t)st.st_size + 1);
	*n = (size_t)read(fd, bytes, (size_t)st.st_size);
	close(fd);
	return bytes;
}

static void write_file(const char *path, const char *bytes, size_t n, size_t zeros)
{
	FILE *f = fopen(path, "w");

	if (!f)
		abort();
	fwrite(bytes, 1, n, f);
	while (zeros--)
		putc(0, f);
	fclose(f);
}

/* Every name below dir, depth first; skip `lock`, which is never data. */
static void walk(const char *dir, void (*each)(const char *path, const struct stat *st))
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;
	char path[PATH_MAX];

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (lstat(path, &st))
			continue;
		each(path, &st);
		if (S_ISDIR(st.st_mode))
			walk(path, each);
	}
	closedir(d);
}

/* ---- what is known for certain ---- */

static void see(const char *path, const struct stat *st)
{
	struct node *n = find(st->st_ino);

	(void)path;
	if (n)
		n->seen = true;
}

static void see_named(const struct node *folder)
{
	for (size_t i = 0; i < folder->n; i++) {
		struct node *n = find(folder->entry[i].ino);

		if (n)
			n->seen = true;
	}
}

/* Forget what has no name any more, neither now nor on the disk. */
static void scan(void)
{
	struct stat st;

	for (int i = 0; i < nodes; i++)
		node[i].seen = false;
	if (stat(root, &st) == 0)
		see(root, &st);
	walk(root, see);
	for (int i = 0; i < nodes; i++)
		if (node[i].seen && node[i].folder)
			see_named(&node[i]);
	for (int i = 0; i < nodes; i++)
		if (!node[i].seen) {
			free(node[i].bytes);
			free(node[i].entry);
			node[i--] = node[--nodes];
		}
}

/* A file that has lost its name but is named on the disk still: its number may
 * not come back for another file, so it is kept open. */
static void hold(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && find(st.st_ino))
		(void)!open(path, O_RDONLY | O_CLOEXEC);
}

static void sync_folder(const char *path, ino_t ino)
{
	DIR *d = opendir(path);
	struct node *n = need(ino);
	struct dirent *e;

	free(n->entry);
	n->entry = calloc(NAMES, sizeof *n->entry);
	n->n = 0;
	n->folder = n->synced = true;
	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (n->n == NAMES)
			abort();
		strcpy(n->entry[n->n].name, e->d_name);
		n->entry[n->n].folder = e->d_type == DT_DIR;
		n->entry[n->n++].ino = e->d_ino;
	}
	if (d)
		closedir(d);
}

static void synced(int fd)
{
	char link[64], path[PATH_MAX];
	struct stat st;
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (len < 0 || fstat(fd, &st))
		return;
	path[len] = '\0';
	if (strncmp(path, root, strlen(root)) != 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		sync_folder(path, st.st_ino);
	} else if (S_ISREG(st.st_mode)) {
		struct node *n = need(st.st_ino);

		free(n->bytes);
		n->bytes = read_file(path, &n->n);
		n->synced = true;
	}
}

/* ---- what would be left ---- */

static char target[PATH_MAX];

static void copy_named(const char *path, const struct stat *st)
{
	const struct node *n = find(st->st_ino);
	char to[2 * PATH_MAX];
	size_t size = (size_t)st->st_size, kept = n && n->synced ? n->n : 0;

	snprintf(to, sizeof to, "%s%s", target, path + strlen(root));
	if (S_ISDIR(st->st_mode)) {
		mkdir(to, 0777);
		return;
	}
	kept = kept < size ? kept : size;
	write_file(to, n ? n->bytes : "", kept, size - kept);
}

static void copy_synced(const char *to, ino_t ino, bool folder)
{
	const struct node *n = find(ino);

	if (folder) {
		mkdir(to, 0777); /* empty if it was never synced itself */
		for (size_t i = 0; n && i < n->n; i++) {
			char path[2 * PATH_MAX];

			snprintf(path, sizeof path, "%s/%s", to, n->entry[i].name);
			copy_synced(path, n->entry[i].ino, n->entry[i].folder);
		}
	} else if (n && n->synced) {
		write_file(to, n->bytes, n->n, 0);
	} else {
		write_file(to, "", 0, 0); /* its name is certain, nothing of it */
	}
}

static void dump(void)
{
	struct stat st;

	number++;
	snprintf(target, sizeof target, "%s/%04d.names", out, number);
	mkdir(target, 0777);
	walk(root, copy_named);
	snprintf(target, sizeof target, "%s/%04d.synced", out, number);
	if (stat(root, &st))
		abort();
	copy_synced(target, st.st_ino, true);
}

/* ---- the calls ---- */

static bool enter(void)
{
	if (busy)
		return false;
	busy = true;
	pthread_mutex_lock(&one);
	if (!root) {
		root = getenv("POWER_ROOT");
		out = getenv("POWER_OUT");
	}
	if (root && out) {
		dump();
		return true;
	}
	pthread_mutex_unlock(&one);
	busy = false;
	return false;
}

static void leave(void)
{
	scan();
	pthread_mutex_unlock(&one);
	busy = false;
}

#define REAL(name) (*(__typeof__(&name) *)(void *[]){dlsym(RTLD_NEXT, #name)})

int fsync(int fd)
{
	bool mine = enter();
	int failed = REAL(fsync)(fd);

	if (mine) {
		synced(fd);
		leave();
	}
	return failed;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int rename(const char *from, const char *to)
{
	bool mine = enter();
	int failed;

	if (mine)
		hold(to);
	failed = REAL(rename)(from, to);
	if (mine)
		leave();
	return failed;
}

int unlink(const char *path)
{
	bool mine = enter();
	int failed;

	if (mine)
		hold(path);
	failed = REAL(unlink)(path);
	if (mine)
		leave();
	return failed;
}

int mkdir(const char *path, mode_t mode)
{
	bool mine = enter();
	int failed = REAL(mkdir)(path, mode);

	if (mine)
		leave();
	return failed;
}

int ftruncate(int fd, off_t size)
{
	bool mine = enter();
	int failed = REAL(ftruncate)(fd, size);

	if (mine)
		leave();
	return failed;
}

__attribute__((destructor)) static void at_end(void)
{
	if (enter())
		leave();
}
