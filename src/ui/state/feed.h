/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed: what the engine and the disk tell, taken into the state of the screen.
 */
#ifndef MIUST_UI_FEED_H
#define MIUST_UI_FEED_H

#include "ui/state/ui.h"

void feed_event(struct ui *u, struct event *e); /* takes over what e owns */
void feed_after(struct ui *u);                  /* all that waited are taken: what of other runs */
void feed_refresh(struct ui *u);                /* what follows from the state; after any change */

#endif
