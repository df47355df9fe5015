/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep: a study, the runs of a grid: one session a cell, all queued in one change.
 *
 *	sessions/STUDY/lr=0.001,batch_size=32/
 *
 * Seeds are those of --seeds: the first in the session, others in its seed-S/. Without a
 * setting to sweep over, sessions/STUDY is the session itself, for its seeds. A study may be added
 *to under its name as long as no cell is in it already.
 *
 *	struct sweep s;
 *	sweep_plan(&s, &asked, grid, ngrid, NULL, &e)	checks every cell, makes nothing
 *	sweep_make(&s, "lr-study", study, sizeof study, &e)
 *	sweep_free(&s)
 */
#ifndef MIUST_SWEEP_H
#define MIUST_SWEEP_H

#include "app/queue/grid.h"
#include "app/queue/waiting.h"

struct sweep_cell {
	char name[GRID_NAME]; /* of its folder in the study's */
	struct waiting run;
};

struct sweep {
	const struct waiting_asked *asked; /* the caller's */
	struct grid grid;
	struct sweep_cell *cell; /* [grid.cells] */
	struct labs labs;        /* of the cells, if the caller has none */
};

/* `text`: n of KEY=V1,V2 (grid.h), over the config and assignments of `asked`. Errors name
 * the cell, unless it is the only one. `labs` as of waiting_check. *s is empty then. */
int sweep_plan(struct sweep *s, const struct waiting_asked *asked, const char *const *text, int n,
	       struct labs *labs, struct err *e);
void sweep_free(struct sweep *s); /* safe on zeroed memory, and twice */
/* Make and queue the runs, last in the queue. `name`: the study's folder in the folder of
 * sessions, one word; NULL: after the config and the time. `study` becomes its path. */
int sweep_make(const struct sweep *s, const char *name, char *study, size_t size, struct err *e);

#endif
