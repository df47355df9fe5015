/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/collect_private.h"

#include "app/config/setting.h"
#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void collected_free(struct collected *c)
{
	for (int i = 0; i < c->n; i++) {
		results_free(&c->run[i].results);
		free(c->run[i].missing);
		free(c->run[i].changed);
	}
	free(c->run);
	*c = (struct collected){0};
}

void collected_print(const struct collected *c, FILE *to)
{
	for (int i = 0; i < c->n; i++) {
		if (c->n > 1)
			fprintf(to, "seed %lld\n", (long long)c->run[i].set.exp.seed);
		results_print(&c->run[i].results, &c->run[i].set, to);
	}
	fflush(to);
}

int collected_missing(const struct collected *c)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		n += c->run[i].nmissing;
	return n;
}

/* ---- live changes ---- */

/* Was the fold given this key? */
static bool was_given(const struct changes *c, int fold, const struct option *key)
{
	bool given = false;

	for (int i = 0; i < c->n && !given; i++) {
		struct setting x;

		given = c->at[i].fold == fold && setting_of_command(&x, c->at[i].command) &&
			x.o == key;
	}
	return given;
}

/* "train.clip, train.optimizer.lr": what this fold was given, and one with a result was not. */
static void add_keys(struct str *out, const struct changes *c, const struct results *r, int fold)
{
	bool any = false;

	for (int k = 0; k < option_count; k++) {
		const struct option *key = &option_table[k];
		bool others = true;

		if (!was_given(c, fold, key))
			continue;
		for (int i = 0; i < r->n; i++)
			others &= was_given(c, r->fold[i].fold, key);
		if (!others)
			str_addf(out, "%s%s", any ? ", " : "", key->key);
		any |= !others;
	}
}

/* "fold 3 was trained with changed settings: train.clip", of folds with the same keys. */
static void add_folds(struct str *out, const struct str *folds, int n, const char *keys)
{
	if (n)
		str_addf(out, "%sfold%s %s %s trained with changed settings: %s",
			 out->len ? "; " : "", n > 1 ? "s" : "", folds->s, n > 1 ? "were" : "was",
			 keys);
}

/* The folds that have results were trained alike, or who compares them is to know. */
static int compare_changes(struct collected_run *r, const struct session *s, struct err *e)
{
	int n = r->results.n;
	struct str *keys = mem_alloc((size_t)n + 1, sizeof *keys), text = {0};
	struct changes c;
	int failed = session_in_force(s, &r->set, &c, e);

	for (int i = 0; i < n && !failed; i++)
		add_keys(&keys[i], &c, &r->results, r->results.fold[i].fold);
	for (int i = 0; i < n; i++) {
		struct str folds = {0};
		int alike = 0;

		for (int k = 0; k < n && keys[i].len; k++) {
			bool same = strcmp(str_text(&keys[i]), str_text(&keys[k])) == 0;

			if (same && k < i)
				break; /* it has been said */
			if (same)
				str_addf(&folds, "%s%d", alike++ ? ", " : "",
					 r->results.fold[k].fold);
		}
		add_folds(&text, &folds, alike, str_text(&keys[i]));
		str_free(&folds);
	}
	if (text.len)
		str_add(&text, "; see commands.log");
	for (int i = 0; i < n; i++)
		str_free(&keys[i]);
	free(keys);
	if (!failed)
		changes_free(&c);
	r->changed = text.s;
	return failed;
}

/* ---- the folds of a run ---- */

/* All folds, and who trains them: before it is asked which are finished, so that one that
 * ends in between is not missed. */
static void look_at_folds(struct collected_run *r, const struct session *s)
{
	int first = r->set.layout == LAYOUT_LISTS ? 0 : 1;

	r->missing = mem_alloc((size_t)r->folds, sizeof *r->missing);
	r->nmissing = r->folds;
	for (int i = 0; i < r->folds; i++) {
		struct missing_fold *m = &r->missing[i];
		struct err ignored = {0};
		char dir[PATH_LEN];

		*m = (struct missing_fold){.fold = first + i};
		if (session_fold_path(s, m->fold, "", dir, sizeof dir, &ignored) == 0)
			m->lock = fold_lock_look(dir, &m->who);
	}
}

static void count_epochs(struct collected_run *r, const struct epoch_row *epoch, int n)
{
	for (int i = 0; i < r->nmissing; i++)
		for (int k = 0; k < n; k++)
			r->missing[i].epochs += epoch[k].fold == r->missing[i].fold;
}

