/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list: moving in a list that is longer than the screen.
 */
#ifndef MIUST_LIST_H
#define MIUST_LIST_H

#include "base/err.h"

/* The row after `move TO`: up, down, pgup, pgdn, home, end. Stays
 * within 0..n-1. -1 with a sentence if TO is none of them. */
int list_move(int *row, int n, int page, const char *to, struct err *e);

/* The first line to show so that `line` of n is among `rows`; `top` stays if
 * it does, so that nothing scrolls without need. */
int list_top(int top, int line, int n, int rows);

/* The line of n a click on the list's row meets (0: its first row on the screen),
 * with `top` and `line` as for list_top; -1: none. */
int list_click(int row, int top, int line, int n, int rows);

#endif
