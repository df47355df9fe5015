/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problems: a page of what was said while a run was opened: rows and files at
 * fault, and why it cannot be opened, or only be looked at.
 *
 *	problems	show the page again
 *	skip		open it once more without the rows at fault, as --skip-bad does
 */
#ifndef MIUST_UI_PROBLEMS_H
#define MIUST_UI_PROBLEMS_H

#include "ui/state/ui.h"

/* All of it, whole sentences, each a line. free() it; NULL: there is nothing. */
char *problems_text(const struct ui *u);
void problems_open(struct ui *u); /* the page, if there is anything */

#endif
