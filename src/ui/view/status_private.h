/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rows around a view share: status_tabs.c has the tabs, status.c the status,
 * status_fields.c what it says of a run, status_keys.c the keys and what a run that is over offers
 * next. */
#ifndef MIUST_UI_STATUS_PRIVATE_H
#define MIUST_UI_STATUS_PRIVATE_H

#include "app/study/num.h"
#include "ui/view/status.h"

enum { STATUS_WIDE = 100 }; /* columns from which words are whole and messages beside them */

bool status_is_done(const struct ui *u); /* every fold of the run has a result */
/* Idle here, and whether another program trains it cannot be seen. */
bool status_is_unseen(const struct ui *u);
/* What comes next, at the right of the status row: as many as there is room for from
 * `col` on. */
void offers_draw(const struct ui *u, struct canvas *row, int col);

/* What goes first where the row is too narrow; the last stay. */
enum goes {
	GOES_ETA,
	GOES_RATE,
	GOES_PACE,
	GOES_BEST,
	GOES_FOLD,
	GOES_LOSS,
	GOES_OTHERS,
	GOES_SILENCED,
	STAYS
};

struct field {
	const char *before, *behind; /* dim, with the spaces that belong there */
	char value[NUM_LEN];
	enum role role;
	bool bold;
	int gap;   /* spaces before */
	int width; /* least columns: what follows keeps its place when a number shrinks */
	enum goes goes;
};

struct status {
	struct field field[16];
	int n;
};

/* runs: its state has a rate and an end. */
void status_make(struct status *s, const struct ui *u, bool runs, bool wide);
int status_digits(int n);

#endif
