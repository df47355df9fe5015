/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/outline_private.h"

#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Nodes
 */

static int add_node(struct nodes *t, enum line_kind kind, int parent, char *id,
		    struct shelf_run *run)
{
	struct node *x;

	t->at = mem_grow(t->at, (size_t)t->n + 1, sizeof *t->at);
	x = &t->at[t->n];
	*x = (struct node){.parent = parent};
	x->line.kind = kind;
	x->line.id = id;
	x->line.run = run;
	x->line.depth = parent < 0 ? 0 : t->at[parent].line.depth + 1;
	return t->n++;
}

/* A study, or a group, of this name: made at its first run. */
static int named_node(struct nodes *t, enum line_kind kind, const char *name)
{
	for (int i = t->n - 1; i >= 0; i--)
		if (t->at[i].line.kind == kind && strcmp(t->at[i].line.label, name) == 0)
			return i;
	add_node(t, kind, -1, str_format("%d %s", (int)kind, name), NULL);
	t->at[t->n - 1].line.label = mem_dup(name);
	return t->n - 1;
}

static int container_of(struct nodes *t, const struct shelf_run *r)
{
	const struct shelf_key *group = &t->by->group;
	char value[256], *name;
	int node;

	if (!group->column && group->option < 0)
		return *r->study ? named_node(t, LINE_STUDY, r->study) : -1;
	column_text(group, r, value, sizeof value);
	name = str_format("%s=%s", column_name(group), *value ? value : "–");
	node = named_node(t, LINE_GROUP, name);
	free(name);
	return node;
}

static int add_run(struct nodes *t, int parent, struct shelf_run *r)
{
	return add_node(t, LINE_RUN, parent, str_format("run %s", r->dir), r);
}

/* The runs of one session, [n]: pass[i] says which are listed. The first is its root. */
struct family {
	struct shelf_run *const *run;
	const bool *pass;
	int n;
};

static bool has_seeds(const struct family *f)
{
	for (int i = 1; i < f->n; i++)
		if (!f->run[i]->branch)
			return true;
	return false;
}

/* The run that a branch left, or if that is gone the one in whose folder it lies. */
static const struct shelf_run *left_of(const struct family *f, const struct shelf_run *r)
{
	for (int i = 0; i < f->n && r->left; i++)
		if (f->run[i] != r && strcmp(f->run[i]->dir, r->left) == 0)
			return f->run[i];
	return r->around;
}

/* Does the way up from a branch end? Files by hand may say otherwise. */
static const struct shelf_run *parent_of(const struct family *f, const struct shelf_run *r)
{
	const struct shelf_run *up = r;

	for (int i = 0; i <= f->n && up && up->branch; i++)
		up = left_of(f, up);
	return up && up->branch ? r->around : left_of(f, r);
}

/* The branches that left a run, and theirs. */
static void add_branches(struct nodes *t, const struct family *f, const struct shelf_run *from,
			 int parent)
{
	for (int i = 1; i < f->n; i++)
		if (f->run[i]->branch && parent_of(f, f->run[i]) == from)
			add_branches(t, f, f->run[i],
				     f->pass[i] ? add_run(t, parent, f->run[i]) : parent);
}

static void add_family(struct nodes *t, const struct family *f)
{
	struct shelf_run *root = f->run[0];
	bool seeds = has_seeds(f), any = false;
	int parent, node;

	for (int i = 0; i < f->n; i++)
		any |= f->pass[i];
	if (!any)
		return;
	parent = container_of(t, root);
	if (!seeds && f->pass[0])
		node = add_run(t, parent, root);
	else
		node = add_node(t, LINE_VARIANT, parent, str_format("variant %s", root->dir), root);
	if (!seeds) {
		add_branches(t, f, root, node);
		return;
	}
	for (int i = 0; i < f->n; i++)
		if (!f->run[i]->branch)
			add_branches(t, f, f->run[i],
				     f->pass[i] ? add_run(t, node, f->run[i]) : node);
}

