/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/problem.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROWS_APART = 3, /* so many rows of a fault may keep their own sentences */
	ROWS_NAMED = 3, /* of a group, and lists */
	VARIANTS = 8,   /* more sentences than that about one fault become the general one */
};

void problem_add(struct problems *p, const struct fault *f, const char *fmt, ...)
{
	struct str said = {0}, text = {0}, many = {0};
	struct problem *to;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&said, fmt, ap);
	va_end(ap);
	if (f->line)
		str_addf(&text, "%s:%ld: ", f->list, f->line);
	if (f->line && f->file)
		str_addf(&text, "%s: ", f->file);
	str_add(&text, said.s);
	if (f->dir)
		str_addf(&many, "%s/…: ", f->dir);
	else if (f->line && f->file)
		str_addf(&many, "%s: ", f->file);
	str_add(&many, f->many ? f->many : said.s);

	p->at = mem_grow(p->at, (size_t)p->n + 1, sizeof *p->at);
	to = &p->at[p->n++];
	*to = (struct problem){
		.kind = f->kind,
		.value = f->value,
		.list = f->list ? mem_dup(f->list) : NULL,
		.line = f->line,
		.file = mem_dup(f->file ? f->file : f->list),
		.text = text.s,
		.many = many.s,
		.general = f->general ? mem_dup(f->general) : NULL,
		.lossless = f->brief || (!f->many && !f->dir),
	};
	p->errors += f->kind == PROBLEM_ERROR;
	str_free(&said);
}

void problems_free(struct problems *p)
{
	for (int i = 0; i < p->n; i++) {
		free(p->at[i].list);
		free(p->at[i].file);
		free(p->at[i].text);
		free(p->at[i].many);
		free(p->at[i].general);
	}
	free(p->at);
	memset(p, 0, sizeof *p);
}

int problems_count(const struct problems *p, enum problem_kind kind)
{
	int n = 0;

	for (int i = 0; i < p->n; i++)
		n += p->at[i].kind == kind;
	return n;
}

/* ---- rows ---- */

