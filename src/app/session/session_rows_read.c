/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_private.h"

#include "app/session/rows.h"
#include "app/session/session_data.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/train/state.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What is being put together, from the folds' files and, in a session of version 0.1,
 * the folder's. */
struct reading {
	const struct session *s;
	const struct settings *set;
	const char *name; /* "steps.csv" */
	const struct columns *c;
	int has; /* folds the data has */
	struct fold_list folds;
	char *row; /* [n] */
	int n;
};

static int fold_at(const struct reading *r, const char *row)
{
	return *(const int *)(row + r->c->at[0].at);
}

static int other_fold(int its, const char *path, long line, int fold, struct err *e)
{
	return err_at(e, path, line, 0, "fold %d in a file of fold %d; remove the line to go on",
		      its, fold);
}

/* Add rows of a file: those of one fold (own: it must have no others), or with
 * `fold` -1 of all folds without a file of their own, whose numbers are noted. */
static int add_rows(struct reading *r, const char *path, int fold, struct err *e)
{
	size_t size = r->c->size;
	void *rows = NULL;
	int n = 0, last = -1, failed = rows_read(r->c, path, &rows, &n, e);
	bool passed = false; /* fold `last` has its own file */

	r->row = mem_grow(r->row, (size_t)r->n + (size_t)n + 1, size);
	for (int i = 0; i < n && !failed; i++) {
		const char *row = (const char *)rows + (size_t)i * size;
		int its = fold_at(r, row);

		failed = fold_check(r->set, r->has, its, path, i + 2, e);
		if (!failed && fold >= 0 && its != fold)
			failed = other_fold(its, path, i + 2, fold, e);
		if (!failed && its != last) {
			passed = fold < 0 && fold_has(r->s->dir, its, r->name);
			if (!passed)
				folds_add(&r->folds, its);
			last = its;
		}
		if (failed || passed)
			continue;
		memcpy(r->row + (size_t)r->n++ * size, row, size);
	}
	free(rows);
	return failed ? -1 : 0;
}

/* Fold after fold, each in its order. */
static void sort_rows(struct reading *r)
{
	size_t size = r->c->size;
	char *sorted = mem_alloc((size_t)r->n, size);
	int to = 0;

	for (int f = 0; f < r->folds.n; f++)
		for (int i = 0; i < r->n; i++)
			if (fold_at(r, r->row + (size_t)i * size) == r->folds.at[f])
				memcpy(sorted + (size_t)to++ * size, r->row + (size_t)i * size,
				       size);
	free(r->row);
	r->row = sorted;
}

static int read_rows(const struct session *s, const struct settings *set, const char *name,
		     const struct columns *c, void **row, int *n, struct err *e)
{
	struct reading r = {.s = s, .set = set, .name = name, .c = c};
	struct fold_list own = {0};
	char path[PATH_LEN];
	int failed = 0;

	r.has = session_folds(s, set);
	folds_read(&own, s->dir);
	if (folder_counts(s->dir, &own))
		failed = path_join(path, sizeof path, s->dir, name, e) || add_rows(&r, path, -1, e);
	for (int i = 0; i < own.n && !failed; i++)
		failed = fold_file(s->dir, own.at[i], name, path, sizeof path, e) ||
			 add_rows(&r, path, own.at[i], e);
	if (!failed)
		sort_rows(&r);
	if (failed || r.n == 0) {
		free(r.row);
		r.row = NULL;
		r.n = 0;
	}
	folds_free(&own);
	folds_free(&r.folds);
	*row = r.row;
	*n = r.n;
	return failed ? -1 : 0;
}

int session_steps(const struct session *s, const struct settings *set, struct step_row **row,
		  int *n, struct err *e)
{
	const struct columns c = rows_of_steps();
	void *rows;
	int failed = read_rows(s, set, SESSION_STEPS, &c, &rows, n, e);

	*row = rows;
	return failed;
}

int session_epochs(const struct session *s, const struct settings *set, struct epoch_row **row,
		   int *n, struct err *e)
{
	const struct columns c = rows_of_epochs();
	void *rows;
	int failed = read_rows(s, set, SESSION_EPOCHS, &c, &rows, n, e);

	*row = rows;
	return failed;
}

static int fold_rows(const struct session *s, int fold, const char *name, const struct columns *c,
		     struct rows_place *at, bool *again, void **row, int *n, struct err *e)
{
	char path[PATH_LEN];
	int failed;

