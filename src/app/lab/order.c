/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/order.h"

#include "app/lab/job_branch.h"
#include "app/session/states.h"
#include "app/study/breakpoint.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PACE_LEAST 0.001
#define PACE_MOST  1e6

/* ---- why not now ---- */

const char order_nothing[] = "nothing to train: the run is finished or read-only";

const char *order_refused(const struct snapshot *now)
{
	switch (now->state) {
	case WORK_LOADING:
		return "the data is still being read";
	case WORK_FAILED:
		return "the run has failed";
	default:
		break;
	}
	if (now->looking[0])
		return now->looking;
	return now->trains ? NULL : order_nothing;
}

const char *order_refused_early(const struct snapshot *now)
{
	return now->state == WORK_LOADING ? NULL : order_refused(now);
}

bool order_is_waiting(const struct snapshot *now)
{
	enum work_state s = now->state;

	return s == WORK_PAUSED || s == WORK_BROKE || s == WORK_DIVERGED || s == WORK_IDLE;
}

const char *order_refused_rewind(const struct snapshot *now)
{
	const char *why = order_refused(now);

	return why == order_nothing && now->epoch > 0
		       ? "a finished fold is not rewound; branch NAME EPOCH:STEP makes a run that "
			 "goes back to there"
		       : why;
}

static const char *refused_pause(const struct snapshot *now)
{
	const char *why = order_refused_early(now);

	if (now->trying_of) /* a pause ends a try */
		return why;
	return why ? why : order_is_waiting(now) ? "it is paused already" : NULL;
}

const char *order_refused_resume(const struct snapshot *now)
{
	const char *why = order_refused(now);

	return why ? why : order_is_waiting(now) ? NULL : "only while paused, between steps";
}

static const char *refused_stop(const struct snapshot *now)
{
	const char *why = order_refused(now);

	return why ? why : now->state == WORK_IDLE ? "training has stopped already" : NULL;
}

const char *order_refused_fold(const struct snapshot *now)
{
	const char *why = order_refused(now);

	if (why || now->best_epoch > 0)
		return why;
	return now->set.train.select_from > 1
		       ? "no epoch of this fold that train.select_from lets be kept has been "
			 "evaluated yet"
		       : "no epoch of this fold has been evaluated yet";
}

/* ---- arguments ---- */

int order_alone(const char *verb, const char *args, struct err *e)
{
	return *args ? err_set(e, "%s takes no argument; found %s", verb, args) : 0;
}

int order_change(struct setting *x, const struct snapshot *now, const char *args, struct err *e)
{
	struct settings next = now->set;

	setting_of_console(x, args);
	if (setting_live(x, e))
		return -1;
	if (now->state == WORK_LOADING || option_is_factor(x->o, x->value))
		return 0;
	return setting_apply(&next, x, e);
}

int order_try(const struct snapshot *now, const char *args, struct err *e)
{
	struct trial t;

	if (trial_read(&t, args, e))
		return -1;
	return now->state == WORK_LOADING ? 0 : trial_check(&t, &now->set, e);
}

/* The condition is parsed here too, so that a mistake is told at once. */
int order_break(const char **when, const char *args, struct err *e)
{
	struct breakpoint b = {0};

	*when = NULL;
	if (!*args || strcmp(args, "list") == 0)
		return 0;
	if (strcmp(args, "off") == 0) {
		*when = "";
		return 0;
	}
	if (strncmp(args, "when ", 5) != 0)
		return err_set(e, "break when CONDITION (grad_norm > 10, loss is nan, ...), break "
				  "list, or break off");
	if (breakpoint_set(&b, args + 5, e))
		return -1;
	breakpoint_clear(&b);
	*when = args + 5;
	return 0;
}

