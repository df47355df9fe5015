/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page: a text of several lines over the view, to read and close.
 *
 * What commands answer that does not fit the message row: a comparison of
 * sessions, both ways of a tried step.
 */
#ifndef MIUST_PAGE_H
#define MIUST_PAGE_H

#include "ui/term/key.h"
#include "ui/state/ui.h"

/* Both own text from here on. A table's lines are cut at the border; sentences
 * are wrapped. */
void page_open(struct ui *u, const char *title, char *text);
void page_open_text(struct ui *u, const char *title, char *text);
/* Draw something above the text of the open page, where there is room. */
void page_draws(struct ui *u, void (*head)(const struct ui *u, struct canvas *c));
/* Another key closes the open page and runs a command; both texts are constants. */
void page_offers(struct ui *u, uint32_t key, const char *command, const char *label);
/* Scrolls; Esc, Enter and q close. Over a run that could not be opened q quits.
 * Returns the command that the key asks for, to be run now, or NULL. */
const char *page_key(struct ui *u, struct key k);
void page_draw(const struct ui *u, struct canvas *c); /* over the view */
void page_close(struct ui *u);                        /* safe when closed */

#endif
