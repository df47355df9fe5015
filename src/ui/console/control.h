/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control: what views do with the run as the console does.
 */
#ifndef MIUST_UI_CONTROL_H
#define MIUST_UI_CONTROL_H

#include "ui/state/ui.h"

/* `rewind`: to "4:1" or a name; why not now, or NULL. */
int control_rewind(struct ui *u, const char *args, struct err *e);
const char *control_refuse_rewind(const struct ui *u);

#endif
