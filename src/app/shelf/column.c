/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/column.h"

#include "app/config/option.h"
#include "app/config/scalar.h"
#include "app/study/num.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The columns
 */

static struct expr_value number(double x)
{
	return (struct expr_value){.number = x};
}

static struct expr_value text(const char *s)
{
	return (struct expr_value){.number = NAN, .text = s};
}

static struct expr_value get_name(const struct shelf_run *r)
{
	return text(r->path);
}

static struct expr_value get_study(const struct shelf_run *r)
{
	return text(r->study);
}

static struct expr_value get_branch(const struct shelf_run *r)
{
	return text(r->branch ? strrchr(r->dir, '/') + 1 : "");
}

static struct expr_value get_state(const struct shelf_run *r)
{
	return text(shelf_words[r->state].word);
}

static struct expr_value get_progress(const struct shelf_run *r)
{
	const struct summary *x = &r->x;
	double fold = x->fold >= 0 && x->epochs > 0 ? (double)x->epoch / x->epochs : 0;

	if (x->folds <= 0)
		return number(NAN);
	return number((x->done + (x->done < x->folds ? fmin(fold, 1) : 0)) / x->folds);
}

static struct expr_value get_wa(const struct shelf_run *r)
{
	return number(r->x.mean.wa);
}

static struct expr_value get_ua(const struct shelf_run *r)
{
	return number(r->x.mean.ua);
}

static struct expr_value get_wf1(const struct shelf_run *r)
{
	return number(r->x.mean.wf1);
}

static struct expr_value get_macro_f1(const struct shelf_run *r)
{
	return number(r->x.mean.macro_f1);
}

static struct expr_value get_best(const struct shelf_run *r)
{
	return number(r->x.best);
}

static struct expr_value get_begun(const struct shelf_run *r)
{
	return text(r->begun);
}

static struct expr_value get_duration(const struct shelf_run *r)
{
	return number(r->x.seconds);
}

static struct expr_value get_disk(const struct shelf_run *r)
{
	return number((double)r->bytes);
}

static struct expr_value get_note(const struct shelf_run *r)
{
	return (struct expr_value){.number = NAN, .text = r->x.note, .lines = true};
}

static struct expr_value get_tag(const struct shelf_run *r)
{
	return (struct expr_value){.number = NAN, .text = r->x.tags, .lines = true};
}

static struct expr_value get_archived(const struct shelf_run *r)
{
	return text(r->archived ? "yes" : "no");
}

static struct expr_value get_pruned(const struct shelf_run *r)
{
	return text(r->x.pruned ? "yes" : "no");
}

const struct shelf_column shelf_columns[] = {
	{"name", "path below the folder of sessions", false, get_name},
	{"state", "finished, stopped, trains, …", false, get_state},
	{"wf1", "test WF1, mean of the finished folds", true, get_wf1},
	{"wa", "test WA", true, get_wa},
	{"ua", "test UA", true, get_ua},
	{"macro_f1", "test macro F1", true, get_macro_f1},
	{"best", "validation figure of the kept epoch, by train.select", true, get_best},
	{"progress", "share that is trained, 0 to 1", true, get_progress},
	{"begun", "when, as \"2026-01-04 12:00\"", true, get_begun},
	{"duration", "of training, seconds", true, get_duration},
	{"disk", "bytes of its files", true, get_disk},
	{"note", "what was noted", false, get_note},
	{"tag", "any of its tags", false, get_tag},
	{"study", "the study it belongs to", false, get_study},
	{"branch", "the branch's name", false, get_branch},
	{"archived", "yes or no", false, get_archived},
	{"pruned", "yes or no", false, get_pruned},
	{NULL, NULL, false, NULL},
};
enum { COLUMNS = sizeof shelf_columns / sizeof *shelf_columns - 1 };

/*
 * Names
 */

static bool is_column(const char *name)
{
	for (int i = 0; i < COLUMNS; i++)
		if (strcmp(shelf_columns[i].name, name) == 0)
			return true;
	return false;
}

/* Is it the end of a key, after a point? */
static bool ends_key(const char *key, const char *end)
{
	size_t n = strlen(key), m = strlen(end);

	return n > m && key[n - m - 1] == '.' && strcmp(key + n - m, end) == 0;
}

/* Of the end of a key; -1: several keys or a column have it. */
static bool is_alone(const char *end)
{
	int keys = 0;

	for (int i = 0; i < option_count; i++)
		keys += ends_key(option_table[i].key, end);
	return keys == 1 && !is_column(end) && !option_find(end);
}

const char *column_name_at(int i, struct shelf_key *k)
{
	if (i < COLUMNS) {
		*k = (struct shelf_key){&shelf_columns[i], -1};
		return shelf_columns[i].name;
	}
	i -= COLUMNS;
	for (int o = 0; o < option_count; o++) {
		*k = (struct shelf_key){NULL, o};
		if (i-- == 0)
			return option_table[o].key;
	}
	for (int o = 0; o < option_count; o++) {
		const char *end = option_table[o].key;

		*k = (struct shelf_key){NULL, o};
		while ((end = strchr(end, '.')))
			if (is_alone(++end) && i-- == 0)
				return end;
	}
	return NULL;
}

