/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trained: a model from a weights file, with the data it is to look at.
 *
 * What `miust eval` and `miust predict` start from. Which fold: --fold, or the
 * folder fold-F the weights lie in, or the only one there is. Features are
 * normalised with normalize.safetensors beside the weights where the settings
 * ask for it.
 */
#ifndef MIUST_TRAINED_H
#define MIUST_TRAINED_H

#include "app/cli.h"
#include "engine/evaluate.h"
#include "engine/split.h"

struct trained {
	struct settings set;
	struct corpus corpus;
	struct par *par;
	struct model model;
	struct norm norm;
	struct split split;
	int fold;
	enum part part;
};

/* CONFIG is a->operand[0]; a->weights, a->folds, a->split, a->threads. */
int trained_open(struct trained *t, const struct args *a, struct err *e);
void trained_close(struct trained *t);

extern const char *const part_name[PARTS]; /* "train", "val", "test" */

#endif
