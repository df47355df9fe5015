/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * near: the word someone may have meant.
 *
 *	struct near n = near_to("optimiser");
 *	for (each candidate)
 *		near_try(&n, candidate);
 *	if (n.best) ... "did you mean %s?"
 *
 * Distance is the number of letters inserted, omitted, replaced or swapped with
 * their neighbour; case does not count. A third of the word's letters may be
 * wrong, but never more than four. The first of equally near candidates stays.
 */
#ifndef MIUST_NEAR_H
#define MIUST_NEAR_H

struct near {
	const char *word;
	const char *best; /* NULL: none is near */
	int distance;     /* of best; while there is none, one above the limit */
};

struct near near_to(const char *word);
void near_try(struct near *n, const char *candidate);

int near_distance(const char *a, const char *b); /* NEAR_FAR if one is overlong */
enum { NEAR_WORD = 64, NEAR_FAR = 1000 };

#endif