int column_find(struct shelf_key *k, const char *name, struct err *e)
{
	struct near near = near_to(name);
	const char *known;

	for (int i = 0; (known = column_name_at(i, k)); i++) {
		if (strcmp(known, name) == 0)
			return 0;
		near_try(&near, known);
	}
	if (near.best)
		return err_usage(e, "no column or setting '%.60s'; did you mean %s?", name,
				 near.best);
	return err_usage(e,
			 "no column or setting '%.60s'; try wf1, state, begun, disk or a setting "
			 "such as lr",
			 name);
}

const char *column_name(const struct shelf_key *k)
{
	return k->column ? k->column->name : k->option >= 0 ? option_table[k->option].key : "";
}

bool column_falls(const struct shelf_key *k)
{
	return k->column && k->column->falls;
}

/*
 * Values
 */

/* "8G": with K, M or G. */
static double bytes_of(const char *value)
{
	char *end;
	double x = strtod(value, &end);

	return *end == 'K'   ? x * 1024
	       : *end == 'M' ? x * 1048576
	       : *end == 'G' ? x * 1073741824
			     : x;
}

static struct expr_value setting_value(const struct option *o, const char *value)
{
	double x;

	switch (o->type) {
	case OPT_INT:
	case OPT_INT64:
	case OPT_NUMBER:
		return number(*value && scalar_number(value, &x) == SCALAR_FINE ? x : NAN);
	case OPT_BYTES:
		return number(*value ? bytes_of(value) : NAN);
	default:
		return text(value);
	}
}

struct expr_value column_value(const struct shelf_key *k, const struct shelf_run *r)
{
	if (k->column)
		return k->column->get(r);
	return setting_value(&option_table[k->option], r->x.value[k->option]);
}

/* Lines as one: "a, b". */
static char *joined(const char *lines, char *out, size_t n)
{
	struct str b = {0};

	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		str_addf(&b, "%s%.*s", b.len ? ", " : "", (int)strcspn(lines, "\n"), lines);
	str_fit(out, n, str_text(&b));
	str_free(&b);
	return out;
}

char *column_text(const struct shelf_key *k, const struct shelf_run *r, char *out, size_t n)
{
	struct expr_value v = column_value(k, r);
	char num[NUM_LEN];

	if (v.text)
		return joined(v.text, out, n);
	out[0] = '\0';
	if (!k->column)
		str_fit(out, n, r->x.value[k->option]);
	else if (isnan(v.number))
		return out;
	else if (k->column->get == get_disk)
		str_fit(out, n, num_bytes(num, v.number));
	else if (k->column->get == get_duration)
		str_fit(out, n, num_time(num, v.number));
	else
		str_fit(out, n, num_value(num, v.number));
	return out;
}

static bool unknown(struct expr_value v)
{
	return v.text ? !v.text[0] : isnan(v.number);
}

int column_order(const struct shelf_key *k, bool falls, const struct shelf_run *a,
		 const struct shelf_run *b)
{
	struct expr_value x = column_value(k, a), y = column_value(k, b);
	int order;

	if (unknown(x) || unknown(y))
		return unknown(x) - unknown(y);
	order = x.text && y.text ? strcmp(x.text, y.text)
				 : (x.number > y.number) - (x.number < y.number);
	return falls ? -order : order;
}

/*
 * Filters
 */

struct filter {
	struct expr *x;
	const char **name; /* NULL at the end */
	struct shelf_key *key;
	int n;
};

static void read_names(struct filter *f)
{
	struct shelf_key key;
	const char *name;

	while ((name = column_name_at(f->n, &key))) {
		f->name = mem_grow(f->name, (size_t)f->n + 2, sizeof *f->name);
		f->key = mem_grow(f->key, (size_t)f->n + 1, sizeof *f->key);
		f->name[f->n] = name;
		f->key[f->n] = key;
		f->name[++f->n] = NULL;
	}
}

/* The error of a name that is near to none: all there are, instead of the first. */
static void say_names(const struct err *why, struct err *e)
{
	const char *end = strstr(why->text, "; try ");
	struct str all = {0};

	if (!end) {
		err_usage(e, "%s", why->text);
		return;
	}
	for (int i = 0; i < COLUMNS; i++)
		str_addf(&all, "%s, ", shelf_columns[i].name);
	err_usage(e, "%.*s; names are %sand every setting, such as lr or train.optimizer.lr",
		  (int)(end - why->text), why->text, all.s);
	str_free(&all);
}

struct filter *filter_parse(const char *condition, struct err *e)
{
	struct filter *f = mem_alloc(1, sizeof *f);
	struct err why = {0};

	read_names(f);
	f->x = expr_parse(condition, f->name, &why);
	if (f->x)
		return f;
	say_names(&why, e);
	filter_free(f);
	return NULL;
}

struct asked {
	const struct filter *f;
	const struct shelf_run *r;
};

static struct expr_value value_of(void *ctx, int name)
{
	const struct asked *a = ctx;

	return column_value(&a->f->key[name], a->r);
}

bool filter_true(const struct filter *f, const struct shelf_run *r)
{
	struct asked a = {f, r};

	return expr_true(f->x, value_of, &a);
}

bool filter_archived(const struct filter *f)
{
	for (int i = 0; i < COLUMNS; i++)
		if (shelf_columns[i].get == get_archived)
			return expr_uses(f->x, i);
	return false;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	expr_free(f->x);
	free(f->name);
	free(f->key);
	free(f);
}
