/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts: what is known of one utterance at the epoch shown, and the table of
 * its columns.
 *
 * The same table drives the names of the filter language, the sort keys and
 * the columns of view 3. To add one: an id in ui.h, a getter and a row in
 * facts.c.
 */
#ifndef MIUST_UI_FACTS_H
#define MIUST_UI_FACTS_H

#include "ui/state/ui.h"

struct facts {
	const struct ui *u;
	const struct history *h;
	int i; /* of the history's utterances */
	int epoch, label;
	bool known;                  /* predicted at this epoch; else the rest is void */
	int says[HEADS];             /* predicted class */
	double p[HEADS][LABELS_MAX]; /* class probabilities */
	double loss;                 /* cross-entropy of the main head */
};

struct facts facts_of(const struct ui *u, int i); /* i is one of the history's */

struct facts_column {
	const char *name;    /* in filters and sorts */
	const char *heading; /* in the table; NULL: not shown there */
	bool text;           /* else a number; numbers sort from the largest */
	const char *help;
	struct expr_value (*get)(const struct facts *f); /* number NaN, text "": not known */
};
extern const struct facts_column facts_column[UTTERANCE_COLUMNS];

/* Their names, NULL behind the last, for expr_parse. */
void facts_names(const char *names[UTTERANCE_COLUMNS + 1]);
/* Column of a name, or -1 with the nearest one said. */
int facts_find(const char *name, struct err *e);

#endif
