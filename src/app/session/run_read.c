/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's folder, read into a run, and what is new in it.
 *
 * DESIGN. The folder may be written meanwhile. Of each file it is known what it was before it
 * was read (file_stamp); one that is another by now is read again, so nothing is missed and
 * nothing comes twice. steps.csv and history.bin, which grow to megabytes, are read on from
 * where they had ended as long as what was read is still there (rows_read_on, history_read_on);
 * everything else is read whole.
 *
 * Predictions belong to a row. Who trains adds an epoch's predictions before its row, and
 * before an epoch is done again first replaces epochs.csv by one without the row, then cuts
 * history.bin. So rows are read first; if epochs.csv is the same file after the history has
 * been read, each row's predictions are those that belong to it, and any after the last row are
 * left out. Steps come last: those of an epoch that has its row are all there.
 */
#include "app/session/run_private.h"

#include "app/session/session_data.h"
#include "app/session/session_rows.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is being read, and what of it has changed. */
struct reading {
	struct run *run;
	struct session session;
	struct run_seen *seen, *now;
	unsigned news;
	bool again; /* rows were replaced: the fold may have been rewound */
	bool failed;
	struct err *e, others; /* the first error, and those after it */
};

static bool root_changed(const struct reading *x, enum root_part part)
{
	return !file_stamp_same(&x->seen->root[part], &x->now->root[part]);
}

static bool fold_changed(const struct reading *x, int i, enum fold_part part)
{
	return !file_stamp_same(&x->seen->fold[i].part[part], &x->now->fold[i].part[part]);
}

static bool any_changed(const struct reading *x, enum root_part root, enum fold_part part)
{
	bool changed = x->seen->old != x->now->old || root_changed(x, root);

	for (int i = 0; i < x->now->folds; i++)
		changed |= fold_changed(x, i, part);
	return changed;
}

/* It was not read: next time it has changed. */
static void forget(struct reading *x, struct file_stamp *stamp)
{
	*stamp = (struct file_stamp){.size = -1};
	x->failed = true;
}

static void forget_all(struct reading *x, enum root_part root, enum fold_part part)
{
	forget(x, &x->now->root[root]);
	for (int i = 0; i < x->now->folds; i++)
		forget(x, &x->now->fold[i].part[part]);
}

/* Where an error goes: the first counts. */
static struct err *error(struct reading *x)
{
	if (!x->failed)
		return x->e;
	err_clear(&x->others);
	return &x->others;
}

/* ---- one fold ---- */

static struct fold_run *find(const struct run *r, int fold)
{
	return (struct fold_run *)(size_t)run_find(r, fold);
}

static void read_steps(struct reading *x, int i)
{
	struct rows_place at = x->seen->fold[i].steps;
	int fold = run_fold_number(x->run, i), known = at.n, n;
	struct fold_run *f;
	struct step_row *row;
	bool again;

	if (session_fold_steps(&x->session, fold, &at, &again, &row, &n, error(x))) {
		forget(x, &x->now->fold[i].part[STEPS]);
		return;
	}
	x->again |= again;
	f = n ? run_fold(x->run, fold) : find(x->run, fold);
	if (f)
		f->nsteps = again ? 0 : known < f->nsteps ? known : f->nsteps;
	for (int k = 0; k < n; k++)
		run_add_step(x->run, &row[k]);
	free(row);
	x->now->fold[i].steps = at;
	x->news |= RUN_NEW_ROWS;
}

static void read_health(struct reading *x, int i)
{
	struct rows_place at = x->seen->fold[i].health;
	int fold = run_fold_number(x->run, i), known = at.n, n;
	struct health_row *row;
	struct fold_run *f;
	bool again;

	if (session_fold_health(&x->session, fold, &at, &again, &row, &n, error(x))) {
		forget(x, &x->now->fold[i].part[HEALTH]);
		return;
	}
	f = n ? run_fold(x->run, fold) : find(x->run, fold);
	if (f)
		f->nhealth = again ? 0 : known < f->nhealth ? known : f->nhealth;
	for (int k = 0; k < n; k++)
		run_add_health(x->run, &row[k]);
	free(row);
	x->now->fold[i].health = at;
	x->news |= RUN_NEW_ROWS;
}

