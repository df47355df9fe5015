/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file: paths, and writing so that a crash leaves the old file or the new.
 */
#ifndef MIUST_FILE_H
#define MIUST_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdio.h>

/* A file being written beside its final name. Usage:
 *	struct atomic_file a;
 *	if (atomic_open(&a, path, e)) return -1;
 *	fprintf(a.f, ...);
 *	return atomic_commit(&a, e);     // flush, fsync, rename, fsync folder
 * atomic_abort drops it. Errors of the stream are found at commit. */
struct atomic_file {
	FILE *f;
	char *path, *temp;
};
int atomic_open(struct atomic_file *a, const char *path, struct err *e);
int atomic_commit(struct atomic_file *a, struct err *e);
void atomic_abort(struct atomic_file *a);
int file_write(const char *path, const void *data, size_t len, struct err *e); /* atomically */

/* The whole file, NUL-terminated behind its end; free() it. */
char *file_read(const char *path, size_t *len, struct err *e);
bool file_exists(const char *path);
bool file_is_dir(const char *path);
int make_dirs(const char *path, struct err *e); /* mkdir -p */

/* Results go to `out` of size n; too long is an error with the path named. */
int path_join(char *out, size_t n, const char *dir, const char *name, struct err *e);
/* ~, $VAR and ${VAR} expanded; relative paths start at dir; result absolute. */
int path_resolve(char *out, size_t n, const char *dir, const char *path, struct err *e);
const char *path_base(const char *path); /* behind the last slash */

#endif
