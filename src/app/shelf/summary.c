/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/summary.h"

#include "app/config/setting.h"
#include "app/session/notes.h"
#include "app/session/rows.h"
#include "app/session/session_data.h"
#include "app/session/session_prune.h"
#include "app/session/session_rows.h"
#include "app/session/session_state.h"
#include "app/session/tags.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/train/state.h"
#include "engine/train/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct shelf_word shelf_words[SHELF_STATES] = {
	[SHELF_TRAINS] = {"▶", "trains", "It trains here."},
	[SHELF_PAUSED] = {"‖", "paused", "It trains here, and waits."},
	[SHELF_ELSEWHERE] = {"▷", "elsewhere", "Another program trains it."},
	[SHELF_UNSEEN] = {"?", "unseen",
			  "You may not read its lock: whether it trains cannot be seen."},
	[SHELF_DIVERGED] = {"✗", "diverged", "A loss was not finite any more."},
	[SHELF_BROKEN_OFF] = {"!", "broken off",
			      "It was killed, or could not store its state; it can go on."},
	[SHELF_DAMAGED] = {"!", "damaged", "Its folder cannot be read."},
	[SHELF_STOPPED] = {"■", "stopped", "It was stopped, and can go on."},
	[SHELF_QUEUED] = {"…", "queued", "It waits in the queue."},
	[SHELF_FINISHED] = {"✓", "finished", "All of its folds have results."},
};

static bool has_result(const char *folder)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	return path_join(path, sizeof path, folder, "result.json", &ignored) == 0 &&
	       file_exists(path);
}

struct held *summary_held(const char *dir, const int *fold, int nfolds, int *n, bool *unseen)
{
	struct held *held = NULL;
	struct lock_owner who;
	char folder[PATH_LEN];

	*n = 0;
	*unseen = false;
	for (int i = 0; i < nfolds; i++) {
		enum fold_lock how;

		if ((size_t)snprintf(folder, sizeof folder, "%s/fold-%d", dir, fold[i]) >=
		    sizeof folder)
			continue;
		how = fold_lock_look(folder, &who);
		*unseen |= how == FOLD_UNSEEN && !has_result(folder);
		if (how != FOLD_HELD)
			continue;
		held = mem_grow(held, (size_t)*n + 1, sizeof *held);
		held[(*n)++] = (struct held){fold[i], who};
	}
	return held;
}

/*
 * What became of it
 */

/* Of one fold that has no result. What diverged leaves the row as the last; a stop in
 * order leaves a state that has all rows. */
static enum shelf_state state_of_fold(const struct session *s, int fold, enum fold_lock lock)
{
	const struct columns c = rows_of_steps();
	char path[PATH_LEN];
	struct step_row last;
	struct state stored;
	struct err e = {0};

	if (session_part(s, fold, "steps.csv", path, sizeof path, &e) ||
	    rows_last(&c, path, &last, &e) < 0)
		return SHELF_BROKEN_OFF;
	if (!file_exists(path) || rows_last(&c, path, &last, &e) == 0 || last.fold != fold)
		last = (struct step_row){.fold = fold};
	if (!rows_finite(&last))
		return SHELF_DIVERGED;
	if (lock == FOLD_LEFT)
		return SHELF_BROKEN_OFF;
	if (last.step == 0)
		return SHELF_STOPPED;
	if (session_part(s, fold, "state.safetensors", path, sizeof path, &e) ||
	    state_load_numbers(&stored, path, &e) || stored.step != last.step)
		return SHELF_BROKEN_OFF;
	return SHELF_STOPPED;
}

static enum fold_lock lock_of(const struct session *s, int fold)
{
	char folder[PATH_LEN + 16];
	struct lock_owner who;

	snprintf(folder, sizeof folder, "%s/fold-%d", s->dir, fold);
	return fold_lock_look(folder, &who);
}

/* Folds that have rows or a folder, and no result: the state that says most, and to x->fold the
 * last that is trained, or, if none is, the one with which the run goes on. */
