/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control of the run: verbs that the engine answers, and settings. */
#include "ui/console/control.h"

#include "app/config/setting.h"
#include "app/lab/order.h"
#include "app/lab/stored_table.h"
#include "base/str.h"
#include "base/util.h"
#include "ui/console/complete.h"
#include "ui/console/command.h"
#include "ui/console/start.h"
#include "ui/state/detach.h"
#include "ui/state/feeder.h"
#include "ui/state/next_run.h"
#include "ui/state/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- why not now ---- */

/* Commands steer the shown run alone; whoever else trains is named. */
static const char *nothing_here(const struct ui *u)
{
	static char text[256]; /* the screen's thread alone */
	const char *why = order_nothing;

	if (!u->others.n)
		return why;
	if (u->others.n == 1)
		snprintf(text, sizeof text, "%s; %s trains, open shows it", why, u->others.name);
	else
		snprintf(text, sizeof text, "%s; %s and %d more train, open shows them", why,
			 u->others.name, u->others.n - 1);
	return text;
}

/* Why a fold that is selected cannot be steered, while another can. */
static const char *what_of_fold(const struct ui *u, int fold)
{
	const struct fold_run *r = run_find(&u->run, fold);

	if (r && r->tested)
		return "is finished";
	return contains_int(u->now.held, u->now.nheld, fold) ? "its trainer is not reached yet"
							     : "nobody trains it now";
}

/* Orders are for the fold that is selected; its trainer may have ended, and others train on. */
static const char *is_of_another(const struct ui *u)
{
	static char text[256]; /* the screen's thread alone */

	if (!ui_attached(u) || !u->sel.fold_chosen || u->sel.fold == u->now.fold)
		return NULL;
	snprintf(text, sizeof text,
		 "fold %d is selected, and %s; process %ld trains fold %d: select fold %d steers "
		 "that",
		 u->sel.fold, what_of_fold(u, u->sel.fold), u->now.owner.pid, u->now.fold,
		 u->now.fold);
	return text;
}

static const char *needs_run(const struct ui *u)
{
	const char *why = order_refused(&u->now);

	if (u->now.state == WORK_LOADING || u->now.state == WORK_FAILED)
		return why;
	if (!u->work)
		return "this screen has no run";
	if (ui_no_run(u))
		return ui_no_run(u);
	if (ui_followed(u))
		return ui_followed(u);
	if (is_of_another(u))
		return is_of_another(u);
	if (why != order_nothing && why)
		return why;
	if (detach_busy(u, u->run_shown))
		return "it is being handed to a process of its own";
	return why ? nothing_here(u) : NULL;
}

/* May be asked for while the data is still being read: it waits, and is answered
 * before the first step. */
static const char *refuse_early(const struct ui *u)
{
	return u->work && u->now.state == WORK_LOADING ? NULL : needs_run(u);
}

/* A setting that this run cannot take goes into the next. */
static const char *refuse_set(const struct ui *u)
{
	const char *why = refuse_early(u);

	return why && (u->settle || next_run_refused(u)) ? why : NULL;
}

static bool is_waiting(const struct ui *u)
{
	return order_is_waiting(&u->now);
}

static const char *refuse_pause(const struct ui *u)
{
	const char *why = refuse_early(u);

	if (u->now.trying_of) /* a pause ends a try */
		return why;
	return why ? why : is_waiting(u) ? "it is paused already" : NULL;
}

static const char *refuse_resume(const struct ui *u)
{
	const char *why = needs_run(u);

	return why ? why : is_waiting(u) ? NULL : "only while paused, between steps";
}

static const char *stops_not(const struct ui *u)
{
	const char *why = needs_run(u);

	return why ? why : u->now.state == WORK_IDLE ? "training has stopped already" : NULL;
}

static const char *refuse_stop(const struct ui *u)
{
	return u->others.n ? NULL : stops_not(u); /* all may be meant */
}

