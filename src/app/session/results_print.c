/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/results_private.h"

#include "base/str.h"

#include <math.h>
#include <string.h>

enum { NAME = 16, FIGURE = 16, WIDTH = 80 };

/* One row: a name, and "0.6154" or "0.6154 ± 0.0321" for each figure. */
static void print_row(FILE *f, const char *name, const struct figures *x, const struct figures *sd)
{
	str_cell(f, -NAME, name);
	for (int i = 0; i < FIGURES; i++) {
		struct str cell = {0};

		if (isnan(figure_get(x, i)))
			str_add(&cell, "–");
		else
			str_addf(&cell, "%.4f", figure_get(x, i));
		if (sd && !isnan(figure_get(sd, i)))
			str_addf(&cell, " ± %.4f", figure_get(sd, i));
		str_cell(f, FIGURE, cell.s);
		str_free(&cell);
	}
	fputc('\n', f);
}

static void print_folds(const struct results *r, FILE *f)
{
	fprintf(f, "%5s%*s", "fold", NAME - 5, "best epoch");
	for (int i = 0; i < FIGURES; i++)
		str_cell(f, FIGURE, figure_table[i].title);
	fputc('\n', f);
	for (int i = 0; i < r->n; i++) {
		char name[NAME + 16];

		snprintf(name, sizeof name, "%5d%*d", r->fold[i].fold, NAME - 5,
			 r->fold[i].best_epoch);
		print_row(f, name, &r->fold[i].test, NULL);
	}
	if (r->n == 1)
		return; /* all that follows would say the same again */
	print_row(f, " mean ± sd", &r->mean, &r->sd);
	print_row(f, " pooled", &r->pooled, NULL);
}

static int longest_label(const struct settings *s, int classes)
{
	int longest = 0;

	for (int c = 0; c < classes; c++)
		if (str_columns(s->exp.labels[c]) > longest)
			longest = str_columns(s->exp.labels[c]);
	return longest;
}

/* Rows are true classes. Many or long labels: some columns at a time. */
void confusion_print(const struct confusion *m, const struct settings *s, FILE *f)
{
	char count[32];
	int names = longest_label(s, m->classes) + 2, digits, width, at_once;

	digits = snprintf(count, sizeof count, "%lld", (long long)confusion_total(m));
	width = names > digits + 2 ? names : digits + 2;
	at_once = (WIDTH - names) / width > 1 ? (WIDTH - names) / width : 1;
	for (int from = 0; from < m->classes; from += at_once) {
		int to = from + at_once < m->classes ? from + at_once : m->classes;

		str_cell(f, names, "");
		for (int p = from; p < to; p++)
			str_cell(f, width, s->exp.labels[p]);
		fputc('\n', f);
		for (int t = 0; t < m->classes; t++) {
			str_cell(f, names, s->exp.labels[t]);
			for (int p = from; p < to; p++)
				fprintf(f, "%*lld", width, (long long)m->count[t][p]);
			fputc('\n', f);
		}
	}
}

static void print_classes(const struct confusion *m, const struct settings *s, FILE *f)
{
	int names = longest_label(s, m->classes) + 2;

	fprintf(f, "%*s%11s%11s%11s%11s\n", names, "", "precision", "recall", "F1", "number");
	for (int c = 0; c < m->classes; c++) {
		struct class_figures x = confusion_class(m, c);

		str_cell(f, names, s->exp.labels[c]);
		fprintf(f, "%11.4f%11.4f%11.4f%11lld\n", x.precision, x.recall, x.f1,
			(long long)x.support);
	}
}

void results_print(const struct results *r, const struct settings *s, FILE *f)
{
	fprintf(f, "Test figures, protocol %s%s, seed %lld\n\n", r->protocol,
		r->optimistic ? " (optimistic)" : "", (long long)r->seed);
	if (r->n == 0) {
		fprintf(f, "No fold is finished yet.\n");
		return;
	}
	print_folds(r, f);
	fprintf(f, "\nConfusion%s, rows are true classes\n\n", r->n > 1 ? " over all folds" : "");
	confusion_print(&r->pooled_confusion, s, f);
	fputc('\n', f);
	print_classes(&r->pooled_confusion, s, f);
	if (r->optimistic)
		fprintf(f,
			"\nOptimistic: under protocol %s each fold picks its checkpoint on the\n"
			"session it is tested on, as the published program does. exp.protocol\n"
			"holdout, session or fixed gives an honest figure.\n",
			r->protocol);
}
