/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outline_private: the nodes between outline.c, which makes them, and outline_label.c, which names
 * them. For outline*.c.
 */
#ifndef MIUST_OUTLINE_PRIVATE_H
#define MIUST_OUTLINE_PRIVATE_H

#include "app/shelf/outline.h"

struct node {
	struct outline_line line;
	int parent;   /* -1: none */
	int first, n; /* children: child[first .. first + n - 1] */
	double sum;   /* of the sorting column's numbers, and how many */
	int known;
	const struct shelf_run *rep; /* its first run by the order */
};

/* Parents before their children. */
struct nodes {
	struct node *at;
	int n;
	int *child; /* indexes, by parent and then in order */
	int *top;   /* [ntop] those without a parent, in order */
	int ntop;
	const struct outline_by *by;
};

/* Labels and differences of siblings. */
void outline_label(struct nodes *t, const int *sibling, int n);

#endif
