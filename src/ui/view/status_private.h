/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rows around a view share: status_tabs.c has the tabs, status.c the status, status_keys.c
 * the keys and what a run that is over offers next. */
#ifndef MIUST_UI_STATUS_PRIVATE_H
#define MIUST_UI_STATUS_PRIVATE_H

#include "ui/view/status.h"

enum { STATUS_WIDE = 100 }; /* columns from which words are whole and messages beside them */

bool status_is_done(const struct ui *u); /* every fold of the run has a result */
/* What comes next, at the right of the status row: as many as there is room for from
 * `col` on. */
void offers_draw(const struct ui *u, struct canvas *row, int col);

#endif
