/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runs: the runs of this program that are open, of which one is shown.
 *
 * Opening a run never stops another. It is shown once its data has been read; until then
 * the run before stays on the screen, and if it cannot be opened that is all that is
 * said. A run that is no longer shown goes on if it trains or waits for its turn; else it
 * is closed, after a checkpoint, and can be opened again. So what is open is the shown
 * run, those that train or wait, and one that is being opened.
 */
#ifndef MIUST_UI_RUNS_H
#define MIUST_UI_RUNS_H

#include "ui/state/ui.h"

/* The first run: a session's folder, a config's file, "demo". Starts u->work. Usage
 * errors too. u->how says how runs are opened. */
int runs_start(struct ui *u, const char *what, struct err *e);
/* Without one: nothing is open and nothing trains until runs_open (ui_no_run). */
int runs_start_none(struct ui *u, struct err *e);
/* Another one, likewise; shown at once where it is open already. */
int runs_open(struct ui *u, const char *what, bool skip_bad, struct err *e);
/* A run of work that has just been opened, or is open, is to be shown, as soon as its data has
 * been read. */
void runs_await(struct ui *u, int run, const char *what);
/* A run of work, which is not to be shown; 0 on error. */
int runs_add(struct ui *u, const struct work_options *o, struct err *e);
/* What all runs of this screen have: its socket, and its rule for spikes. */
void runs_share(const struct ui *u, struct work_options *o);
/* Is this session's folder (or another run's in it) open? Its run, or 0. */
int runs_find(const struct ui *u, const char *dir);
void runs_show(struct ui *u, int run);
void runs_reload(struct ui *u);  /* reads the shown session's folder again */
void runs_refresh(struct ui *u); /* what has changed in it; what is selected stays so */

/* Of the one that is being opened: what was said meanwhile, which is taken over; it is open,
 * and so it is shown. */
void runs_told(struct ui *u, struct event *e);
void runs_opened(struct ui *u);
/* What has become of those that are not shown, after any events: who has ended is said
 * and closed, who could not be opened is in u->failed. True: that has just happened. */
bool runs_follow(struct ui *u);

/* runs_ended.c: how one that is not shown has ended, by its state; `trains`: it can go on. */
void runs_say_ended(struct ui *u, int run, enum work_state state, bool trains);

/* "demo", or "demo/seed-54". */
enum { RUNS_NAME = 2 * RUN_NAME };
char *runs_name(const struct ui *u, int run, char out[RUNS_NAME]);
/* Do they compute, pause in between, or wait for their turn? How many; `only` (may be NULL)
 * becomes one of them that is not the shown one, or 0. */
int runs_active(const struct ui *u, int *other);
bool runs_all_loading(const struct ui *u); /* so that none has anything to store */

#endif
