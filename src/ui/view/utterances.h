/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * utterances: the parts of view 3, for its own files only.
 *
 *	utterances_table.c   layout, headings, rows, scroll bar
 *	utterances_detail.c  text and heads of the selected utterance
 *	utterances.c         head row, empty states, commands; the view
 *
 * Which rows there are is order.h's, what they say is app/study/facts.h's.
 */
#ifndef MIUST_UI_UTTERANCES_H
#define MIUST_UI_UTTERANCES_H

#include "ui/view/order.h"

struct utterances_field {
	enum utterance_column column;
	int x, w;
	enum fit fit;
};

struct utterances_layout {
	bool wide; /* from 100 columns and 27 rows */
	int width; /* of the table with its scroll bar */
	int side;  /* x of view 4; 0: it is not shown next to the list */
	struct utterances_field field[COLUMN_FLIPS + 1];
	int fields;
	int history, history_w; /* x and columns, 0: not shown */
	int heading, y, rows;   /* row of the headings, first row, how many */
	int detail;             /* first row below the table, 0: none */
};

/* rows, cols: of the view. There must be a history. */
struct utterances_layout utterances_layout(const struct ui *u, int rows, int cols);

void utterances_heading_draw(const struct ui *u, struct canvas *c,
			     const struct utterances_layout *l);
/* i: of the history's utterances. */
void utterances_row_draw(const struct ui *u, struct canvas *row, const struct utterances_layout *l,
			 int i, bool selected);
void utterances_bar_draw(struct canvas *c, const struct utterances_layout *l, int top, int n);

/* The selected utterance's text and what each head makes of it: 4 rows, 5 if wide. */
void utterances_detail_draw(const struct ui *u, struct canvas *c, bool wide);

#endif
