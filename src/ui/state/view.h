/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view: the views, as a table of small functions.
 *
 * To add a view: a line in VIEW_LIST (and one more in VIEWS_COUNT), and the file
 * that defines view_NAME.
 */
#ifndef MIUST_UI_VIEW_H
#define MIUST_UI_VIEW_H

#include "ui/state/verb.h"

#include <stdbool.h>
#include <stddef.h>

struct canvas;

/* The views in the order of their number keys. */
#define VIEW_LIST(X)              \
	X(TRAIN, train)           \
	X(CONFUSION, confusion)   \
	X(UTTERANCES, utterances) \
	X(UTTERANCE, utterance)   \
	X(ATTENTION, attention)   \
	X(CONFIG, config)         \
	X(SESSIONS, sessions)
#define VIEWS_COUNT 7

struct view {
	const char *name; /* "Train", as the tab says it */
	const char *help; /* one sentence for `?` */
	/* Keys that work in it, a line each: "KEY COMMAND # label" (keys.h). */
	const char *keys;
	const struct verb *verbs; /* what it answers to */
	/* Is the key of this command of no use now, so that the key row leaves it out? NULL: none
	 * ever is. */
	bool (*idle_key)(const struct ui *u, const char *command);
	/* Fills the view's canvas: the rows between the tabs and the status row,
	 * its first row is the head (what is shown: filter, epoch, protocol). It must
	 * cope with every size from 40x7 on and with empty data (one dim sentence
	 * where the data will be, with when). It never changes the state. */
	void (*draw)(const struct ui *u, struct canvas *c);
	/* The mouse, in the view's canvas. NULL: nothing there to click. */
	void (*click)(struct ui *u, int row, int col);
	void (*chosen)(struct ui *u); /* it has just been chosen; or NULL */
	/* What follows in its own state from that of the screen, after any change
	 * and whichever view is shown; or NULL. */
	void (*refresh)(struct ui *u);
	/* Asked once a second while it is shown: has what it shows of other programs'
	 * files changed? NULL: it shows nothing of them. */
	bool (*watch)(struct ui *u);
	bool (*watches)(const struct ui *u); /* is there anything of them now? NULL: always */
	/* What it asks the model about the selected utterance. */
	enum { LOOKS_NOT, LOOKS_WHOLE, LOOKS_SILENCED } looks;
	bool runless; /* it has something to show and do where no run is open (ui_no_run) */
	/* Does it say itself why the run broke, when it is shown? NULL: no. */
	bool (*says_break)(const struct ui *u);
	/* Its own state, in u->state, begins again when another run is shown, unless it
	 * `keeps`: bytes, which begin zeroed, what of them begins
	 * as something else, and what they own. NULL: nothing. */
	size_t size;
	void (*init)(void *state);
	void (*free)(void *state);
	bool keeps;
};

#define VIEW_ID(id, name)  VIEW_##id,
#define VIEW_ROW(id, name) extern const struct view view_##name;
enum view_id { VIEW_LIST(VIEW_ID) VIEWS };
VIEW_LIST(VIEW_ROW)
#undef VIEW_ID
#undef VIEW_ROW
_Static_assert(VIEWS == VIEWS_COUNT, "VIEWS_COUNT is how many lines VIEW_LIST has");

extern const struct view *const view_table[VIEWS];

#endif
