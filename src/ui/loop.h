/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop: keys and events in, frames out.
 *
 * A key is answered with a frame at once; events of the engine are gathered
 * until the line has carried the last frame (0.1 s and more), and nothing is
 * sent while nothing changed.
 */
#ifndef MIUST_LOOP_H
#define MIUST_LOOP_H

#include "ui/term/key.h"
#include "ui/state/ui.h"
#include "ui/term/cell.h"

/*
 * Until u->quit or a signal from outside (u->ended), and on until the worker
 * has left its checkpoint: work_end returns at once then. With u->at_once it
 * was not waited for; the process has to end without it. The terminal, the
 * guard and the console are started.
 */
void loop_run(struct ui *u);

/* Without a terminal; a signal from outside sets u->quit. Wait until the engine
 * neither computes nor owes a reply (a script waits so for what a line started:
 * a step, a run to its end or its break): */
void loop_settle(struct ui *u);
/* Until the data is read or opening has failed: */
void loop_until_open(struct ui *u);
/* Until the worker has left its checkpoint, as loop_run: */
void loop_leave(struct ui *u);

/* All of a terminal of this size: the screen, which has u->rows, and the tour's text below. */
void loop_draw(struct ui *u, struct canvas *c);
void loop_key(struct ui *u, struct key k); /* one key (loop_key.c); for tests too */
#define LOOP_PASTE_SECONDS 2               /* without a key: a paste whose end was lost is over */

#endif
