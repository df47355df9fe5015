/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outline: the runs of a shelf as the lines of a list: study, variant, seed, branch.
 *
 *	queue				those that wait, in their order
 *	  demo
 *	lr sweep			a study, or with by.group the runs of one value
 *	  lr=1e-3			a variant: a session with several seeds
 *	    seed 53
 *	      half			a branch
 *	demo				a session with one
 *
 * Siblings are sorted by one column, a line with others below it by their mean; equal ones
 * have the run on the screen first, then the newest. A line that is folded hides those
 * below it.
 */
#ifndef MIUST_OUTLINE_H
#define MIUST_OUTLINE_H

#include "app/shelf/column.h"

enum line_kind { LINE_QUEUE, LINE_GROUP, LINE_STUDY, LINE_VARIANT, LINE_RUN };

struct outline_line {
	enum line_kind kind;
	int depth;
	char *id;      /* of the same line whenever the outline is made */
	char *label;   /* "seed 53"; short, and among its siblings alone */
	char *differs; /* "lr=1e-3 batch_size=32": settings unlike its neighbours'; "" */
	char *name;    /* shorter: name and `differs` together are among its siblings alone */
	struct shelf_run *run; /* LINE_RUN: it; LINE_VARIANT: the session's first */
	int below;             /* lines right below it, shown or folded; 0: none */
	bool folded;
	/* Of all runs in it, also if it is one. */
	int runs, finished, pruned;
	enum shelf_state state;  /* that says most */
	int in_state;            /* of so many runs */
	int figures;             /* finished runs that the means are over */
	struct figures mean, sd; /* LINE_RUN: over folds, else over runs; NaN: not known */
	double seconds;
	int64_t bytes;
};

struct outline_by {
	const struct filter *filter; /* NULL: all */
	bool archived;               /* those too; a filter may ask for them as well */
	struct shelf_key sort;       /* column NULL, option -1: by nothing */
	bool falls;
	struct shelf_key group;       /* likewise */
	const struct shelf_run *here; /* on the screen, or NULL */
	const char *const *folded;    /* [nfolded] ids */
	int nfolded;
};

struct outline {
	struct outline_line *line; /* [n] as shown */
	int n;
	int shown, hidden; /* runs that pass, and that do not; archived ones left out */
	int archived;      /* runs left out because they are */
};

/* Replaces an earlier one. Pointers to runs hold until the shelf changes. */
void outline_make(struct outline *t, const struct shelf *s, const struct outline_by *by);
void outline_free(struct outline *t);                      /* safe on zeroed memory, and twice */
int outline_find(const struct outline *t, const char *id); /* the line; -1: it is not there */

#endif
