/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feeder: queued runs (app/queue/queue.h) for the jobs of this program.
 *
 * While it feeds and fewer than `jobs` runs train here, it opens the next queued run that
 * nobody writes and trains it, without showing it; one that rests here on the screen, opened
 * or stopped for another, goes on there. A run that is finished or has diverged
 * leaves the queue, whoever began it here; one that was stopped stays in it, and is not
 * begun again by itself. One that cannot be opened is passed over, with a message.
 *
 * It never feeds by itself: not on start, not under --readonly. Lines are removed only when
 * all of a run is stored, so a kill at any instant loses none and trains none twice.
 */
#ifndef MIUST_UI_FEEDER_H
#define MIUST_UI_FEEDER_H

#include "ui/state/ui.h"

/* Feed from now on, at once if a job is free: somebody has queued a run, or asks for it. */
void feeder_poke(struct ui *u);
void feeder_rest(struct ui *u);           /* begin no more; what trains goes on */
void feeder_jobs(struct ui *u, int jobs); /* how many may train at once, 1 to FEEDER_JOBS */
void feeder_leave(struct ui *u, int run); /* its user stops it: do not begin it again */
void feeder_stop(struct ui *u);           /* all but the shown run, and begin no more */
bool feeder_busy(const struct ui *u);     /* does it feed, and is there work under way? */
int feeder_waiting(const struct ui *u);   /* how many runs the queue has now */
/* Would it begin a run that another program queues? Then feeder_look is for once a second: it
 * does so where the queue's file has changed, and returns true. */
bool feeder_hungry(const struct ui *u);
bool feeder_look(struct ui *u);
/* What has become of the runs that train here; then the next. After events, and before
 * runs_follow, which closes who has ended. */
void feeder_follow(struct ui *u);

enum { FEEDER_JOBS = 64 };

#endif
