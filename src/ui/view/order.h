/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order: which utterances view 3 lists, and in which order.
 *
 * order_of(u)->order holds those that pass the filter and the slice, sorted;
 * equal ones stay in the corpus's order, unknown values come last. It is made
 * again when filter, slice, sort, fold or part change, and
 * after an evaluation. While it is not, rows keep their places though their
 * figures follow the epoch shown. The selected utterance stays on its line of
 * the screen; if it is listed no more, who takes its row is selected.
 */
#ifndef MIUST_UI_ORDER_H
#define MIUST_UI_ORDER_H

#include "app/study/listing.h"
#include "ui/state/ui.h"

struct order {
	char filter[256];
	struct expr *expr; /* of filter; NULL: all */
	char slice[32];    /* name of the slice in use, "" */
	enum utterance_column sort;
	bool descending;
	int *order; /* [n] rows shown: indexes into the history; made by order_make */
	int n;
	int row, top;          /* selected row, first row on the screen */
	struct {               /* what `order` was made for */
		unsigned load; /* u->loads */
		int epoch, fold;
		int epochs; /* how many were evaluated then */
		bool test;
	} made_for;
};
static inline struct order *order_of(const struct ui *u)
{
	return u->state[VIEW_UTTERANCES];
}
void order_begin(void *order); /* sorted by loss */
void order_end(void *order);

void order_make(struct ui *u);    /* filters and sorts; keeps the selected utterance */
void order_refresh(struct ui *u); /* the same if others are to be listed now */

/* A condition (expr.h) over the names of facts_column; "" lists all. Nothing
 * is changed by a wrong one. */
int order_filter(struct ui *u, const char *condition, struct err *e);
/* A column; the one in force again: the other way round. "": a stale order is
 * made again, else the next column of the screen. */
int order_sort(struct ui *u, const char *column, struct err *e);
/* A slice of listing.h; "-": none; "": the next one. */
int order_slice(struct ui *u, const char *name, struct err *e);

/* Was the order made at another epoch than the one shown? */
bool order_stale(const struct ui *u);
/* Rows listed, and the history's index of row i; never made: all as they stand. */
int order_n(const struct ui *u);
int order_at(const struct ui *u, int row);

/* What is known of utterance i of the shown history at the epoch shown. */
struct facts order_facts(const struct ui *u, int i);

#endif
