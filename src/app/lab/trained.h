/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trained: a model from a weights file, with the data it is to look at.
 *
 * What `miust eval` and `miust predict` start from. Which fold: --fold, or what
 * the weights say, or the folder fold-F they lie in, or the only one there is.
 * Features are normalised with normalize.safetensors beside the weights where
 * the settings ask for it.
 *
 * What the weights say of their training (weights.h) is compared with CONFIG:
 * other labels, heads or widths are refused, and so are utterances of the
 * validation or test part that they were trained on; other differences are
 * one message. Weights that say nothing are taken for those of the session
 * whose fold-F folder they lie in, with a message.
 */
#ifndef MIUST_TRAINED_H
#define MIUST_TRAINED_H

#include "app/cmd/cli.h"
#include "engine/train/evaluate.h"
#include "engine/data/split.h"
#include "engine/model/weights.h"

struct trained {
	struct settings set;
	struct corpus corpus;
	struct par *par;
	struct model model;
	struct norm norm;
	struct split split;
	int fold;
	enum part part;
	struct weights_file weights;
	struct str anyway; /* what --anyway went over, as a text; empty: nothing */
};

/* CONFIG is a->operand[0]; a->weights, a->folds, a->split, a->skip_bad, a->anyway, a->threads. */
int trained_open(struct trained *t, const struct args *a, struct err *e);
void trained_close(struct trained *t);

extern const char *const part_name[PARTS]; /* "train", "val", "test" */

#endif
