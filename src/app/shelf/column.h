/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * column: what is known of a run by name, to filter, sort and group by.
 *
 * A name is one of shelf_columns, a setting's key ("train.optimizer.lr"), or the end of a
 * key that no other has and that is no column: "optimizer.lr", "lr".
 *
 *	struct filter *f = filter_parse("lr<1e-3 & state=finished & wf1>0.6", e);
 *	if (filter_true(f, run)) ...
 */
#ifndef MIUST_COLUMN_H
#define MIUST_COLUMN_H

#include "app/shelf/shelf.h"
#include "app/study/expr.h"

struct shelf_column {
	const char *name, *help;
	bool falls; /* sorted by it, the largest comes first unless it is turned */
	/* number NaN, text "": not known */
	struct expr_value (*get)(const struct shelf_run *r);
};
extern const struct shelf_column shelf_columns[]; /* name NULL at the end */

/* A column or a setting. */
struct shelf_key {
	const struct shelf_column *column; /* NULL: none */
	int option;                        /* of option_table; -1: none */
};
/* An error names the nearest name, or some of them. */
int column_find(struct shelf_key *k, const char *name, struct err *e);
const char *column_name(const struct shelf_key *k); /* of a setting its whole key */
struct expr_value column_value(const struct shelf_key *k, const struct shelf_run *r);
bool column_falls(const struct shelf_key *k);
/* As a person reads it: "0.742", "3e-4", "1.2 MB"; "" if it is not known. Returns out. */
char *column_text(const struct shelf_key *k, const struct shelf_run *r, char *out, size_t n);
/* < 0, 0, > 0; what is not known comes last, whichever way. */
int column_order(const struct shelf_key *k, bool falls, const struct shelf_run *a,
		 const struct shelf_run *b);

/* The i-th name there is, the columns first, and what it means; NULL: there are no more. */
const char *column_name_at(int i, struct shelf_key *k);

struct filter;
struct filter *filter_parse(const char *condition, struct err *e);
bool filter_true(const struct filter *f, const struct shelf_run *r);
/* Does it ask for archived runs? Any other leaves them out. */
bool filter_archived(const struct filter *f);
void filter_free(struct filter *f); /* NULL is fine */

#endif
