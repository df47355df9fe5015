/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tried: what came of a try, and its table as text.
 *
 * All points begin where the run is, and each is as many of its next steps as were asked for,
 * with the settings in force (base) and with those that are tried (one point, or those of a
 * sweep). The loss of each row is weighted as its own settings say.
 */
#ifndef MIUST_TRIED_H
#define MIUST_TRIED_H

#include "app/lab/trial.h"
#include "base/str.h"
#include "engine/train/train.h"

struct tried_change {
	char key[64], was[64], value[64]; /* "train.optimizer.lr", in force, tried ("": a sweep) */
	bool later; /* a change of it is in force at the next epoch only; tried as if it were now */
};

struct tried_point {
	char value[TRIAL_VALUE]; /* of a sweep, as text and as a number */
	double x;
	double loss; /* of the last step, weighted with the settings in force: to compare */
	struct tried_steps made;
};

struct tried {
	struct tried_change change[TRIAL_SETTINGS];
	int changes;
	int epoch, step;         /* of the first step that was tried; in the epoch */
	int steps;               /* asked for */
	bool sweep, log;         /* of the first change; log: spaced by logarithms */
	int of;                  /* points asked for; more than there are: it was ended */
	struct tried_point base; /* as it is; its value is the one in force */
	int points;
	struct tried_point point[TRIAL_POINTS]; /* ascending in x */
};

/* "optimizer.lr 5e-4 → 1e-4, step 42:12": what was tried, as lines of at most so many columns. */
void tried_what(struct str *b, const struct tried *t, int cols);
/* The table, as wide as is useful within so many columns, 36 at least. */
void tried_table(struct str *b, const struct tried *t, int cols);
/* What was not reached, and what the figures are, in lines of at most so many columns. */
void tried_remarks(struct str *b, const struct tried *t, int cols);

#endif
