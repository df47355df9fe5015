/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lines are called among their siblings, and how their settings differ. */
#include "app/shelf/outline_private.h"

#include "app/config/option.h"
#include "app/session/run.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Labels
 */

/* "lr sweep/lr=1e-3": where it is not below its study. */
static char *with_study(const struct shelf_run *r, const char *name)
{
	return str_format("%s%s%s", r->study, *r->study ? "/" : "", name);
}

/* A run's name in its place, with no more than is needed in a list of one. */
static char *short_label(const struct nodes *t, const struct node *x)
{
	const struct outline_line *l = &x->line;
	char name[RUN_NAME], branch[RUN_NAME], *text;
	bool apart = x->parent < 0 || t->at[x->parent].line.kind == LINE_GROUP ||
		     t->at[x->parent].line.kind == LINE_QUEUE;

	if (l->kind == LINE_RUN && l->run->branch)
		return mem_dup(path_base(l->run->dir));
	if (l->kind == LINE_RUN && x->parent >= 0 && t->at[x->parent].line.kind == LINE_VARIANT)
		return str_format("seed %lld", (long long)l->run->x.seed);
	run_names(l->run->root, name, branch);
	text = mem_dup(name);
	if (apart && *l->run->study) {
		char *whole = with_study(l->run, name);

		free(text);
		text = whole;
	}
	return text;
}

/* "demo 01-04 12:00", "demo 01-04 12:00:30", or the folder's whole name. */
static char *dated_label(const struct node *x, int length)
{
	static const char *const format[] = {"%m-%d %H:%M", "%m-%d %H:%M:%S"};
	const struct shelf_run *r = x->line.run;
	char name[RUN_NAME], branch[RUN_NAME], date[32];
	time_t at = (time_t)r->x.begun;
	struct tm local;

	if (length > 1)
		return mem_dup(r->path);
	run_names(r->root, name, branch);
	localtime_r(&at, &local);
	strftime(date, sizeof date, format[length], &local);
	return str_format("%s %s", name, date);
}

static int by_label(const void *pa, const void *pb)
{
	const struct node *const *a = pa, *const *b = pb;

	return strcmp((*a)->line.label, (*b)->line.label);
}

/* Those that share a label get a longer one. */
static void lengthen(struct node **same, int n, int length)
{
	for (int i = 0; i < n; i++) {
		free(same[i]->line.label);
		same[i]->line.label = dated_label(same[i], length);
	}
}

static void label_apart(struct nodes *t, const int *sibling, int n)
{
	struct node **sorted = mem_alloc((size_t)n + 1, sizeof *sorted);
	int runs = 0;

	for (int i = 0; i < n; i++)
		if (t->at[sibling[i]].line.run)
			sorted[runs++] = &t->at[sibling[i]];
	for (int length = 0; length < 3 && runs; length++) {
		qsort(sorted, (size_t)runs, sizeof *sorted, by_label);
		for (int i = 0, end; i < runs; i = end) {
			for (end = i + 1; end < runs && by_label(&sorted[i], &sorted[end]) == 0;)
				end++;
			if (end - i > 1)
				lengthen(&sorted[i], end - i, length);
		}
	}
	free(sorted);
}

/*
 * Differences
 */

/* Of the same data: only then a difference tells something. */
static bool are_neighbours(const struct shelf_run *a, const struct shelf_run *b)
{
	for (int i = 0; i < option_count; i++)
		if (option_table[i].type == OPT_PATH && a->x.value[i] != b->x.value[i])
			return false;
	return true;
}

struct differing {
	int option;
	int values; /* different ones */
};

/* What tells more of them apart comes first. */
static int by_values(const void *pa, const void *pb)
{
	const struct differing *a = pa, *b = pb;

	return a->values != b->values ? b->values - a->values : a->option - b->option;
}

static int values_of(struct node *const *same, int n, int option)
{
	const char *seen[8];
	int values = 0;

	for (int i = 0; i < n && values < 8; i++) {
		const char *value = same[i]->line.run->x.value[option];
		bool known = false;

		for (int k = 0; k < values; k++)
			known |= seen[k] == value;
		if (!known)
			seen[values++] = value;
	}
	return values;
}

/* A seed's line says it already. */
static bool is_said(const struct nodes *t, const struct node *x, const struct option *o)
{
	return x->parent >= 0 && t->at[x->parent].line.kind == LINE_VARIANT &&
	       strcmp(o->key, "exp.seed") == 0;
}

static bool same_folds(const struct shelf_run *a, const struct shelf_run *b)
{
	return a->nfolds == b->nfolds &&
	       (!a->nfolds || memcmp(a->fold, b->fold, (size_t)a->nfolds * sizeof *a->fold) == 0);
}

