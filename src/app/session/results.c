/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/results.h"

#include "app/config/option.h"
#include "app/session/rows.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/data/split.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The figures, as files and people call them. */
static const struct figure {
	const char *key, *title;
	size_t at;
} figure_table[] = {
	{"test_wa", "WA", offsetof(struct figures, wa)},
	{"test_ua", "UA", offsetof(struct figures, ua)},
	{"test_wf1", "WF1", offsetof(struct figures, wf1)},
	{"test_macro_f1", "macro F1", offsetof(struct figures, macro_f1)},
};
enum { FIGURES = sizeof figure_table / sizeof figure_table[0] };

static double get(const struct figures *f, int i)
{
	return *(const double *)((const char *)f + figure_table[i].at);
}

static void put(struct figures *f, int i, double x)
{
	*(double *)((char *)f + figure_table[i].at) = x;
}

/* "Linux 6.1.0 x86_64, AMD EPYC 7763, 64 cores"; the model where it is told. */
static void describe_machine(char *out, size_t n)
{
	char line[256], model[128] = "";
	struct utsname u;
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && !model[0] && fgets(line, sizeof line, f)) {
		const char *text = line + strcspn(line, ":");

		text += strspn(text, ": \t");
		if (strncmp(line, "model name", 10) == 0)
			snprintf(model, sizeof model, ", %.*s", (int)strcspn(text, "\n"), text);
	}
	if (f)
		fclose(f);
	uname(&u);
	snprintf(out, n, "%.40s %.60s %.20s%s, %ld cores", u.sysname, u.release, u.machine, model,
		 sysconf(_SC_NPROCESSORS_ONLN));
}

void results_init(struct results *r, const struct settings *s)
{
	const char *protocol = option_find("exp.protocol")->choices[s->exp.protocol];

	*r = (struct results){.optimistic = protocol_optimistic(s), .seed = s->exp.seed};
	snprintf(r->protocol, sizeof r->protocol, "%s", protocol);
	snprintf(r->version, sizeof r->version, "%s", MIUST_VERSION);
	describe_machine(r->machine, sizeof r->machine);
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
	confusion_init(&r->pooled_confusion, r->fold[0].confusion.classes);
	for (int i = 0; i < r->n; i++)
		confusion_add(&r->pooled_confusion, &r->fold[i].confusion);
	r->pooled = confusion_figures(&r->pooled_confusion);
	for (int k = 0; k < FIGURES; k++) {
		double x[LISTS_MAX], mean, sd;

		for (int i = 0; i < r->n; i++)
			x[i] = get(&r->fold[i].test, k);
		mean_sd(x, r->n, &mean, &sd);
		put(&r->mean, k, mean);
		put(&r->sd, k, sd);
	}
}

void results_add(struct results *r, const struct fold_row *f)
{
	int at = 0;

	while (at < r->n && r->fold[at].fold < f->fold)
		at++;
	if (at == r->n || r->fold[at].fold != f->fold) {
		BUG_ON(r->n == LISTS_MAX);
		memmove(&r->fold[at + 1], &r->fold[at], (size_t)(r->n - at) * sizeof r->fold[0]);
		r->n++;
	}
	r->fold[at] = *f;
	r->fold[at].test = confusion_figures(&f->confusion);
	sum_up(r);
}

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
		put_new(to, figure_table[i].key, number(get(f, i)), bad);
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

