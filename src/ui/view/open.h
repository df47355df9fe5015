/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open: another session or configuration on this screen.
 *
 *	open SESSION|CONFIG|demo	asks first while this run trains
 *	open! SESSION|CONFIG|demo
 */
#ifndef MIUST_UI_OPEN_H
#define MIUST_UI_OPEN_H

#include "ui/state/ui.h"

/* The loop ends and u->open_next says what comes; refused if that cannot be read. */
int open_run(struct ui *u, const char *args, struct err *e);

#endif
