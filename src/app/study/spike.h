/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spike: how far a loss lies above its running median.
 *
 * A median of the last steps, since one outlier among them does not move it as it would a
 * mean. What it says depends on the losses alone that were added, in their order, so it is
 * the same after a resume if the rows of then are added again.
 */
#ifndef MIUST_SPIKE_H
#define MIUST_SPIKE_H

enum {
	SPIKE_WINDOW = 50, /* steps whose median it is */
	SPIKE_LEAST = 10,  /* of fewer there is none */
};
#define SPIKE_OVER 3.0 /* times the median: a spike, if nothing else is said */

struct spike {                       /* {0}: no loss yet */
	double last[SPIKE_WINDOW];   /* [n], the oldest at `first` */
	double sorted[SPIKE_WINDOW]; /* [n] the same, ascending */
	int n, first;
};

/* Of the losses that were added, NaN while there are fewer than SPIKE_LEAST. */
double spike_median(const struct spike *s);
/* How many times their median this one is, 0 where that says nothing; then it is one of them.
 * The loss is finite. */
double spike_add(struct spike *s, double loss);

#endif
