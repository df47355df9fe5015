/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/metrics.h"

#include "base/err.h"

#include <math.h>

void confusion_init(struct confusion *m, int classes)
{
	BUG_ON(classes < 0 || classes > LABELS_MAX);
	*m = (struct confusion){.classes = classes};
}

void confusion_add(struct confusion *to, const struct confusion *from)
{
	BUG_ON(to->classes != from->classes);
	for (int t = 0; t < to->classes; t++)
		for (int p = 0; p < to->classes; p++)
			to->count[t][p] += from->count[t][p];
}

int64_t confusion_total(const struct confusion *m)
{
	int64_t n = 0;

	for (int t = 0; t < m->classes; t++)
		for (int p = 0; p < m->classes; p++)
			n += m->count[t][p];
	return n;
}

/* 0 of 0 is 0: a class never predicted has precision 0. */
static double fraction(double part, double of)
{
	return of > 0 ? part / of : 0;
}

struct class_figures confusion_class(const struct confusion *m, int c)
{
	struct class_figures f = {0};
	int64_t predicted = 0;
	double hits = (double)m->count[c][c];

	for (int i = 0; i < m->classes; i++) {
		f.support += m->count[c][i];
		predicted += m->count[i][c];
	}
	f.precision = fraction(hits, (double)predicted);
	f.recall = fraction(hits, (double)f.support);
	f.f1 = fraction(2 * f.precision * f.recall, f.precision + f.recall);
	return f;
}

static bool is_predicted(const struct confusion *m, int c)
{
	for (int t = 0; t < m->classes; t++)
		if (m->count[t][c] > 0)
			return true;
	return false;
}

struct figures confusion_figures(const struct confusion *m)
{
	struct figures sum = {0};
	int64_t hits = 0, total = 0;
	int present = 0, seen = 0;

	for (int c = 0; c < m->classes; c++) {
		struct class_figures f = confusion_class(m, c);

		hits += m->count[c][c];
		total += f.support;
		present += f.support > 0;
		seen += f.support > 0 || is_predicted(m, c);
		sum.ua += f.recall; /* 0 if the class is absent */
		sum.wf1 += f.f1 * (double)f.support;
		sum.macro_f1 += f.f1; /* likewise */
	}
	if (!total)
		return (struct figures){NAN, NAN, NAN, NAN};
	return (struct figures){
		.wa = (double)hits / (double)total,
		.ua = sum.ua / present,
		.wf1 = sum.wf1 / (double)total,
		.macro_f1 = sum.macro_f1 / seen,
	};
}

void mean_sd(const double *x, int n, double *mean, double *sd)
{
	double sum = 0, squares = 0;

	for (int i = 0; i < n; i++)
		sum += x[i];
	*mean = n > 0 ? sum / n : NAN;
	for (int i = 0; i < n; i++)
		squares += (x[i] - *mean) * (x[i] - *mean);
	*sd = n > 1 ? sqrt(squares / (n - 1)) : NAN;
}
