/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/states_private.h"

#include "app/session/session_private.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Of best.safetensors; 0: nobody knows. */
static int epoch_of_best(const struct session *s, int fold)
{
	struct err ignored = {0};
	char path[PATH_LEN];
	struct st_file f;
	const char *text;
	int epoch = 0;

	if (fold_file(s->dir, fold, "best.safetensors", path, sizeof path, &ignored) ||
	    !file_exists(path) || st_open(&f, path, &ignored))
		return 0;
	text = st_meta(&f, "epoch");
	if (text)
		epoch = atoi(text);
	st_close(&f);
	return epoch;
}

void states_room_open(struct states_room *r, const struct session *s, int fold, int64_t budget)
{
	*r = (struct states_room){
		.session = s, .fold = fold, .budget = budget, .best_epoch = epoch_of_best(s, fold)};
}

void states_room_close(struct states_room *r)
{
	free(r->at);
	*r = (struct states_room){0};
}

/* ---- what is there ---- */

static uint64_t inode_of(const char *path, int64_t *bytes)
{
	struct stat st;

	*bytes = 0;
	if (stat(path, &st))
		return 0;
	*bytes = st.st_size;
	return st.st_ino;
}

static void add(struct states_room *r, int fold, const struct stored *s, double start)
{
	struct states_thin *x;
	struct err ignored = {0};
	char path[PATH_LEN];
	int64_t bytes;
	uint64_t best = 0;

	r->at = mem_grow(r->at, (size_t)r->n + 1, sizeof *r->at);
	x = &r->at[r->n++];
	*x = (struct states_thin){.fold = fold,
				  .step = s->step,
				  .start = start,
				  .at = start + s->step,
				  .end = start + s->step,
				  .bytes = s->bytes,
				  .keep = s->pinned || *s->name};
	if (s->best_epoch == 0 ||
	    states_path(r->session->dir, fold, s->step, "best", path, sizeof path, &ignored))
		return;
	x->shared = inode_of(path, &x->shared_bytes);
	if (fold_file(r->session->dir, fold, "best.safetensors", path, sizeof path, &ignored) == 0)
		best = inode_of(path, &bytes);
	if (x->shared == best)
		x->shared = 0; /* is there anyway */
}

/* Those of a fold; its newest says which epoch is the best. */
static int read_fold(struct states_room *r, int fold, double *start, struct err *e)
{
	struct stored_list l;
	int first = r->n;

	if (states_list(&l, r->session->dir, fold, e))
		return -1;
	for (int i = 0; i < l.n; i++) {
		add(r, fold, &l.at[i], *start);
		if (l.at[i].ended && l.at[i].epoch == l.at[l.n - 1].best_epoch)
			r->at[r->n - 1].keep = true;
	}
	if (l.n)
		*start += l.at[l.n - 1].step;
	for (int i = first; i < r->n; i++)
		r->at[i].end = *start;
	stored_free(&l);
	return 0;
}

/* All of them, the fold at hand last. *share becomes what they may take: folds that other
 * programs train at the same time are theirs to thin out. */
static int read_all(struct states_room *r, int64_t *share, struct err *e)
{
	struct fold_list folds = {0};
	int64_t others = 0;
	int training = 1, failed = 0;
	double start = 0;

	r->n = 0;
	folds_read(&folds, r->session->dir);
	for (int i = 0; i < folds.n && !failed; i++) {
		int first = r->n;

		if (folds.at[i] == r->fold)
			continue;
		failed = read_fold(r, folds.at[i], &start, e);
		if (failed || !session_trains_elsewhere(r->session, folds.at[i]))
			continue;
		training++;
		for (; r->n > first; r->n--)
			others += r->at[r->n - 1].bytes;
	}
	failed = failed || read_fold(r, r->fold, &start, e);
	folds_free(&folds);
	*share = r->budget - others;
	if (*share < r->budget / training)
		*share = r->budget / training;
	r->known = !failed;
	return failed ? -1 : 0;
}

/* ---- room for one more ---- */