int order_pace(double *pace, const char *args, struct err *e)
{
	char *end;

	*pace = 0;
	if (strcmp(args, "off") == 0)
		return 0;
	*pace = strtod(args, &end);
	if (end == args || *end || !(*pace >= PACE_LEAST && *pace <= PACE_MOST))
		return err_set(e, "pace: expected epochs a second, %g to %g, or off; found %.60s",
			       PACE_LEAST, PACE_MOST, args);
	return 0;
}

int order_rewind(const char *args, struct err *e)
{
	struct rewind to;

	if (isalpha((unsigned char)*args))
		return states_check_name(args, e);
	return rewind_place(&to, args) ? 0
				       : err_set(e,
						 "rewind EPOCH[:STEP]|NAME: expected an epoch, "
						 "and how many of its steps are done, or the name "
						 "of a stored state%s%.60s",
						 *args ? "; found " : "", args);
}

int order_step(bool *epoch, const char *args, struct err *e)
{
	*epoch = *args;
	if (*args && strcmp(args, "epoch") != 0)
		return err_set(e, "step [epoch]: expected nothing or epoch, found %s", args);
	return 0;
}

/* ---- giving ---- */

static int give_line(struct order *o, const char *verb, const char *args, struct err *e)
{
	char line[256];

	if ((size_t)snprintf(line, sizeof line, "%s%s%s", verb, *args ? " " : "", args) >=
	    sizeof line)
		return err_set(e, "%s: too long", verb);
	o->number = work_command(o->work, o->run, line);
	return 0;
}

static int give_set(struct order *o, const char *args, struct err *e)
{
	struct str change = {0};
	struct setting x;
	int failed;

	if (!*args)
		return err_set(e, "set KEY VALUE: expected a setting and its new value");
	if (order_change(&x, o->now, args, e))
		return -1;
	str_addf(&change, "%s %s", x.key, x.value);
	failed = give_line(o, "set", change.s, e);
	str_free(&change);
	return failed;
}

static int give_try(struct order *o, const char *args, struct err *e)
{
	if (order_try(o->now, args, e))
		return -1;
	o->number = work_try(o->work, o->run, args);
	return 0;
}

static int give_branch(struct order *o, const char *args, struct err *e)
{
	struct branch_order b;

	return branch_order(&b, args, e) ? -1 : give_line(o, "branch", args, e);
}

static int give_note(struct order *o, const char *args, struct err *e)
{
	char line[WORK_COMMAND];

	if (!*args)
		return err_set(e, "note TEXT: expected a text");
	if ((size_t)snprintf(line, sizeof line, "note %s", args) >= sizeof line)
		return err_set(e, "note: at most %zu bytes; found %zu",
			       sizeof line - sizeof "note ", strlen(args));
	o->number = work_command(o->work, o->run, line);
	return 0;
}

static int give_undo(struct order *o, const char *args, struct err *e)
{
	return order_alone("undo", args, e) ? -1 : give_line(o, "undo", "", e);
}

static int give_fold(struct order *o, const char *args, struct err *e)
{
	return order_alone("fold", args, e) ? -1 : give_line(o, "fold", "", e);
}

int order_save(const char *args, struct err *e)
{
	return *args ? states_check_name(args, e) : 0;
}

static int give_save(struct order *o, const char *args, struct err *e)
{
	return order_save(args, e) ? -1 : give_line(o, "save", args, e);
}

static int give_eval(struct order *o, const char *args, struct err *e)
{
	return order_alone("eval", args, e) ? -1 : give_line(o, "eval", "", e);
}

static int give_rewind(struct order *o, const char *args, struct err *e)
{
	return order_rewind(args, e) ? -1 : give_line(o, "rewind", args, e);
}

static int give_pause(struct order *o, const char *args, struct err *e)
{
	if (order_alone("pause", args, e))
		return -1;
	o->number = work_pause(o->work, o->run);
	return 0;
}

static int give_resume(struct order *o, const char *args, struct err *e)
{
	if (order_alone("resume", args, e))
		return -1;
	o->number = work_resume(o->work, o->run);
	return 0;
}

