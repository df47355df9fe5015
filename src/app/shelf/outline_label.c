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

/* "demo 01-04 12:00", or the folder's whole name. */
static char *dated_label(const struct node *x, bool whole)
{
	const struct shelf_run *r = x->line.run;
	char name[RUN_NAME], branch[RUN_NAME];

	if (whole)
		return mem_dup(r->path);
	run_names(r->root, name, branch);
	return str_format("%s %s", name, r->begun[0] ? r->begun + strlen("2026-") : "");
}

static int by_label(const void *pa, const void *pb)
{
	const struct node *const *a = pa, *const *b = pb;

	return strcmp((*a)->line.label, (*b)->line.label);
}

/* Those that share a label get a longer one. */
static void lengthen(struct node **same, int n, bool whole)
{
	for (int i = 0; i < n; i++) {
		free(same[i]->line.label);
		same[i]->line.label = dated_label(same[i], whole);
	}
}

static void label_apart(struct nodes *t, const int *sibling, int n)
{
	struct node **sorted = mem_alloc((size_t)n + 1, sizeof *sorted);
	int runs = 0;

	for (int i = 0; i < n; i++)
		if (t->at[sibling[i]].line.run)
			sorted[runs++] = &t->at[sibling[i]];
	for (int whole = 0; whole < 2 && runs; whole++) {
		qsort(sorted, (size_t)runs, sizeof *sorted, by_label);
		for (int i = 0, end; i < runs; i = end) {
			for (end = i + 1; end < runs && by_label(&sorted[i], &sorted[end]) == 0;)
				end++;
			if (end - i > 1)
				lengthen(&sorted[i], end - i, whole > 0);
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

/* The end of the key that no other key has. */
static const char *short_key(const char *key)
{
	for (const char *at = key + strlen(key); at > key; at--)
		if (at[-1] == '.') {
			int same = 0;

			for (int i = 0; i < option_count; i++) {
				size_t n = strlen(option_table[i].key), m = strlen(at);

				same += n > m && option_table[i].key[n - m - 1] == '.' &&
					strcmp(option_table[i].key + n - m, at) == 0;
			}
			if (same == 1)
				return at;
		}
	return key;
}

/* Settings that not all of them have alike. */
static void differ_among(struct nodes *t, struct node *const *same, int n)
{
	bool seeds = same[0]->parent >= 0 && t->at[same[0]->parent].line.kind == LINE_VARIANT;
	struct str *text = mem_alloc((size_t)n, sizeof *text);

	for (int o = 0; o < option_count; o++) {
		const struct option *k = &option_table[o];
		const char *key;
		bool differs = false;

		for (int i = 1; i < n && !differs; i++)
			differs = same[i]->line.run->x.value[o] != same[0]->line.run->x.value[o];
		/* a seed's line says it already */
		if (!differs || k->type == OPT_PATH || k->no_effect ||
		    (seeds && strcmp(k->key, "exp.seed") == 0))
			continue;
		key = short_key(k->key);
		for (int i = 0; i < n; i++) {
			const char *value = same[i]->line.run->x.value[o];

			str_addf(&text[i], "%s%s=%s", text[i].len ? " " : "", key,
				 *value ? value : "–");
		}
	}
	for (int i = 0; i < n; i++) {
		free(same[i]->line.differs);
		same[i]->line.differs = mem_dup(str_text(&text[i]));
		str_free(&text[i]);
	}
	free(text);
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

void outline_label(struct nodes *t, const int *sibling, int n)
{
	for (int i = 0; i < n; i++) {
		struct node *x = &t->at[sibling[i]];

		if (!x->line.label)
			x->line.label = short_label(t, x);
		if (!x->line.differs)
			x->line.differs = mem_dup("");
	}
	label_apart(t, sibling, n);
	differ(t, sibling, n);
}
