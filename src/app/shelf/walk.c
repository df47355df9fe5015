/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/walk.h"

#include "app/config/config.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { DEPTH_MAX = 4 }; /* fold-F/states/... and room to spare */

static int64_t nanoseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Of one file, whatever comes before or after it. */
static uint64_t stamp(const char *name, const struct stat *st, uint64_t above)
{
	const int64_t what[] = {(int64_t)st->st_ino, st->st_size, nanoseconds(st->st_mtim),
				nanoseconds(st->st_ctim), (int64_t)st->st_mode};

	return XXH3_64bits_withSeed(name, strlen(name), above) ^
	       XXH3_64bits_withSeed(what, sizeof what, above + 1);
}

/* "fold-12" as the program writes it; else -1. */
static int fold_of(const char *name)
{
	char again[32];
	int fold;

	if (sscanf(name, "fold-%6d", &fold) != 1 || fold < 0)
		return -1;
	snprintf(again, sizeof again, "fold-%d", fold);
	return strcmp(again, name) == 0 ? fold : -1;
}

static void add_fold(struct walk *w, int fold)
{
	int at = w->nfolds++;

	w->fold = mem_grow(w->fold, (size_t)w->nfolds, sizeof *w->fold);
	for (; at > 0 && w->fold[at - 1] > fold; at--)
		w->fold[at] = w->fold[at - 1];
	w->fold[at] = fold;
}

/* Is a folder of the run's own folder another run's? */
static bool is_other(struct walk *w, const char *name)
{
	if (strcmp(name, "branches") == 0)
		return w->branches = true;
	if (strncmp(name, "seed-", 5) != 0)
		return false;
	w->seed = mem_grow(w->seed, (size_t)w->nseeds + 1, sizeof *w->seed);
	w->seed[w->nseeds++] = mem_dup(name);
	return true;
}

/* Takes fd over. `above`: what tells the folder apart from others of the run. */
static void walk(struct walk *w, int fd, int depth, uint64_t above)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (!dir)
		close(fd);
	while (dir && (d = readdir(dir))) {
		const char *name = d->d_name;
		struct stat st;
		int inside;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
		    (S_ISDIR(st.st_mode) && depth == 0 && is_other(w, name)))
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (depth == 0 && fold_of(name) >= 0)
				add_fold(w, fold_of(name));
			inside = depth < DEPTH_MAX
					 ? openat(fd, name,
						  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
					 : -1;
			if (inside >= 0)
				walk(w, inside, depth + 1,
				     XXH3_64bits_withSeed(name, strlen(name), above));
			continue;
		}
		w->whole += stamp(name, &st, above);
		if (S_ISREG(st.st_mode))
			w->bytes += st.st_size;
		if (nanoseconds(st.st_mtim) > w->newest)
			w->newest = nanoseconds(st.st_mtim);
		if (nanoseconds(st.st_ctim) > w->newest)
			w->newest = nanoseconds(st.st_ctim);
	}
	if (dir)
		closedir(dir);
}

bool walk_run(struct walk *w, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	*w = (struct walk){0};
	if (fd < 0)
		return false;
	if (fstat(fd, &st)) {
		close(fd);
		return false;
	}
	w->dev = st.st_dev;
	w->ino = st.st_ino;
	walk(w, fd, 0, 1);
	return true;
}

void walk_free(struct walk *w)
{
	for (int i = 0; i < w->nseeds; i++)
		free(w->seed[i]);
	free(w->seed);
	free(w->fold);
	*w = (struct walk){0};
}

/* A name that is not there counts too. */
static uint64_t quick_of(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) ? 7 : stamp(name, &st, 1);
}

uint64_t walk_quick(const char *dir, const int *fold, int nfolds, bool locks)
{
	static const char *const names[] = {".", "branches", "notes.txt"};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t sum = 1;
	char name[64];

	if (fd < 0)
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		sum += quick_of(fd, names[i]) * (i + 1);
	for (int i = 0; i < nfolds && locks; i++) {
		snprintf(name, sizeof name, "fold-%d", fold[i]);
		sum += quick_of(fd, name);
		snprintf(name, sizeof name, "fold-%d/lock", fold[i]);
		sum += quick_of(fd, name);
	}
	close(fd);
	return sum ? sum : 1;
}
