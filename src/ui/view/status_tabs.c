/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tabs above a view. */
#include "ui/view/status_private.h"

#include "base/str.h"

#include <stdio.h>

enum { AIRY = 120 }; /* columns from which tabs are two spaces apart */

static int put_tab(const struct ui *u, struct canvas *row, int col, int v, bool name)
{
	bool here = v == (int)u->view;

	canvas_text(row, 0, col, ROLE(ROLE_CURSOR), here ? "▸" : " ");
	col = canvas_text(row, 0, col + 1, ROLE_BOLD(here ? ROLE_STRONG : ROLE_KEY), "%d", v + 1);
	if (name || here)
		col = canvas_text(row, 0, col, here ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_DIM),
				  " %s", view_table[v]->name);
	return col;
}

/* The columns tabs end before, into end[VIEWS]; returns the last. */
static int put_tabs(const struct ui *u, struct canvas *row, int *end)
{
	int names = 0, col = 0;

	for (int v = 0; v < VIEWS; v++)
		names += text_width("▸1 ") + text_width(view_table[v]->name);
	for (int v = 0; v < VIEWS; v++)
		end[v] = col = put_tab(u, row, col, v, names <= row->cols) + (row->cols >= AIRY);
	return col;
}

int tabs_at(const struct ui *u, int col)
{
	struct canvas row;
	int end[VIEWS], v = 0;

	canvas_init(&row, 1, u->cols, &u->look);
	put_tabs(u, &row, end);
	canvas_free(&row);
	while (v < VIEWS && end[v] <= col)
		v++;
	return v < VIEWS ? v : -1;
}

void tabs_draw(const struct ui *u, struct canvas *row)
{
	int end[VIEWS], col = put_tabs(u, row, end), width;
	char session[160];

	if (row->cols < STATUS_WIDE || !(u->run.name[0] || ui_no_run(u)))
		return;
	if (ui_no_run(u))
		str_fit(session, sizeof session, ui_folder(u));
	else
		snprintf(session, sizeof session, "%s/%s", u->run.name, u->run.branch);
	width = row->cols - 1 - (col + 2);
	if (width > text_width(session))
		width = text_width(session);
	canvas_field(row, 0, row->cols - 1 - width, width, FIT_ID, ROLE(ROLE_DIM), "%s", session);
}
