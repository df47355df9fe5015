/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mcnemar: do two models differ in how many of the same utterances they get right?
 *
 * McNemar's test, exact: of the n utterances that only one of the two gets right, each is one
 * or the other with probability 1/2 if they do not differ. The probability of a split at least as
 * uneven as the one that was seen, to either side, is p.
 *
 * Who looks again after each epoch, and stops when p is small, sees a small p more often than p
 * says. So the 5 % are spent over the planned looks (alpha spending; Lan and DeMets 1983, with
 * the function of the kind of O'Brien and Fleming):
 *
 *	spent(t) = 2 - 2 Phi(1.96 / sqrt(t))	t: share of the looks that are done; spent(1) = 0.05
 *
 * and look k of n is clear if p < spent(k/n) - spent((k-1)/n). Looks at the same utterances depend
 * on each other in a way that nobody knows, so nothing is gained from that: the sum of all shares
 * is 0.05, and so the probability of a false alarm is at most that whatever they depend on.
 */
#ifndef MIUST_MCNEMAR_H
#define MIUST_MCNEMAR_H

#define MCNEMAR_ALPHA 0.05

/* Utterances that only the first gets right, and only the second; none: 1. */
double mcnemar_p(int first, int second);
/* Look k of n, from 1: it is clear if p is smaller. */
double mcnemar_limit(int k, int n);

#endif
