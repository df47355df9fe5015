/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file: paths, and writing so that a crash leaves the old file or the new.
 */
#ifndef MIUST_FILE_H
#define MIUST_FILE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A file being written next to its final name:
 *
 *	struct atomic_file a;
 *	if (atomic_open(&a, path, e))
 *		return -1;
 *	fprintf(a.f, ...);
 *	return atomic_commit(&a, e);
 *
 * Commit flushes, fsyncs, renames and fsyncs the folder; a failed write is found
 * there, and the old file is then unchanged. A symbolic link stays one: its
 * target is replaced. The mode of an existing file is kept. What is not a
 * regular file (a pipe, /dev/stdout) is written directly. A process killed in
 * between leaves a file TEMP_PREFIX... for temps_remove.
 */
#define TEMP_PREFIX ".miust-tmp-"

struct stat;

struct atomic_file {
	FILE *f;
	char *path; /* links followed */
	char *temp; /* NULL: written directly */
};
int atomic_open(struct atomic_file *a, const char *path, struct err *e);
int atomic_commit(struct atomic_file *a, struct err *e); /* frees *a in any case */
void atomic_abort(struct atomic_file *a);                /* drops it; safe on zeroed memory */
int file_write(const char *path, const void *data, size_t len, struct err *e); /* atomically */
/* The same, but a file that holds exactly this already is not touched. */
int file_make_hold(const char *path, const void *data, size_t len, struct err *e);
/* Make a new file, whole from the first moment on (link(2)): of several programs that make
 * one of the same name at once, one makes it. *made: this one did; else a file of that name
 * is there and stays as it is. (On a file system without links it is moved there, and the
 * caller must know that nobody else makes one.) */
int file_create(const char *path, const void *data, size_t len, bool *made, struct err *e);
/* For writing that must stay in its folder and must end, such as a session's: an
 * error if a symbolic link, pipe or device has this name. A missing file is
 * fine. */
int file_check_own(const char *path, struct err *e);
/* A regular file to append to, made if missing; a link or anything else of this
 * name is refused. fclose() it. */
FILE *file_append(const char *path, struct err *e);
/* A new file `to` that holds what `from` holds now, on the disk; one of that name is an error.
 * A link is followed, and a failed copy removed. */
int file_copy(const char *from, const char *to, struct err *e);
/* A second name for a regular file that is only ever replaced (link(2)); where the file
 * system has no links, or the two lie on different ones, a copy. */
int file_link(const char *from, const char *to, struct err *e);
/* Remove what killed writers left in dir and below, but not in folders of the name `except`
 * (NULL: none). The caller knows that nobody writes there now (it holds the session's lock). */
void temps_remove(const char *dir, const char *except);

/*
 * Reading files that come from outside. Only regular files are read: a folder,
 * pipe, socket or device of that name is an error, and nothing here waits for
 * one. Links are followed. `max` bounds what one file can cost; the limits are
 * far beyond what the program writes or anybody needs, one for each kind:
 */
enum file_limit {
	FILE_CONFIG = 16 << 20,  /* config.yml: thousands of times its usual size */
	FILE_SCRIPT = 16 << 20,  /* miustrc, scripts, the history of the console */
	FILE_LOG = 16 << 20,     /* commands.log, notes.txt: 400,000 lines */
	FILE_RESULTS = 16 << 20, /* results.json: five folds need 30 KB */
	FILE_LIST = 1 << 30,     /* a list of utterances, history.json: some ten million rows */
	FILE_ROWS = 1 << 30,     /* steps.csv, epochs.csv: some ten million steps */
};
#define FILE_HISTORY ((size_t)8 << 30) /* history.bin: MELD's after 80,000 epochs */
#define FILE_MAPPED  SIZE_MAX          /* features, weights: mapped, so they cost nothing */

/* A descriptor at the start of a regular file of at most `most` bytes, to be
 * closed; its size in *size (may be NULL). -1 on error. */
int file_open_read(const char *path, size_t max, size_t *size, struct err *e);
/* The whole file, NUL-terminated after its end; free() it. len may be NULL. */
char *file_read(const char *path, size_t max, size_t *len, struct err *e);
/* The same of one that need not be there: *text is "" then; free() it. -1: *text is NULL. */
int file_read_any(char **text, const char *path, size_t max, size_t *len, struct err *e);
/* The same, and also what a pipe or a character device yields until its end:
 * for files that the user names in the command line and may type there
 * (--script /dev/stdin, <(...)). A pipe that nobody writes to is empty. */
char *file_read_stream(const char *path, size_t max, size_t *len, struct err *e);

/*
 * What a file is at a moment. Whoever takes this before reading, and again later, knows
 * whether there is something new: what is written meanwhile makes the later one differ.
 * Zeroed: no such file. The file is opened for it, so that a file system of another machine asks
 * that machine, and does not answer from memory.
 */
struct file_stamp {
	uint64_t device, inode;
	int64_t size, written; /* bytes; nanoseconds since 1970 */
};
struct file_stamp file_stamp(const char *path);
struct file_stamp file_stamp_of(const struct stat *st); /* sys/stat.h */
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

bool file_exists(const char *path);
bool file_is_dir(const char *path);
bool file_is_same(const char *a, const char *b); /* two names of one that is there */
int make_dirs(const char *path, struct err *e);  /* mkdir -p */
/* The topmost folder that make_dirs(path) would make; "" if path is there. */
void dirs_missing(char *out, size_t n, const char *path);
/* rmdir path and its parent folders up to `top`, as long as they are empty. */
void dirs_remove(const char *path, const char *top);
int dir_sync(const char *path, struct err *e); /* fsync a folder: its names are on the disk */
int file_sync_folder(const char *path, struct err *e); /* the same of the one that `path` lies in */

/* Results go to `out` of size n; too long is an error with the path named. */
int path_join(char *out, size_t n, const char *dir, const char *name, struct err *e);
/* ~, ~USER, $VAR and ${VAR} expanded (an unset variable stays as it is written,
 * but those of xdg.h have defaults; $$ is a dollar); relative paths start at
 * dir, which starts at the current folder; result absolute, without "//", "."
 * and, where that is the same place, "..". An empty path stays empty. */
int path_resolve(char *out, size_t n, const char *dir, const char *path, struct err *e);
/* The same without expanding: for what a shell has expanded already. */
int path_absolute(char *out, size_t n, const char *dir, const char *path, struct err *e);
const char *path_base(const char *path); /* after the last slash */

#endif
