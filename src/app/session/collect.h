/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collect: what several programs have trained in one session, fold by fold, as a
 * whole: are all folds there, do they fit together, which results do they give?
 *
 * The folder's joined files are brought up to date, unless a program writes the session:
 * then it does so when it ends. All else only reads; the data need not be there.
 */
#ifndef MIUST_COLLECT_H
#define MIUST_COLLECT_H

#include "app/session/results.h"
#include "app/session/session_lock.h"

struct missing_fold {
	int fold, epochs; /* it has trained so many */
	enum fold_lock lock;
	struct lock_owner who; /* if it is held */
};

/* The run of one seed. */
struct collected_run {
	struct settings set;
	struct results results; /* of the folds that are finished */
	struct missing_fold *missing;
	int nmissing, folds; /* folds: of its data */
	char *changed; /* which folds were given live changes that others were not, a sentence;
			* NULL: none */
};

struct collected { /* start with {0} */
	struct collected_run *run;
	int n;         /* runs: of the session, then of its seeds, ascending */
	bool joined;   /* the joined files are up to date; else */
	char why[512]; /* why not, a sentence */
};

/*
 * `seeds`: how many there are to be, from the session's own on; 0: those that have a
 * folder. -1: what is there does not fit together (a file is missing, has gaps or
 * belongs to other settings or data), or cannot be read; collected_free in any case.
 * That folds are missing is no error here.
 */
int collect_session(struct collected *c, const char *root, int seeds, struct err *e);
void collected_free(struct collected *c);
int collected_missing(const struct collected *c); /* folds of all runs */
void collected_print(const struct collected *c, FILE *to);

#endif
