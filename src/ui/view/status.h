/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status: the three rows around a view.
 *
 * Tabs above; below, the state of the run with the last message, and the keys that
 * work here.
 */
#ifndef MIUST_UI_STATUS_H
#define MIUST_UI_STATUS_H

#include "ui/state/ui.h"

void tabs_draw(const struct ui *u, struct canvas *row);
int tabs_at(const struct ui *u, int col); /* the view whose tab is there, -1 */
void status_draw(const struct ui *u, struct canvas *row);
/* Has the status row, of this many columns, room for the whole message? */
bool status_has_message(const struct ui *u, int cols);
/* If not, until the next key the message takes the key row, and the rows above it if it is
 * longer. */
bool status_below(const struct ui *u, int cols);
void keys_draw(const struct ui *u, struct canvas *row);

#endif
