/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/breakpoint.h"

enum name {
	FOLD,
	EPOCH,
	STEP,
	LOSS,
	LOSS_MAIN,
	LOSS_CMD_TEXT,
	LOSS_CMD_AUDIO,
	LOSS_TEXT,
	LOSS_AUDIO,
	LR,
	GRAD_NORM,
	TRAIN_LOSS,
	TRAIN_ACC,
	VAL_LOSS,
	VAL_WA,
	VAL_UA,
	VAL_WF1,
	BEST_VAL_WA,
	NAMES
};

const struct breakpoint_name breakpoint_names[NAMES + 1] = {
	[FOLD] = {"fold", "the fold's number", false},
	[EPOCH] = {"epoch", "being trained, from 1", false},
	[STEP] = {"step", "done in the fold", false},
	[LOSS] = {"loss", "of the step: the weighted sum of its terms", false},
	[LOSS_MAIN] = {"loss_main", "of the step, unweighted", false},
	[LOSS_CMD_TEXT] = {"loss_cmd_text", "of the step, unweighted", false},
	[LOSS_CMD_AUDIO] = {"loss_cmd_audio", "of the step, unweighted", false},
	[LOSS_TEXT] = {"loss_text", "of the step, unweighted", false},
	[LOSS_AUDIO] = {"loss_audio", "of the step, unweighted", false},
	[LR] = {"lr", "the rate in force", false},
	[GRAD_NORM] = {"grad_norm", "of all gradients, before clipping", false},
	[TRAIN_LOSS] = {"train_loss", "mean of the epoch's steps", true},
	[TRAIN_ACC] = {"train_acc", "of the epoch", true},
	[VAL_LOSS] = {"val_loss", "cross-entropy of the main head", true},
	[VAL_WA] = {"val_wa", "accuracy on the validation part", true},
	[VAL_UA] = {"val_ua", "mean recall of the classes", true},
	[VAL_WF1] = {"val_wf1", "F1 weighted by class size", true},
	[BEST_VAL_WA] = {"best_val_wa", "val_wa of the kept checkpoint", true},
};

static struct expr_value figure(void *ctx, int name)
{
	const struct breakpoint_figures *f = ctx;
	const struct step_row *s = f->step;
	const struct epoch_row *p = f->epoch;
	const double value[NAMES] = {
		[FOLD] = s->fold,
		[EPOCH] = s->epoch,
		[STEP] = s->step,
		[LOSS] = s->loss,
		[LOSS_MAIN] = s->term[TERM_MAIN],
		[LOSS_CMD_TEXT] = s->term[TERM_CMD_TEXT],
		[LOSS_CMD_AUDIO] = s->term[TERM_CMD_AUDIO],
		[LOSS_TEXT] = s->term[TERM_TEXT],
		[LOSS_AUDIO] = s->term[TERM_AUDIO],
		[LR] = s->lr,
		[GRAD_NORM] = s->grad_norm,
		[TRAIN_LOSS] = p->train_loss,
		[TRAIN_ACC] = p->train_acc,
		[VAL_LOSS] = p->val_loss,
		[VAL_WA] = p->val.wa,
		[VAL_UA] = p->val.ua,
		[VAL_WF1] = p->val.wf1,
		[BEST_VAL_WA] = f->best_wa,
	};

	return (struct expr_value){.number = value[name]};
}

int breakpoint_set(struct breakpoint *b, const char *when, struct err *e)
{
	const char *names[NAMES + 1] = {NULL};
	struct expr *x;

	for (int i = 0; i < NAMES; i++)
		names[i] = breakpoint_names[i].name;
	x = expr_parse(when, names, e);
	if (!x)
		return -1;
	breakpoint_clear(b);
	b->when = x;
	for (int i = 0; i < NAMES; i++)
		b->epoch |= breakpoint_names[i].epoch && expr_uses(x, i);
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
