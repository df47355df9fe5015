/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trash: the deleted sessions beside those that view 7 lists, and the console
 * command for them.
 *
 *	trash list | restore NAME | empty
 */
#ifndef MIUST_UI_TRASH_H
#define MIUST_UI_TRASH_H

#include "ui/state/ui.h"

int trash_command(struct ui *u, const char *args, struct err *e);

#endif