/* Has it other folds than one that trains them in their order would have by now? */
static bool has_chosen_folds(const struct shelf_run *r)
{
	bool chosen = false;

	for (int i = 0; i < r->nfolds; i++)
		chosen |= r->fold[i] != i + (r->x.folds > 1);
	return chosen;
}

/* Do the folds that were chosen for them tell them apart? */
static bool folds_differ(struct node *const *same, int n)
{
	bool differ = false, chosen = false;

	for (int i = 0; i < n; i++) {
		const struct shelf_run *r = same[i]->line.run;

		differ |= !same_folds(r, same[0]->line.run);
		chosen |= has_chosen_folds(r);
	}
	return differ && chosen;
}

/* "folds=1,3" of a run that has these alone. */
static void add_folds(struct str *text, const struct shelf_run *r)
{
	if (!r->nfolds || r->nfolds >= r->x.folds)
		return;
	str_addf(text, "%sfold%s=", text->len ? " " : "", r->nfolds > 1 ? "s" : "");
	for (int i = 0; i < r->nfolds; i++)
		str_addf(text, "%s%d", i ? "," : "", r->fold[i]);
}

static char *say_differences(const struct node *x, const struct differing *d, int n, bool folds)
{
	struct str text = {0};
	char *out;

	for (int i = 0; i < n; i++) {
		const char *value = x->line.run->x.value[d[i].option];

		str_addf(&text, "%s%s=%s", i ? " " : "", option_short(&option_table[d[i].option]),
			 *value ? value : "–");
	}
	if (folds)
		add_folds(&text, x->line.run);
	/* a variant of a sweep is called so */
	out = mem_dup(strcmp(str_text(&text), x->line.label) == 0 ? "" : str_text(&text));
	str_free(&text);
	return out;
}

/* Settings that not all of them have alike. */
static void differ_among(struct nodes *t, struct node *const *same, int n)
{
	struct differing *d = mem_alloc((size_t)option_count, sizeof *d);
	bool folds;
	int found = 0;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (o->no_effect || option_is_free(o) || is_said(t, same[0], o))
			continue;
		d[found] = (struct differing){i, values_of(same, n, i)};
		found += d[found].values > 1;
	}
	qsort(d, (size_t)found, sizeof *d, by_values);
	folds = folds_differ(same, n);
	for (int i = 0; i < n; i++) {
		free(same[i]->line.differs);
		same[i]->line.differs = say_differences(same[i], d, found, folds);
	}
	free(d);
}

/* Neighbours among the siblings, each set of them once. */
static void differ(struct nodes *t, const int *sibling, int n)
{
	struct node **left = mem_alloc((size_t)n + 1, sizeof *left), **same;
	int nleft = 0;

	for (int i = 0; i < n; i++) {
		struct node *x = &t->at[sibling[i]];

		if (x->line.run && !x->line.run->x.why)
			left[nleft++] = x;
	}
	same = mem_alloc((size_t)nleft + 1, sizeof *same);
	while (nleft) {
		const struct shelf_run *first = left[0]->line.run;
		int nsame = 0, rest = 0;

		for (int i = 0; i < nleft; i++)
			if (are_neighbours(first, left[i]->line.run))
				same[nsame++] = left[i];
			else
				left[rest++] = left[i];
		nleft = rest;
		differ_among(t, same, nsame);
	}
	free(left);
	free(same);
}

/* As shown beside what differs. */
static int by_name(const void *pa, const void *pb)
{
	const struct node *const *a = pa, *const *b = pb;
	int order = strcmp((*a)->line.name, (*b)->line.name);

	return order ? order : strcmp((*a)->line.differs, (*b)->line.differs);
}

static void name_apart(struct nodes *t, const int *sibling, int n)
{
	struct node **sorted = mem_alloc((size_t)n + 1, sizeof *sorted);

	for (int i = 0; i < n; i++)
		sorted[i] = &t->at[sibling[i]];
	if (n)
		qsort(sorted, (size_t)n, sizeof *sorted, by_name);
	for (int i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && by_name(&sorted[i], &sorted[end]) == 0;)
			end++;
		for (int k = i; k < end && end - i > 1; k++) {
			free(sorted[k]->line.name);
			sorted[k]->line.name = mem_dup(sorted[k]->line.label);
		}
	}
	free(sorted);
}

void outline_label(struct nodes *t, const int *sibling, int n)
{
	for (int i = 0; i < n; i++) {
		struct node *x = &t->at[sibling[i]];

		if (!x->line.label)
			x->line.label = short_label(t, x);
		x->line.name = mem_dup(x->line.label);
		if (!x->line.differs)
			x->line.differs = mem_dup("");
	}
	label_apart(t, sibling, n);
	differ(t, sibling, n);
	name_apart(t, sibling, n);
}
