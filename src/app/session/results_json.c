/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/results_private.h"

#include "app/session/rows.h"
#include "base/file.h"
#include "base/str.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * results.json
 */

/* With the program's own allocation (json.h) jansson refuses only text that is
 * not UTF-8; NULL has been refused before. */
static void put_new(json_t *to, const char *key, json_t *value, bool *bad)
{
	if (json_object_set_new(to, key, value))
		*bad = true;
}

static void append_new(json_t *to, json_t *value, bool *bad)
{
	if (json_array_append_new(to, value))
		*bad = true;
}

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static void set_figures(json_t *to, const struct figures *f, bool *bad)
{
	for (int i = 0; i < FIGURES; i++)
		put_new(to, figure_table[i].key, number(figure_get(f, i)), bad);
}

static json_t *figures_object(const struct figures *f, bool *bad)
{
	json_t *o = json_object();

	set_figures(o, f, bad);
	return o;
}

static json_t *matrix(const struct confusion *m, bool *bad)
{
	json_t *rows = json_array();

	for (int t = 0; t < m->classes; t++) {
		json_t *row = json_array();

		for (int p = 0; p < m->classes; p++)
			append_new(row, json_integer(m->count[t][p]), bad);
		append_new(rows, row, bad);
	}
	return rows;
}

static json_t *fold_object(const struct fold_row *f, bool *bad)
{
	json_t *o = json_object();

	put_new(o, "fold", json_integer(f->fold), bad);
	put_new(o, "best_epoch", json_integer(f->best_epoch), bad);
	set_figures(o, &f->test, bad);
	put_new(o, "confusion", matrix(&f->confusion, bad), bad);
	return o;
}

/* What all folds share, and who wrote it. */
static void set_head(json_t *to, const struct results *r, bool *bad)
{
	put_new(to, "protocol", json_string(r->protocol), bad);
	put_new(to, "optimistic", json_boolean(r->optimistic), bad);
	put_new(to, "seed", json_integer(r->seed), bad);
	put_new(to, "version", json_string(r->version), bad);
	put_new(to, "machine", json_string(r->machine), bad);
}

/* Takes the object over. */
static int store(json_t *root, bool bad, const char *path, struct err *e)
{
	char *text = bad ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	struct str b = {0};
	int failed;

	json_decref(root);
	if (!text)
		return err_at(e, path, 0, 0, "cannot be written: a text in it is not UTF-8");
	str_addf(&b, "%s\n", text);
	free(text);
	failed = file_make_hold(path, b.s, b.len, e);
	str_free(&b);
	return failed;
}

int results_write(const struct results *r, const char *path, struct err *e)
{
	json_t *root = json_object(), *folds = json_array(), *pooled;
	bool bad = false;

	for (int i = 0; i < r->n; i++)
		append_new(folds, fold_object(&r->fold[i], &bad), &bad);
	pooled = figures_object(&r->pooled, &bad);
	put_new(pooled, "confusion", matrix(&r->pooled_confusion, &bad), &bad);
	put_new(root, "folds", folds, &bad);
	put_new(root, "mean", figures_object(&r->mean, &bad), &bad);
	put_new(root, "std", figures_object(&r->sd, &bad), &bad);
	put_new(root, "pooled", pooled, &bad);
	set_head(root, r, &bad);
	return store(root, bad, path, e);
}

int result_write(const struct results *r, int fold, const char *path, struct err *e)
{
	json_t *root = NULL;
	bool bad = false;

	for (int i = 0; i < r->n && !root; i++)
		if (r->fold[i].fold == fold)
			root = fold_object(&r->fold[i], &bad);
	BUG_ON(!root);
	set_head(root, r, &bad);
	return store(root, bad, path, e);
}

/* The integer KEY of an object, from min to max. */
static int need_integer(const json_t *o, const char *key, int64_t min, int64_t max, int64_t *out,
			const char *path, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	*out = json_integer_value(v);
	if (!json_is_integer(v) || *out < min || *out > max)
		return err_at(e, path, 0, 0, "%s: an integer from %lld to %lld expected", key,
			      (long long)min, (long long)max);
	return 0;
}