static void put_epochs(struct run *r, int fold, const struct epoch_row *row, int n)
{
	struct fold_run *f = n ? run_fold(r, fold) : find(r, fold);

	if (f)
		f->nepochs = 0;
	for (int i = 0; i < n; i++)
		run_add_epoch(r, &row[i], NULL, NULL, false);
}

static int check_classes(const struct run *r, const struct history *h, struct err *e)
{
	if (!h->classes || h->classes == r->set.model.num_classes)
		return 0;
	return err_at(e, h->path, 0, 0, "%d labels; the session's config.yml has %d", h->classes,
		      r->set.model.num_classes);
}

/* Predictions up to the last row. */
static int read_history(struct reading *x, int i, struct err *e)
{
	int fold = run_fold_number(x->run, i);
	struct fold_run *f = find(x->run, fold);
	struct history *h = f ? &f->val : NULL;

	if (!h)
		return 0;
	if (f->nepochs == 0 || fold_changed(x, i, DESCRIBED))
		history_free(h);
	if (f->nepochs &&
	    (history_read_on(h, &x->session, fold, "history", e) || check_classes(x->run, h, e))) {
		history_free(h);
		return -1;
	}
	while (h->epochs && h->epoch[h->epochs - 1] > f->epoch[f->nepochs - 1].epoch)
		h->epochs--;
	return 0;
}

/* While it is held open no other file can have its inode. */
static int hold(const struct session *s, int fold)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	if (session_fold_path(s, fold, "epochs.csv", path, sizeof path, &ignored) ||
	    !file_exists(path))
		return -1;
	return file_open_read(path, FILE_ROWS, NULL, &ignored);
}

static bool is_replaced(const struct session *s, int fold, int held)
{
	int now = hold(s, fold);
	struct stat a, b;
	bool same = (held < 0 && now < 0) ||
		    (held >= 0 && now >= 0 && fstat(held, &a) == 0 && fstat(now, &b) == 0 &&
		     a.st_dev == b.st_dev && a.st_ino == b.st_ino);

	if (now >= 0)
		close(now);
	return !same;
}

/* Rows of epochs, and the predictions that belong to them. 1: they were replaced meanwhile. */
static int try_epochs(struct reading *x, int i, struct err *e)
{
	int fold = run_fold_number(x->run, i), held = hold(&x->session, fold), n, failed;
	struct epoch_row *row;

	failed = session_fold_epochs(&x->session, fold, &row, &n, e);
	if (!failed) {
		put_epochs(x->run, fold, row, n);
		x->news |= RUN_NEW_EPOCHS;
		failed = x->run->predictions ? read_history(x, i, e) : 0;
	}
	if (is_replaced(&x->session, fold, held))
		failed = 1;
	if (held >= 0)
		close(held);
	free(row);
	return failed;
}

static void read_epochs(struct reading *x, int i)
{
	struct err *e = error(x);
	int failed = 1;

	for (int tries = 0; tries < 3 && failed > 0; tries++) {
		err_clear(e);
		failed = try_epochs(x, i, e);
	}
	if (failed > 0) {
		struct fold_run *f = find(x->run, run_fold_number(x->run, i));

		if (f)
			history_free(&f->val);
		err_at(e, x->run->dir, 0, 0, "fold %d is just being cut back; look again",
		       run_fold_number(x->run, i));
	}
	if (failed)
		forget(x, &x->now->fold[i].part[EPOCHS]);
}

static void read_fold(struct reading *x, int i)
{
	bool epochs = fold_changed(x, i, EPOCHS) || fold_changed(x, i, HISTORY) ||
		      fold_changed(x, i, DESCRIBED);
	struct fold_run *f;

	x->now->fold[i].steps = x->seen->fold[i].steps;
	if (epochs)
		read_epochs(x, i);
	x->now->fold[i].health = x->seen->fold[i].health;
	if (epochs || fold_changed(x, i, STEPS))
		read_steps(x, i);
	if (fold_changed(x, i, HEALTH))
		read_health(x, i);
	f = find(x->run, run_fold_number(x->run, i));
	if (f)
		run_fold_length(f);
}

