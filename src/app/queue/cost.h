/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cost: how long a run will train and how much room it will take, by a stored run that
 * was like it.
 *
 * Like it is a run with the same data, the same model and the same padding that has trained
 * an epoch; best one with the same batches too. Its time for an epoch and its room for a fold are
 * taken as they are, whatever trained beside it and on how many threads. A run that stops
 * early (train.patience) costs less.
 */
#ifndef MIUST_COST_H
#define MIUST_COST_H

#include "app/shelf/shelf.h"

struct cost {
	double seconds, bytes;        /* of the run with all its folds; NaN: not known */
	const struct shelf_run *like; /* the run that says so; NULL: there is none */
};

void cost_of(struct cost *c, const struct shelf *s, const struct settings *set, int folds);

#endif
