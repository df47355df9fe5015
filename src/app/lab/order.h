/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order: what a run that trains can be told, as people and programs write it.
 *
 * The console of the screen and the socket (app/serve) read these lines here, so that both
 * take the same words, refuse the same mistakes at once, and ask for the same. Whatever
 * depends on the run is checked by its thread again (work.h).
 *
 *	struct order o = {.work = w, .run = id, .now = &snapshot};
 *	v = order_find("pace");
 *	why = v->refused ? v->refused(o.now) : NULL;
 *	if (!why && !v->give(&o, "2", e) && !o.number) ... too much waits: again later
 */
#ifndef MIUST_ORDER_H
#define MIUST_ORDER_H

#include "app/config/setting.h"
#include "app/lab/work.h"

struct order {
	struct work *work;
	int run;
	const struct snapshot *now; /* of that run */
	/* Once it is given: */
	unsigned number; /* of the request; 0: too many wait, nothing has been asked */
	char said[128];  /* what its words mean, where the reply does not say it; "" */
};

struct order_verb {
	const char *name;                                   /* "pace"; NULL: the end of the table */
	const char *args;                                   /* "[N|off]", "" */
	const char *help;                                   /* a sentence */
	const char *(*refused)(const struct snapshot *now); /* why not now, or NULL */
	/* args: the rest of the line, without spaces around it. 0, or -1 with a sentence; then
	 * nothing has been asked. */
	int (*give)(struct order *o, const char *args, struct err *e);
	/* What it means that it was taken, where the reply is empty and o.said too. */
	const char *done;
};

extern const struct order_verb order_verbs[];
const struct order_verb *order_find(const char *name); /* NULL: none is called so */

/* ---- for verbs of the screen that do more than these ---- */

/* Why a run cannot be told anything now, or NULL; _early: what may wait until the data is read. */
const char *order_refused(const struct snapshot *now);
const char *order_refused_early(const struct snapshot *now);
extern const char order_nothing[]; /* nothing trains: the sentence of the two above */
bool order_is_waiting(const struct snapshot *now); /* between two steps, until it is to go on */
const char *order_refused_resume(const struct snapshot *now);
const char *order_refused_fold(const struct snapshot *now);
const char *order_refused_rewind(const struct snapshot *now);

/* "KEY VALUE" of a live setting. A mistake is told at once, where it can be known
 * before the engine is asked: a factor depends on what waits, and before the data
 * is read there are no settings. */
int order_change(struct setting *x, const struct snapshot *now, const char *args, struct err *e);
/* What is to be tried (trial.h), or off. */
#define ORDER_TRY_ARGS "KEY VALUE|KEY=VALUE,...|KEY FROM..TO[/N] [for K]|off"
#define ORDER_TRY_HELP "Compute the next steps with and without changes; nothing is kept."
int order_try(const struct snapshot *now, const char *args, struct err *e);
/* "" or a name for the stored state (states.h). */
#define ORDER_SAVE_ARGS "[NAME]"
#define ORDER_SAVE_HELP "Store the state and the weights now; NAME: also as a state to go back to."
int order_save(const char *args, struct err *e);
/* "when CONDITION", "off", "list" or nothing. *when is the condition, "" to clear it, NULL to be
 * told which is set. */
int order_break(const char **when, const char *args, struct err *e);
/* "N" or "off": epochs a second, 0 for as fast as it can. */
int order_pace(double *pace, const char *args, struct err *e);
/* "4", "4:1" or a name. */
int order_rewind(const char *args, struct err *e);
/* "" or "epoch". */
int order_step(bool *epoch, const char *args, struct err *e);
int order_alone(const char *verb, const char *args, struct err *e); /* it takes no argument */

#endif
