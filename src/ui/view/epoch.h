/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoch: which epoch and part views 2-5 show, and how commands choose.
 *
 * Both change the shared selection only. The order of view 3 stays as it
 * is when the epoch changes (a re-sort is asked for), and is made again when
 * other utterances are shown.
 */
#ifndef MIUST_UI_EPOCH_H
#define MIUST_UI_EPOCH_H

#include "ui/console/complete.h"

/* next, prev, first, last, a number; mark-next, mark-prev: to the next epoch
 * with a mark (kept, change, branch ...). The last one is followed from then
 * on, a number stays. */
int epoch_choose(struct ui *u, const char *args, struct err *e);
const char *epoch_refused(const struct ui *u); /* why not now, or NULL */
/* val, test; "": the other one. */
int epoch_part(struct ui *u, const char *args, struct err *e);

const char *epoch_part_refused(const struct ui *u);

/* Their rows in the tables of views. */
#define EPOCH_ARGS "next|prev|first|last|mark-next|mark-prev|N"
#define EPOCH_HELP "Choose the epoch that is shown."
#define EPOCH_VERB                                                                           \
	{                                                                                    \
		"epoch", EPOCH_ARGS, EPOCH_HELP, epoch_choose, epoch_refused, complete_args, \
			CHANGES_NOTHING                                                      \
	}
#define EPOCH_PART_VERB                                                                     \
	{                                                                                   \
		"part", "val|test", "The validation part, or a finished fold's test part.", \
			epoch_part, epoch_part_refused, complete_args, CHANGES_NOTHING      \
	}

/* A whole number and nothing else; -1 if it is none. */
int epoch_number(const char *s);
/* The same of the argument of `epoch`, which is none of its words; -1 is an error then. */
int epoch_numbered(const char *args, struct err *e);

/* Why there is nothing to show yet and when there will be, for an empty pane:
 * "validation appears after epoch 1, in about 40 s". */
char *epoch_awaited(const struct ui *u, char *out, size_t n);

#endif
