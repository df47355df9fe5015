/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * folder: a place for the files of a test, and settings a session can keep.
 */
#ifndef MIUST_TEST_FOLDER_H
#define MIUST_TEST_FOLDER_H

#include "app/config/option.h"
#include "base/file.h"
#include "test.h"

#include <unistd.h>

static char folder[64];

/* "FOLDER/name"; good until the eighth call after it. */
static inline const char *in(const char *name)
{
	static char path[8][256];
	static int next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof path[0], "%s/%s", folder, name);
	return p;
}

static inline void folder_make(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%.40s/miust-test-XXXXXX", base ? base : P_tmpdir);
	if (!mkdtemp(folder))
		abort();
}

static inline void folder_remove(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command))
		abort();
}

static inline void put_bytes(const char *path, const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		abort();
}

static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static inline void check_holds(const char *path, const char *want)
{
	struct err e = {0};
	char *got = file_read(path, FILE_ROWS, NULL, &e);

	CHECK_STR(got ? got : e.text, want);
	free(got);
}

/* IEMOCAP with its four labels; nothing of it need be there. */
static inline struct settings some_settings(void)
{
	struct settings s;
	struct err e = {0};

	memset(&s, 0, sizeof s);
	options_preset(&s);
	snprintf(s.exp.audio_dir, PATH_LEN, "/data/audio");
	snprintf(s.exp.text_dir, PATH_LEN, "/data/text");
	snprintf(s.exp.iemocap_csv, PATH_LEN, "/data/lists");
	s.exp.seed = 53;
	s.model.num_classes = 4;
	if (options_resolve(&s, &e))
		FAIL("%s", e.text);
	return s;
}

#endif
