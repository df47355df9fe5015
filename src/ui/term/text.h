/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text: UTF-8 by columns, and the glyphs the screens are drawn with.
 *
 * Strings are UTF-8 whatever the locale; each invalid byte counts as U+FFFD.
 * Tabs and line breaks show as a space, control and format characters as
 * plain.h has them. Widths are wcwidth's and so the locale's: what it cannot
 * show (in LANG=C everything after ASCII) is one `?`. A cut never halves a wide
 * character; where one does not fit, the odd column stays free.
 *
 * Drawing code writes the braille form of a glyph ("▸", "…", "│"). Where the
 * screen is ASCII the canvas replaces it from the table here, so views need
 * not ask. Markers whose ASCII form depends on their use have a name.
 */
#ifndef MIUST_TEXT_H
#define MIUST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum glyphs { GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII };

enum glyph {
	/* a line's end */
	GLYPH_WF1, /* ● also training */
	GLYPH_VAL, /* ○ */
	GLYPH_WA,  /* ■ */
	GLYPH_UA,  /* ▲ */
	GLYPH_OVERLAY_1,
	GLYPH_OVERLAY_2,
	GLYPH_OVERLAY_3,
	GLYPH_OVERLAY_4,
	GLYPH_OVERLAY_5,
	GLYPH_OVERLAY_6,
	GLYPH_OVERLAY_7,
	GLYPH_OVERLAY_8,
	/* marks on the rail */
	GLYPH_KEPT,
	GLYPH_SAVED,
	GLYPH_CHANGE,
	GLYPH_BRANCH,
	GLYPH_NOTE,
	GLYPH_BROKEN, /* NaN or Inf */
	/* lines and choices */
	GLYPH_CURSOR,
	GLYPH_GUIDE,
	GLYPH_GRID,
	GLYPH_CHOICE,
	GLYPH_CUT,
	/* state of the run */
	GLYPH_RUN,
	GLYPH_PAUSED,
	GLYPH_ELSEWHERE,
	GLYPH_STOPPING,
	GLYPH_DIVERGED,
	GLYPH_UNSEEN,
	GLYPH_IDLE,
	GLYPH_DONE, /* ✓ */
	/* bars and bands */
	GLYPH_BAR,
	GLYPH_BAR_HALF,
	GLYPH_BAND, /* block form; braille bands are dots */
	GLYPH_CURVE,
	GLYPHS
};

uint32_t glyph(enum glyphs mode, enum glyph g);
/* Ridges: level 1 … 8; 0 is a space. ASCII: `.:-=+*#@`. */
uint32_t glyph_ridge(enum glyphs mode, int level);
/* The ASCII form of a character, or NULL if it has none: one character, or
 * two of which the second takes the place of a space after it ("± 0.009"). */
const char *glyph_ascii(uint32_t c);

uint32_t text_plain(uint32_t c);  /* a space, or as plain.h has it */
uint32_t text_shown(uint32_t c);  /* the same, `?` where the locale cannot show it */
int text_columns(uint32_t shown); /* 0 (combining), 1 or 2 */
int text_width(const char *s);    /* columns of what is shown */

/* Into out (size n, always terminated), at most `columns` wide. */
char *text_cut(char *out, size_t n, const char *s, int columns);        /* "I'm sorry I…" */
char *text_cut_middle(char *out, size_t n, const char *s, int columns); /* "Ses04M_sc…1_M038" */
/* The end of a line that begins at s: at a line feed, else before the last space
 * that keeps it within `columns`, else where they are full. *next: the next line. */
const char *text_line(const char *s, int columns, const char **next);

#endif
