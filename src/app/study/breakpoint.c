/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/breakpoint.h"

#include "app/session/rows.h"

#include <string.h>

enum name {
	FOLD,
	EPOCH,
	STEP,
	LOSS,
	TERM,
	LR = TERM + TERMS,
	GRAD_NORM,
	TRAIN_LOSS,
	TRAIN_ACC,
	VAL_LOSS,
	VAL_WA,
	VAL_UA,
	VAL_WF1,
	BEST_VAL_WA,
	BEST,
	NAMES
};

/* But for the terms of the loss, which loss_term[] names. */
static const struct breakpoint_name names[NAMES] = {
	[FOLD] = {"fold", "the fold's number", false},
	[EPOCH] = {"epoch", "being trained, from 1", false},
	[STEP] = {"step", "done in the fold", false},
	[LOSS] = {"loss", "of the step: the weighted sum of its terms", false},
	[LR] = {"lr", "the rate in force", false},
	[GRAD_NORM] = {"grad_norm", "of all gradients, before clipping", false},
	[TRAIN_LOSS] = {"train_loss", "mean of the epoch's steps", true},
	[TRAIN_ACC] = {"train_acc", "of the epoch", true},
	[VAL_LOSS] = {"val_loss", "cross-entropy of the main head", true},
	[VAL_WA] = {"val_wa", "accuracy on the validation part", true},
	[VAL_UA] = {"val_ua", "mean recall of the classes", true},
	[VAL_WF1] = {"val_wf1", "F1 weighted by class size", true},
	[BEST_VAL_WA] = {"best_val_wa", "val_wa of the kept checkpoint", true},
	[BEST] = {"best", "what train.select names, of the kept checkpoint", true},
};

struct breakpoint_name breakpoint_name(int i)
{
	if (i >= TERM && i < LR)
		return (struct breakpoint_name){loss_term[i - TERM].column,
						"of the step, unweighted", false};
	return i < NAMES ? names[i] : (struct breakpoint_name){NULL, NULL, false};
}

static double number(const struct columns *c, const void *row, const char *name)
{
	for (int i = 0; i < c->n; i++) {
		const char *at = (const char *)row + c->at[i].at;

		if (strcmp(c->at[i].name, name) == 0)
			return c->at[i].integer ? *(const int *)at : *(const double *)at;
	}
	BUG("no column %s", name);
}

static struct expr_value figure(void *ctx, int i)
{
	const struct breakpoint_figures *f = ctx;
	struct breakpoint_name is = breakpoint_name(i);
	struct columns c = is.epoch ? rows_of_epochs() : rows_of_steps();
	const void *row = is.epoch ? (const void *)f->epoch : f->step;

	return (struct expr_value){.number = i == BEST_VAL_WA ? f->best_wa
					     : i == BEST      ? f->best
							      : number(&c, row, is.name)};
}

int breakpoint_set(struct breakpoint *b, const char *when, struct err *e)
{
	const char *name[NAMES + 1] = {NULL};
	struct expr *x;
	bool any = false;

	for (int i = 0; i < NAMES; i++)
		name[i] = breakpoint_name(i).name;
	x = expr_parse_numbers(when, name, e);
	if (!x)
		return -1;
	for (int i = 0; i < NAMES; i++)
		any |= expr_uses(x, i);
	if (!any) {
		expr_free(x);
		return err_set(e,
			       "%s: no figure of the run is in it, so it holds at once or never; "
			       "expected something like loss > 2 (`help break` has the names)",
			       when);
	}
	breakpoint_clear(b);
	b->when = x;
	for (int i = 0; i < NAMES; i++)
		b->epoch |= breakpoint_name(i).epoch && expr_uses(x, i);
	return 0;
}

void breakpoint_clear(struct breakpoint *b)
{
	expr_free(b->when);
	*b = (struct breakpoint){0};
}

bool breakpoint_holds(const struct breakpoint *b, const struct breakpoint_figures *f)
{
	return b->when && expr_true(b->when, figure, (void *)f);
}

void breakpoint_text(const struct breakpoint *b, const struct breakpoint_figures *f,
		     struct str *out)
{
	if (b->when)
		expr_text(b->when, f ? figure : NULL, (void *)f, out);
}