static int by_row(const void *a, const void *b)
{
	const struct problem *const *x = a, *const *y = b;
	int order = strcmp((*x)->list, (*y)->list);

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

int problems_rows(const struct problems *p)
{
	const struct problem **row = mem_alloc((size_t)p->n + 1, sizeof *row);
	int n = 0, rows = 0;

	for (int i = 0; i < p->n; i++)
		if (p->at[i].kind == PROBLEM_ERROR && p->at[i].line)
			row[n++] = &p->at[i];
	qsort(row, (size_t)n, sizeof *row, by_row);
	for (int i = 0; i < n; i++)
		rows += i == 0 || by_row(&row[i], &row[i - 1]) != 0;
	free(row);
	return rows;
}

/* ---- groups ---- */

static int compare(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* Same fault, general sentence. */
static int by_general(const struct problem *a, const struct problem *b)
{
	int order = (a->line == 0) - (b->line == 0); /* those about no row stay alone */

	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	return order ? order : compare(a->general, b->general);
}

static int by_fault(const struct problem *a, const struct problem *b)
{
	int order = by_general(a, b);

	if (order == 0)
		order = (a->list == NULL) - (b->list == NULL);
	return order ? order : strcmp(a->many, b->many);
}

static int by_fault_and_place(const void *a, const void *b)
{
	const struct problem *const *x = a, *const *y = b;
	int order = by_fault(*x, *y);

	return order ? order : (*x > *y) - (*x < *y); /* both of one array */
}

static int by_place(const void *a, const void *b)
{
	const struct problem *const *x = a, *const *y = b;

	return (*x > *y) - (*x < *y);
}

static int by_first(const void *a, const void *b)
{
	const struct problem_group *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static struct problem_group *new_group(struct problem_groups *g, const struct problem *first)
{
	struct problem_group *to;

	g->at = mem_grow(g->at, (size_t)g->n + 1, sizeof *g->at);
	to = &g->at[g->n++];
	*to = (struct problem_group){.kind = first->kind, .rows = first->line > 0, .first = first};
	return to;
}

static void add_alone(struct problem_groups *g, const struct problem *p)
{
	new_group(g, p)->text = mem_dup(p->text);
}

/* "train.csv:2, 3, 4": the first rows of at[0..n-1], which are in order. */
static void add_places(struct str *b, const struct problem *const *at, int n)
{
	const char *list = NULL;

	for (int i = 0, named = 0; i < n && named < ROWS_NAMED; i++) {
		if (i > 0 && by_row(&at[i], &at[i - 1]) == 0)
			continue;
		if (list && strcmp(list, at[i]->list) == 0)
			str_addf(b, ", %ld", at[i]->line);
		else
			str_addf(b, "%s%s:%ld", list ? ", " : "", path_base(at[i]->list),
				 at[i]->line);
		list = at[i]->list;
		named++;
	}
}

/* at[0..n-1] in one line, `what` being said of them. */
static void add_together(struct problem_groups *g, const struct problem *const *at, int n, int rows,
			 const char *what)
{
	struct problem_group *to = new_group(g, at[0]);
	struct str b = {0};

	to->rows = rows;
	str_add_count(&b, rows);
	str_addf(&b, " rows: %s; %s ", what, rows > ROWS_NAMED ? "first:" : "in");
	add_places(&b, at, n);
	if (!at[0]->lossless && strcmp(at[0]->file, at[0]->list) != 0)
		str_addf(&b, " (%s)", at[0]->file);
	to->text = b.s;
}

/* at[0..n-1] are about a list each. */
static void add_lists(struct problem_groups *g, const struct problem *const *at, int n)
{
	struct str b = {0};

	str_addf(&b, "%d lists: %s; %s ", n, at[0]->many, n > ROWS_NAMED ? "first:" : "in");
	for (int i = 0; i < n && i < ROWS_NAMED; i++)
		str_addf(&b, "%s%s", i ? ", " : "", i ? path_base(at[i]->list) : at[i]->list);
	new_group(g, at[0])->text = b.s;
}

static int count_rows(const struct problem *const *at, int n)
{
	int rows = 0;

	for (int i = 0; i < n; i++)
		rows += i == 0 || at[i]->line == 0 || by_row(&at[i], &at[i - 1]) != 0;
	return rows;
}

/* at[0..n-1] have one fault and, about many rows, one sentence. */
static void add_fault(struct problem_groups *g, const struct problem *const *at, int n)
{
	int rows = count_rows(at, n);

	if (at[0]->line && rows > (at[0]->lossless ? 1 : ROWS_APART))
		add_together(g, at, n, rows, at[0]->many);
	else if (!at[0]->line && at[0]->list && n > 1)
		add_lists(g, at, n);
	else
		for (int i = 0; i < n; i++)
			add_alone(g, at[i]);
}

/* at[0..n-1] have one general sentence, or none. */
static void add_general(struct problem_groups *g, const struct problem **at, int n)
{
	int variants = 0;

	for (int i = 0; i < n; i++)
		variants += i == 0 || by_fault(at[i], at[i - 1]) != 0;
	if (at[0]->line && at[0]->general && variants > VARIANTS) {
		qsort(at, (size_t)n, sizeof *at, by_place);
		add_together(g, at, n, count_rows(at, n), at[0]->general);
		return;
	}
	for (int i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && by_fault(at[i], at[end]) == 0;)
			end++;
		add_fault(g, at + i, end - i);
	}
}

struct problem_groups problems_grouped(const struct problems *p)
{
	const struct problem **at = mem_alloc((size_t)p->n + 1, sizeof *at);
	struct problem_groups g = {0};

	for (int i = 0; i < p->n; i++)
		at[i] = &p->at[i];
	qsort(at, (size_t)p->n, sizeof *at, by_fault_and_place);
	for (int i = 0, end; i < p->n; i = end) {
		for (end = i + 1; end < p->n && by_general(at[i], at[end]) == 0;)
			end++;
		add_general(&g, at + i, end - i);
	}
	free(at);
	if (g.n)
		qsort(g.at, (size_t)g.n, sizeof *g.at, by_first);
	return g;
}

void problem_groups_free(struct problem_groups *g)
{
	for (int i = 0; i < g->n; i++)
		free(g->at[i].text);
	free(g->at);
	memset(g, 0, sizeof *g);
}
