/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/compare.h"

#include "app/config/setting.h"
#include "app/session/rows.h"
#include "app/session/session_branch.h"
#include "app/session/session_data.h"
#include "app/session/session_rows.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80 };
static const char MISSING[] = "–";

struct side {
	int number; /* from 1, as it was asked for */
	const char *dir;
	struct settings set;
	struct results results; /* n = 0: none yet */
	char data[ROSTER_HASH]; /* hash of its data.csv; "" if not known */
	int folds;              /* there are of it */
	struct changes changes; /* while it trained */
};

/* Figures do not need the log of changes: why it cannot be read goes to said. */
static int side_read(struct side *x, const char *dir, struct str *said, struct err *e)
{
	struct origin o = {0};
	struct err why = {0};
	struct session s;

	x->dir = dir;
	if (session_read(&s, dir, &x->set, e) || session_results(&s, &x->set, &x->results, e) ||
	    session_origin(&s, &x->set, &o, e))
		return -1;
	memcpy(x->data, o.hash, sizeof x->data);
	origin_free(&o);
	if (session_in_force(&s, &x->set, &x->changes, &why)) {
		changes_free(&x->changes);
		str_addf(said, "    changes cannot be read: %s\n", why.text);
	}
	x->folds = session_folds(&s, &x->set);
	return 0;
}

/*
 * Figures
 */

/* "0.6154", "0.6154 ± 0.0321" or "–", right-aligned. */
static void figure_cell(FILE *out, int width, bool there, double x, double sd)
{
	struct str b = {0};

	if (!there || isnan(x))
		str_add(&b, MISSING);
	else
		str_addf(&b, "%.4f", x);
	if (there && !isnan(sd))
		str_addf(&b, " ± %.4f", sd);
	str_cell(out, width, b.s);
	str_free(&b);
}

static void print_means(const struct side *x, int n, FILE *out)
{
	fprintf(out, "    %-10s%8s%6s%16s%16s%16s\n", "protocol", "seed", "folds", "WA", "UA",
		"WF1");
	for (int i = 0; i < n; i++) {
		const struct results *r = &x[i].results;
		const struct figures *m = &r->mean, *sd = &r->sd;
		char protocol[32], folds[32];

		snprintf(protocol, sizeof protocol, "%s%s", r->protocol, r->optimistic ? "*" : "");
		snprintf(folds, sizeof folds, "%d/%d", r->n, x[i].folds);
		fprintf(out, "%2d  %-10s%8lld%6s", x[i].number, protocol, (long long)r->seed,
			folds);
		figure_cell(out, 16, r->n, m->wa, sd->wa);
		figure_cell(out, 16, r->n, m->ua, sd->ua);
		figure_cell(out, 16, r->n, m->wf1, sd->wf1);
		fputc('\n', out);
	}
}

static void print_pooled(const struct side *x, int n, FILE *out)
{
	fprintf(out, "\nPooled over the folds\n\n    %12s%12s%12s%12s%12s\n", "utterances", "WA",
		"UA", "WF1", "macro F1");
	for (int i = 0; i < n; i++) {
		const struct results *r = &x[i].results;
		const struct figures *p = &r->pooled;

		fprintf(out, "%2d  %12lld", x[i].number,
			(long long)confusion_total(&r->pooled_confusion));
		figure_cell(out, 12, r->n, p->wa, NAN);
		figure_cell(out, 12, r->n, p->ua, NAN);
		figure_cell(out, 12, r->n, p->wf1, NAN);
		figure_cell(out, 12, r->n, p->macro_f1, NAN);
		fputc('\n', out);
	}
}

static void print_note(const struct side *x, int n, FILE *out)
{
	for (int i = 0; i < n; i++)
		if (x[i].results.optimistic) {
			fprintf(out,
				"\n* optimistic: the checkpoint was picked on the session it is "
				"tested on\n");
			return;
		}
}

/*
 * Settings
 */

static const char *value(const struct side *x, const struct option *o, char *out, size_t n)
{
	option_text(&x->set, o, out, n);
	return out[0] ? out : MISSING;
}

static bool all_equal(const struct side *x, int n, const struct option *o)
{
	for (int i = 1; i < n; i++)
		if (!option_equal(&x[0].set, &x[i].set, o))
			return false;
	return true;
}

/* "KEY  1: VALUE  2: VALUE", or a line for each value where that is too long. */
static void print_option(const struct side *x, int n, const struct option *o, FILE *out)
{
	char text[OPTION_TEXT];
	struct str line = {0};

	for (int i = 0; i < n; i++)
		str_addf(&line, "  %d: %s", x[i].number, value(&x[i], o, text, sizeof text));
	if (30 + str_columns(line.s) <= WIDTH) {
		fprintf(out, "    %-26s%s\n", o->key, line.s);
	} else {
		fprintf(out, "    %s\n", o->key);
		for (int i = 0; i < n; i++)
			fprintf(out, "      %d: %s\n", x[i].number,
				value(&x[i], o, text, sizeof text));
	}
	str_free(&line);
}

/* "KEY  2: VALUE from epoch 13 of fold 3", for each live change; how many there are. */
static int print_changes(const struct side *x, int n, FILE *out)
{
	struct setting to;
	int found = 0;

	for (int i = 0; i < n; i++)
		for (int k = 0; k < x[i].changes.n; k++) {
			const struct change *c = &x[i].changes.at[k];

			if (!setting_of_command(&to, c->command) || !to.value ||
			    changes_taken_over(&x[i].changes, k))
				continue;
			if (!found++ && out)
				fprintf(out, "\nChanged while they trained\n\n");
			if (out)
				fprintf(out, "    %-26s  %d: %s from epoch %d of fold %d\n", to.key,
					x[i].number, to.value, c->epoch, c->fold);
		}
	return found;
}

