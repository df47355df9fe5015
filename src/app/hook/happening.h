/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * happening: what has just happened to a run, in a form that outlives it.
 *
 * Each happens once: `best` and `fold` when all that they name is in the session folder,
 * `end` when a run that has trained here finishes, stops or fails. Opening a session makes
 * none of them happen again.
 */
#ifndef MIUST_HAPPENING_H
#define MIUST_HAPPENING_H

#include "app/session/results.h"
#include "base/str.h"

enum happened {
	HAPPENED_END,      /* finished, stopped, diverged or failed: see `state` */
	HAPPENED_BREAK,    /* the break condition holds; the run pauses */
	HAPPENED_SPIKE,    /* the loss is far above its running median (spike.h), or not finite */
	HAPPENED_DIVERGED, /* a loss or gradient is not finite, and the run did not go back */
	HAPPENED_BEST,     /* an epoch is better than all before: its weights are kept */
	HAPPENED_FOLD,     /* a fold is finished: its kept checkpoint is tested */
	HAPPENED_KINDS
};

struct happening {
	enum happened what;
	char session[PATH_LEN]; /* the run's folder, absolute */
	char name[160];         /* "first", "first/seed-54" */
	const char *state;      /* END: "finished" ...; a constant. Else NULL */
	int fold, epoch, step;  /* -1: none */
	double loss;            /* NaN: none */
	struct figures figures; /* of the validation or test part; NaN: none */
	char text[512];         /* a sentence */
};

const char *happened_name(enum happened what); /* "end" */
const char *happened_when(enum happened what); /* "a run has finished, stopped or failed" */

/* Each fills all of *x; dir is the folder of the run. */
void happening_best(struct happening *x, const char *dir, const struct epoch_row *r, int step);
void happening_fold(struct happening *x, const char *dir, const struct fold_row *r, int epochs);
/* why: what came of it too. */
void happening_spike(struct happening *x, const char *dir, const struct step_row *r,
		     const char *why);
void happening_diverged(struct happening *x, const char *dir, const struct step_row *r,
			const char *why);
void happening_break(struct happening *x, const char *dir, const struct step_row *r,
		     const char *condition);
/* All folds have results: their mean and sd are the figures. */
void happening_finished(struct happening *x, const char *dir, const struct results *r);
/* state: "stopped", "diverged" or "failed", a constant; where the next step would be. */
void happening_ended(struct happening *x, const char *dir, const char *state, int fold, int epoch,
		     int step, const char *why);

/*
 * The environment of a program that is told of it: ours, with the variables below in
 * place of any that are there. One that has no value is left out. NULL at the end; free
 * with happening_environ_free.
 */
char **happening_environ(const struct happening *x);
void happening_environ_free(char **env);
/* Name and meaning of variable i from 0 on, for the manual; NULL after the last. */
const char *happening_variable(int i, const char **help);

#endif
