/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/cell.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024 }; /* bytes of one canvas_text; no screen is wider */

struct canvas_all {
	int rows, cols;
	struct cell cell[]; /* [rows][cols] */
};

static const struct cell blank = {.base = ' '};

void canvas_init(struct canvas *c, int rows, int cols, const struct look *look)
{
	size_t cells = (size_t)rows * (size_t)cols;

	BUG_ON(rows < 0 || cols < 0);
	*c = (struct canvas){.rows = rows, .cols = cols, .look = look};
	c->all = mem_alloc(1, sizeof *c->all + cells * sizeof *c->all->cell);
	c->all->rows = rows;
	c->all->cols = cols;
	canvas_clear(c);
}

void canvas_free(struct canvas *c)
{
	free(c->all);
	*c = (struct canvas){0};
}

struct canvas canvas_part(const struct canvas *c, int row, int col, int rows, int cols)
{
	struct canvas part = *c;
	int top = clamp_int(row, 0, c->rows), left = clamp_int(col, 0, c->cols);

	part.row0 += top;
	part.col0 += left;
	part.rows = clamp_int(row + rows, top, c->rows) - top;
	part.cols = clamp_int(col + cols, left, c->cols) - left;
	return part;
}

/* Column `col` may lie beside a part, for the other half of a wide character. */
static struct cell *cell_at(const struct canvas *c, int row, int col)
{
	int x = c->col0 + col;

	if (row < 0 || row >= c->rows || x < 0 || x >= c->all->cols)
		return NULL;
	return &c->all->cell[(size_t)(c->row0 + row) * (size_t)c->all->cols + (size_t)x];
}

static bool inside(const struct canvas *c, int row, int col)
{
	return row >= 0 && row < c->rows && col >= 0 && col < c->cols;
}

const struct cell *canvas_at(const struct canvas *c, int row, int col)
{
	return inside(c, row, col) ? cell_at(c, row, col) : NULL;
}

/* Blank what remains of a wide character when (row, col) is drawn over. */
static void break_wide(const struct canvas *c, int row, int col)
{
	struct cell *here = cell_at(c, row, col);
	struct cell *before = cell_at(c, row, col - 1), *behind = cell_at(c, row, col + 1);

	if (here->base == 0 && before)
		*before = (struct cell){.base = ' ', .style = before->style};
	if (here->base != 0 && behind && behind->base == 0)
		*behind = (struct cell){.base = ' ', .style = behind->style};
}

static void set(const struct canvas *c, int row, int col, struct cell cell)
{
	break_wide(c, row, col);
	*cell_at(c, row, col) = cell;
}

void canvas_clear(struct canvas *c)
{
	for (int row = 0; row < c->rows; row++)
		for (int col = 0; col < c->cols; col++)
			set(c, row, col, blank);
}

void canvas_copy(struct canvas *to, const struct canvas *from)
{
	BUG_ON(to->rows != from->rows || to->cols != from->cols);
	for (int row = 0; row < to->rows; row++)
		for (int col = 0; col < to->cols; col++)
			set(to, row, col, *cell_at(from, row, col));
}

/* A combining mark joins the character before; more than fit are dropped. */
static void add_mark(const struct canvas *c, int row, int col, uint32_t mark)
{
	struct cell *cell;

	if (inside(c, row, col - 1) && cell_at(c, row, col - 1)->base == 0)
		col--;
	if (!inside(c, row, col - 1))
		return;
	cell = cell_at(c, row, col - 1);
	for (int i = 0; i < CELL_MARKS; i++) {
		if (!cell->mark[i]) {
			cell->mark[i] = mark;
			return;
		}
	}
}

/* As canvas_put, for what is already in the form shown. */
static int put_shown(const struct canvas *c, int row, int col, struct style style, uint32_t ch)
{
	int columns = text_columns(ch);

	if (columns == 0) {
		add_mark(c, row, col, ch);
		return col;
	}
	if (columns == 1 && inside(c, row, col)) {
		set(c, row, col, (struct cell){.base = ch, .style = style});
	} else if (columns == 2 && inside(c, row, col) && inside(c, row, col + 1)) {
		set(c, row, col, (struct cell){.base = ch, .style = style});
		set(c, row, col + 1, (struct cell){.style = style});
	} else if (columns == 2) {
		for (int half = 0; half < 2; half++)
			if (inside(c, row, col + half))
				set(c, row, col + half, (struct cell){.base = ' ', .style = style});
	}
	return col + columns;
}

/* Draw one character of a text; `s` follows it and may lose a space. */
static int put_next(const struct canvas *c, int row, int col, struct style style, uint32_t ch,
		    const char **s)
{
	const char *ascii = c->look->glyphs == GLYPHS_ASCII ? glyph_ascii(text_plain(ch)) : NULL;

	if (!ascii)
		return put_shown(c, row, col, style, text_shown(ch));
	col = put_shown(c, row, col, style, (uint32_t)(uint8_t)ascii[0]);
	if (ascii[1] && s && **s == ' ') {
		col = put_shown(c, row, col, style, (uint32_t)(uint8_t)ascii[1]);
		(*s)++;
	}
	return col;
}

