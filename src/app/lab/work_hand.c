/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run that goes on in another process: what that is told, and how it takes it up.
 *
 * Lines, in any order; all else of the run is in its session.
 *
 *	pause                 it waits before its first step
 *	pace N                epochs a second at most
 *	break when CONDITION
 *	on spike ...          its own rule for spikes
 */
#include "app/lab/work_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void work_hand_text(const struct work_run *run, struct str *out)
{
	const struct control *c = &run->control;

	/* Steps that were asked for one by one end here. */
	if (c->want == WANT_PAUSE || c->steps > 0 || c->until_epoch > 0)
		str_add(out, "pause\n");
	if (run->pace > 0)
		str_addf(out, "pace %.17g\n", run->pace);
	if (run->breakpoint.when) {
		str_add(out, "break when ");
		breakpoint_text(&run->breakpoint, NULL, out);
		str_add(out, "\n");
	}
	work_rule_text(run, out);
}

static void pause(struct work_run *run)
{
	if (run->opt.job.socket)
		work_pause_as(run, WORK_PAUSED);
	else
		work_say(run, "was paused, and goes on: without a socket nobody could ask it to");
}

static void set_break(struct work_run *run, const char *when)
{
	struct err e = {0};

	if (breakpoint_set(&run->breakpoint, when, &e))
		work_say(run, e.text);
	else if (work_is_deaf(run))
		work_say(run, "its break condition ends it, after a checkpoint: without a socket "
			      "nobody could ask it to go on");
}

static void set_rule(struct work_run *run, const char *args)
{
	struct err e = {0};

	if (work_take_rule(run, args, &e))
		work_say(run, e.text);
}

static const char *after(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 ? line + n : NULL;
}

static void take_line(struct work_run *run, const char *line)
{
	const char *pace = after(line, "pace "), *when = after(line, "break when "),
		   *rule = after(line, "on ");

	if (strcmp(line, "pause") == 0)
		pause(run);
	else if (pace)
		run->pace = strtod(pace, NULL);
	else if (when)
		set_break(run, when);
	else if (rule)
		set_rule(run, rule);
}

void work_take_handed(struct work_run *run)
{
	char *text = run->opt.handed ? mem_dup(run->opt.handed) : NULL, *at = text, *line;
	bool whole;

	while (at && (line = str_line(&at, text + strlen(run->opt.handed), &whole)))
		take_line(run, line);
	free(text);
}

/* Whoever trains it has these now. If it goes on here again, then as a stored session. */
static void forget_handed(struct work_run *run)
{
	struct job_options *o = &run->opt.job;

	free((void *)o->config);
	free((void *)o->session);
	o->config = NULL;
	o->session = mem_dup(run->job.root.root);
	o->resume = true;
	str_fit(run->session, sizeof run->session, o->session);
	run->pace = 0;
	breakpoint_clear(&run->breakpoint);
}

int work_let_session_go(struct work_run *run, struct err *e)
{
	if (!run->opened || run->inside || run->control.want != WANT_STOP)
		return err_set(e, "it has not stopped");
	work_close_looker(run);
	job_let_go(&run->job);
	forget_handed(run);
	run->looks = true;
	work_follow_begin(run);
	work_follow_now(run);
	work_show(run, work_is_elsewhere(run) ? WORK_ELSEWHERE : WORK_IDLE);
	return 0;
}