/* The first two that differ, if any do. */
static bool find_two(const struct side *x, int n,
		     bool (*differ)(const struct side *, const struct side *),
		     const struct side *two[2])
{
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++)
			if (differ(&x[i], &x[k])) {
				two[0] = &x[i];
				two[1] = &x[k];
				return true;
			}
	return false;
}

/* Sessions of version 0.1 do not know their data. */
static bool other_rows(const struct side *a, const struct side *b)
{
	return a->data[0] && b->data[0] && strcmp(a->data, b->data) != 0;
}

static bool other_features(const struct side *a, const struct side *b)
{
	const char *of = a->set.exp.features, *other = b->set.exp.features;

	return *of && *other && strcmp(of, other) != 0;
}

/* Figures on other utterances are not comparable, and on other features something else
 * than the settings is compared. */
static void print_data(const struct side *x, int n, FILE *out)
{
	const struct side *two[2];

	if (find_two(x, n, other_rows, two))
		fprintf(out, "\n%d and %d were trained on different data.\n", two[0]->number,
			two[1]->number);
	if (find_two(x, n, other_features, two))
		fprintf(out,
			"\n%d and %d were trained on different features, as exp.features says:\n"
			"    %d: %s\n    %d: %s\n",
			two[0]->number, two[1]->number, two[0]->number, two[0]->set.exp.features,
			two[1]->number, two[1]->set.exp.features);
}

static void print_settings(const struct side *x, int n, FILE *out)
{
	int differ = 0;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (all_equal(x, n, o))
			continue;
		if (!differ++)
			fprintf(out, "\nSettings that differ\n\n");
		print_option(x, n, o, out);
	}
	if (!differ && n > 1)
		fprintf(out, print_changes(x, n, NULL) ? "\nAll settings began the same.\n"
						       : "\nAll settings are the same.\n");
	print_changes(x, n, out);
}

/*
 * Branches
 */

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool same_step(const struct step_row *a, const struct step_row *b)
{
	bool same = a->epoch == b->epoch && a->step == b->step && same_number(a->loss, b->loss) &&
		    same_number(a->lr, b->lr) && same_number(a->grad_norm, b->grad_norm);

	for (int i = 0; i < TERMS; i++)
		same = same && same_number(a->term[i], b->term[i]);
	return same;
}

static int read_fold(const struct side *x, int fold, struct step_row **row)
{
	struct rows_place start = {0};
	struct err ignored = {0}; /* then nothing is said of it */
	struct settings set;
	struct session s;
	bool again;
	int n = 0;

	*row = NULL;
	if (session_read(&s, x->dir, &set, &ignored) ||
	    session_fold_steps(&s, fold, &start, &again, row, &n, &ignored))
		return 0;
	return n;
}

/* Where a branch and another run that has the same steps before part, by their rows. */
static bool print_pair(const struct side *a, const struct side *b, int fold, bool first_pair,
		       FILE *out)
{
	struct step_row *x, *y;
	int n = read_fold(a, fold, &x), m = read_fold(b, fold, &y), same = 0, first;

	while (same < n && same < m && same_step(&x[same], &y[same]))
		same++;
	first = same;
	while (first > 0 && x[first - 1].epoch == x[same - 1].epoch)
		first--;
	if (same > 0)
		fprintf(out, "%s%d and %d are the same up to epoch %d, step %d of fold %d%s.\n",
			first_pair ? "\n" : "", a->number, b->number, x[same - 1].epoch,
			same - first, fold,
			same < n && same < m ? ", where they part"
			: n == m             ? ", where both are now"
					     : ", where one of them is now");
	free(x);
	free(y);
	return same > 0;
}

/* Pairs of which one is a branch. */
static void print_parting(const struct side *x, int n, FILE *out)
{
	bool any = false;

	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++) {
			struct err ignored = {0};
			struct branch_point p, q;
			bool a, b;

			if (session_branch_point(x[i].dir, &p, &a, &ignored) ||
			    session_branch_point(x[k].dir, &q, &b, &ignored) || (!a && !b))
				continue;
			any |= print_pair(&x[i], &x[k], a ? p.fold : q.fold, !any, out);
		}
}

int compare_print(const char *const *dirs, int n, FILE *out, struct err *e)
{
	struct side *x = mem_alloc((size_t)n, sizeof *x);
	struct str list = {0};
	int readable = 0;

	for (int i = 0; i < n; i++) {
		struct side *side = &x[readable];
		struct err why = {0};

		*side = (struct side){.number = i + 1};
		str_addf(&list, "%2d  %s\n", i + 1, dirs[i]);
		if (side_read(side, dirs[i], &list, &why) == 0) {
			readable++;
		} else {
			str_addf(&list, "    cannot be read: %s\n", why.text);
			err_set(e, "%s", why.text);
		}
	}
	if (readable) {
		fprintf(out, "%s\n", list.s);
		print_means(x, readable, out);
		print_pooled(x, readable, out);
		print_note(x, readable, out);
		print_data(x, readable, out);
		print_settings(x, readable, out);
		print_parting(x, readable, out);
	}
	for (int i = 0; i < readable; i++) {
		results_free(&x[i].results);
		changes_free(&x[i].changes);
	}
	str_free(&list);
	free(x);
	return readable < n ? -1 : 0;
}