static int need_text(const json_t *o, const char *key, char *out, size_t n, const char *path,
		     struct err *e)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (!text)
		return err_at(e, path, 0, 0, "%s: a text expected", key);
	snprintf(out, n, "%s", text);
	return 0;
}

static int need_matrix(const json_t *rows, struct confusion *m, const char *path, struct err *e)
{
	size_t n = json_array_size(rows), t, p;
	json_t *row, *cell;

	if (n == 0 || n > LABELS_MAX)
		return err_at(e, path, 0, 0, "confusion: 1 to %d rows expected", LABELS_MAX);
	confusion_init(m, (int)n);
	json_array_foreach(rows, t, row) {
		if (json_array_size(row) != n)
			return err_at(e, path, 0, 0, "confusion: %zu integers in each row expected",
				      n);
		json_array_foreach(row, p, cell) {
			m->count[t][p] = json_integer_value(cell);
			if (!json_is_integer(cell) || m->count[t][p] < 0 ||
			    m->count[t][p] > INT32_MAX)
				return err_at(e, path, 0, 0, "confusion: counts expected");
		}
	}
	return 0;
}

static int read_fold(struct results *r, const json_t *o, const char *path, struct err *e)
{
	struct fold_row f = {0};
	int64_t fold, epoch;

	if (need_integer(o, "fold", 0, FOLD_MAX, &fold, path, e) ||
	    need_integer(o, "best_epoch", 1, EPOCH_MAX, &epoch, path, e) ||
	    need_matrix(json_object_get(o, "confusion"), &f.confusion, path, e))
		return -1;
	f.fold = (int)fold;
	f.best_epoch = (int)epoch;
	if (results_has(r, f.fold))
		return err_at(e, path, 0, 0, "fold %d appears twice", f.fold);
	if (r->n && f.confusion.classes != r->fold[0].confusion.classes)
		return err_at(e, path, 0, 0, "the folds differ in their number of classes");
	results_add(r, &f);
	return 0;
}

static json_t *load(const char *path, struct err *e)
{
	json_error_t je;
	size_t len;
	char *text = file_read(path, FILE_RESULTS, &len, e);
	json_t *root = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, &je) : NULL;

	if (text && !root)
		err_at(e, path, je.line, je.column, "%s", je.text);
	free(text);
	return root;
}

static int read_head(struct results *r, const json_t *root, const char *path, struct err *e)
{
	r->optimistic = json_is_true(json_object_get(root, "optimistic"));
	return need_text(root, "protocol", r->protocol, sizeof r->protocol, path, e) ||
			       need_integer(root, "seed", INT64_MIN, INT64_MAX, &r->seed, path,
					    e) ||
			       need_text(root, "version", r->version, sizeof r->version, path, e) ||
			       need_text(root, "machine", r->machine, sizeof r->machine, path, e)
		       ? -1
		       : 0;
}

int results_read(struct results *r, const char *path, struct err *e)
{
	json_t *root = load(path, e), *folds = json_object_get(root, "folds"), *fold;
	int failed = root ? 0 : -1;
	size_t i;

	*r = (struct results){0};
	if (root && !json_is_array(folds))
		failed = err_at(e, path, 0, 0, "folds: a list expected");
	json_array_foreach(folds, i, fold) {
		if (!failed)
			failed = read_fold(r, fold, path, e);
	}
	failed = failed || read_head(r, root, path, e) ? -1 : 0;
	json_decref(root);
	if (failed)
		results_free(r);
	return failed;
}

int result_read(struct results *r, int fold, const char *path, struct err *e)
{
	json_t *root = load(path, e);
	int64_t its = json_integer_value(json_object_get(root, "fold"));
	int failed = root ? 0 : -1;

	if (!failed)
		failed = read_fold(r, root, path, e) || read_head(r, root, path, e);
	if (!failed && its != fold)
		failed = err_at(e, path, 0, 0, "is of fold %lld, not %d", (long long)its, fold);
	json_decref(root);
	return failed ? -1 : 0;
}
