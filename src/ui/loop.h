/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop: keys and events in, frames out.
 *
 * A key is answered with a frame at once; events of the engine are gathered
 * for at most FRAME_SECONDS, and nothing is sent while nothing changed.
 */
#ifndef MIUST_LOOP_H
#define MIUST_LOOP_H

#include "ui/key.h"
#include "ui/ui.h"

/* Until u->quit or a signal from outside, whose number is returned (else 0).
 * The terminal, the guard and the console are started. */
int loop_run(struct ui *u);

/* Without a terminal: each line of the file, and after each what it started
 * is waited for (a reply, a step, a run to its end or its break). */
int loop_script(struct ui *u, const char *path, struct err *e);
/* Wait until the engine neither computes nor owes a reply; timeout: none. */
void loop_settle(struct ui *u);
/* Until the data is read or opening has failed. */
void loop_until_open(struct ui *u);

void loop_key(struct ui *u, struct key k); /* one key; for tests too */

#endif