int results_write(const struct results *r, const char *path, struct err *e)
{
	json_t *root = json_object(), *folds = json_array(), *pooled;
	struct atomic_file a;
	bool bad = false;
	int failed;

	for (int i = 0; i < r->n; i++)
		append_new(folds, fold_object(&r->fold[i], &bad), &bad);
	pooled = figures_object(&r->pooled, &bad);
	put_new(pooled, "confusion", matrix(&r->pooled_confusion, &bad), &bad);
	put_new(root, "folds", folds, &bad);
	put_new(root, "mean", figures_object(&r->mean, &bad), &bad);
	put_new(root, "std", figures_object(&r->sd, &bad), &bad);
	put_new(root, "pooled", pooled, &bad);
	put_new(root, "protocol", json_string(r->protocol), &bad);
	put_new(root, "optimistic", json_boolean(r->optimistic), &bad);
	put_new(root, "seed", json_integer(r->seed), &bad);
	put_new(root, "version", json_string(r->version), &bad);
	put_new(root, "machine", json_string(r->machine), &bad);
	failed = bad ? err_at(e, path, 0, 0, "cannot be written: a text in it is not UTF-8")
		     : atomic_open(&a, path, e);
	if (!failed && json_dumpf(root, a.f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0) {
		fputc('\n', a.f);
		failed = atomic_commit(&a, e);
	} else if (!failed) {
		failed = err_errno(e, path, "cannot write");
		atomic_abort(&a);
	}
	json_decref(root);
	return failed;
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

	if (need_integer(o, "fold", 0, LISTS_MAX, &fold, path, e) ||
	    need_integer(o, "best_epoch", 1, EPOCH_MAX, &epoch, path, e) ||
	    need_matrix(json_object_get(o, "confusion"), &f.confusion, path, e))
		return -1;
	f.fold = (int)fold;
	f.best_epoch = (int)epoch;
	if (results_has(r, f.fold))
		return err_at(e, path, 0, 0, "fold %d appears twice", f.fold);
	if (r->n == LISTS_MAX)
		return err_at(e, path, 0, 0, "more than %d folds", LISTS_MAX);
	if (r->n && f.confusion.classes != r->fold[0].confusion.classes)
		return err_at(e, path, 0, 0, "the folds differ in their number of classes");
	results_add(r, &f);
	return 0;
}

int results_read(struct results *r, const char *path, struct err *e)
{
	json_error_t je;
	json_t *root, *folds, *fold;
	size_t len, i;
	char *text = file_read(path, FILE_RESULTS, &len, e);
	int failed = -1;

	*r = (struct results){0};
	if (!text)
		return -1;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	free(text);
	if (!root)
		return err_at(e, path, je.line, je.column, "%s", je.text);
	folds = json_object_get(root, "folds");
	if (!json_is_array(folds)) {
		err_at(e, path, 0, 0, "folds: a list expected");
		goto out;
	}
	json_array_foreach(folds, i, fold)
		if (read_fold(r, fold, path, e))
			goto out;
	r->optimistic = json_is_true(json_object_get(root, "optimistic"));
	if (need_text(root, "protocol", r->protocol, sizeof r->protocol, path, e) ||
	    need_integer(root, "seed", INT64_MIN, INT64_MAX, &r->seed, path, e) ||
	    need_text(root, "version", r->version, sizeof r->version, path, e) ||
	    need_text(root, "machine", r->machine, sizeof r->machine, path, e))
		goto out;
	failed = 0;
out:
	json_decref(root);
	return failed;
}

int fold_check(const struct settings *s, int fold, const char *path, long line, struct err *e)
{
	bool lists = s->layout == LAYOUT_LISTS;

	if (lists ? fold == 0 : fold >= 1 && fold <= LISTS_MAX)
		return 0;
	return err_at(e, path, line, 0, "fold %d; this session has %s", fold,
		      lists ? "fold 0 only" : "folds 1 to 5");
}

int results_fit(const struct results *r, const struct settings *s, const char *path, struct err *e)
{
	for (int i = 0; i < r->n; i++)
		if (fold_check(s, r->fold[i].fold, path, 0, e))
			return -1;
	if (r->n && r->pooled_confusion.classes != s->model.num_classes)
		return err_at(
			e, path, 0, 0,
			"the confusion matrix has %d classes; the session's config.yml has %d",
			r->pooled_confusion.classes, s->model.num_classes);
	return 0;
}

/*
 * The table
 */

enum { NAME = 16, FIGURE = 16, WIDTH = 80 };

/* One row: a name, and "0.6154" or "0.6154 ± 0.0321" for each figure. */
static void print_row(FILE *f, const char *name, const struct figures *x, const struct figures *sd)
{
	str_cell(f, -NAME, name);
	for (int i = 0; i < FIGURES; i++) {
		struct str cell = {0};

		if (isnan(get(x, i)))
			str_add(&cell, "–");
		else
			str_addf(&cell, "%.4f", get(x, i));
		if (sd && !isnan(get(sd, i)))
			str_addf(&cell, " ± %.4f", get(sd, i));
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