	if (fold_file(s->dir, fold, name, path, sizeof path, e) ||
	    rows_read_on(c, path, at, again, row, n, e))
		return -1;
	for (int i = 0; i < *n; i++) {
		int its = *(const int *)((const char *)*row + (size_t)i * c->size + c->at[0].at);

		if (its == fold)
			continue;
		failed = other_fold(its, path, at->lines - *n + i + 1, fold, e);
		free(*row);
		*row = NULL;
		*n = 0;
		*at = (struct rows_place){0};
		return failed;
	}
	return 0;
}

int session_fold_steps(const struct session *s, int fold, struct rows_place *at, bool *again,
		       struct step_row **row, int *n, struct err *e)
{
	const struct columns c = rows_of_steps();
	void *rows = NULL;
	int failed = fold_rows(s, fold, SESSION_STEPS, &c, at, again, &rows, n, e);

	*row = rows;
	return failed;
}

int session_fold_health(const struct session *s, int fold, struct rows_place *at, bool *again,
			struct health_row **row, int *n, struct err *e)
{
	const struct columns c = rows_of_health();
	void *rows;
	int failed = fold_rows(s, fold, SESSION_HEALTH, &c, at, again, &rows, n, e);

	*row = rows;
	return failed;
}

int session_fold_epochs(const struct session *s, int fold, struct epoch_row **row, int *n,
			struct err *e)
{
	const struct columns c = rows_of_epochs();
	struct rows_place start = {0};
	bool again;
	void *rows;
	int failed = fold_rows(s, fold, SESSION_EPOCHS, &c, &start, &again, &rows, n, e);

	*row = rows;
	return failed;
}

bool session_is_old(const struct session *s)
{
	struct fold_list own = {0};
	bool old;

	folds_read(&own, s->dir);
	old = folder_counts(s->dir, &own);
	folds_free(&own);
	return old;
}

/* Add the changes of a log; as add_rows. */
static int add_changes(const struct session *s, const struct settings *set, const char *path,
		       int fold, struct changes *c, struct err *e)
{
	struct changes read = {0};
	int has = session_folds(s, set);
	int failed = file_exists(path) && changes_read(&read, path, true, e);

	for (int i = 0; i < read.n && !failed; i++) {
		struct change *x = &read.at[i];
		int at = c->n;

		failed = fold_check(set, has, x->fold, path, x->line, e);
		if (!failed && fold >= 0 && x->fold != fold)
			failed = other_fold(x->fold, path, x->line, fold, e);
		if (failed || (fold < 0 && fold_has(s->dir, x->fold, SESSION_COMMANDS)))
			continue;
		while (at > 0 && c->at[at - 1].fold > x->fold)
			at--;
		c->at = mem_grow(c->at, (size_t)c->n + 1, sizeof *c->at);
		memmove(&c->at[at + 1], &c->at[at], (size_t)(c->n - at) * sizeof *c->at);
		c->at[at] = *x;
		c->n++;
		x->command = NULL; /* it has moved */
	}
	changes_free(&read);
	return failed ? -1 : 0;
}

int session_changes(const struct session *s, const struct settings *set, struct changes *c,
		    struct err *e)
{
	struct fold_list own = {0};
	char path[PATH_LEN];
	int failed = 0;

	*c = (struct changes){0};
	folds_read(&own, s->dir);
	if (folder_counts(s->dir, &own))
		failed = path_join(path, sizeof path, s->dir, SESSION_COMMANDS, e) ||
			 add_changes(s, set, path, -1, c, e);
	for (int i = 0; i < own.n && !failed; i++)
		failed = fold_file(s->dir, own.at[i], SESSION_COMMANDS, path, sizeof path, e) ||
			 add_changes(s, set, path, own.at[i], c, e);
	for (int i = 0; i < own.n && !failed; i++)
		if (fold_lacks_begin(s->dir, own.at[i], c)) {
			const struct change begin = change_begin(own.at[i]);

			changes_insert_first(c, &begin);
		}
	folds_free(&own);
	if (failed)
		changes_free(c);
	return failed ? -1 : 0;
}

/* ---- what is in force ---- */

/* Rewinds in the past of a fold: all if it is finished, else those of its state, which is stored
 * with each. */
