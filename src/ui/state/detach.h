/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detach: a run that trains here goes on in a process of its own, and is shown from there.
 *
 * It stops after a checkpoint; the process is started, opens its session and takes its
 * fold; then this program lets the session go and looks at it as at any run that trains
 * elsewhere (work.h): attached, or followed where there is no socket. View and selection stay. If
 * the process cannot begin the run goes on here, and why is said. At no instant do two train
 * it, and a kill at any leaves its last checkpoint.
 */
#ifndef MIUST_UI_DETACH_H
#define MIUST_UI_DETACH_H

#include "ui/state/ui.h"

/* The run, which trains here; `all`: then every other one that does; folds: so many of it at once
 * there, 0: one. While one is on its way no other is begun. */
int detach_begin(struct ui *u, int run, bool all, int folds, struct err *e);
bool detach_can(const struct ui *u, int run); /* does it train here, or pause in between? */
int detach_any(const struct ui *u);           /* a run that can be, the shown one first; 0: none */
bool detach_busy(const struct ui *u, int run);
bool detach_reply(struct ui *u, const struct event *e); /* EVENT_REPLY: was it ours? */
void detach_follow(struct ui *u);  /* after any events, and when detach_fd is readable */
int detach_fd(const struct ui *u); /* -1: none */

#endif
