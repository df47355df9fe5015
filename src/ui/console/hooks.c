/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb `on`: programs that are told what happens (app/hook/hook.h), and the rule for
 * spikes, which is that of all runs here, and of the one shown if another program trains it. */
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/state/page.h"

#include <string.h>

static const char *refuse_on(const struct ui *u)
{
	return u->hooks ? NULL : "this screen has no hooks";
}

static int list(struct ui *u)
{
	struct str text = {0};

	hooks_list(u->hooks, &text);
	if (u->hooks->n)
		page_open(u, "hooks", text.s);
	else
		ui_say(u, "%s", text.s);
	if (!u->hooks->n)
		str_free(&text);
	return 0;
}

/* Is it the rule for spikes, or its end? back of *r is 0 if it is neither, or its end. */
static bool is_rule(const char *args, struct rollback *r)
{
	struct err other = {0};

	*r = (struct rollback){0};
	return rollback_order(r, args, &other) == 0;
}

static int run_on(struct ui *u, const char *args, struct err *e)
{
	struct rollback rule;
	bool is = is_rule(args, &rule);

	if (!*args)
		return list(u);
	if (u->readonly && rule.back) /* miustrc's is for other screens */
		return u->sourcing ? 0
				   : err_set(e, "on spike rewind: not possible with --readonly, "
						"which changes no session");
	if (hooks_on(u->hooks, args, e))
		return -1;
	if (u->work && is) {
		work_rollback(u->work, &u->hooks->rollback);
		if (ui_attached(u) && work_rule(u->work, u->run_shown, args))
			return 0; /* the reply of who is asked says it */
	}
	if (!u->sourcing)
		ui_say(u, "on %s", args);
	return 0;
}

static void add(struct completions *c, const char *text, const char *help)
{
	snprintf(complete_add(c, text)->when, sizeof c->at->when, "%s", help);
}

/* What comes next in the rule for spikes; false: it is none. */
static bool complete_rule(const struct words *w, struct completions *c)
{
	size_t n = strlen(w->before);
	bool part = n && w->before[n - 1] == ',';

	if (strcmp(w->argument, happened_name(HAPPENED_SPIKE)) != 0)
		return false;
	if (w->n == 3 && strcmp(w->before, "rewind") == 0) {
		add(c, "1", "so many epochs or steps");
	} else if (w->n == 4 && strspn(w->before, "0123456789") == n) {
		add(c, "epochs", "the steps of an epoch each");
		add(c, "steps", "of the optimizer");
	} else if (part) {
		add(c, "lr", "a setting, and its value or a factor (x0.5)");
		add(c, "at", "at most N: uses in a fold");
		add(c, "over", "a spike is so many times the median");
	}
	c->when = "means";
	return c->n > 0;
}

/* EVENT, what to do, and the program's words as names of files. */
static void complete_on(struct ui *u, const struct words *w, struct completions *c)
{
	if (w->n == 1) {
		for (int i = 0; i < HAPPENED_KINDS; i++)
			add(c, happened_name((enum happened)i), happened_when((enum happened)i));
		add(c, "time", "seconds a program may take");
		c->when = "happens when";
	} else if (w->n == 2 && strcmp(w->argument, "time") != 0) {
		add(c, "run", "start a program, without a shell");
		add(c, "bell", "ring the terminal");
		if (strcmp(w->argument, happened_name(HAPPENED_SPIKE)) == 0)
			add(c, "rewind", "go back: rewind 1 epoch, lr x0.5, at most 3");
		add(c, "off", "no more of these");
		c->when = "does";
	} else if (w->n > 2 && !complete_rule(w, c)) {
		complete_file(u, w, c);
	}
}

const struct verb hooks_verbs[] = {
	{"on", "[EVENT run PROGRAM ARG...|bell|rewind ...|off]",
	 "At EVENT (end, break, spike, diverged, best, fold) start a program, ring, or, at a "
	 "spike, go back.",
	 run_on, refuse_on, complete_on, CHANGES_NOTHING | LATE},
	{0},
};
