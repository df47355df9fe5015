/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/origin.h"

#include "base/mem.h"
#include "engine/file/table.h"

#include <stdlib.h>
#include <string.h>

void origin_add(struct origin *o, const char *part, long line, const char *id, const char *why)
{
	o->left = mem_grow(o->left, (size_t)o->nleft + 1, sizeof *o->left);
	o->left[o->nleft++] = (struct known_row){
		.part = mem_dup(part), .line = line, .id = mem_dup(id), .why = mem_dup(why)};
}

void origin_of(struct origin *o, const struct corpus *c, const struct settings *s)
{
	roster_hash(c, s, o->hash);
	for (int i = 0; i < c->nleft; i++) {
		const struct left_row *l = &c->left[i];

		origin_add(o, c->list[l->list].name, l->line, l->id, l->why);
	}
}

void origin_free(struct origin *o)
{
	for (int i = 0; i < o->nleft; i++) {
		free(o->left[i].part);
		free(o->left[i].id);
		free(o->left[i].why);
	}
	free(o->left);
	*o = (struct origin){0};
}

/* ---- what has changed ---- */

/* A row of a roster. */
struct entry {
	const char *part, *id, *label;
	int words, frames;
	const struct entry *twin; /* the same utterance in the other roster, or NULL */
};

struct entries {
	struct entry *at;
	int n;
};

/* One kind of change: how many rows, and the first few in words. */
struct kind {
	int n;
	struct str rows;
};
enum { ROWS_SHOWN = 3 };

static void note(struct kind *k, const struct entry *row, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void note(struct kind *k, const struct entry *row, const char *fmt, ...)
{
	va_list ap;

	if (k->n++ >= ROWS_SHOWN)
		return;
	str_addf(&k->rows, "%s%s %s", k->n > 1 ? "; " : "", row->part, row->id);
	va_start(ap, fmt);
	str_vaddf(&k->rows, fmt, ap);
	va_end(ap);
}

static void part(struct str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void part(struct str *out, const char *fmt, ...)
{
	va_list ap;

	if (out->len)
		str_add(out, ", ");
	va_start(ap, fmt);
	str_vaddf(out, fmt, ap);
	va_end(ap);
}

static void add_kind(struct str *out, const char *what, const char *how, struct kind *k)
{
	if (k->n) {
		part(out, "%s%d row%s%s (%s", what, k->n, k->n == 1 ? "" : "s", how, k->rows.s);
		if (k->n > ROWS_SHOWN)
			str_addf(out, "; and %d more", k->n - ROWS_SHOWN);
		str_add(out, ")");
	}
	str_free(&k->rows);
}

static int by_name(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;
	int order = strcmp((*x)->part, (*y)->part);

	return order ? order : strcmp((*x)->id, (*y)->id);
}

/* Set the twins of `of`. */
static void find_twins(struct entries *of, const struct entries *in)
{
	const struct entry **sorted = mem_alloc((size_t)in->n, sizeof *sorted);

	for (int i = 0; i < in->n; i++)
		sorted[i] = &in->at[i];
	qsort(sorted, (size_t)in->n, sizeof *sorted, by_name);
	for (int i = 0; i < of->n; i++) {
		const struct entry *key = &of->at[i], **found = bsearch(&key, sorted, (size_t)in->n,
									sizeof *sorted, by_name);

		of->at[i].twin = found ? *found : NULL;
	}
	free(sorted);
}

static int count(const struct entries *rows, const char *list)
{
	int n = 0;

	for (int i = 0; i < rows->n; i++)
		n += strcmp(rows->at[i].part, list) == 0;
	return n;
}

static bool same_row(const struct entry *a, const struct entry *b)
{
	return strcmp(a->part, b->part) == 0 && strcmp(a->id, b->id) == 0;
}

static void compare(struct entries *then, struct entries *now, const struct corpus *c,
		    struct str *out)
{
	struct kind gone = {0}, new = {0}, labels = {0}, words = {0}, frames = {0};
	bool moved = false;

	find_twins(then, now);
	find_twins(now, then);
	for (int i = 0; i < c->nlists; i++) {
		int was = count(then, c->list[i].name), is = count(now, c->list[i].name);

		if (was != is)
			part(out, "%s: %d row%s then, %d now", c->list[i].name, was,
			     was == 1 ? "" : "s", is);
	}
	for (int i = 0; i < then->n; i++) {
		const struct entry *a = &then->at[i], *b = a->twin;

		moved |= i < now->n && !same_row(a, &now->at[i]);
		if (!b) {
			note(&gone, a, "%s", "");
			continue;
		}
		if (strcmp(a->label, b->label) != 0)
			note(&labels, a, ": %s then, %s now", a->label, b->label);
		if (a->words != b->words)
			note(&words, a, ": %d then, %d now", a->words, b->words);
		if (a->frames != b->frames)
			note(&frames, a, ": %d then, %d now", a->frames, b->frames);
	}
	for (int i = 0; i < now->n; i++)
		if (!now->at[i].twin)
			note(&new, &now->at[i], "%s", "");
	add_kind(out, "", " gone", &gone);
	add_kind(out, "", " new", &new);
	add_kind(out, "labels of ", "", &labels);
	add_kind(out, "words of ", "", &words);
	add_kind(out, "frames of ", "", &frames);
	if (moved && !gone.n && !new.n)
		part(out, "the order of the rows");
}

static int read_then(struct entries *then, const struct table *t, struct err *e)
{
	static const char *const columns[] = {"part", "id", "label", "words", "frames"};
	bool fits = t->header.n == 5;

	for (int i = 0; fits && i < 5; i++)
		fits = strcmp(t->header.field[i], columns[i]) == 0;
	if (!fits)
		return err_at(e, t->path, t->header.line, 0,
			      "expected the columns part,id,label,words,frames");
	then->at = mem_alloc((size_t)t->n, sizeof *then->at);
	for (int i = 0; i < t->n; i++) {
		const struct table_row *row = &t->row[i];

		if (row->fault)
			return err_at(e, t->path, row->line, 0, "%s", row->fault);
		then->at[then->n++] = (struct entry){.part = row->field[0],
						     .id = row->field[1],
						     .label = row->field[2],
						     .words = atoi(row->field[3]),
						     .frames = atoi(row->field[4])};
	}
	return 0;
}

static void take_now(struct entries *now, const struct corpus *c, const struct settings *s)
{
	now->at = mem_alloc((size_t)c->n, sizeof *now->at);
	for (int i = 0; i < c->n; i++) {
		const struct utterance *u = &c->utt[i];

		now->at[now->n++] = (struct entry){.part = c->list[u->list].name,
						   .id = u->id,
						   .label = s->exp.labels[u->label],
						   .words = u->words.rows,
						   .frames = u->frames.rows};
	}
}

int origin_changes(const char *path, const struct corpus *c, const struct settings *s,
		   struct str *out, struct err *e)
{
	struct entries then = {0}, now = {0};
	struct str found = {0};
	struct table t;
	int failed;

	if (table_read(&t, path, e))
		return -1;
	failed = read_then(&then, &t, e);
	if (!failed) {
		take_now(&now, c, s);
		compare(&then, &now, c, &found);
		str_add(out, str_text(&found));
		str_free(&found);
	}
	free(then.at);
	free(now.at);
	table_free(&t);
	return failed;
}
