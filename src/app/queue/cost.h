/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cost: how long a run will train and how much room it will take, by a stored run that
 * was like it.
 *
 * Like it is a run with the same data, the same model and the same padding that has trained
 * an epoch; best one with the same batches too. Its time for an epoch, its room for a fold and that
 * of a stored state are taken as they are, whatever trained beside it and on how many threads. A
 * run that stops early (train.patience) costs less.
 */
#ifndef MIUST_COST_H
#define MIUST_COST_H

#include "app/shelf/shelf.h"

/* The room of a run in the folder `dir`, of whose folds so many have begun: what runs like it
 * will take. */
struct cost_room {
	double fold;  /* bytes of a fold without stored states; NaN: not known */
	double state; /* of a stored state */
	int each;     /* steps an epoch; 0: not known */
};
void cost_room(struct cost_room *r, const char *dir, int begun);
/* Bytes of such a run with these settings and so many folds: its stored states grow with the
 * epochs, up to store.bytes. */
double cost_bytes(const struct cost_room *r, const struct settings *set, int folds);

struct cost {
	double seconds, bytes;        /* of the run with all its folds; NaN: not known */
	const struct shelf_run *like; /* the run that says so; NULL: there is none */
	double epoch;                 /* its seconds for one; with its room, what was read of it */
	struct cost_room room;
};

/* `before` (NULL: none) is what is known of another one: if both are like the same run, that is not
 * read again. */
void cost_of(struct cost *c, const struct shelf *s, const struct settings *set, int folds,
	     const struct cost *before);

#endif