static const char *refuse_fold(const struct ui *u)
{
	const char *why = needs_run(u);

	return why ? why : order_refused_fold(&u->now);
}

const char *control_refuse_rewind(const struct ui *u)
{
	const char *why = needs_run(u), *finished = order_refused_rewind(&u->now);

	return why && order_refused(&u->now) == order_nothing && finished != order_nothing
		       ? finished
		       : why;
}

/* ---- what commands do ---- */

/* Hand a request over; number 0 means that the queue is full. */
static int asked(struct ui *u, unsigned number, struct err *e)
{
	if (!number)
		return err_set(e, UI_BUSY);
	u->waiting = number;
	if (u->now.state == WORK_LOADING)
		ui_say(u, "waits until the data has been read");
	return 0;
}

static int engine(struct ui *u, const char *verb, const char *args, struct err *e)
{
	return ui_command(u, verb, args, e) ? -1 : asked(u, u->waiting, e);
}

static int run_set(struct ui *u, const char *args, struct err *e)
{
	const char *why = refuse_early(u);
	struct str change = {0};
	struct setting x;
	int failed;

	if (!*args)
		return err_set(e, "set KEY VALUE: expected a setting and its new value");
	setting_of_console(&x, args);
	if (start_takes_set(u, &x))
		return start_draft_set(u, &x, e);
	if (why && x.o)
		return err_set(e, "set: %s; draft %s VALUE is for the next run", why, x.key);
	if (order_change(&x, &u->now, args, e))
		return -1;
	str_addf(&change, "%s %s", x.key, x.value);
	failed = engine(u, "set", change.s, e);
	str_free(&change);
	return failed;
}

static int run_get(struct ui *u, const char *args, struct err *e)
{
	const struct option *o = option_find_short(args);
	char value[OPTION_TEXT], takes[OPTION_TAKES];
	const char *next = o ? draft_value(next_run(u), o) : NULL;

	if (!o)
		return option_unknown(args, e);
	ui_say(u, "%s %s%s%s   %s, default %s", o->key,
	       option_text(u->now.set.exp.nlabels ? &u->now.set : &u->run.set, o, value,
			   sizeof value),
	       next ? ", next run " : "", next ? next : "", option_takes(o, takes, sizeof takes),
	       option_default_text(o));
	return 0;
}

static int run_try(struct ui *u, const char *args, struct err *e)
{
	bool off = strcmp(args, "off") == 0;

	if (order_try(&u->now, args, e) || asked(u, work_try(u->work, u->run_shown, args), e))
		return -1;
	if (!off)
		u->trying = u->waiting;
	return 0;
}

/* Steps that were done with the change that undo takes back; whoever types it may mean these
 * too, a script says what it means. */
static bool asks_undo(const struct ui *u)
{
	return !u->settle && !u->sourcing && u->now.undo_step > 0 &&
	       u->now.step >= u->now.undo_step && u->now.steps_per_epoch > 0;
}

static void ask_undo(struct ui *u)
{
	const struct option *o = option_find(u->now.undo_key);
	int each = u->now.steps_per_epoch, before = u->now.undo_step - 1;
	int steps = u->now.step - before;
	char command[64], value[OPTION_TEXT];

	snprintf(command, sizeof command, "rewind %d:%d", before / each + 1, before % each);
	ui_ask(u, command,
	       "%s %s is in force since %d:%d. Rewind to before it? %d step%s done again   y/n   "
	       "u undoes it from here on",
	       option_short(o), option_text(&u->now.set, o, value, sizeof value), before / each + 1,
	       before % each + 1, steps, steps == 1 ? " is" : "s are");
	ui_answers(u, 'y', 'u', "undo now");
}

