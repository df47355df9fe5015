/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of start share. */
#ifndef MIUST_START_PRIVATE_H
#define MIUST_START_PRIVATE_H

#include "ui/console/start.h"

/* The verb draft (start_draft.c). */
int start_draft(struct ui *u, const char *args, struct err *e);

#endif
