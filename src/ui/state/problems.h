/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problems: a page with the messages from when a run was opened: bad rows and
 * files, and why it cannot be opened, or only read.
 *
 *	problems	show the page again
 *	skip		open it again without the bad rows, as --skip-bad does
 */
#ifndef MIUST_UI_PROBLEMS_H
#define MIUST_UI_PROBLEMS_H

#include "ui/state/ui.h"

/* All of it, whole sentences, each a line. free() it; NULL: there is nothing. */
char *problems_text(const struct ui *u);
void problems_open(struct ui *u); /* the page, if there is anything */

#endif
