/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/draw/list.h"

#include <string.h>

int list_move(int *row, int n, int page, const char *to, struct err *e)
{
	const struct {
		const char *name;
		int row;
	} moves[] = {
		{"up", *row - 1},      {"down", *row + 1}, {"pgup", *row - page},
		{"pgdn", *row + page}, {"home", 0},        {"end", n - 1},
	};

	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (strcmp(moves[i].name, to) == 0) {
			*row = moves[i].row < n ? moves[i].row : n - 1;
			*row = *row > 0 ? *row : 0;
			return 0;
		}
	}
	return err_usage(e,
			 "move: expected up, down, pgup, pgdn, home or end; "
			 "found '%.40s'",
			 to);
}

int list_top(int top, int line, int n, int rows)
{
	if (line >= top + rows)
		top = line - rows + 1;
	if (line < top)
		top = line;
	if (top > n - rows)
		top = n - rows;
	return top > 0 ? top : 0;
}

int list_click(int row, int top, int line, int n, int rows)
{
	int at = list_top(top, line, n, rows) + row;

	return row >= 0 && row < rows && at < n ? at : -1;
}
