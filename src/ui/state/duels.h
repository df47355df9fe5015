/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * duels: a duel of two runs of this program (app/lab/work.h: work_duel), as the screen begins and
 * shows it.
 *
 * Its branches leave the shown run, which then stops after a checkpoint, for they need its place;
 * it can go on later. One of the two is shown, and both are drawn over it (overlay.h), so that
 * whichever is shown, the other is drawn too.
 */
#ifndef MIUST_UI_DUELS_H
#define MIUST_UI_DUELS_H

#include "ui/state/ui.h"

/* `args`: duel_order.h; of the fold of a run, its folder. */
int duels_begin(struct ui *u, const char *dir, int fold, const char *args, struct err *e);
int duels_stop(struct ui *u, struct err *e);          /* by hand */
void duels_text(const struct ui *u, struct str *out); /* how it stands */
/* "duel ARGS" that another program asks of a run (serve_duel); ctx: the screen. */
int duels_asked(void *ctx, int run, const char *args, struct str *out, struct err *e);
/* After any events: what has become of it, before the runs are followed; and after that, that it
 * is over, once. */
void duels_follow(struct ui *u);
void duels_tell(struct ui *u);
bool duels_busy(const struct ui *u); /* it waits, goes on, or is ending */
/* How many of its looks, from the first, are of what the two runs have now. Once it is over either
 * may go back; then later looks are of a future that it has left. */
int duels_looks(const struct ui *u);
/* Which side the shown run is, from 0; -1: none, or there has been no duel. */
int duels_shown(const struct ui *u);

#endif
