/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the files of a run fit together? */
#include "app/session/collect_private.h"

#include "app/config/setting.h"
#include "app/session/history.h"
#include "app/session/rows.h"
#include "base/file.h"
#include "engine/model/weights.h"
#include "engine/train/train.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Were its seeds trained with the session's settings? */
int collect_check_settings(const struct settings *root, const struct settings *own, const char *dir,
			   struct err *e)
{
	for (int i = 0; i < option_count; i++) {
		const struct option *k = &option_table[i];
		char its[OPTION_TEXT], roots[OPTION_TEXT];

		if (k->no_effect || option_is_free(k) || strcmp(k->key, "exp.seed") == 0 ||
		    option_equal(root, own, k))
			continue;
		option_text(own, k, its, sizeof its);
		option_text(root, k, roots, sizeof roots);
		return err_at(e, dir, 0, 0,
			      "%s is %s in its config.yml, and %s in the session's: these are "
			      "different runs",
			      k->key, its, roots);
	}
	return 0;
}

/* data.csv is what config.yml says. (Version 0.1 said nothing.) */
static int check_data(const struct session *s, const struct origin *o, struct err *e)
{
	char path[PATH_LEN], hash[ROSTER_HASH], *text;
	size_t len;

	if (!o->hash[0])
		return 0;
	if (path_join(path, sizeof path, s->dir, "data.csv", e))
		return -1;
	text = file_read(path, FILE_LIST, &len, e);
	if (!text)
		return -1;
	roster_text_hash(text, len, hash);
	free(text);
	return strcmp(hash, o->hash) == 0
		       ? 0
		       : err_at(e, path, 0, 0,
				"is not what config.yml says the run was trained on; going on with "
				"any fold (--resume) writes it again");
}

static int refuse_gap(const struct session *s, int fold, const char *name, const char *what,
		      int expected, int found, struct err *e)
{
	char path[PATH_LEN];

	if (session_part(s, fold, name, path, sizeof path, e))
		return -1;
	return err_at(
		e, path, 0, 0,
		"fold %d: %s %d expected, %d found: rows were lost or doubled; " SESSION_FOLD_AGAIN,
		fold, what, expected, found);
}

/* Rows of finished folds: each step once, */
static int check_steps(const struct session *s, const struct collected_run *r, struct err *e)
{
	struct step_row *step = NULL;
	int n = 0, failed = session_steps(s, &r->set, &step, &n, e), last = 0;

	for (int i = 0; i < n && !failed; i++) {
		last = i > 0 && step[i].fold == step[i - 1].fold ? last + 1 : 1;
		if (step[i].step != last && results_has(&r->results, step[i].fold))
			failed = refuse_gap(s, step[i].fold, "steps.csv", "step", last,
					    step[i].step, e);
	}
	free(step);
	return failed ? -1 : 0;
}

/* How far a finished fold has come, as its state says; none, where it was pruned, says 0. */
static int read_state(const struct session *s, int fold, int *epochs, int *steps, struct err *e)
{
	char path[PATH_LEN];

	*epochs = *steps = 0;
	if (session_fold_path(s, fold, "state.safetensors", path, sizeof path, e))
		return -1;
	return file_exists(path) ? trainer_stored(path, epochs, steps, e) : 0;
}

/* and each epoch. */
static int check_epochs(const struct session *s, const struct collected_run *r,
			const struct epoch_row *epoch, int n, struct err *e)
{
	int last = 0;

	for (int i = 0; i < n; i++) {
		last = i > 0 && epoch[i].fold == epoch[i - 1].fold ? last + 1 : 1;
		if (epoch[i].epoch != last && results_has(&r->results, epoch[i].fold))
			return refuse_gap(s, epoch[i].fold, "epochs.csv", "epoch", last,
					  epoch[i].epoch, e);
	}
	return 0;
}

/* A finished fold has all rows: steps up to its state and of each epoch, epochs up to its state
 * and the kept one. *epochs: it has so many. */
static int check_ends(const struct session *s, const struct fold_row *f, int *epochs, struct err *e)
{
	struct rows_place start = {0};
	struct epoch_row *epoch = NULL;
	struct step_row *step = NULL;
	int nsteps = 0, had_epochs, had_steps, last = 0;
	bool again;
	int failed = read_state(s, f->fold, &had_epochs, &had_steps, e) ||
		     session_fold_epochs(s, f->fold, &epoch, epochs, e) ||
		     session_fold_steps(s, f->fold, &start, &again, &step, &nsteps, e);

	if (!failed && nsteps > 0)
		last = step[nsteps - 1].epoch;
	if (had_epochs < f->best_epoch)
		had_epochs = f->best_epoch;
	if (!failed && *epochs < had_epochs)
		failed = refuse_gap(s, f->fold, "epochs.csv", "epoch", had_epochs, *epochs, e);
	if (!failed && nsteps < had_steps)
		failed = refuse_gap(s, f->fold, "steps.csv", "step", had_steps, nsteps, e);
	if (!failed && last < *epochs)
		failed = refuse_gap(s, f->fold, "steps.csv", "epoch", *epochs, last, e);
	free(epoch);
	free(step);
	return failed ? -1 : 0;
}

