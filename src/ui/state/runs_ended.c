/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a run that is not shown and has ended. */
#include "ui/state/runs.h"

#include "app/session/session_rows.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>

/* "0.853", of the folds that are tested. */
static void add_figure(struct str *text, const char *dir)
{
	struct session s = {.lock = -1};
	struct settings set;
	struct results r = {0};
	struct err ignored = {0};

	if (session_read(&s, dir, &set, &ignored))
		return;
	if (session_results(&s, &set, &r, &ignored) == 0 && r.n)
		str_addf(text, ": test WF1 %.3f", r.mean.wf1);
	results_free(&r);
	session_close(&s);
}

void runs_say_ended(struct ui *u, int run, enum work_state state, bool trains)
{
	struct snapshot *s = mem_alloc(1, sizeof *s); /* large for a stack */
	struct str text = {0};
	char name[RUNS_NAME];

	work_snapshot(u->work, run, s);
	runs_name(u, run, name);
	if (s->busy) {
		ui_say(u, "%s is trained by another program", name);
	} else if (state == WORK_FAILED || state == WORK_DIVERGED) {
		str_addf(&text, "%s %s: %s", name, state == WORK_FAILED ? "failed" : "diverged",
			 s->error);
		if (!u->ended_badly[0])
			str_fit(u->ended_badly, sizeof u->ended_badly, str_text(&text));
		ui_error(u, "%s", str_text(&text));
	} else {
		str_addf(&text, "%s %s", name, trains ? "has stopped, it can go on" : "finished");
		if (!trains)
			add_figure(&text, s->session);
		ui_say(u, "%s", str_text(&text));
	}
	str_free(&text);
	free(s);
}
