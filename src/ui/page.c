/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/page.h"

#include "ui/list.h"
#include "ui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A border, and one blank column inside it. */
enum { FRAME_ROWS = 2, FRAME_COLS = 4 };

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; n++)
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	return n;
}

/* Lines that can be seen at once, between the tabs and the status row. */
static int room(int rows)
{
	return rows - 3 - FRAME_ROWS - 1;
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
	if (u->overlay_kind == OVERLAY_PAGE)
		u->overlay_kind = OVERLAY_NONE;
}

void page_key(struct ui *u, struct key k)
{
	int n = count_lines(u->page.text), rows = room(u->rows), top = u->page.top;

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
		return;
	default:
		break;
	}
	top = top < n - rows ? top : n - rows;
	u->page.top = top > 0 ? top : 0;
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

void page_draw(const struct ui *u, struct canvas *c)
{
	const char *text = u->page.text ? u->page.text : "";
	int n = count_lines(text), rows = room(c->rows), shown = n < rows ? n : rows;
	int cols = widest(text) + FRAME_COLS, at = 0;
	struct canvas box, in;

	cols = cols > 40 ? cols : 40;
	cols = cols < c->cols ? cols : c->cols;
	box = canvas_part(c, 1, (c->cols - cols) / 2, shown + FRAME_ROWS + 1, cols);
	in = canvas_box(&box, ROLE_ON(ROLE_DIM, ROLE_POPUP), u->page.title);
	in = canvas_part(&in, 0, 1, in.rows, in.cols - 2);
	for (int line = 0; *text && at < shown; line++) {
		size_t length = strcspn(text, "\n");

		if (line >= u->page.top)
			canvas_field(&in, at++, 0, in.cols, FIT_LEFT,
				     ROLE_ON(ROLE_TEXT, ROLE_POPUP), "%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
	canvas_text(&in, in.rows - 1, 0, ROLE_ON(ROLE_DIM, ROLE_POPUP),
		    n > shown ? "%d of %d lines   ↑↓ scroll   Esc close" : "Esc close", shown, n);
}