static int rewinds_of(const struct session *s, int fold)
{
	struct err ignored = {0}; /* said by whoever goes on with it */
	struct state state;
	char path[PATH_LEN];

	if (fold_has(s->dir, fold, SESSION_RESULT))
		return INT_MAX;
	if (fold_file(s->dir, fold, "state.safetensors", path, sizeof path, &ignored) ||
	    !file_exists(path) || state_load_numbers(&state, path, &ignored))
		return 0;
	return state.rewinds;
}

/* Steps an epoch of a fold, by its rows; 0: not known. */
static int each_of(const struct session *s, int fold)
{
	struct rows_place start = {0};
	struct err ignored = {0};
	struct step_row *row;
	int n, each = 0;
	bool again;

	if (session_fold_steps(s, fold, &start, &again, &row, &n, &ignored))
		return 0;
	while (each < n && row[each].epoch == 1)
		each++;
	free(row);
	return each < n ? each : 0;
}

/* Add what a fold follows. */
static void add_followed(const struct session *s, const struct changes *all, int fold,
			 struct changes *to)
{
	bool rewound = changes_rewinds(all, fold) > 0;
	struct changes its;
	int end;

	changes_follow(&its, all, fold, rewound ? rewinds_of(s, fold) : 0,
		       rewound ? each_of(s, fold) : 0, &end);
	for (int i = 0; i < its.n; i++)
		changes_insert(to, &its.at[i]);
	changes_free(&its);
}

int session_in_force(const struct session *s, const struct settings *set, struct changes *c,
		     struct err *e)
{
	struct changes all;
	bool rewound = false;

	*c = (struct changes){0};
	if (session_changes(s, set, &all, e))
		return -1;
	for (int i = 0; i < all.n; i++)
		rewound |= change_is_rewind(&all.at[i]);
	if (!rewound) {
		*c = all;
		return 0;
	}
	for (int i = 0; i < all.n; i++)
		if (i == 0 || all.at[i].fold != all.at[i - 1].fold)
			add_followed(s, &all, all.at[i].fold, c);
	changes_free(&all);
	return 0;
}

/* Folds of version 0.1 that are finished. */
static int add_old_results(const struct session *s, const struct settings *set, struct results *r,
			   struct err *e)
{
	struct results old = {0};
	char path[PATH_LEN];
	int failed;

	if (path_join(path, sizeof path, s->dir, SESSION_RESULTS, e))
		return -1;
	if (!file_exists(path))
		return 0;
	failed = results_read(&old, path, e) ||
		 results_fit(&old, set, session_folds(s, set), path, e);
	for (int i = 0; i < old.n && !failed; i++)
		if (!fold_has(s->dir, old.fold[i].fold, SESSION_STEPS) &&
		    !fold_has(s->dir, old.fold[i].fold, SESSION_RESULT))
			results_add(r, &old.fold[i]);
	if (r->n && !failed)
		results_head(r, &old);
	results_free(&old);
	return failed ? -1 : 0;
}

int session_results(const struct session *s, const struct settings *set, struct results *r,
		    struct err *e)
{
	struct fold_list own = {0};
	char path[PATH_LEN];
	int failed = 0;

	results_init(r, set);
	folds_read(&own, s->dir);
	if (folder_counts(s->dir, &own))
		failed = add_old_results(s, set, r, e);
	for (int i = 0; i < own.n && !failed; i++) {
		failed = fold_file(s->dir, own.at[i], SESSION_RESULT, path, sizeof path, e);
		if (failed || !file_exists(path))
			continue;
		failed = result_read(r, own.at[i], path, e) ||
			 results_fit(r, set, session_folds(s, set), path, e);
	}
	folds_free(&own);
	if (failed)
		results_free(r);
	return failed ? -1 : 0;
}

int session_part(const struct session *s, int fold, const char *name, char *out, size_t n,
		 struct err *e)
{
	return fold_has(s->dir, fold, name) ? fold_file(s->dir, fold, name, out, n, e)
					    : path_join(out, n, s->dir, name, e);
}

bool session_begun(const struct session *s)
{
	struct err ignored = {0};
	struct fold_list own = {0};
	char path[PATH_LEN];
	bool begun = path_join(path, sizeof path, s->dir, SESSION_STEPS, &ignored) == 0 &&
		     file_exists(path);

	folds_read(&own, s->dir);
	for (int i = 0; i < own.n; i++)
		begun |= fold_has(s->dir, own.at[i], SESSION_STEPS);
	folds_free(&own);
	return begun;
}
