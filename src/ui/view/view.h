/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view: the seven views, as a table of small functions.
 *
 * draw fills the view's canvas: the rows between the tabs and the status row,
 * its first row is the head (what is shown: filter, epoch, protocol). It must
 * cope with every size from 40x7 on and with empty data (one dim sentence
 * where the data will stand, with when). It never changes the state.
 *
 * command gets the verbs that this view answers to (move, enter, epoch, sort,
 * ...: command.c lists them with the views that have them). args is what stands
 * behind the verb. 0, or -1 with a sentence.
 *
 * To add a view: an id in ui.h, a file view_NAME.c with a struct view, a line
 * in view_table, rows in the bindings text (keys.c).
 */
#ifndef MIUST_VIEW_H
#define MIUST_VIEW_H

#include "ui/state/ui.h"

struct view {
	const char *name; /* "Train", as the tab says it */
	const char *help; /* one sentence for `?` */
	void (*draw)(const struct ui *u, struct canvas *c);
	int (*command)(struct ui *u, const char *verb, const char *args, struct err *e);
	/* Why a verb cannot be used now, or NULL. */
	const char *(*refused)(const struct ui *u, const char *verb);
	/* The mouse, in the view's canvas. NULL: nothing there to click. */
	void (*click)(struct ui *u, int row, int col);
};

extern const struct view view_train, view_confusion, view_utterances, view_utterance,
	view_attention, view_config, view_sessions;
extern const struct view *const view_table[VIEWS];
void confusion_forget(struct ui *u); /* view 2 compares with the kept epoch again */

/* The whole screen: tabs, view, status, keys or console, overlay. */
void screen_draw(const struct ui *u, struct canvas *c);
void status_draw(const struct ui *u, struct canvas *row); /* 1 row */
/* Has the status row, so many columns wide, room for the whole message? */
bool status_has_message(const struct ui *u, int cols);
void keys_draw(const struct ui *u, struct canvas *row);  /* 1 row */
void tabs_draw(const struct ui *u, struct canvas *row);  /* 1 row */
int tabs_at(const struct ui *u, int col);                /* the view whose tab is there, -1 */
void help_draw(const struct ui *u, struct canvas *c);    /* over the view */
void console_draw(const struct ui *u, struct canvas *c); /* pop-up rows and the line */
int console_column(const struct ui *u, int cols);        /* of the cursor, in the last row */

#endif