/* ---- which runs ---- */

static bool passes(const struct outline_by *by, const struct shelf_run *r)
{
	return !by->filter || filter_true(by->filter, r);
}

static int by_place_in_queue(const void *pa, const void *pb)
{
	struct shelf_run *const *a = pa, *const *b = pb;

	return (*a)->queued - (*b)->queued;
}

static void add_queue(struct nodes *t, const struct shelf *s)
{
	struct shelf_run **waits = mem_alloc((size_t)s->n + 1, sizeof *waits);
	int n = 0, node;

	for (int i = 0; i < s->n; i++)
		if (s->run[i]->state == SHELF_QUEUED && passes(t->by, s->run[i]))
			waits[n++] = s->run[i];
	if (n) {
		qsort(waits, (size_t)n, sizeof *waits, by_place_in_queue);
		node = add_node(t, LINE_QUEUE, -1, mem_dup("queue"), NULL);
		t->at[node].line.label = mem_dup("queue");
		for (int i = 0; i < n; i++)
			add_run(t, node, waits[i]);
	}
	free(waits);
}

/* Runs lie by folder: those of a session are in a row, its root first. */
static void add_all(struct outline *out, struct nodes *t, const struct shelf *s)
{
	bool archived = t->by->archived || (t->by->filter && filter_archived(t->by->filter));
	bool *pass = mem_alloc((size_t)s->n + 1, sizeof *pass);

	for (int i = 0, end; i < s->n; i = end) {
		for (end = i; end < s->n && shelf_root(s->run[end]) == s->run[i]; end++) {
			struct shelf_run *r = s->run[end];
			bool waits = r->state == SHELF_QUEUED; /* add_queue has them */
			bool left = r->archived && !archived && !waits, shown;

			shown = !left && passes(t->by, r);
			pass[end] = shown && !waits;
			out->shown += shown;
			out->archived += left;
			out->hidden += !shown && !left;
		}
		add_family(t, &(struct family){&s->run[i], &pass[i], end - i});
	}
	free(pass);
}

/*
 * What is said of all runs in a node
 */

static void sum_run(struct nodes *t, struct node *x)
{
	const struct shelf_run *r = x->line.run;
	const struct shelf_key *sort = &t->by->sort;
	struct outline_line *l = &x->line;

	if (l->kind != LINE_RUN)
		return;
	l->runs = 1;
	l->finished = r->state == SHELF_FINISHED;
	l->pruned = r->x.pruned;
	l->state = r->state;
	l->in_state = 1;
	l->mean = r->x.mean;
	l->sd = r->x.sd;
	l->seconds = r->x.seconds;
	l->bytes = r->bytes;
	x->rep = r;
	if (sort->column || sort->option >= 0) {
		struct expr_value v = column_value(sort, r);

		x->known = !v.text && !isnan(v.number);
		x->sum = x->known ? v.number : 0;
	}
}

static bool goes_first(const struct nodes *t, const struct shelf_run *a, const struct shelf_run *b)
{
	const struct outline_by *by = t->by;
	int order = 0;

	if (by->sort.column || by->sort.option >= 0)
		order = column_order(&by->sort, by->falls, a, b);
	return order ? order < 0 : a->x.begun > b->x.begun;
}

static void add_to(const struct nodes *t, struct node *to, const struct node *x)
{
	to->line.runs += x->line.runs;
	to->line.finished += x->line.finished;
	to->line.pruned += x->line.pruned;
	if (x->line.state < to->line.state || !to->line.in_state) {
		to->line.state = x->line.state;
		to->line.in_state = 0;
	}
	if (x->line.state == to->line.state)
		to->line.in_state += x->line.in_state;
	to->line.seconds += x->line.seconds;
	to->line.bytes += x->line.bytes;
	to->sum += x->sum;
	to->known += x->known;
	if (x->rep && (!to->rep || goes_first(t, x->rep, to->rep)))
		to->rep = x->rep;
}

