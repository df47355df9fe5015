/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * util: what tests of drawing share. CHECK_DUMP compares a canvas with the
 * rows expected, one string each; blanks at their ends may be left out.
 */
#ifndef MIUST_TESTS_UI_UTIL_H
#define MIUST_TESTS_UI_UTIL_H

#include "test.h"

#include "ui/term/cell.h"

#include <locale.h>

/* The form of --dump, and the two others. */
static const struct look look_braille __attribute__((unused)) = {.glyphs = GLYPHS_BRAILLE};
static const struct look look_block __attribute__((unused)) = {.glyphs = GLYPHS_BLOCK};
static const struct look look_ascii __attribute__((unused)) = {.glyphs = GLYPHS_ASCII};
static const struct look look_256 __attribute__((unused)) = {.depth = DEPTH_256};

/* Return from the test unless wcwidth knows Unicode. */
#define NEED_UTF8()                                  \
	do {                                         \
		if (!setlocale(LC_CTYPE, "C.UTF-8")) \
			SKIP("no locale C.UTF-8");   \
	} while (0)

/* Does `row` hold `want` and else blanks? `row` ends at a line feed. */
static inline bool row_is(const char *row, const char *want)
{
	size_t n = strlen(want);

	if (strncmp(row, want, n) != 0)
		return false;
	return row[n + strspn(row + n, " ")] == '\n';
}

static inline void check_dump(const char *file, int line, const struct canvas *c,
			      const char *const *want, int rows)
{
	char *dump = canvas_dump(c), *row = dump;
	bool same = rows == c->rows;

	for (int i = 0; i < rows && same; i++) {
		same = row_is(row, want[i]);
		row = strchr(row, '\n') + 1;
	}
	if (!same) {
		printf("# %s:%d: drawn:\n", file, line);
		for (char *at = dump, *end; (end = strchr(at, '\n')); at = end + 1)
			printf("# |%.*s|\n", (int)(end - at), at);
		printf("# expected:\n");
		for (int i = 0; i < rows; i++)
			printf("# |%s\n", want[i]);
		test_faults++;
	}
	free(dump);
}

#define CHECK_DUMP(c, ...)                                                              \
	do {                                                                            \
		static const char *const want_[] = {__VA_ARGS__};                       \
		check_dump(__FILE__, __LINE__, c, want_, sizeof want_ / sizeof *want_); \
	} while (0)

#endif
