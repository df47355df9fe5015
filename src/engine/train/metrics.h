/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metrics: what a confusion matrix says. Rows are true classes.
 *
 * WA accuracy; UA mean recall over the classes present; WF1 F1 weighted by
 * class count; macro F1 mean F1 over the classes present or predicted, as
 * scikit-learn's f1_score(average="macro"). F1 is 0 where precision and recall
 * are both 0. Fractions, not per cent; NaN when empty.
 */
#ifndef MIUST_METRICS_H
#define MIUST_METRICS_H

#include "engine/data/settings.h"

#include <stdint.h>

struct confusion {
	int classes;
	int64_t count[LABELS_MAX][LABELS_MAX]; /* [true][predicted] */
};

struct figures {
	double wa, ua, wf1, macro_f1;
};

struct class_figures {
	double precision, recall, f1;
	int64_t support;
};

void confusion_init(struct confusion *m, int classes);
void confusion_add(struct confusion *to, const struct confusion *from);
int64_t confusion_total(const struct confusion *m);
struct figures confusion_figures(const struct confusion *m);
struct class_figures confusion_class(const struct confusion *m, int c);

/* Mean and standard deviation with n - 1; sd is NaN for n < 2. */
void mean_sd(const double *x, int n, double *mean, double *sd);

#endif
