/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results: results.json of a session, written after each fold.
 *
 * {folds: [{fold, best_epoch, test_wa, test_ua, test_wf1, test_macro_f1,
 * confusion}], mean, std, pooled, protocol, optimistic, seed, version,
 * machine}. mean and std are objects of the four figures over the folds (std:
 * n-1, null for one fold); pooled are the figures of the summed confusion, and
 * the matrix itself.
 */
#ifndef MIUST_RESULTS_H
#define MIUST_RESULTS_H

#include "engine/record.h"

#include "base/err.h"

#include <stdio.h>

struct results {
	int n;
	struct fold_row fold[LISTS_MAX]; /* ascending */
	struct figures mean, sd;         /* filled by results_add */
	struct figures pooled;
	struct confusion pooled_confusion;
	char protocol[16];
	bool optimistic;
	int64_t seed;
	char version[32], machine[256];
};

void results_init(struct results *r, const struct settings *s);
void results_add(struct results *r, const struct fold_row *f); /* replaces an equal fold */
bool results_has(const struct results *r, int fold);
int results_write(const struct results *r, const char *path, struct err *e);
int results_read(struct results *r, const char *path, struct err *e);
/* The table people read at the end of a run: per-fold WA, UA, WF1, best epoch,
 * mean +- sd, pooled figures and the pooled confusion matrix with labels. */
void results_print(const struct results *r, const struct settings *s, FILE *f);

#endif
