/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/work_folder.h"

#include "app/session/session_state.h"
#include "base/mem.h"
#include "engine/train/train.h"

#include <stdlib.h>
#include <string.h>

/* ---- locks ---- */

bool folder_same_process(const struct lock_owner *a, const struct lock_owner *b)
{
	return a->pid == b->pid && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->socket, b->socket) == 0;
}

static bool same_held(const struct held *a, const struct held *b)
{
	return a->how == b->how && strcmp(a->who.since, b->who.since) == 0 &&
	       folder_same_process(&a->who, &b->who);
}

void folder_of_fold(const struct follow *f, int i, char out[2 * PATH_LEN])
{
	snprintf(out, 2 * PATH_LEN, "%s/fold-%d", f->dir, run_fold_number(&f->run, i));
}

/* Whoever takes a lock writes its line after that, and empties it before it is let go: until then
 * it is as it was. A line that stays empty (the disk is full) says nobody. */
static void wait_for_line(struct held *now, const struct held *was)
{
	enum { LOOKS = 3 };

	if (now->how != FOLD_HELD || now->who.pid)
		return;
	if (was->blank < LOOKS) {
		*now = *was;
		now->blank++;
	} else {
		now->blank = was->blank;
	}
}

bool folder_look_at_locks(struct follow *f)
{
	bool changed = f->folds != f->run.folds;

	if (changed) {
		f->folds = f->run.folds;
		f->held = mem_grow(f->held, (size_t)f->folds, sizeof *f->held);
		f->is_held = mem_grow(f->is_held, (size_t)f->folds, sizeof *f->is_held);
		memset(f->held, 0, (size_t)f->folds * sizeof *f->held);
	}
	for (int i = 0; i < f->folds; i++) {
		char folder[2 * PATH_LEN];
		struct held now = {0};

		folder_of_fold(f, i, folder);
		now.how = fold_lock_look(folder, &now.who);
		wait_for_line(&now, &f->held[i]);
		changed |= !same_held(&now, &f->held[i]);
		f->held[i] = now;
		f->is_held[i] = now.how == FOLD_HELD;
	}
	return changed;
}

const struct held *folder_trained(const struct follow *f)
{
	const struct held *found = NULL;
	bool same = false;

	for (int i = 0; f && !f->gone && i < f->folds; i++) {
		const struct held *h = &f->held[i];

		if (h->how != FOLD_HELD)
			continue;
		if (run_fold_number(&f->run, i) == f->attended)
			return h;
		if (!found || (!same && folder_same_process(&h->who, &f->trainer.who)))
			found = h;
		same |= folder_same_process(&h->who, &f->trainer.who);
	}
	return found;
}

bool work_is_elsewhere(const struct work_run *run)
{
	return folder_trained(run->follow) != NULL;
}

bool work_is_left(const struct work_run *run)
{
	const struct follow *f = run->follow;

	return f && f->run.dir[0] && !f->gone && !f->finished;
}

bool folder_waits(const struct work_run *run)
{
	return run->looks && run->read && run->control.want == WANT_PAUSE &&
	       !work_is_elsewhere(run) && work_is_left(run);
}

bool work_trains_elsewhere(const struct work_run *run, int fold)
{
	const struct follow *f = run->follow;

	for (int i = 0; f && i < f->folds; i++)
		if (run_fold_number(&f->run, i) == fold)
			return f->is_held[i];
	return false;
}

/* ---- what is shown ---- */

/* The one to be trained next, if somebody goes on with it. */
static int next_fold(const struct follow *f)
{
	int *left = mem_alloc((size_t)f->folds, sizeof *left), n = 0, next = f->folds - 1;

	for (int i = 0; i < f->folds; i++)
		if (!results_has(&f->run.results, run_fold_number(&f->run, i)))
			left[n++] = run_fold_number(&f->run, i);
	if (n)
		next = left[session_goes_on_with(f->dir, left, n)] - run_fold_number(&f->run, 0);
	free(left);
	return next;
}

/* Of others there are changes to come, or notes. */
static bool has_begun(const struct follow *f, int place)
{
	const struct fold_run *fold = run_find(&f->run, run_fold_number(&f->run, place));

	return fold && (fold->nsteps || fold->nepochs || fold->tested);
}