/* ---- all folds of a session of version 0.1 ---- */

static void read_old(struct reading *x)
{
	struct run *r = x->run;
	struct step_row *step = NULL;
	struct epoch_row *epoch = NULL;
	int nsteps = 0, nepochs = 0;

	if (session_epochs(&x->session, &r->set, &epoch, &nepochs, error(x)) ||
	    session_steps(&x->session, &r->set, &step, &nsteps, error(x))) {
		forget_all(x, ROOT_STEPS, STEPS);
		forget_all(x, ROOT_EPOCHS, EPOCHS);
		goto out;
	}
	x->news |= RUN_NEW_ROWS | RUN_NEW_EPOCHS;
	for (int i = 0; i < r->nfolds; i++)
		r->fold[i].nsteps = r->fold[i].nepochs = 0;
	for (int i = 0; i < nsteps; i++)
		run_add_step(r, &step[i]);
	for (int i = 0; i < nepochs; i++)
		run_add_epoch(r, &epoch[i], NULL, NULL, false);
	for (int i = 0; i < r->nfolds; i++)
		run_fold_length(&r->fold[i]);
	for (int i = 0; i < x->now->folds && r->predictions; i++)
		if (read_history(x, i, error(x)))
			forget(x, &x->now->fold[i].part[HISTORY]);
out:
	free(step);
	free(epoch);
}

static void read_rows(struct reading *x)
{
	bool old = x->now->old || x->seen->old;

	if (old && (any_changed(x, ROOT_STEPS, STEPS) || any_changed(x, ROOT_EPOCHS, EPOCHS) ||
		    any_changed(x, ROOT_STEPS, HISTORY)))
		read_old(x);
	for (int i = 0; i < x->now->folds && !old; i++)
		read_fold(x, i);
}

/* ---- what comes after the rows ---- */

static void read_results(struct reading *x)
{
	struct run *r = x->run;
	struct results now = {0};

	if (session_results(&x->session, &r->base, &now, error(x))) {
		forget_all(x, ROOT_RESULTS, RESULT);
		return;
	}
	results_free(&r->results);
	r->results = now;
	for (int i = 0; i < r->nfolds; i++)
		r->fold[i].tested = false;
	for (int i = 0; i < now.n; i++) {
		struct fold_run *f = run_fold(r, now.fold[i].fold);

		f->tested = true;
		f->result = now.fold[i];
	}
	x->news |= RUN_NEW_ROWS;
}

/* The test part by the kept checkpoint that was tested, and by no other. */
static void read_test(struct reading *x, int i)
{
	int fold = run_fold_number(x->run, i);
	struct fold_run *f = find(x->run, fold);

	if (!f)
		return;
	history_free(&f->test);
	x->news |= RUN_NEW_EPOCHS;
	if (!f->tested)
		return;
	if (history_read(&f->test, &x->session, fold, "test", error(x)) ||
	    check_classes(x->run, &f->test, error(x))) {
		forget(x, &x->now->fold[i].part[TEST]);
		history_free(&f->test);
	} else if (f->test.epochs && f->test.epoch[0] != f->result.best_epoch) {
		history_free(&f->test);
	}
}

/* In force are those that the last fold follows; what it took over is no change of it. */
static void put_changes(struct run *r, const struct changes *c)
{
	int last = run_last_fold(r);
	bool own = changes_have_begin(c, last);

	for (int i = 0; i < c->n; i++) {
		if (!own || c->at[i].fold == last)
			run_set_change(&r->set, &c->at[i]);
		run_place_change(r, c, i);
	}
}