static int run_undo(struct ui *u, const char *args, struct err *e)
{
	bool now = strcmp(args, "now") == 0;

	if (!now && order_alone("undo", args, e))
		return -1;
	if (!now && asks_undo(u) && option_find(u->now.undo_key)) {
		ask_undo(u);
		return 0;
	}
	return engine(u, "undo", "", e);
}

static int run_pause(struct ui *u, const char *args, struct err *e)
{
	if (order_alone("pause", args, e) || asked(u, work_pause(u->work, u->run_shown), e))
		return -1;
	if (u->now.trying_of)
		ui_say(u, "ending the try");
	else
		ui_say(u, "pausing %s step",
		       u->now.state == WORK_LOADING ? "before the first" : "after this");
	return 0;
}

static int run_resume(struct ui *u, const char *args, struct err *e)
{
	if (order_alone("resume", args, e) || asked(u, work_resume(u->work, u->run_shown), e))
		return -1;
	u->let_go = true;
	return 0;
}

static int run_toggle(struct ui *u, const char *args, struct err *e)
{
	if (order_alone("toggle", args, e))
		return -1;
	return is_waiting(u) && !u->now.trying_of ? run_resume(u, args, e) : run_pause(u, args, e);
}

static int run_step(struct ui *u, const char *args, struct err *e)
{
	bool epoch;

	if (order_step(&epoch, args, e) || asked(u, work_step(u->work, u->run_shown, epoch), e))
		return -1;
	u->let_go = true;
	return 0;
}

static int run_stop(struct ui *u, const char *args, struct err *e)
{
	const char *why = stops_not(u);
	bool all = strcmp(args, "all") == 0;
	unsigned number;

	if (*args && !all)
		return err_set(e, "stop [all]: expected nothing or all, found %.40s", args);
	if (!all && why)
		return err_set(e, "stop: %s", why);
	if (all && ui_attached(u) && !u->others.n)
		return err_set(e,
			       "stop all: no run of this program trains; stop is for process %ld",
			       u->now.owner.pid);
	if (all)
		feeder_stop(u);
	ui_say(u, "finishing the step, then a checkpoint%s",
	       why || ui_attached(u) ? "" : "; ^C again quits at once");
	u->ending_since = u->clock;
	if (why || (all && ui_attached(u)))
		return 0;
	feeder_leave(u, u->run_shown);
	number = work_stop(u->work, u->run_shown);
	if (asked(u, number, e))
		return -1;
	u->stop_asked = number;
	u->stop_of = ui_attached(u) ? u->now.owner.pid : 0;
	return 0;
}

static int run_save(struct ui *u, const char *args, struct err *e)
{
	return order_save(args, e) ? -1 : engine(u, "save", args, e);
}

static int run_eval(struct ui *u, const char *args, struct err *e)
{
	return order_alone("eval", args, e) ? -1 : engine(u, "eval", "", e);
}

int control_rewind(struct ui *u, const char *args, struct err *e)
{
	return order_rewind(args, e) ? -1 : engine(u, "rewind", args, e);
}

static int run_states(struct ui *u, const char *args, struct err *e)
{
	const struct fold_run *f = ui_fold(u);
	int fold = f ? f->fold : u->now.fold, n;
	char title[sizeof u->page.title];
	struct str text = {0};

	if (order_alone("states", args, e) || (n = stored_table(&text, u->run.dir, fold, e)) < 0)
		return -1;
	snprintf(title, sizeof title, "stored states of fold %d", fold);
	if (n)
		page_open_text(u, title, text.s);
	else
		ui_say(u, "fold %d has no stored state yet", fold);
	return 0;
}

static int run_fold_end(struct ui *u, const char *args, struct err *e)
{
	return order_alone("fold", args, e) ? -1 : engine(u, "fold", "", e);
}

static int run_break(struct ui *u, const char *args, struct err *e)
{
	const char *when;

	if (order_break(&when, args, e))
		return -1;
	return asked(u,
		     when ? work_break(u->work, u->run_shown, when)
			  : work_breaks(u->work, u->run_shown),
		     e);
}

