/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/attention_epoch.h"

#include "app/session/states.h"
#include "base/str.h"
#include "ui/view/epoch.h"
#include "ui/view/selected.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int show_stored(struct ui *u, int step, int side)
{
	u->sel.kept = false;
	u->sel.stored = true;
	u->sel.step = step;
	u->sel.side = side;
	ui_want_look(u);
	return 0;
}

static int show_own(struct ui *u, bool kept)
{
	u->sel.stored = false;
	u->sel.kept = kept;
	ui_want_look(u);
	return 0;
}

/* Steps of the fold up to the end of an epoch, by its rows. */
static int steps_to(const struct fold_run *f, int epoch)
{
	for (int i = f->nsteps; i-- > 0;)
		if (f->step[i].epoch <= epoch)
			return f->step[i].step;
	return 0;
}

/* The steps that the weights shown have seen. */
static int place(const struct ui *u)
{
	const struct look_result *l = u->seen;
	const struct fold_run *f = ui_fold(u);

	if (u->sel.stored)
		return u->sel.step;
	if (f && l && !l->stored && l->fold == u->sel.fold && l->kept >= u->sel.kept) {
		int epoch = selected_epoch(u, l);

		return l->step > 0 ? steps_to(f, epoch - 1) + l->step : steps_to(f, epoch);
	}
	return f && u->sel.kept ? steps_to(f, f->best_epoch) : INT_MAX;
}

/* The stored state beside a step, -1: there is none. */
static int beside(const struct ui *u, int step, int side)
{
	return states_beside(u->run.dir, u->sel.fold, step, side);
}

static int none_stored(const struct ui *u, struct err *e)
{
	if (u->run.set.store.bytes == 0)
		return err_set(e,
			       "fold %d has no stored states: store.bytes is 0; set it before the "
			       "next run",
			       u->sel.fold);
	return err_set(e,
		       "fold %d has no stored states (pruned, or an old run); a new run stores "
		       "them",
		       u->sel.fold);
}

static int previous(struct ui *u, struct err *e)
{
	int at = beside(u, place(u), -1);

	if (at >= 0)
		return show_stored(u, at, -1);
	if (beside(u, -1, 1) < 0)
		return none_stored(u, e);
	return err_set(e, "no older weights are stored");
}

/* Of a finished fold the current weights are the kept ones. */
static bool shows_newest(const struct ui *u)
{
	return !u->sel.stored && !u->sel.kept && !(u->seen && u->seen->kept);
}

static int next(struct ui *u, struct err *e)
{
	int at = shows_newest(u) ? -1 : beside(u, place(u), 1);
	const struct fold_run *f = ui_fold(u);

	if (at >= 0)
		return show_stored(u, at, 1);
	if ((!u->sel.stored && !u->sel.kept) || (f && f->tested)) /* its own are the kept ones */
		return err_set(e, "no later weights are stored");
	return show_own(u, false);
}

static int first(struct ui *u, struct err *e)
{
	int at = beside(u, -1, 1);

	return at >= 0 ? show_stored(u, at, 1) : none_stored(u, e);
}

static int kept(struct ui *u, struct err *e)
{
	const struct fold_run *f = ui_fold(u);

	if (!f || !f->best_epoch)
		return err_set(e, "no checkpoint is kept yet");
	if (u->sel.kept)
		return err_set(e, "this is the kept checkpoint");
	return show_own(u, true);
}

/* The newest one of that epoch; else the error names the nearest. */
static int show_epoch(struct ui *u, int number, struct err *e)
{
	struct stored_list l;
	int at = -1, before = 0, after = 0, failed;

	failed = states_list(&l, u->run.dir, u->sel.fold, e);
	for (int i = 0; i < l.n && !failed; i++) {
		int epoch = l.at[i].epoch;

		if (epoch == number)
			at = l.at[i].step;
		else if (epoch < number)
			before = epoch;
		else if (!after)
			after = epoch;
	}
	if (!failed && at < 0 && l.n == 0)
		failed = none_stored(u, e);
	else if (!failed && at < 0 && before && after)
		failed = err_set(e, "no weights of epoch %d are stored; the nearest are %d and %d",
				 number, before, after);
	else if (!failed && at < 0)
		failed =
			err_set(e, "no weights of epoch %d are stored; the nearest are those of %d",
				number, before ? before : after);
	stored_free(&l);
	return failed ? -1 : show_stored(u, at, -1);
}

static int numbered(struct ui *u, const char *args, struct err *e)
{
	const struct fold_run *f = ui_fold(u);
	int number = epoch_numbered(args, e);

	if (number < 0)
		return -1;
	if (f && number > 0 && number == f->best_epoch)
		return show_own(u, true);
	if (number > 0 && number == u->now.epoch)
		return show_own(u, false);
	return show_epoch(u, number, e);
}

int attention_epoch(struct ui *u, const char *args, struct err *e)
{
	if (strcmp(args, "prev") == 0)
		return previous(u, e);
	if (strcmp(args, "next") == 0)
		return next(u, e);
	if (strcmp(args, "first") == 0)
		return first(u, e);
	if (strcmp(args, "mark-prev") == 0)
		return kept(u, e);
	if (strcmp(args, "last") != 0 && strcmp(args, "mark-next") != 0)
		return numbered(u, args, e);
	if (shows_newest(u))
		return err_set(e, "no later weights are stored");
	return show_own(u, false);
}
