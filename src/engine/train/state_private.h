/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state_private: the table of a state's numbers. For state.c and state_file.c.
 */
#ifndef MIUST_STATE_PRIVATE_H
#define MIUST_STATE_PRIVATE_H

#include "engine/train/state.h"

enum state_kind { KIND_INT, KIND_BOOL, KIND_INT64, KIND_REAL };

/* Where files of the first version have a number: at a place in one of two arrays. What
 * is ADDED has come with a later version. */
enum { POSITION, SUMS, OLD_ARRAYS, ADDED = OLD_ARRAYS };

struct state_field {
	const char *name; /* in sentences, and after "number/" in the file */
	enum state_kind kind;
	size_t at;
	int old, place; /* of a file of the first version */
	int since;      /* the version that has it under its name */
	double missing; /* ADDED: its value in a file of an earlier version */
};
enum { STATE_FIELDS = 18 };
extern const struct state_field state_field[STATE_FIELDS];

/* A number as the file has it. */
union state_number {
	int64_t i;
	double x;
};
union state_number state_get(const struct state *s, const struct state_field *f);
/* False: out of range. All integers count something. */
bool state_set(struct state *s, const struct state_field *f, union state_number v);

bool state_has(const struct state *s, int array); /* has an array values? */
/* Memory for a copy of `like` with an order of n; *s is empty before. */
int state_make_room(struct state *s, const struct state *like, int n, struct err *e);

#endif
