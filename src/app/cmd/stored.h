/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stored: the runs that a command is about.
 *
 *	struct stored s;
 *	if (stored_open(&s, FILTER or NULL, e) == 0)
 *		... s.run[0 .. s.n - 1] ...
 *	stored_close(&s);
 */
#ifndef MIUST_STORED_H
#define MIUST_STORED_H

#include "app/shelf/column.h"

struct stored {
	struct shelf shelf;
	struct filter *filter;  /* NULL: all */
	struct shelf_run **run; /* [n] that pass, by folder */
	int n;
};

/* All below sessions/ that pass; archived ones only if the filter asks for them. *s is to
 * be closed in any case. */
int stored_open(struct stored *s, const char *filter, struct err *e);
/* The one that NAME means: its path below sessions/, its folder, or the end of its path after
 * a slash if no other ends so. NULL and an error: none. */
struct shelf_run *stored_find(struct stored *s, const char *name, struct err *e);
void stored_close(struct stored *s);

#endif
