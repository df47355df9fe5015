/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * split: which utterances train, validate and test in a fold.
 *
 * Model specification, "Protocols". Folds are 1-5 for IEMOCAP and 0 for
 * lists. Under `reference` IEMOCAP validates on its test session (optimistic).
 */
#ifndef MIUST_SPLIT_H
#define MIUST_SPLIT_H

#include "engine/data/corpus.h"

enum part { PART_TRAIN, PART_VAL, PART_TEST, PARTS };
extern const char *const part_name[PARTS]; /* "train", "val", "test" */

struct split {
	int *at[PARTS]; /* indexes into corpus.utt; order as specified */
	int n[PARTS];   /* PART_VAL: 0 under `fixed` */
};

int split_make(struct split *sp, const struct corpus *c, const struct settings *s, int fold,
	       struct err *e);
void split_free(struct split *sp);

/* How many folds there are, and the number of each, ascending: as many as IEMOCAP has
 * sessions, from 1 on; of lists one, 0. */
int split_folds(const struct corpus *c);
int split_fold(const struct corpus *c, int i);
bool split_has_fold(const struct corpus *c, int fold);
/* The error where it has not: of --fold. */
int split_no_fold(const struct corpus *c, int fold, struct err *e);
bool protocol_optimistic(const struct settings *s);

#endif