/* `break when CONDITION`: the words, then the run's figures. */
static void complete_break(struct ui *u, const struct words *w, struct completions *c)
{
	if (w->n == 1)
		complete_args(u, w, c);
	else if (strcmp(w->argument, "when") == 0 && !complete_is(w, c))
		complete_figures(w, c);
}

/* Epochs a second, at most. Nothing in the session depends on it, so its log has no line. */
static int run_pace(struct ui *u, const char *args, struct err *e)
{
	double pace;

	if (!*args) {
		if (u->now.pace > 0)
			ui_say(u, "pace %g: at most so many epochs a second; pace off lifts it",
			       u->now.pace);
		else
			ui_say(u, "no pace is set: training goes as fast as it can");
		return 0;
	}
	if (order_pace(&pace, args, e))
		return -1;
	if (asked(u, work_pace(u->work, u->run_shown, pace), e))
		return -1;
	if (pace == 0)
		ui_say(u, "as fast as it can");
	else
		ui_say(u, "at most %g epoch%s a second", pace, pace == 1 ? "" : "s");
	return 0;
}

/* ---- the table ---- */

const struct verb control_verbs[] = {
	{"pause", "", "Pause between two steps.", run_pause, refuse_pause, NULL, CHANGES_SESSION},
	{"resume", "", "Go on training.", run_resume, refuse_resume, NULL, CHANGES_SESSION},
	{"run", "", "Continue training; the same as resume.", run_resume, refuse_resume, NULL,
	 CHANGES_SESSION},
	{"toggle", "", "Pause, or go on.", run_toggle, refuse_early, NULL, CHANGES_SESSION | KEYED},
	{"step", "[epoch]", "Train one step, or to the end of the epoch, then pause.", run_step,
	 refuse_early, complete_args, CHANGES_SESSION},
	{"stop", "[all]", "Finish the step, write a checkpoint, stop; all: all runs here.",
	 run_stop, refuse_stop, complete_args, CHANGES_SESSION},
	{"save", ORDER_SAVE_ARGS, ORDER_SAVE_HELP, run_save, refuse_early, NULL, CHANGES_SESSION},
	{"eval", "", "Evaluate the validation part now, with the current weights.", run_eval,
	 refuse_early, NULL, CHANGES_SESSION},
	{"fold", "", "End this fold: test its kept checkpoint, go to the next.", run_fold_end,
	 refuse_fold, NULL, CHANGES_SESSION},
	{"set", "KEY VALUE|xFACTOR",
	 "Change a setting in this run, or for the next one; x0.5: half.", run_set, refuse_set,
	 complete_set, CHANGES_SESSION},
	{"get", "KEY", "Show a setting's value, range and default.", run_get, ui_no_run,
	 complete_key, CHANGES_NOTHING},
	{"try", ORDER_TRY_ARGS, ORDER_TRY_HELP, run_try, refuse_early, complete_try,
	 CHANGES_SESSION},
	{"undo", "[now]", "Undo the last change; now: without a question.", run_undo, refuse_early,
	 complete_args, CHANGES_SESSION},
	{"break", "[when CONDITION|list|off]",
	 "Pause when a condition holds, such as grad_norm > 10; list shows it.", run_break,
	 refuse_early, complete_break, CHANGES_SESSION},
	{"rewind", "EPOCH[:STEP]|NAME",
	 "Go back to a step, and pause there; what came after is kept as a branch.", control_rewind,
	 control_refuse_rewind, NULL, CHANGES_SESSION | LATE},
	{"states", "", "Stored states of the fold that is shown, to rewind to.", run_states,
	 ui_no_run, NULL, CHANGES_NOTHING | LATE},
	{"pace", "[N|off]", "Train at most N epochs a second, to have time to look.", run_pace,
	 refuse_early, complete_args, CHANGES_SESSION | LATE},
	{0},
};