int canvas_put(struct canvas *c, int row, int col, struct style style, uint32_t ch)
{
	return put_next(c, row, col, style, ch, NULL);
}

static int put_string(const struct canvas *c, int row, int col, struct style style, const char *s)
{
	for (uint32_t ch; (ch = utf8_next(&s));)
		col = put_next(c, row, col, style, ch, &s);
	return col;
}

int canvas_text(struct canvas *c, int row, int col, struct style style, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return put_string(c, row, col, style, text);
}

static void put_blanks(const struct canvas *c, int row, int col, int n, struct style style)
{
	for (int i = 0; i < n; i++)
		put_shown(c, row, col + i, style, ' ');
}

int canvas_field(struct canvas *c, int row, int col, int width, enum fit fit, struct style style,
		 const char *fmt, ...)
{
	char text[TEXT_MAX], cut[TEXT_MAX];
	int spare, before;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (fit == FIT_ID)
		text_cut_middle(cut, sizeof cut, text, width);
	else
		text_cut(cut, sizeof cut, text, width);
	spare = width - text_width(cut);
	before = fit == FIT_RIGHT ? spare : fit == FIT_CENTRE ? spare / 2 : 0;
	put_blanks(c, row, col, before, style);
	put_string(c, row, col + before, style, cut);
	put_blanks(c, row, col + width - (spare - before), spare - before, style);
	return col + width;
}

int canvas_decimal(struct canvas *c, int row, int point, struct style style, const char *number)
{
	const char *dot = strchr(number, '.');
	char whole[64];
	size_t n = dot ? (size_t)(dot - number) : strlen(number);

	if (n >= sizeof whole)
		n = sizeof whole - 1;
	memcpy(whole, number, n);
	whole[n] = '\0';
	return put_string(c, row, point - text_width(whole), style, number);
}

void canvas_ground(struct canvas *c, enum role bg)
{
	for (int row = 0; row < c->rows; row++)
		for (int col = 0; col < c->cols; col++)
			cell_at(c, row, col)->style.bg = (uint8_t)bg;
}

void canvas_emphasis(struct canvas *c, int attr)
{
	for (int row = 0; row < c->rows; row++)
		for (int col = 0; col < c->cols; col++)
			cell_at(c, row, col)->style.attr |= (uint8_t)attr;
}

struct canvas canvas_box(struct canvas *c, struct style style, const char *title)
{
	struct canvas in = canvas_part(c, 1, 1, c->rows - 2, c->cols - 2);
	int right = c->cols - 1, bottom = c->rows - 1;

	canvas_clear(c);
	for (int row = 0; row < c->rows; row++) {
		canvas_put(c, row, 0, style, U'│');
		canvas_put(c, row, right, style, U'│');
	}
	for (int col = 0; col < c->cols; col++) {
		canvas_put(c, 0, col, style, U'─');
		canvas_put(c, bottom, col, style, U'─');
	}
	canvas_put(c, 0, 0, style, U'┌');
	canvas_put(c, 0, right, style, U'┐');
	canvas_put(c, bottom, 0, style, U'└');
	canvas_put(c, bottom, right, style, U'┘');
	if (*title && c->cols > 6) {
		char cut[TEXT_MAX];

		text_cut(cut, sizeof cut, title, c->cols - 6);
		canvas_text(c, 0, 2, style, " %s ", cut);
	}
	canvas_ground(c, style.bg);
	return in;
}

bool cell_same(const struct cell *a, const struct cell *b)
{
	return a->base == b->base && memcmp(a->mark, b->mark, sizeof a->mark) == 0 &&
	       a->style.fg == b->style.fg && a->style.bg == b->style.bg &&
	       a->style.attr == b->style.attr;
}

bool canvas_same(const struct canvas *a, const struct canvas *b)
{
	if (a->rows != b->rows || a->cols != b->cols)
		return false;
	for (int row = 0; row < a->rows; row++)
		for (int col = 0; col < a->cols; col++)
			if (!cell_same(cell_at(a, row, col), cell_at(b, row, col)))
				return false;
	return true;
}

char *canvas_dump(const struct canvas *c)
{
	size_t most = (size_t)c->cols * (1 + CELL_MARKS) * 4 + 1;
	char *text = mem_alloc((size_t)c->rows * most + 1, 1), *end = text, one[5];

	for (int row = 0; row < c->rows; row++) {
		for (int col = 0; col < c->cols; col++) {
			const struct cell *cell = cell_at(c, row, col);

			if (cell->base)
				end = stpcpy(end, (utf8_put(one, cell->base), one));
			else if (col == 0)
				*end++ = ' '; /* a part that begins within a wide character */
			for (int i = 0; i < CELL_MARKS && cell->mark[i]; i++)
				end = stpcpy(end, (utf8_put(one, cell->mark[i]), one));
		}
		*end++ = '\n';
	}
	*end = '\0';
	return text;
}