/* Children come after their parents. A run with branches stays what it is. */
static void sum_up(struct nodes *t)
{
	for (int i = t->n - 1; i >= 0; i--) {
		struct node *x = &t->at[i];

		sum_run(t, x);
		if (x->parent >= 0 && t->at[x->parent].line.kind != LINE_RUN)
			add_to(t, &t->at[x->parent], x);
	}
}

/* Mean and deviation of the runs' means, over those of its seeds that are finished; of a
 * study nothing, as its variants are not alike. */
static void mean_of(struct nodes *t, struct node *x)
{
	double *value = mem_alloc((size_t)t->n, sizeof *value);

	for (size_t at = 0; at < sizeof(struct figures); at += sizeof(double)) {
		double *mean = (double *)((char *)&x->line.mean + at);
		double *sd = (double *)((char *)&x->line.sd + at);
		int n = 0;

		for (int i = (int)(x - t->at) + 1; i < t->n; i++) {
			const struct outline_line *l = &t->at[i].line;
			int up = t->at[i].parent;

			while (up > (int)(x - t->at))
				up = t->at[up].parent;
			if (up == (int)(x - t->at) && l->kind == LINE_RUN && l->finished &&
			    !l->run->branch)
				value[n++] = *(const double *)((const char *)&l->mean + at);
		}
		*mean = *sd = NAN;
		if (n)
			mean_sd(value, n, mean, sd);
		x->line.figures = n;
	}
	free(value);
}

static void means(struct nodes *t)
{
	const struct figures none = {NAN, NAN, NAN, NAN};

	for (int i = 0; i < t->n; i++) {
		struct outline_line *l = &t->at[i].line;

		if (l->kind == LINE_VARIANT || l->kind == LINE_GROUP)
			mean_of(t, &t->at[i]);
		else if (l->kind != LINE_RUN)
			l->mean = l->sd = none;
		else
			l->figures = l->finished;
	}
}

/*
 * Order
 */

/* What qsort's function has to know. The screen's thread alone makes outlines; a command has
 * one thread. */
static const struct nodes *sorted;

static bool is_here(const struct node *x, const struct shelf_run *here)
{
	const struct shelf_run *r = x->line.run;

	if (!here)
		return false;
	if (r)
		return strcmp(r->dir, here->dir) == 0 || strcmp(r->dir, here->root) == 0;
	return x->line.kind == LINE_STUDY && strcmp(x->line.label, here->study) == 0;
}

static int by_default(const struct node *a, const struct node *b)
{
	const struct shelf_run *here = sorted->by->here;
	int order = (int)is_here(b, here) - (int)is_here(a, here);

	if (a->line.kind == LINE_GROUP && b->line.kind == LINE_GROUP && a->rep && b->rep)
		order = column_order(&sorted->by->group, false, a->rep, b->rep);
	if (!order && a->rep && b->rep)
		order = (a->rep->x.begun < b->rep->x.begun) - (a->rep->x.begun > b->rep->x.begun);
	return order ? order : strcmp(a->line.id, b->line.id);
}

/* Seeds are in the order of their numbers unless another one is asked for. */
static int by_seed(const struct node *a, const struct node *b)
{
	int64_t x = a->line.run->x.seed, y = b->line.run->x.seed;

	return (x > y) - (x < y);
}

static int by_column(const struct node *a, const struct node *b)
{
	const struct outline_by *by = sorted->by;
	int order;

	if (!a->rep || !b->rep)
		return 0;
	if (!a->known && !b->known)
		return column_order(&by->sort, by->falls, a->rep, b->rep);
	if (!a->known || !b->known)
		return a->known ? -1 : 1;
	order = (a->sum / a->known > b->sum / b->known) - (a->sum / a->known < b->sum / b->known);
	return by->falls ? -order : order;
}

