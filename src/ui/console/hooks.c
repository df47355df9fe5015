/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb `on`: programs that are told what happens (app/hook/hook.h). */
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

static int run_on(struct ui *u, const char *args, struct err *e)
{
	if (!*args)
		return list(u);
	if (hooks_on(u->hooks, args, e))
		return -1;
	if (!u->sourcing)
		ui_say(u, "on %s", args);
	return 0;
}

static void add(struct completions *c, const char *text, const char *help)
{
	snprintf(complete_add(c, text)->when, sizeof c->at->when, "%s", help);
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
		add(c, "off", "no more of these");
		c->when = "does";
	} else if (w->n > 2) {
		complete_file(u, w, c);
	}
}

const struct verb hooks_verbs[] = {
	{"on", "[EVENT run PROGRAM ARG...|bell|off]",
	 "Start a program, or ring, when EVENT happens (end, break, diverged, best, fold).", run_on,
	 refuse_on, complete_on, CHANGES_NOTHING | LATE},
	{0},
};
