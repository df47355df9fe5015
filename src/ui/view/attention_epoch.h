/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention_epoch: whose weights view 5 shows: those of a stored state, or, after the last of
 * these, the current ones. The kept checkpoint has its place among them by its epoch.
 */
#ifndef MIUST_ATTENTION_EPOCH_H
#define MIUST_ATTENTION_EPOCH_H

#include "ui/state/ui.h"

/* prev, next, first, last; mark-prev, mark-next: the kept checkpoint, the current weights; or an
 * epoch's number. */
int attention_epoch(struct ui *u, const char *args, struct err *e);

#endif
