/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listing: which utterances are listed, and in which order.
 *
 * Those that pass the slice and the filter, sorted by a column of facts.h: equal
 * ones stay in the order of the history, unknown values come last either way.
 *
 *	struct listing by = {.slice = "wrong", .sort = COLUMN_LOSS, .descending = true};
 *	int *order = mem_alloc((size_t)from.h->n, sizeof *order);
 *	int n = listing_make(&by, &from, order);
 */
#ifndef MIUST_LISTING_H
#define MIUST_LISTING_H

#include "app/study/facts.h"

/* Conditions with a name. */
struct slice {
	const char *name, *condition, *help;
};
extern const struct slice slices[]; /* name NULL at the end */

const struct slice *slice_find(const char *name);   /* NULL: there is none */
int slice_unknown(const char *name, struct err *e); /* -1 and an error that names the nearest one */

/* A condition (expr.h) over the names of facts_column; the caller frees it. */
struct expr *listing_parse(const char *condition, struct err *e);
/* "true=hap & pred=neu": the condition of a confusion cell. Returns out. */
char *listing_cell(const struct settings *set, int label, int predicted, char *out, size_t n);

struct listing {
	const char *slice;         /* a name of slices; "": none */
	const struct expr *filter; /* NULL: none */
	enum utterance_column sort;
	bool descending;
};
/* Indexes into the history: order [from->h->n]. Returns how many are listed. */
int listing_make(const struct listing *l, const struct facts_from *from, int *order);

#endif
