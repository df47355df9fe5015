/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/results_private.h"

#include "app/config/option.h"
#include "app/session/rows.h"
#include "base/machine.h"
#include "base/mem.h"
#include "engine/data/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

const struct figure figure_table[FIGURES] = {
	{"test_wa", "WA", offsetof(struct figures, wa)},
	{"test_ua", "UA", offsetof(struct figures, ua)},
	{"test_wf1", "WF1", offsetof(struct figures, wf1)},
	{"test_macro_f1", "macro F1", offsetof(struct figures, macro_f1)},
};

double figure_get(const struct figures *f, int i)
{
	return *(const double *)((const char *)f + figure_table[i].at);
}

void figure_put(struct figures *f, int i, double x)
{
	*(double *)((char *)f + figure_table[i].at) = x;
}

/* "Linux 6.1.0 x86_64, AMD EPYC 7763, 64 cores" */
static void describe_machine(char *out, size_t n)
{
	char processor[128];
	struct utsname u;

	machine_processor(processor, sizeof processor);
	uname(&u);
	snprintf(out, n, "%.40s %.60s %.20s, %.90s, %ld cores", u.sysname, u.release, u.machine,
		 processor, sysconf(_SC_NPROCESSORS_ONLN));
}

void results_here(struct results *r)
{
	snprintf(r->version, sizeof r->version, "%s", MIUST_VERSION);
	describe_machine(r->machine, sizeof r->machine);
}

void results_init(struct results *r, const struct settings *s)
{
	const char *protocol = option_find("exp.protocol")->choices[s->exp.protocol];

	*r = (struct results){.optimistic = protocol_optimistic(s), .seed = s->exp.seed};
	snprintf(r->protocol, sizeof r->protocol, "%s", protocol);
	snprintf(r->version, sizeof r->version, "%s", MIUST_VERSION);
	describe_machine(r->machine, sizeof r->machine);
}

void results_copy(struct results *to, const struct results *from)
{
	*to = *from;
	to->fold = mem_alloc((size_t)from->n, sizeof *to->fold);
	if (from->n)
		memcpy(to->fold, from->fold, (size_t)from->n * sizeof *to->fold);
}

void results_free(struct results *r)
{
	free(r->fold);
	*r = (struct results){0};
}

void results_head(struct results *r, const struct results *from)
{
	memcpy(r->protocol, from->protocol, sizeof r->protocol);
	memcpy(r->version, from->version, sizeof r->version);
	memcpy(r->machine, from->machine, sizeof r->machine);
	r->optimistic = from->optimistic;
	r->seed = from->seed;
}

bool results_has(const struct results *r, int fold)
{
	for (int i = 0; i < r->n; i++)
		if (r->fold[i].fold == fold)
			return true;
	return false;
}

static void sum_up(struct results *r)
{
	double *x = mem_alloc((size_t)r->n, sizeof *x);

	confusion_init(&r->pooled_confusion, r->fold[0].confusion.classes);
	for (int i = 0; i < r->n; i++)
		confusion_add(&r->pooled_confusion, &r->fold[i].confusion);
	r->pooled = confusion_figures(&r->pooled_confusion);
	for (int k = 0; k < FIGURES; k++) {
		double mean, sd;

		for (int i = 0; i < r->n; i++)
			x[i] = figure_get(&r->fold[i].test, k);
		mean_sd(x, r->n, &mean, &sd);
		figure_put(&r->mean, k, mean);
		figure_put(&r->sd, k, sd);
	}
	free(x);
}

void results_add(struct results *r, const struct fold_row *f)
{
	int at = 0;

	while (at < r->n && r->fold[at].fold < f->fold)
		at++;
	if (at == r->n || r->fold[at].fold != f->fold) {
		r->fold = mem_grow(r->fold, (size_t)r->n + 1, sizeof *r->fold);
		memmove(&r->fold[at + 1], &r->fold[at], (size_t)(r->n - at) * sizeof r->fold[0]);
		r->n++;
	}
	r->fold[at] = *f;
	r->fold[at].test = confusion_figures(&f->confusion);
	sum_up(r);
}

int fold_check(const struct settings *s, int folds, int fold, const char *path, long line,
	       struct err *e)
{
	if (s->layout == LAYOUT_LISTS)
		return fold == 0 ? 0
				 : err_at(e, path, line, 0, "fold %d; this session has fold 0 only",
					  fold);
	return fold >= 1 && fold <= folds
		       ? 0
		       : err_at(e, path, line, 0, "fold %d; this session has folds 1 to %d", fold,
				folds);
}

int results_fit(const struct results *r, const struct settings *s, int folds, const char *path,
		struct err *e)
{
	for (int i = 0; i < r->n; i++)
		if (fold_check(s, folds, r->fold[i].fold, path, 0, e))
			return -1;
	if (r->n && r->pooled_confusion.classes != s->model.num_classes)
		return err_at(
			e, path, 0, 0,
			"the confusion matrix has %d classes; the session's config.yml has %d",
			r->pooled_confusion.classes, s->model.num_classes);
	return 0;
}