/* The fold that is trained, or where it goes on; else the one that is looked at, else the one
 * with which somebody would go on, if it has begun, or the last that has. */
static int choose_fold(const struct work_run *run)
{
	const struct follow *f = run->follow;
	const struct held *held = folder_trained(f);
	int next, last = 0;

	if (held)
		return (int)(held - f->held);
	if (folder_waits(run))
		return next_fold(f);
	for (int i = 0; i < f->folds; i++) {
		if (run_fold_number(&f->run, i) == f->attended)
			return i;
		if (has_begun(f, i))
			last = i;
	}
	next = next_fold(f);
	return has_begun(f, next) ? next : last;
}

/* Its training part, as far as the data is at hand. */
static void find_part(struct work_run *run)
{
	struct follow *f = run->follow;
	int fold = run_fold_number(&f->run, f->at);

	f->part.held = f->is_held;
	if (f->part_of == fold)
		return;
	f->part = (struct work_part){.held = f->is_held};
	f->part_of = fold;
	if (run->job.lab)
		work_count_part(&f->part, &run->job.lab->corpus, &f->run.base, fold);
}

/* How far its stored state has come; what cannot be read is found out when it goes on. */
static void find_stored(struct follow *f)
{
	struct checkpoint now = {.fold = run_fold_number(&f->run, f->at)};
	char folder[2 * PATH_LEN], path[3 * PATH_LEN];
	struct err ignored = {0};

	folder_of_fold(f, f->at, folder);
	snprintf(path, sizeof path, "%s/state.safetensors", folder);
	now.file = file_stamp(path);
	if (now.fold == f->stored.fold && file_stamp_same(&now.file, &f->stored.file))
		return;
	now.known = !file_exists(path) || !trainer_stored(path, &now.epochs, &now.steps, &ignored);
	f->stored = now;
}

/* Does the folder say more than this program knows of its own run? */
static bool speaks(const struct work_run *run)
{
	return run->follow && run->follow->run.dir[0] && (run->looks || run->was_elsewhere);
}

int work_stored_step(const struct work_run *run, int fold)
{
	const struct follow *f = run->follow;

	if (!f || !f->stored.known || f->stored.fold != fold || work_trains_elsewhere(run, fold))
		return 0;
	return f->stored.steps - f->stored.epochs * f->part.steps;
}

/* May a fold that has no result be trained by somebody who cannot be seen? */
static bool is_unseen(const struct follow *f)
{
	bool unseen = false;

	for (int i = 0; i < f->folds; i++)
		unseen |= f->held[i].how == FOLD_UNSEEN &&
			  !results_has(&f->run.results, run_fold_number(&f->run, i));
	return unseen;
}

void work_follow_put(const struct work_run *run, struct snapshot *s)
{
	const struct follow *f = run->follow;
	const struct held *held = folder_trained(f);

	if (!speaks(run))
		return;
	s->hold = held || run->opt.readonly || run->refused ? WORK_FOLLOWED : WORK_OURS;
	if (held)
		s->owner = held->who;
	for (int i = 0; i < f->folds && s->nheld < HELD_MOST; i++)
		if (f->is_held[i])
			s->held[s->nheld++] = run_fold_number(&f->run, i);
	s->left = !held && f->held[f->at].how == FOLD_LEFT;
	s->unseen = !held && is_unseen(f);
	s->trains = s->hold == WORK_OURS && !f->finished && !f->gone;
	work_put_rows(s, &f->run, f->at, &f->part);
	if (f->stored.known && folder_waits(run))
		work_put_stored(s, run_find(&f->run, s->fold), f->stored.epochs, f->stored.steps);
}

static void find_finished(struct work_run *run)
{
	struct follow *f = run->follow;
	struct err ignored = {0};
	bool finished;

	f->finished = f->run.results.n >= f->folds;
	if (f->finished && run->opt.job.seeds > 1 &&
	    session_finished(run->session, run->opt.job.seeds, &finished, &ignored) == 0)
		f->finished = finished;
}

void folder_choose(struct work_run *run)
{
	find_finished(run);
	run->follow->at = choose_fold(run);
	find_part(run);
	find_stored(run->follow);
}
