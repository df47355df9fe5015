/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/page.h"

#include "ui/draw/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A border, and one empty column inside it. */
enum { FRAME_ROWS = 2, FRAME_COLS = 4, INDENT = 2, PROSE_COLS = 110 };
enum { HEAD_LEAST = 5, HEAD_MOST = 16 }; /* rows of a drawing */

/* Columns of a frame that holds the text, on a screen of so many. */
static int frame_cols(const struct ui *u, int cols);

/* The page's lines, one after the other. */
struct lines {
	const char *next;
	int room, indent; /* indent: of a line that goes on */
	bool wraps;
};

static struct lines lines_of(const struct ui *u, int cols)
{
	return (struct lines){.next = u->page.text ? u->page.text : "",
			      .room = frame_cols(u, cols) - FRAME_COLS,
			      .wraps = u->page.wraps};
}

/* The next line's first byte, its end to *end and how far it is indented; NULL at the
 * end. */
static const char *take_line(struct lines *l, const char **end, int *indent)
{
	const char *from = l->next;

	if (!*from)
		return NULL;
	*indent = l->indent;
	if (l->wraps) {
		*end = text_line(from, l->room - l->indent, &l->next);
	} else {
		*end = from + strcspn(from, "\n");
		l->next = *end + (**end == '\n');
	}
	l->indent = **end == '\n' || !**end ? 0 : INDENT;
	return from;
}

static int count_lines(const struct ui *u, int cols)
{
	struct lines l = lines_of(u, cols);
	const char *end;
	int indent, n = 0;

	while (take_line(&l, &end, &indent))
		n++;
	return n;
}

/* Rows inside the frame, between the tabs and the status row; the last is its foot. */
static int inside(int rows)
{
	return rows - 3 - FRAME_ROWS - 1;
}

/* Of them, those of the drawing: half, if that is enough for one. */
static int head_rows(const struct ui *u, int rows)
{
	int n = inside(rows) / 2;

	return !u->page.head || n < HEAD_LEAST ? 0 : n > HEAD_MOST ? HEAD_MOST : n;
}

/* Lines that can be seen at once. */
static int room(const struct ui *u, int rows)
{
	return inside(rows) - head_rows(u, rows);
}

void page_open_text(struct ui *u, const char *title, char *text)
{
	page_open(u, title, text);
	u->page.wraps = true;
}

void page_draws(struct ui *u, void (*head)(const struct ui *u, struct canvas *c))
{
	u->page.head = head;
}

void page_offers(struct ui *u, uint32_t key, const char *command, const char *label)
{
	u->page.key = key;
	u->page.command = command;
	u->page.label = label;
}

void page_open(struct ui *u, const char *title, char *text)
{
	page_close(u);
	snprintf(u->page.title, sizeof u->page.title, "%s", title);
	u->page.text = text;
	u->overlay_kind = OVERLAY_PAGE;
}

void page_close(struct ui *u)
{
	free(u->page.text);
	u->page.text = NULL;
	u->page.top = 0;
	u->page.wraps = false;
	u->page.key = 0;
	u->page.head = NULL;
	if (u->overlay_kind == OVERLAY_PAGE)
		u->overlay_kind = OVERLAY_NONE;
}

/* Nothing could be opened that the page lies over: q leaves the program. */
static bool is_all_there_is(const struct ui *u)
{
	return u->now.state == WORK_FAILED && !u->now.opened;
}

const char *page_key(struct ui *u, struct key k)
{
	int n = count_lines(u, u->cols), rows = room(u, u->rows), top = u->page.top;

	if (u->page.key && k.code == u->page.key && !k.meta) {
		page_close(u);
		return u->page.command;
	}
	switch (k.code) {
	case K_UP:
	case K_WHEEL_UP:
		top--;
		break;
	case K_DOWN:
	case K_WHEEL_DOWN:
		top++;
		break;
	case K_PAGE_UP:
		top -= rows;
		break;
	case K_PAGE_DOWN:
	case ' ':
		top += rows;
		break;
	case K_HOME:
		top = 0;
		break;
	case K_END:
		top = n;
		break;
	case 3: /* ^C */
	case 27:
	case '\n':
	case '\r':
	case 'q':
		page_close(u);
		u->quit |= k.code == 'q' && is_all_there_is(u);
		return NULL;
	default:
		break;
	}
	top = top < n - rows ? top : n - rows;
	u->page.top = top > 0 ? top : 0;
	return NULL;
}

static int widest(const char *text)
{
	int most = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[1024];
		int w;

		snprintf(line, sizeof line, "%.*s", (int)length, text);
		w = text_width(line);
		most = w > most ? w : most;
		text += length + (text[length] == '\n');
	}
	return most;
}

static int frame_cols(const struct ui *u, int cols)
{
	int wanted = widest(u->page.text ? u->page.text : "") + FRAME_COLS;

	wanted = wanted > 40 ? wanted : 40;
	if (u->page.wraps && wanted > PROSE_COLS)
		wanted = PROSE_COLS;
	return wanted < cols ? wanted : cols;
}

/* What does not fit is left out from the right; Esc closes all the same. */
static void foot_draw(const struct ui *u, struct canvas *in, int shown, int n)
{
	const struct style dim = ROLE_ON(ROLE_DIM, ROLE_POPUP),
			   key = {ROLE_KEY, ROLE_POPUP, ATTR_BOLD};
	bool narrow = in->cols < 60;
	int row = in->rows - 1, col = 0;

	if (n > shown)
		col = 3 + canvas_text(in, row, 0, dim, narrow ? "%d of %d" : "%d of %d lines",
				      shown, n);
	if (u->page.key) {
		col = canvas_text(in, row, col, key, "%c", (int)u->page.key);
		col = 3 + canvas_text(in, row, col, dim, " %s", u->page.label);
	}
	if (n > shown)
		col = 3 + canvas_text(in, row, col, dim, narrow ? "↑↓" : "↑↓ scroll");
	col = canvas_text(in, row, col, dim, "Esc close");
	if (is_all_there_is(u))
		canvas_text(in, row, col + 3, dim, "q quit");
}

void page_draw(const struct ui *u, struct canvas *c)
{
	int n = count_lines(u, c->cols), rows = room(u, c->rows), shown = n < rows ? n : rows;
	int cols = frame_cols(u, c->cols), head = head_rows(u, c->rows), at = 0, indent;
	struct lines l = lines_of(u, c->cols);
	const char *line, *end;
	struct canvas box, in, above;

	box = canvas_part(c, 1, (c->cols - cols) / 2, head + shown + FRAME_ROWS + 1, cols);
	in = canvas_box(&box, ROLE_ON(ROLE_DIM, ROLE_POPUP), u->page.title);
	in = canvas_part(&in, 0, 1, in.rows, in.cols - 2);
	above = canvas_part(&in, 0, 0, head, in.cols);
	in = canvas_part(&in, head, 0, in.rows - head, in.cols);
	if (head)
		u->page.head(u, &above);
	for (int i = 0; at < shown && (line = take_line(&l, &end, &indent)); i++)
		if (i >= u->page.top)
			canvas_field(&in, at++, indent, in.cols - indent, FIT_LEFT,
				     ROLE_ON(ROLE_TEXT, ROLE_POPUP), "%.*s", (int)(end - line),
				     line);
	foot_draw(u, &in, shown, n);
}
