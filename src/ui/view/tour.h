/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tour: nine short stops through the screen, on the run that is shown.
 *
 * A stop waits until there is something to see, pauses the run, goes to its view and says
 * in a sentence what is seen there, and which key comes next; that key, or Enter, runs a
 * command and goes on to the next stop. Esc leaves the tour, and the run goes on. All other
 * keys do what they always do. Sentences are made from the rows and predictions of the
 * run, so they are true of any run; where a stop's subject does not occur, it says
 * what does.
 *
 *	tour.c        the way from stop to stop, keys, the rows below the screen
 *	tour_model.c  the stops at what the model does
 *	tour_stops.c  those at what can be done with a run, and the table of all
 *
 * The text has rows of its own below the key row (tour_rows), so it covers nothing:
 * the screen above has u->rows, which are fewer then (ui/loop.h).
 */
#ifndef MIUST_UI_TOUR_H
#define MIUST_UI_TOUR_H

#include "base/str.h"
#include "ui/state/ui.h"
#include "ui/term/key.h"

struct tour_stop {
	const char *waits; /* "the second epoch has been evaluated" */
	/*
	 * Is there something to see? Then go there, append the sentence, and return true.
	 * Else change nothing. `over`: nothing more will come, so say what there is; false
	 * leaves the stop out.
	 */
	bool (*see)(struct ui *u, bool over, struct str *say);
	uint32_t key; /* what comes next, besides Enter; 0: only Enter */
	/* What both run, a line each, left out if one is refused; and what that is for. */
	const char *command, *label;
	bool live;   /* the command is for a run that can train */
	bool beside; /* another run may bring what is to be seen */
};
extern const struct tour_stop tour_stops[];
extern const int tour_count;

/* Offer it, unless it has been offered to this user before ($XDG_STATE_HOME/miust). Any
 * key but Enter is an answer for good, and still does what it does. */
void tour_offer(struct ui *u);
/* After events and keys: is there something to see by now? */
void tour_follow(struct ui *u);
/* A key where nothing lies over the view. False: it is not the tour's. */
bool tour_key(struct ui *u, struct key k);
/* Rows that its text takes on a terminal of this size; 0: none. */
int tour_rows(const struct ui *u, int rows, int cols);
void tour_draw(const struct ui *u, struct canvas *c); /* c: those rows */

#endif
