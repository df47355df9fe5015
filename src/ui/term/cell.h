/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cell: a canvas, rows x columns of cells, and drawing text on it.
 *
 * A canvas is where every view draws; term.h brings it to the terminal and
 * canvas_dump makes text of it. A cell holds a character with its combining
 * marks and a style of roles. A wide character takes two cells, the right one
 * with base 0; drawing over half of it clears the other half.
 *
 *	struct canvas c, left;
 *	canvas_init(&c, 24, 80, &look);
 *	left = canvas_part(&c, 2, 0, 10, 56);      shares the cells of c
 *	canvas_text(&left, 0, 1, ROLE(ROLE_DIM), "epoch %d", epoch);
 *	canvas_field(&left, 1, 1, 19, FIT_ID, ROLE(ROLE_DIM), "%s", id);
 *	canvas_free(&c);                           left needs no free
 *
 * Rows and columns count from 0. Whatever is outside is clipped, so drawing
 * cannot fail. Glyphs are written in their braille form (text.h).
 */
#ifndef MIUST_CELL_H
#define MIUST_CELL_H

#include "ui/term/paint.h"

enum { CELL_MARKS = 2 };

struct cell {
	uint32_t base;             /* as shown; 0: right half of a wide character */
	uint32_t mark[CELL_MARKS]; /* combining, 0 where there is none */
	struct style style;
};

struct canvas {
	int rows, cols;
	int row0, col0;         /* place of (0, 0) in the whole canvas */
	struct canvas_all *all; /* the cells; shared by parts */
	const struct look *look;
};

/* All spaces. The look must outlive the canvas. */
void canvas_init(struct canvas *c, int rows, int cols, const struct look *look);
void canvas_free(struct canvas *c); /* the whole, not a part; safe on zeroed memory */
/* The rectangle, cut to the part that is on c. Empty parts are fine to draw on. */
struct canvas canvas_part(const struct canvas *c, int row, int col, int rows, int cols);

/* The cell, or NULL outside. */
const struct cell *canvas_at(const struct canvas *c, int row, int col);

void canvas_clear(struct canvas *c);
void canvas_copy(struct canvas *to, const struct canvas *from); /* of the same size */
/* One character; returns the column after it. A wide one that does not fit
 * becomes a space. */
int canvas_put(struct canvas *c, int row, int col, struct style style, uint32_t ch);
/* Text from a column on; returns the column after it, clipped or not. */
int canvas_text(struct canvas *c, int row, int col, struct style style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

enum fit {
	FIT_LEFT,   /* cut at the end, spaces after */
	FIT_RIGHT,  /* cut at the end, spaces before */
	FIT_CENTRE, /* … on both sides */
	FIT_ID,     /* cut in the middle, spaces after */
};
/* Text in a field of `width` columns; returns the column after the field. */
int canvas_field(struct canvas *c, int row, int col, int width, enum fit fit, struct style style,
		 const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* A number as text with its decimal point at column `point`; one without a
 * point (a count, "nan", "–") ends before it. Returns the column after it. */
int canvas_decimal(struct canvas *c, int row, int point, struct style style, const char *number);

/* Restyle without touching characters: background of a row, emphasis. */
void canvas_ground(struct canvas *c, enum role bg);
void canvas_emphasis(struct canvas *c, int attr);
/* A border with a title around the canvas, its inside empty; returns the inside. */
struct canvas canvas_box(struct canvas *c, struct style style, const char *title);

bool cell_same(const struct cell *a, const struct cell *b);
bool canvas_same(const struct canvas *a, const struct canvas *b); /* size and all cells */
/* UTF-8, each row padded to the full width and ended by a line feed; free() it. */
char *canvas_dump(const struct canvas *c);

#endif
