/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * temp: a folder of a test program's own, made at its first use and removed
 * when the program ends.
 */
#ifndef MIUST_TEMP_H
#define MIUST_TEMP_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char temp_dir[256];

static inline int temp_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static inline void temp_remove(void)
{
	nftw(temp_dir, temp_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The absolute path of a name inside the folder. Each call has one of eight
 * places, so a few results may be in use at a time. */
__attribute__((format(printf, 1, 2))) static inline const char *temp_path(const char *fmt, ...)
{
	static char path[8][512];
	static int next;
	char *out = path[next++ % 8];
	va_list ap;
	int n;

	if (!temp_dir[0]) {
		const char *base = getenv("TMPDIR");

		snprintf(temp_dir, sizeof temp_dir, "%s/miust-test-XXXXXX", base ? base : P_tmpdir);
		if (!mkdtemp(temp_dir)) {
			perror(temp_dir);
			exit(1);
		}
		atexit(temp_remove);
	}
	n = snprintf(out, sizeof path[0], "%s/", temp_dir);
	va_start(ap, fmt);
	vsnprintf(out + n, sizeof path[0] - (size_t)n, fmt, ap);
	va_end(ap);
	return out;
}

/* Make the folders above a path inside the folder. */
static inline void temp_parents(const char *path)
{
	char part[1024];

	snprintf(part, sizeof part, "%s", path);
	for (char *s = part + strlen(temp_dir) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		mkdir(part, 0777);
		*s = '/';
	}
}

static inline void temp_bytes(const char *path, const void *data, size_t n)
{
	FILE *f;

	temp_parents(path);
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static inline void temp_text(const char *path, const char *text)
{
	temp_bytes(path, text, strlen(text));
}

#endif