static int in_order(const void *pa, const void *pb)
{
	const int *i = pa, *k = pb;
	const struct node *a = &sorted->at[*i], *b = &sorted->at[*k];
	const struct shelf_key *sort = &sorted->by->sort;
	int order = (a->line.kind != LINE_QUEUE) - (b->line.kind != LINE_QUEUE);

	if (!order && a->parent >= 0 && sorted->at[a->parent].line.kind == LINE_QUEUE)
		return a->line.run->queued - b->line.run->queued;
	if (!order && (sort->column || sort->option >= 0))
		order = by_column(a, b);
	if (!order && a->parent >= 0 && sorted->at[a->parent].line.kind == LINE_VARIANT)
		order = by_seed(a, b);
	return order ? order : by_default(a, b);
}

static void sort_nodes(struct nodes *t)
{
	int at = 0;

	t->child = mem_alloc((size_t)t->n + 1, sizeof *t->child);
	t->top = mem_alloc((size_t)t->n + 1, sizeof *t->top);
	for (int i = 0; i < t->n; i++)
		if (t->at[i].parent >= 0)
			t->at[t->at[i].parent].line.below++;
		else
			t->top[t->ntop++] = i;
	for (int i = 0; i < t->n; i++) {
		t->at[i].first = at;
		at += t->at[i].line.below;
	}
	for (int i = 0; i < t->n; i++)
		if (t->at[i].parent >= 0) {
			struct node *up = &t->at[t->at[i].parent];

			t->child[up->first + up->n++] = i;
		}
	sorted = t;
	if (t->ntop)
		qsort(t->top, (size_t)t->ntop, sizeof *t->top, in_order);
	for (int i = 0; i < t->n; i++)
		if (t->at[i].n)
			qsort(&t->child[t->at[i].first], (size_t)t->at[i].n, sizeof *t->child,
			      in_order);
	sorted = NULL;
}

/*
 * Lines
 */

static bool is_folded(const struct outline_by *by, const char *id)
{
	for (int i = 0; i < by->nfolded; i++)
		if (strcmp(by->folded[i], id) == 0)
			return true;
	return false;
}

static void show(struct outline *out, struct nodes *t, const int *sibling, int n)
{
	for (int i = 0; i < n; i++) {
		struct node *x = &t->at[sibling[i]];

		x->line.folded = x->line.below && is_folded(t->by, x->line.id);
		out->line[out->n++] = x->line;
		if (!x->line.folded)
			show(out, t, &t->child[x->first], x->n);
		x->line.id = x->line.label = x->line.name = x->line.differs =
			NULL; /* they have moved */
	}
}

static void free_texts(struct outline_line *l)
{
	free(l->id);
	free(l->label);
	free(l->name);
	free(l->differs);
}

void outline_make(struct outline *out, const struct shelf *s, const struct outline_by *by)
{
	struct nodes t = {.by = by};

	outline_free(out);
	add_queue(&t, s);
	add_all(out, &t, s);
	sum_up(&t);
	means(&t);
	sort_nodes(&t);
	outline_label(&t, t.top, t.ntop);
	for (int i = 0; i < t.n; i++)
		if (t.at[i].n)
			outline_label(&t, &t.child[t.at[i].first], t.at[i].n);
	out->line = mem_alloc((size_t)t.n + 1, sizeof *out->line);
	show(out, &t, t.top, t.ntop);
	for (int i = 0; i < t.n; i++) /* of lines that are folded away */
		free_texts(&t.at[i].line);
	free(t.at);
	free(t.child);
	free(t.top);
}

void outline_free(struct outline *t)
{
	for (int i = 0; i < t->n; i++)
		free_texts(&t->line[i]);
	free(t->line);
	*t = (struct outline){0};
}

int outline_find(const struct outline *t, const char *id)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->line[i].id, id) == 0)
			return i;
	return -1;
}
