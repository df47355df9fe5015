/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rows of a run say of it, as its trainer would show it. */
#include "app/lab/work_private.h"

#include "app/config/setting.h"
#include "app/session/rows.h"
#include "app/session/run.h"
#include "app/session/session_rows.h"
#include "engine/train/train.h"
#include "base/str.h"
#include "base/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SMOOTHED = 200 }; /* steps; those before them no longer count */

void work_smooth(struct smooth *s, double loss)
{
	s->sum = 0.95 * s->sum + 0.05 * loss;
	s->weight = 0.95 * s->weight + 0.05;
}

double work_smoothed(const struct smooth *s)
{
	return s->weight > 0 ? s->sum / s->weight : NAN;
}

static struct smooth smooth_rows(const struct step_row *row, int n)
{
	struct smooth s = {0};

	for (int i = n > SMOOTHED ? n - SMOOTHED : 0; i < n; i++)
		work_smooth(&s, row[i].loss);
	return s;
}

static double smoothed_loss(const struct fold_run *f)
{
	struct smooth s = smooth_rows(f->step, f->nsteps);

	return work_smoothed(&s);
}

void work_smooth_past(struct work_run *run)
{
	const struct state *now = &run->job.trainer.state;
	struct rows_place from = {0};
	struct step_row *row = NULL;
	struct err ignored = {0}; /* whoever needs the rows says so */
	bool again;
	int n = 0;

	if (now->step == 0 ||
	    session_fold_steps(&run->job.session, now->fold, &from, &again, &row, &n, &ignored))
		n = 0;
	while (n > 0 && row[n - 1].step > now->step)
		n--;
	run->smooth = smooth_rows(row, n);
	free(row);
}

/* As work_run.c smooths it; 0: not known. */
static double epoch_seconds(const struct fold_run *f)
{
	double seconds = 0;

	for (int i = 0; i < f->nepochs; i++)
		seconds = i ? 0.7 * seconds + 0.3 * f->epoch[i].seconds : f->epoch[i].seconds;
	return seconds;
}

/* Epochs to the end of the run. Folds that other programs train meanwhile are not waited for. */
static double epochs_left(const struct run *r, const struct snapshot *s,
			  const struct work_part *part)
{
	double left = s->epochs - s->epoch;

	if (s->steps_per_epoch > 0 && s->in_epoch < s->steps_per_epoch)
		left += 1 - (double)s->in_epoch / s->steps_per_epoch;
	for (int i = 0; i < r->folds; i++) {
		const struct fold_run *f = run_find(r, run_fold_number(r, i));

		if (i != s->place - 1 && !(f && f->tested) && !part->held[i])
			left += s->epochs;
	}
	return left > 0 ? left : 0;
}

static void put_settings(struct snapshot *s, const struct run *r, int fold)
{
	struct setting x;
	char *last;

	s->pending = run_settings(r, fold, &s->set, &last);
	if (last && setting_of_command(&x, last)) {
		str_fit(s->pending_key, sizeof s->pending_key, x.key);
		str_fit(s->pending_value, sizeof s->pending_value, x.value ? x.value : "");
	}
	free(last);
}

static void put_position(struct snapshot *s, const struct fold_run *f)
{
	const struct step_row *step = f->nsteps ? &f->step[f->nsteps - 1] : NULL;
	int evaluated = f->nepochs ? f->epoch[f->nepochs - 1].epoch : 0;

	if (f->steps_per_epoch > 0)
		s->steps_per_epoch = f->steps_per_epoch;
	s->step = step ? step->step : 0;
	s->lr = step ? step->lr : s->set.train.optimizer.lr;
	s->epoch = step && step->epoch > evaluated ? step->epoch : evaluated;
	if (s->epoch == evaluated)
		s->in_epoch = s->steps_per_epoch;
	else
		s->in_epoch = s->step - (s->epoch - 1) * s->steps_per_epoch;
}

void work_put_rows(struct snapshot *s, const struct run *r, int at, const struct work_part *part)
{
	static const struct fold_run none;
	int fold = run_fold_number(r, at);
	const struct fold_run *f = run_find(r, fold);
	double seconds;

	if (!f)
		f = &none;
	put_settings(s, r, fold);
	s->nfolds = r->folds;
	s->place = at + 1;
	s->fold = fold;
	s->epochs = s->set.train.epoch;
	s->steps_per_epoch = part->steps;
	memcpy(s->count, part->count, sizeof s->count);
	put_position(s, f);
	s->best_epoch = f->best_epoch;
	s->best = f->best_epoch ? f->best : NAN;
	s->loss = smoothed_loss(f);
	seconds = epoch_seconds(f);
	s->rate = seconds > 0 && part->n > 0 ? part->n / seconds : NAN;
	s->eta = seconds > 0 ? seconds * epochs_left(r, s, part) : NAN;
}

void work_put_stored(struct snapshot *s, const struct fold_run *f, int epochs, int steps)
{
	int in_epoch = steps - epochs * s->steps_per_epoch;

	s->epoch = epochs + (in_epoch > 0);
	s->in_epoch = in_epoch > 0 || !epochs ? in_epoch : s->steps_per_epoch;
	s->step = steps;
	for (int i = 0; f && i < f->nsteps && f->step[i].step <= steps; i++)
		s->lr = f->step[i].lr;
}

void work_count_part(struct work_part *part, const struct corpus *c, const struct settings *set,
		     int fold)
{
	struct err ignored = {0};
	struct split split;

	if (!split_has_fold(c, fold) || split_make(&split, c, set, fold, &ignored))
		return;
	part->n = split.n[PART_TRAIN];
	part->steps = trainer_steps_of(set, part->n);
	for (int i = 0; i < part->n; i++) {
		int label = c->utt[split.at[PART_TRAIN][i]].label;

		if (label >= 0)
			part->count[label]++;
	}
	split_free(&split);
}