static enum shelf_state state_of(struct summary *x, const struct session *s, const struct walk *w,
				 const struct results *r, const struct epoch_row *row, int n)
{
	enum shelf_state state = SHELF_STOPPED;
	int *left, nleft = 0, held = -1;

	x->fold = -1;
	if (x->done >= x->folds)
		return SHELF_FINISHED;
	left = mem_alloc((size_t)w->nfolds, sizeof *left);
	for (int i = 0; i < w->nfolds; i++) {
		enum shelf_state its;
		enum fold_lock lock;

		if (results_has(r, w->fold[i]))
			continue;
		left[nleft++] = w->fold[i];
		lock = lock_of(s, w->fold[i]);
		held = lock == FOLD_HELD ? w->fold[i] : held;
		its = state_of_fold(s, w->fold[i], lock);
		state = its < state ? its : state;
	}
	x->fold = held;
	if (nleft && held < 0)
		x->fold = left[session_goes_on_with(s->dir, left, nleft)];
	free(left);
	/* version 0.1: rows without a folder of the fold */
	for (int i = 0; i < n; i++)
		if (!contains_int(w->fold, w->nfolds, row[i].fold) &&
		    !results_has(r, row[i].fold)) {
			x->fold = row[i].fold;
			state = SHELF_BROKEN_OFF;
		}
	return state;
}

/*
 * Reading
 */

/* The plan of epochs as it was changed last while it trained, for the fold that is left
 * (-1: none). */
static int planned(const struct settings *set, const struct changes *c, int fold)
{
	bool own = changes_have_begin(c, fold);
	int epochs = set->train.epoch;
	struct setting x;

	for (int i = 0; i < c->n; i++) {
		struct settings changed = *set;
		struct err ignored = {0};

		if (own && c->at[i].fold != fold)
			continue;
		if (setting_of_command(&x, c->at[i].command) && x.o && x.value &&
		    strcmp(x.o->key, "train.epoch") == 0 &&
		    setting_apply(&changed, &x, &ignored) == 0)
			epochs = changed.train.epoch;
	}
	return epochs;
}

static void add_epoch(struct summary *x, const struct epoch_row *row)
{
	struct fold_epoch *last = x->nbegun ? &x->begun_fold[x->nbegun - 1] : NULL;

	if (!last || last->fold != row->fold) {
		x->begun_fold = mem_grow(x->begun_fold, (size_t)x->nbegun + 1, sizeof *last);
		last = &x->begun_fold[x->nbegun++];
	}
	*last = (struct fold_epoch){.fold = row->fold, .epoch = row->epoch};
}

const struct fold_epoch *summary_epoch(const struct summary *x, int fold)
{
	for (int i = 0; i < x->nbegun; i++)
		if (x->begun_fold[i].fold == fold)
			return &x->begun_fold[i];
	return NULL;
}

/* Macro F1 is not in the rows, so which epoch it would keep is not known here. */
static void read_epochs(struct summary *x, const struct settings *set, const struct results *r,
			const struct epoch_row *row, int n)
{
	const struct epoch_row *best = NULL;

	x->best = NAN;
	for (int i = 0; i < n; i++) {
		x->seconds += row[i].seconds;
		if (!results_has(r, row[i].fold))
			add_epoch(x, &row[i]);
		if (row[i].fold != x->fold)
			continue;
		x->epoch = row[i].epoch;
		if (isnan(row[i].val.wa) || set->train.select == SELECT_MACRO_F1 ||
		    !selection_keeps(set, &row[i], best, true))
			continue;
		best = &row[i];
		x->best = selection_figure(set, &best->val, best->val_loss);
		x->best_epoch = best->epoch;
	}
}

static void read_figures(struct summary *x, const struct results *r)
{
	const struct figures none = {NAN, NAN, NAN, NAN};

	x->done = r->n;
	x->mean = r->n ? r->mean : none;
	x->sd = r->n ? r->sd : none;
	x->seed = r->seed;
	x->optimistic = r->optimistic;
	memcpy(x->protocol, r->protocol, sizeof x->protocol);
}