/* Changes and notes, and the marks that both make. */
static void read_marks(struct reading *x)
{
	struct run *r = x->run;
	struct err ignored = {0}; /* notes that cannot be read are no reason not to show the run */
	struct changes c;
	struct notes notes = {0};

	if (session_in_force(&x->session, &r->base, &c, error(x))) {
		forget_all(x, ROOT_COMMANDS, COMMANDS);
		return;
	}
	notes_read(&notes, r->dir, &ignored);
	r->set = r->base;
	for (int i = 0; i < r->nfolds; i++)
		run_forget_marks(&r->fold[i]);
	put_changes(r, &c);
	run_mark_branches(r, &x->session);
	notes_free(&r->notes);
	for (int i = 0; i < notes.n; i++)
		run_add_note(r, &notes.at[i]);
	changes_free(&c);
	notes_free(&notes);
	x->news |= RUN_NEW_ROWS;
}

/* ---- all of it ---- */

static void read_changed(struct reading *x)
{
	struct run *r = x->run;
	bool results = any_changed(x, ROOT_RESULTS, RESULT);
	int last = run_last_fold(r);

	read_rows(x);
	if (results)
		read_results(x);
	for (int i = 0; i < x->now->folds && r->predictions; i++)
		if (results || fold_changed(x, i, TEST))
			read_test(x, i);
	if (root_changed(x, NOTES) || any_changed(x, ROOT_COMMANDS, COMMANDS) || x->again ||
	    run_last_fold(r) != last)
		read_marks(x);
	if (!x->news)
		return;
	for (int i = 0; i < r->nfolds; i++)
		run_fold_best(&r->fold[i], &r->set);
	run_drop_empty(r);
}

static int refresh(struct run *r, unsigned *news, struct err *e)
{
	struct reading x = {.run = r, .session = {.lock = -1}, .seen = r->seen, .e = e};

	str_fit(x.session.dir, sizeof x.session.dir, r->dir);
	x.now = run_seen_now(r, &x.session);
	read_changed(&x);
	free(r->seen);
	r->seen = x.now;
	*news = x.news;
	return x.failed ? -1 : 0;
}

/* Settings and data, by which all else is read. */
static int open_run(struct run *r, const char *dir, bool predictions, struct err *e)
{
	struct file_stamp before[DATA + 1];
	struct session s = {.lock = -1};

	*r = (struct run){.predictions = predictions};
	str_fit(s.dir, sizeof s.dir, dir);
	for (int i = 0; i <= DATA; i++)
		run_seen_root(&before[i], &s, (enum root_part)i);
	if (session_read(&s, dir, &r->set, e))
		return -1;
	r->base = r->set;
	results_init(&r->results, &r->set); /* until there are some to read, what they will be of */
	r->folds = session_folds(&s, &r->set);
	snprintf(r->dir, sizeof r->dir, "%s", s.dir);
	run_names(s.dir, r->name, r->branch);
	r->seen = run_seen_new(r->folds);
	memcpy(r->seen->root, before, sizeof before);
	session_close(&s);
	return 0;
}

static int load(struct run *r, const char *dir, bool predictions, struct err *e)
{
	unsigned news;

	if (open_run(r, dir, predictions, e))
		return -1;
	if (refresh(r, &news, e) == 0)
		return 0;
	run_free(r);
	return -1;
}

int run_load(struct run *r, const char *dir, struct err *e)
{
	return load(r, dir, true, e);
}

int run_load_rows(struct run *r, const char *dir, struct err *e)
{
	return load(r, dir, false, e);
}

/* Has what all else is read by changed? */
static bool has_other_settings(const struct run *r)
{
	struct session s = {.lock = -1};
	bool changed = false;

	str_fit(s.dir, sizeof s.dir, r->dir);
	for (int i = 0; i <= DATA; i++) {
		struct file_stamp now;

		run_seen_root(&now, &s, (enum root_part)i);
		changed |= !file_stamp_same(&now, &r->seen->root[i]);
	}
	return changed;
}

int run_refresh(struct run *r, unsigned *news, struct err *e)
{
	struct run fresh;

	*news = 0;
	if (!has_other_settings(r))
		return refresh(r, news, e);
	if (load(&fresh, r->dir, r->predictions, e))
		return -1;
	run_free(r);
	*r = fresh;
	*news = RUN_NEW_ROWS | RUN_NEW_EPOCHS;
	return 0;
}