static int make_room(struct states_room *r, struct err *e)
{
	int64_t share;
	int left = 0;
	bool fits;

	if (read_all(r, &share, e))
		return -1;
	fits = states_thin(r->at, r->n, share);
	for (int i = 0; i < r->n; i++) {
		if (r->at[i].gone &&
		    states_remove(r->session->dir, r->at[i].fold, r->at[i].step, e)) {
			r->known = false;
			return -1;
		}
		if (!r->at[i].gone)
			r->at[left++] = r->at[i];
	}
	r->n = left;
	if (fits || r->beyond)
		return 0;
	r->beyond = true;
	return err_at(
		e, r->session->dir, 0, 0,
		"the stored states that are kept (the newest, the best, those with a name and "
		"those where branches begin) take more than store.bytes, %lld MB, alone",
		(long long)(r->budget >> 20));
}

/* What a checkpoint needs is not for stored states. */
static int check_free(const char *folder, const struct state *s, struct err *e)
{
	int64_t bytes = (int64_t)(s->layout.total * sizeof(real)) * ARRAYS_STORED, avail;
	struct statvfs fs;

	if (statvfs(folder, &fs))
		return 0; /* nobody knows */
	avail = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (avail >= 3 * bytes)
		return 0;
	return err_at(e, folder, 0, 0,
		      "no state is stored: %lld MB are free, and checkpoints may need them",
		      (long long)(avail >> 20));
}

/* The kept weights beside the state: best.safetensors, if it has them. */
static int store_best(const struct states_room *r, const struct state *s, struct err *e)
{
	char best[PATH_LEN], path[PATH_LEN];

	if (states_path(r->session->dir, s->fold, s->step, "best", path, sizeof path, e) ||
	    file_check_own(path, e) ||
	    fold_file(r->session->dir, s->fold, "best.safetensors", best, sizeof best, e))
		return -1;
	if (unlink(path) && errno != ENOENT)
		return err_errno(e, path, "cannot be replaced");
	if (r->best_epoch == s->best_epoch && link(best, path) == 0)
		return 0;
	return state_save_best(s, path, e);
}

/* A state that had a name keeps it. */
static void keep_name(const char *path, const struct state *s, const char *given, char *name)
{
	struct err ignored = {0};
	struct stored old;

	str_fit(name, STORED_NAME, given);
	if (!*given && file_exists(path) && states_file_head(&old, path, &ignored) == 0 &&
	    old.step == s->step)
		str_fit(name, STORED_NAME, old.name);
}

static int write_files(struct states_room *r, const struct state *s, const char *given,
		       struct err *e)
{
	char path[PATH_LEN], name[STORED_NAME];

	if (session_fold_path(r->session, r->fold, STATES_FOLDER, path, sizeof path, e) ||
	    make_dirs(path, e) || check_free(path, s, e) ||
	    (s->best_epoch > 0 && store_best(r, s, e)) ||
	    states_path(r->session->dir, r->fold, s->step, "state", path, sizeof path, e))
		return -1;
	keep_name(path, s, given, name);
	return states_file_write(s, name, path, e);
}

/* Is there room, as far as is known? Others may have taken some: the next time. */
static bool has_room(struct states_room *r, const struct state *s)
{
	struct stored now = {.step = s->step, .best_epoch = s->best_epoch};
	struct err ignored = {0};
	char path[PATH_LEN];
	bool after = r->n == 0 || r->at[r->n - 1].fold != r->fold || r->at[r->n - 1].step < s->step;

	if (!r->known || !after ||
	    states_path(r->session->dir, r->fold, s->step, "state", path, sizeof path, &ignored) ||
	    states_file_head(&now, path, &ignored))
		return false;
	add(r, r->fold, &now, 0);
	return states_thin_bytes(r->at, r->n) <= r->budget;
}

int states_room_store(struct states_room *r, const struct state *s, const char *name, struct err *e)
{
	if (write_files(r, s, name, e))
		return -1;
	return has_room(r, s) ? 0 : make_room(r, e);
}
