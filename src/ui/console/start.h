/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * start: the next run from the screen.
 *
 *	draft KEY VALUE		prepares it, over the run that is shown (next_run.h)
 *	start [now] [NAME]	makes a session of the draft and queues it
 *	start KEY=VALUE ...	the same of these changes; the draft stays
 *	again			the run that is shown, with the next seed
 *	replay FILE		the run that is shown, following a commands.log
 *	sweep KEY=V1,V2 ...	a study: runs of a grid
 *
 * A started run is a session in QUEUE_FOLDER and a line of its queue: it survives whatever
 * ends this program. Whoever feeds the jobs from the queue opens it. What is wrong with its
 * settings or data is said before anything is made.
 */
#ifndef MIUST_START_H
#define MIUST_START_H

#include "app/config/setting.h"
#include "ui/state/ui.h"

/* Does `set` of a setting that is fixed during a run go into the draft? Only where somebody
 * sees it: a script (--script) is refused. */
bool start_takes_set(const struct ui *u, const struct setting *x);
/* KEY VALUE into the draft, and say what the next run has now. */
int start_draft_set(struct ui *u, const struct setting *x, struct err *e);

#endif
