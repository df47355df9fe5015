/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * golden: whole screens compared with texts that someone has looked at.
 *
 *	golden_check("train-80x24", &canvas);
 *
 * compares with tests/ui/golden/train-80x24.txt, the form of --dump, and
 * prints the rows that differ, with carets below the cells. UPDATE_GOLDEN=1 in
 * the environment writes the text instead: look at it before it is committed.
 *
 * Colours cannot be seen in a dump: GOLDEN_ANSI=FOLDER writes NAME.ansi there
 * as well, as the canvas would look in 256 colours, for `cat`.
 *
 * Tests start in the project's folder; one whose screens show what lies in the
 * present folder leaves it, and sets golden_dir to a whole path before.
 */
#ifndef MIUST_TESTS_UI_GOLDEN_H
#define MIUST_TESTS_UI_GOLDEN_H

#include "tests/ui/util.h"

#include "base/file.h"
#include "base/utf8.h"

#include <limits.h>

static char golden_dir[PATH_MAX] = "tests/ui/golden";

/* The length of a row, its line feed not counted. */
static inline int golden_row(const char *text)
{
	return (int)strcspn(text, "\n");
}

/* A caret below each column where two rows of UTF-8 differ. */
static inline void golden_carets(const char *got, const char *want)
{
	printf("#           ");
	while (*got && *got != '\n' && *want && *want != '\n') {
		uint32_t a = utf8_next(&got), b = utf8_next(&want);

		for (int i = text_columns(text_shown(a)); i > 0; i--)
			putchar(a == b ? ' ' : '^');
	}
	printf("\n");
}

static inline void golden_differ(const char *path, const char *got, const char *want)
{
	printf("# %s differs:\n", path);
	for (int row = 0; *got || *want; row++) {
		int n = golden_row(got), m = golden_row(want);

		if (n != m || memcmp(got, want, (size_t)n) != 0) {
			printf("# %3d is    |%.*s|\n", row, n, got);
			printf("#     not   |%.*s|\n", m, want);
			golden_carets(got, want);
		}
		got += n + (got[n] != '\0');
		want += m + (want[m] != '\0');
	}
	printf("# if it should look so: UPDATE_GOLDEN=1, and look at it\n");
	test_faults++;
}

/* The canvas with its colours, in the sequences of a terminal of 256. */
static inline void golden_ansi(const char *dir, const char *name, const struct canvas *c)
{
	struct look look = *c->look;
	char path[512], one[5];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.ansi", dir, name);
	f = fopen(path, "w");
	if (!f) {
		FAIL("cannot write %s", path);
		return;
	}
	look.depth = DEPTH_256;
	for (int row = 0; row < c->rows; row++) {
		for (int col = 0; col < c->cols; col++) {
			const struct cell *cell = canvas_at(c, row, col);
			struct paint p = paint_of(&look, cell->style);

			if (!cell->base)
				continue;
			utf8_put(one, cell->base);
			fprintf(f, "\033[0;38;5;%dm", p.fg);
			if (p.bg >= 0)
				fprintf(f, "\033[48;5;%dm", p.bg);
			if (p.attr & ATTR_BOLD)
				fprintf(f, "\033[1m");
			if (p.attr & ATTR_REVERSE)
				fprintf(f, "\033[7m");
			fputs(one, f);
		}
		fprintf(f, "\033[0m\n");
	}
	fclose(f);
}

static inline void golden_check(const char *name, const struct canvas *c)
{
	char path[PATH_MAX + 128], *got = canvas_dump(c), *want;
	const char *ansi = getenv("GOLDEN_ANSI");
	struct err e = {0};

	snprintf(path, sizeof path, "%s/%s.txt", golden_dir, name);
	if (ansi)
		golden_ansi(ansi, name, c);
	if (getenv("UPDATE_GOLDEN")) {
		if (file_write(path, got, strlen(got), &e))
			FAIL("%s", e.text);
		free(got);
		return;
	}
	want = file_read(path, FILE_ROWS, NULL, &e);
	if (!want)
		FAIL("%s (UPDATE_GOLDEN=1 writes it)", e.text);
	else if (strcmp(got, want) != 0)
		golden_differ(path, got, want);
	free(got);
	free(want);
}

#endif
