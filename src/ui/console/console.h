/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console: the line at the bottom, edited by GNU readline.
 *
 *	console_start(&u);                 once, after the locale is set
 *	console_open(&u, "filter ");       or a command calls console_type
 *	while (u.overlay_kind == OVERLAY_CONSOLE)
 *		console_key(&u, key);      Enter runs the line
 *	console_stop();
 *
 * readline never sees the terminal: it gets bytes from a queue and its line is
 * copied to u->console, which console_draw draws. History, completion,
 * search, vi mode and the user's inputrc are readline's own. One console in a
 * program, in the screen's thread.
 *
 * What is pasted is text and runs nothing. A line holds at most 1023 bytes; a
 * paste that does not fit is ignored.
 *
 * History is in $XDG_STATE_HOME/miust/history (~/.local/state), mode 0600.
 */
#ifndef MIUST_CONSOLE_H
#define MIUST_CONSOLE_H

#include "ui/console/complete.h"
#include "ui/term/key.h"

void console_start(struct ui *u); /* a missing history file is not a failure; it is reported */
void console_open(struct ui *u, const char *typed);
void console_key(struct ui *u, struct key k);
void console_close(struct ui *u);                        /* drops the line */
void console_draw(const struct ui *u, struct canvas *c); /* pop-up rows and the line */
int console_column(const struct ui *u, int cols);        /* of the cursor, in the last row */
void console_stop(void);                                 /* again: nothing */

/* A key as the bytes readline knows it by; "" if it has no use for it: of a
 * sequence it does not know it would insert the rest. */
void console_bytes(struct key k, char out[16]);
/* A byte that continues no sequence and so ends it. */
#define CONSOLE_UNBOUND "\377"

#endif
