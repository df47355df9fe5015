/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoch: which epoch and part views 2-5 show, and how commands choose.
 *
 * Both change the shared selection only. The order of view 3 stays as it
 * is when the epoch changes (a re-sort is asked for), and is made anew when
 * other utterances are shown.
 */
#ifndef MIUST_UI_EPOCH_H
#define MIUST_UI_EPOCH_H

#include "ui/state/ui.h"

/* next, prev, first, last, a number; mark-next, mark-prev: to the next epoch
 * with a mark (kept, change, branch ...). The last one is followed from then
 * on, a number stays. */
int epoch_command(struct ui *u, const char *args, struct err *e);
/* A whole number and nothing else; -1 if it is none. */
int epoch_number(const char *s);
/* val, test; "": the other one. */
int epoch_part(struct ui *u, const char *args, struct err *e);

/* The verbs above ("epoch", "part") in a view's command: true if it
 * was one of them, *status is what it returned. */
bool epoch_verb(struct ui *u, const char *verb, const char *args, int *status, struct err *e);
/* The same for a view's `refused`: why not now, or NULL. */
const char *epoch_refused(const struct ui *u, const char *verb);

/* Why there is nothing to show yet and when there will be, for an empty pane:
 * "validation appears after epoch 1, in about 40 s". */
char *epoch_awaited(const struct ui *u, char *out, size_t n);

#endif