/* A file of a finished fold is there, with something in it. */
static int check_there(const struct session *s, int fold, const char *name, struct err *e)
{
	struct stat st;
	char path[PATH_LEN];
	bool there;

	if (session_fold_path(s, fold, name, path, sizeof path, e))
		return -1;
	there = stat(path, &st) == 0;
	if (there && st.st_size > 0)
		return 0;
	if (!there && errno != ENOENT)
		return err_errno(e, path, "cannot be read");
	return err_at(e, path, 0, 0, "is %s, although the fold is finished; " SESSION_FOLD_AGAIN,
		      there ? "empty" : "missing");
}

/* Its kept checkpoint is whole, and of this fold and epoch. (Version 0.1 may not say so.) */
static int check_weights(const struct session *s, const struct collected_run *r,
			 const struct fold_row *f, struct err *e)
{
	struct weights_meta here = {0};
	struct weights_file w = {0};
	struct str other = {0};
	char path[PATH_LEN];
	const char *fold, *epoch;
	int failed;

	if (session_fold_path(s, f->fold, "best.safetensors", path, sizeof path, e) ||
	    weights_open(&w, path, e))
		return -1;
	weights_meta_of(&here, &r->set, NULL, f->fold, f->best_epoch);
	fold = w.meta.text[WEIGHTS_FOLD];
	epoch = w.meta.text[WEIGHTS_EPOCH];
	if (fold && atoi(fold) != f->fold)
		str_addf(&other, "fold %.20s", fold);
	else if (epoch && atoi(epoch) != f->best_epoch)
		str_addf(&other, "epoch %.20s, where result.json says %d", epoch, f->best_epoch);
	else
		weights_differ(&w.meta, &here, WEIGHTS_RUN | WEIGHTS_SPLIT, &other);
	if (other.len)
		err_at(e, path, 0, 0, "has the weights of another run: %s; " SESSION_FOLD_AGAIN,
		       other.s);
	failed = other.len ? -1 : 0;
	str_free(&other);
	weights_meta_free(&here);
	weights_close(&w);
	return failed;
}

/* The history reaches the last epoch, unless all of it was set aside for other data. */
static int check_history(const struct session *s, const struct fold_row *f, int epochs,
			 struct err *e)
{
	struct history h = {0};
	char name[48], aside[PATH_LEN];
	int failed, last;

	snprintf(name, sizeof name, "history-before-%d.bin", epochs + 1);
	if (session_fold_path(s, f->fold, name, aside, sizeof aside, e))
		return -1;
	if (file_exists(aside))
		return 0;
	failed = check_there(s, f->fold, "history.json", e) ||
		 check_there(s, f->fold, "history.bin", e) ||
		 history_read(&h, s, f->fold, "history", e);
	last = h.epochs ? h.epoch[h.epochs - 1] : 0;
	if (!failed && last < epochs)
		failed = refuse_gap(s, f->fold, "history.bin", "epoch", epochs, last, e);
	history_free(&h);
	return failed ? -1 : 0;
}

/* The predictions of a finished fold give its figures. */
static int check_test(const struct session *s, const struct fold_row *f, struct err *e)
{
	struct history h = {0};
	struct confusion m;
	char path[PATH_LEN];
	int failed = check_there(s, f->fold, "predictions.csv", e) ||
		     check_there(s, f->fold, "test.json", e) ||
		     check_there(s, f->fold, "test.bin", e) ||
		     history_read(&h, s, f->fold, "test", e) ||
		     session_fold_path(s, f->fold, "result.json", path, sizeof path, e);

	if (!failed) {
		history_confusion(&h, f->best_epoch, HEAD_MAIN, &m);
		if (m.classes != f->confusion.classes ||
		    memcmp(m.count, f->confusion.count, sizeof m.count) != 0)
			failed = err_at(e, path, 0, 0,
					"does not have the figures of test.bin beside "
					"it; " SESSION_FOLD_AGAIN);
	}
	history_free(&h);
	return failed ? -1 : 0;
}

static int check_finished(const struct session *s, const struct collected_run *r,
			  const struct fold_row *f, struct err *e)
{
	int epochs;

	return check_there(s, f->fold, "best.safetensors", e) || check_weights(s, r, f, e) ||
			       (!session_is_old(s) &&
				(check_ends(s, f, &epochs, e) || check_history(s, f, epochs, e))) ||
			       check_test(s, f, e)
		       ? -1
		       : 0;
}

/* A folder of a fold or seed that may not be read looks like one that is empty. */
int collect_check_readable(const char *dir, struct err *e)
{
	DIR *open = opendir(dir);
	struct dirent *d;
	int failed = 0;

	while (open && !failed && (d = readdir(open))) {
		bool seed = strncmp(d->d_name, "seed-", 5) == 0;
		char path[PATH_LEN];

		if (!seed && strncmp(d->d_name, "fold-", 5) != 0)
			continue;
		if (path_join(path, sizeof path, dir, d->d_name, e))
			failed = -1;
		else if (file_is_dir(path) && access(path, R_OK | X_OK))
			failed = err_errno(e, path, "cannot be read");
		else if (seed)
			failed = collect_check_readable(path, e);
	}
	if (open)
		closedir(open);
	return failed;
}

int collect_check(const struct session *s, const struct collected_run *r, const struct origin *o,
		  const struct epoch_row *epoch, int n, struct err *e)
{
	int failed = (r->results.n > 0 && check_data(s, o, e)) || check_steps(s, r, e) ||
		     check_epochs(s, r, epoch, n, e);

	for (int i = 0; i < r->results.n && !failed; i++)
		failed = check_finished(s, r, &r->results.fold[i], e);
	return failed ? -1 : 0;
}
