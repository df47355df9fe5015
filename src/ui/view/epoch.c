/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/epoch.h"

#include "ui/view/order.h"
#include "app/study/num.h"

#include <stdlib.h>
#include <string.h>

/* Place of an epoch among those evaluated, or -1. */
static int place_of(const struct fold_run *f, int epoch)
{
	for (int i = 0; i < f->nepochs; i++)
		if (f->epoch[i].epoch == epoch)
			return i;
	return -1;
}

static bool is_marked(const struct fold_run *f, int epoch)
{
	for (int i = 0; i < f->nmarks; i++)
		if (f->mark[i].epoch == epoch)
			return true;
	return epoch == f->best_epoch;
}

/* The next marked place in a direction, or -1. */
static int marked_place(const struct fold_run *f, int place, int step)
{
	for (place += step; place >= 0 && place < f->nepochs; place += step)
		if (is_marked(f, f->epoch[place].epoch))
			return place;
	return -1;
}

int epoch_number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	return end == s || *end || n < 0 || n > 1000000 ? -1 : (int)n;
}

int epoch_numbered(const char *args, struct err *e)
{
	int epoch = epoch_number(args);

	if (epoch < 0)
		return err_usage(e,
				 "epoch: expected next, prev, first, last, mark-next, mark-prev "
				 "or a number; found '%.40s'",
				 args);
	return epoch;
}

static int choose_number(struct ui *u, const struct fold_run *f, const char *args, struct err *e)
{
	int epoch = epoch_numbered(args, e);

	if (epoch < 0)
		return -1;
	if (place_of(f, epoch) < 0)
		return err_usage(e, "epoch %d is not evaluated; %d to %d are", epoch,
				 f->epoch[0].epoch, f->epoch[f->nepochs - 1].epoch);
	u->sel.epoch = epoch;
	return 0;
}

static int choose_place(struct ui *u, const struct fold_run *f, int place, struct err *e)
{
	if (place < 0)
		return err_usage(e, "epoch %d is the first one evaluated", f->epoch[0].epoch);
	if (place >= f->nepochs)
		return err_usage(e, "epoch %d is the last one evaluated",
				 f->epoch[f->nepochs - 1].epoch);
	/* 0 follows: who comes back to the end sees the next evaluation. */
	u->sel.epoch = place == f->nepochs - 1 ? 0 : f->epoch[place].epoch;
	return 0;
}

const char *epoch_refused(const struct ui *u)
{
	const struct fold_run *f = ui_fold(u);

	if (!f || f->nepochs == 0)
		return "no epoch is evaluated yet";
	return u->sel.test ? "the test part is known at the kept epoch only" : NULL;
}

int epoch_choose(struct ui *u, const char *args, struct err *e)
{
	const char *reason = epoch_refused(u);
	const struct fold_run *f = ui_fold(u);
	int place;

	if (reason)
		return err_usage(e, "%s", reason);
	place = place_of(f, ui_epoch(u));
	if (place < 0)
		place = f->nepochs - 1;
	if (strcmp(args, "next") == 0)
		return choose_place(u, f, place + 1, e);
	if (strcmp(args, "prev") == 0)
		return choose_place(u, f, place - 1, e);
	if (strcmp(args, "first") == 0)
		return choose_place(u, f, 0, e);
	if (strcmp(args, "last") == 0)
		return choose_place(u, f, f->nepochs - 1, e);
	if (strcmp(args, "mark-next") != 0 && strcmp(args, "mark-prev") != 0)
		return choose_number(u, f, args, e);
	place = marked_place(f, place, strcmp(args, "mark-next") == 0 ? 1 : -1);
	if (place < 0)
		return err_usage(e, "no further mark in this direction");
	return choose_place(u, f, place, e);
}

/* Other utterances are shown: what was selected among the old ones is void. */
static void renew(struct ui *u)
{
	struct order *o = order_of(u);

	u->sel.epoch = 0;
	u->sel.utt = -1;
	o->row = o->top = 0;
	order_make(u);
}

const char *epoch_part_refused(const struct ui *u)
{
	const struct fold_run *f = ui_fold(u);

	return f && f->tested ? NULL : "the test part is evaluated when the fold is finished";
}

int epoch_part(struct ui *u, const char *args, struct err *e)
{
	bool test = *args ? strcmp(args, "test") == 0 : !u->sel.test;

	if (*args && !test && strcmp(args, "val") != 0)
		return err_usage(e, "part: expected val or test; found '%.40s'", args);
	if (test && epoch_part_refused(u))
		return err_usage(e, "%s", epoch_part_refused(u));
	if (test != u->sel.test) {
		u->sel.test = test;
		renew(u);
	}
	return 0;
}

char *epoch_awaited(const struct ui *u, char *out, size_t n)
{
	const struct fold_run *f = ui_fold(u);
	int epoch = u->now.epoch > 0 ? u->now.epoch : 1;
	double left = (double)(u->now.steps_per_epoch - u->now.in_epoch) *
		      settings_step(&u->now.set) / u->now.rate;
	char time[NUM_LEN];

	if (f && f->nepochs > 0)
		snprintf(out, n, "predictions are not stored for this fold");
	else if (!u->run.dir[0] && !u->work)
		snprintf(out, n, "no session yet; :open demo");
	else if (left > 0 && left < 1e6)
		snprintf(out, n, "validation appears after epoch %d, in about %s", epoch,
			 num_time(time, left));
	else
		snprintf(out, n, "validation appears after epoch %d", epoch);
	return out;
}
