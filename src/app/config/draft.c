/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/draft.h"

#include "app/config/setting.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void draft_free(struct draft *d)
{
	for (int i = 0; i < d->n; i++)
		free(d->row[i].value);
	free(d->row);
	*d = (struct draft){0};
}

static struct draft_row *find(const struct draft *d, const struct option *o)
{
	for (int i = 0; i < d->n; i++)
		if (d->row[i].o == o)
			return &d->row[i];
	return NULL;
}

const char *draft_value(const struct draft *d, const struct option *o)
{
	const struct draft_row *row = find(d, o);

	return row ? row->value : NULL;
}

bool draft_take_back(struct draft *d, const struct option *o)
{
	struct draft_row *row = find(d, o);

	if (!row)
		return false;
	free(row->value);
	d->n--;
	memmove(row, row + 1, (size_t)(&d->row[d->n] - row) * sizeof *row);
	return true;
}

/* In its place in the table, or over the row of the same setting. */
static void keep(struct draft *d, const struct option *o, const char *value)
{
	struct draft_row *row = find(d, o);
	int at = 0;

	if (row) {
		free(row->value);
		row->value = mem_dup(value);
		return;
	}
	while (at < d->n && d->row[at].o < o)
		at++;
	d->row = mem_grow(d->row, (size_t)d->n + 1, sizeof *d->row);
	memmove(&d->row[at + 1], &d->row[at], (size_t)(d->n - at) * sizeof *d->row);
	d->row[at] = (struct draft_row){.o = o, .value = mem_dup(value)};
	d->n++;
}

/* What `next` has, in the draft if it differs from base. */
static void take(struct draft *d, const struct settings *base, const struct settings *next,
		 const struct option *o)
{
	char value[OPTION_TEXT];

	if (option_equal(base, next, o))
		draft_take_back(d, o);
	else
		keep(d, o, option_text(next, o, value, sizeof value));
}

/* The key may be its short name. */
static int change(struct draft *d, const struct settings *base, const char *key, const char *value,
		  struct err *e)
{
	const struct option *o = option_find_short(key);
	struct settings next;

	if (!o)
		return option_unknown(key, e);
	if (o->no_effect)
		return err_set(e, "%s: it has no effect, in the next run too", o->key);
	if (!value)
		return err_set(e, "%s: expected its value in the next run, or a factor such as x2",
			       o->key);
	draft_values(d, base, &next);
	if (option_change(&next, o, value, ".", e))
		return -1;
	take(d, base, &next, o);
	return 0;
}

int draft_set(struct draft *d, const struct settings *base, const char *key, const char *value,
	      struct err *e)
{
	if (value && strcmp(value, "\"\"") == 0)
		return change(d, base, key, "", e);
	return change(d, base, key, value && *value ? value : NULL, e);
}

int draft_assign(struct draft *d, const struct settings *base, const char *assignment,
		 struct err *e)
{
	struct setting x;

	setting_of_assignment(&x, assignment);
	if (!strchr(assignment, '='))
		return err_set(e, "expected KEY=VALUE; found '%.80s'", assignment);
	return change(d, base, x.key, x.value, e);
}

int draft_live(struct draft *d, const struct settings *base, const struct settings *now)
{
	int n = 0;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (o->when == WHEN_RUN || option_equal(base, now, o))
			continue;
		take(d, base, now, o);
		n++;
	}
	return n;
}

void draft_values(const struct draft *d, const struct settings *base, struct settings *out)
{
	struct err e = {0};

	*out = *base;
	for (int i = 0; i < d->n; i++)
		if (option_set(out, d->row[i].o, d->row[i].value, ".", &e))
			BUG("the draft holds %s: %s", d->row[i].value, e.text);
}

int draft_apply(const struct draft *d, const struct settings *base, struct settings *next,
		struct err *e)
{
	struct settings s;

	draft_values(d, base, &s);
	if (options_resolve(&s, e))
		return -1;
	*next = s;
	return 0;
}

/* ---- of several runs ---- */

struct drafts {
	struct named_draft {
		char *dir;
		struct draft draft;
	} * at;
	int n;
};

struct draft *drafts_of(struct drafts **all, const char *dir, bool make)
{
	struct drafts *d = *all;

	for (int i = 0; d && i < d->n; i++)
		if (strcmp(d->at[i].dir, dir) == 0)
			return &d->at[i].draft;
	if (!make)
		return NULL;
	if (!d)
		d = *all = mem_alloc(1, sizeof *d);
	d->at = mem_grow(d->at, (size_t)d->n + 1, sizeof *d->at);
	d->at[d->n++] = (struct named_draft){.dir = mem_dup(dir)};
	return &d->at[d->n - 1].draft;
}

void drafts_free(struct drafts *all)
{
	for (int i = 0; all && i < all->n; i++) {
		free(all->at[i].dir);
		draft_free(&all->at[i].draft);
	}
	if (all)
		free(all->at);
	free(all);
}
