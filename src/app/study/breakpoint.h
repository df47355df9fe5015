/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * breakpoint: the condition a run pauses at, and the figures it can name.
 *
 * One table has the names, as steps.csv and epochs.csv call them. A condition
 * that names a figure of the epoch is tested after each epoch's evaluation, any
 * other after each step; the run then pauses before the next step.
 */
#ifndef MIUST_BREAKPOINT_H
#define MIUST_BREAKPOINT_H

#include "app/study/expr.h"
#include "base/str.h"
#include "engine/train/record.h"

struct breakpoint_name {
	const char *name, *help; /* "grad_norm", "norm of all gradients, before clipping" */
	bool epoch;              /* known after an epoch's evaluation only */
};
/* The i-th from 0, the loss's terms among them; name NULL after the last. */
struct breakpoint_name breakpoint_name(int i);

struct breakpoint {
	struct expr *when; /* NULL: none is set */
	bool epoch;        /* tested after an epoch's evaluation */
};

/* The figures of the last step and the last epoch. */
struct breakpoint_figures {
	const struct step_row *step;
	const struct epoch_row *epoch;
	double best_wa, best; /* of the kept checkpoint: WA, and what train.select names */
};

/* *b becomes the condition; a mistake leaves it as it was. So does one without a figure. */
int breakpoint_set(struct breakpoint *b, const char *when, struct err *e);
void breakpoint_clear(struct breakpoint *b); /* safe when none is set */
bool breakpoint_holds(const struct breakpoint *b, const struct breakpoint_figures *f);
/* "grad_norm > 10", as it was understood; "" if none is set. With figures
 * "grad_norm 14.2 > 10". */
void breakpoint_text(const struct breakpoint *b, const struct breakpoint_figures *f,
		     struct str *out);

#endif