static void read_values(struct summary *x, const struct settings *set, struct texts *texts)
{
	char text[OPTION_TEXT];

	x->value = mem_alloc((size_t)option_count, sizeof *x->value);
	for (int i = 0; i < option_count; i++)
		x->value[i] =
			texts_one(texts, option_text(set, &option_table[i], text, sizeof text));
}

static int read_run(struct summary *x, const char *dir, const struct walk *w, struct texts *texts,
		    struct err *e)
{
	struct epoch_row *row = NULL;
	struct changes changes = {0};
	struct results results = {0};
	struct settings set;
	struct session s;
	int n = 0, failed;

	if (session_read(&s, dir, &set, e)) {
		options_preset(&set);
		read_values(x, &set, texts);
		return -1;
	}
	read_values(x, &set, texts);
	x->folds = session_folds(&s, &set);
	failed = session_epochs(&s, &set, &row, &n, e) || session_results(&s, &set, &results, e) ||
		 session_in_force(&s, &set, &changes, e);
	if (!failed) {
		read_figures(x, &results);
		x->rest = state_of(x, &s, w, &results, row, n);
		read_epochs(x, &set, &results, row, n);
		x->epochs = planned(&set, &changes, x->fold);
		for (int i = 0; i < x->nbegun; i++)
			x->begun_fold[i].epochs = planned(&set, &changes, x->begun_fold[i].fold);
		x->pruned = x->rest == SHELF_FINISHED && session_pruned(dir);
	} else {
		results_free(&results);
		results_init(&results, &set);
		read_figures(x, &results);
	}
	free(row);
	results_free(&results);
	changes_free(&changes);
	return failed ? -1 : 0;
}

/* Texts as lines; takes nothing over. */
static void add_line(struct str *to, const char *text)
{
	str_addf(to, "%s%s", to->len ? "\n" : "", text);
}

static void read_words(struct summary *x, const char *dir)
{
	struct str note = {0}, tag = {0};
	struct err ignored = {0};
	struct notes notes;
	struct tags tags;

	notes_read(&notes, dir, &ignored);
	tags_read(&tags, dir, &ignored);
	for (int i = 0; i < notes.n; i++)
		add_line(&note, notes.at[i].text);
	for (int i = 0; i < tags.n; i++)
		add_line(&tag, tags.at[i]);
	x->notes = notes.n;
	x->note = mem_dup(str_text(&note));
	x->tags = mem_dup(str_text(&tag));
	x->archived = archive_has(dir);
	str_free(&note);
	str_free(&tag);
	notes_free(&notes);
	tags_free(&tags);
}

/* When it was made: config.yml is written once. */
static int64_t begun_at(const char *dir)
{
	struct err ignored = {0};
	char path[PATH_LEN];
	struct stat st;

	return path_join(path, sizeof path, dir, "config.yml", &ignored) || stat(path, &st)
		       ? 0
		       : (int64_t)st.st_mtime;
}

enum selection summary_select(const struct summary *x)
{
	const char *value = x->value[option_find("train.select") - option_table];

	for (int i = 0; selection_name[i]; i++)
		if (strcmp(selection_name[i], value) == 0)
			return (enum selection)i;
	return SELECT_WA;
}

void summary_read(struct summary *x, const char *dir, const struct walk *w, struct texts *texts)
{
	const struct figures none = {NAN, NAN, NAN, NAN};
	struct err e = {0};

	*x = (struct summary){.fold = -1, .best = NAN, .mean = none, .sd = none};
	x->begun = begun_at(dir);
	read_words(x, dir);
	if (read_run(x, dir, w, texts, &e)) {
		size_t len = strlen(dir);
		bool inside = strncmp(e.text, dir, len) == 0 && e.text[len] == '/';

		x->why = mem_dup(e.text + (inside ? len + 1 : 0));
		x->rest = SHELF_DAMAGED;
	}
}

void summary_free(struct summary *x)
{
	free(x->why);
	free(x->value);
	free(x->begun_fold);
	free(x->note);
	free(x->tags);
	*x = (struct summary){0};
}