static int read_run(struct collected_run *r, const struct session *s, const struct origin *o,
		    struct err *e)
{
	struct epoch_row *epoch = NULL;
	int n = 0, left = 0, failed;

	look_at_folds(r, s);
	failed = session_results(s, &r->set, &r->results, e) ||
		 session_epochs(s, &r->set, &epoch, &n, e) || collect_check(s, r, o, epoch, n, e) ||
		 compare_changes(r, s, e);
	for (int i = 0; i < r->nmissing; i++)
		if (!results_has(&r->results, r->missing[i].fold))
			r->missing[left++] = r->missing[i];
	r->nmissing = left;
	count_epochs(r, epoch, n);
	free(epoch);
	return failed ? -1 : 0;
}

/* The run in this folder; one whose folder is not there misses all its folds. */
static int add_run(struct collected *c, const struct session *s, const struct settings *set,
		   struct err *e)
{
	struct collected_run *r;
	struct origin o = {0};
	int failed;

	c->run = mem_grow(c->run, (size_t)c->n + 1, sizeof *c->run);
	r = &c->run[c->n++];
	*r = (struct collected_run){.set = *set, .folds = c->run[0].folds};
	if (!session_exists(s->dir)) {
		results_init(&r->results, set);
		look_at_folds(r, s);
		return 0;
	}
	failed = session_origin(s, &r->set, &o, e) ||
		 collect_check_settings(&c->run[0].set, &r->set, s->dir, e);
	r->folds = session_folds(s, &r->set);
	failed = failed || read_run(r, s, &o, e);
	origin_free(&o);
	return failed ? -1 : 0;
}

/* ---- all of them ---- */

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The seeds that have a folder, ascending; free() them. */
static int64_t *find_seeds(const char *root, int *n)
{
	int64_t *seed = NULL;
	DIR *open = opendir(root);
	struct dirent *d;

	*n = 0;
	while (open && (d = readdir(open))) {
		struct err ignored = {0};
		char path[PATH_LEN], *end;
		long long x;

		if (strncmp(d->d_name, "seed-", 5) != 0 ||
		    path_join(path, sizeof path, root, d->d_name, &ignored) ||
		    !session_exists(path))
			continue;
		errno = 0;
		x = strtoll(d->d_name + 5, &end, 10);
		if (errno || *end || end == d->d_name + 5)
			continue;
		seed = mem_grow(seed, (size_t)*n + 1, sizeof *seed);
		seed[(*n)++] = x;
	}
	if (open)
		closedir(open);
	if (*n)
		qsort(seed, (size_t)*n, sizeof *seed, ascending);
	return seed;
}

static int add_seed(struct collected *c, const struct session *root, int64_t seed, struct err *e)
{
	struct settings set = c->run[0].set;
	struct session s;
	int failed;

	set.exp.seed = seed;
	if (session_seed(&s, root, &set, e))
		return -1;
	failed = add_run(c, &s, &set, e);
	session_close(&s);
	return failed;
}

/* A program that holds the session alone does so for a moment: wait for its end. */
static void wait_a_moment(const char *root)
{
	struct err ignored = {0};
	int fd = lock_open(root, false, &ignored);

	if (fd < 0)
		return;
	lock_take(fd, LOCK_SHARED, true, root, &ignored);
	close(fd);
}

static void join(struct collected *c, const char *root)
{
	struct err why = {0};

	c->joined = session_settle(root, &why) == 0;
	if (!c->joined && why.status == EXIT_BUSY) {
		wait_a_moment(root);
		err_clear(&why);
		c->joined = session_settle(root, &why) == 0;
	}
	snprintf(c->why, sizeof c->why, "%.500s", why.text);
	if (!c->joined && why.status == EXIT_BUSY)
		snprintf(
			c->why, sizeof c->why,
			"%.400s: it is still trained; the joined files are brought up to date when "
			"that ends",
			root);
}

int collect_session(struct collected *c, const char *root, int seeds, struct err *e)
{
	struct settings set;
	struct session s;
	int64_t *seed = NULL;
	int failed, n = 0;

	*c = (struct collected){0};
	if (session_read(&s, root, &set, e) || collect_check_readable(root, e))
		return -1;
	join(c, root);
	failed = add_run(c, &s, &set, e);
	if (!failed && !seeds)
		seed = find_seeds(root, &n);
	for (int i = 0; i < n && !failed; i++)
		failed = add_seed(c, &s, seed[i], e);
	for (int i = 1; i < seeds && !failed; i++)
		failed = add_seed(c, &s, set.exp.seed + i, e);
	free(seed);
	session_close(&s);
	return failed ? -1 : 0;
}