static int give_step(struct order *o, const char *args, struct err *e)
{
	bool epoch;

	if (order_step(&epoch, args, e))
		return -1;
	o->number = work_step(o->work, o->run, epoch);
	if (epoch)
		str_fit(o->said, sizeof o->said, "to the end of the epoch, then a pause");
	return 0;
}

static int give_stop(struct order *o, const char *args, struct err *e)
{
	if (order_alone("stop", args, e))
		return -1;
	o->number = work_stop(o->work, o->run);
	return 0;
}

static int give_break(struct order *o, const char *args, struct err *e)
{
	const char *when;

	if (order_break(&when, args, e))
		return -1;
	o->number = when ? work_break(o->work, o->run, when) : work_breaks(o->work, o->run);
	return 0;
}

static int give_pace(struct order *o, const char *args, struct err *e)
{
	double pace;

	if (!*args) {
		o->number = work_ping(o->work, o->run);
		pace = o->now->pace;
	} else {
		if (order_pace(&pace, args, e))
			return -1;
		o->number = work_pace(o->work, o->run, pace);
	}
	if (pace > 0)
		snprintf(o->said, sizeof o->said, "at most %g epoch%s a second", pace,
			 pace == 1 ? "" : "s");
	return 0;
}

static int give_on(struct order *o, const char *args, struct err *e)
{
	struct rollback rule;

	if (*args && rollback_order(&rule, args, e))
		return -1;
	if (strlen(args) >= WORK_COMMAND)
		return err_set(e, "on: too long");
	o->number = work_rule(o->work, o->run, args);
	return 0;
}

const struct order_verb order_verbs[] = {
	{"set", "KEY VALUE|xFACTOR", "Change a setting of the run; x0.5: half.",
	 order_refused_early, give_set, ""},
	{"undo", "", "Undo the last change.", order_refused_early, give_undo, ""},
	{"try", ORDER_TRY_ARGS, ORDER_TRY_HELP, order_refused_early, give_try, ""},
	{"pause", "", "Pause between two steps.", refused_pause, give_pause, "paused"},
	{"resume", "", "Go on training.", order_refused_resume, give_resume, "it goes on"},
	{"run", "", "The same as resume.", order_refused_resume, give_resume, "it goes on"},
	{"step", "[epoch]", "Train one step, or to the end of the epoch, then pause.",
	 order_refused_early, give_step, "one step, then a pause"},
	{"stop", "", "Finish the step, write a checkpoint, stop.", refused_stop, give_stop,
	 "finishing the step, then a checkpoint"},
	{"break", "[when CONDITION|list|off]",
	 "Pause when a condition holds, such as grad_norm > 10; list shows it.",
	 order_refused_early, give_break, ""},
	{"on", "[spike rewind N epochs|steps, ...|spike off]",
	 "Go back by itself when the loss spikes: spike rewind 1 epoch, lr x0.5, at most 3.",
	 order_refused_early, give_on, ""},
	{"pace", "[N|off]", "Train at most N epochs a second.", order_refused_early, give_pace,
	 "as fast as it can"},
	{"save", ORDER_SAVE_ARGS, ORDER_SAVE_HELP, order_refused_early, give_save, ""},
	{"eval", "", "Evaluate the validation part now, with the current weights.",
	 order_refused_early, give_eval, ""},
	{"rewind", "EPOCH[:STEP]|NAME",
	 "Go back to a step, and pause there; what came after is kept as a branch.",
	 order_refused_rewind, give_rewind, ""},
	{"note", "TEXT", "Add a note before the next step.", order_refused_early, give_note, ""},
	{"branch", "NAME [EPOCH:STEP]", "A run of its own that leaves this one here, or there.",
	 order_refused, give_branch, ""},
	{"fold", "", "End this fold: test its kept checkpoint, go to the next.", order_refused_fold,
	 give_fold, "the fold ends: its kept checkpoint is tested"},
	{0},
};

const struct order_verb *order_find(const char *name)
{
	for (const struct order_verb *v = order_verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}
