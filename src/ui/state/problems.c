/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/problems.h"

#include "base/str.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"

#include <stdlib.h>

char *problems_text(const struct ui *u)
{
	const struct snapshot *now = &u->now;
	bool failed = u->failed.any || (now->state == WORK_FAILED && !now->opened);
	const char *told = u->failed.any ? u->failed.told : u->told;
	struct str text = {0};

	if (told)
		str_add(&text, told);
	if (text.len && (failed || now->looking[0]))
		str_add(&text, "\n");
	if (failed)
		str_addf(&text, "%s\n", u->failed.any ? u->failed.error : now->error);
	else if (now->looking[0])
		str_addf(&text,
			 "%s\n\nThe session is therefore open read-only: nothing is trained or "
			 "changed.\n",
			 now->looking);
	return text.s;
}

static const char *title(const struct ui *u)
{
	const char *told = u->failed.any ? u->failed.told : u->told;

	if (!u->failed.any && u->now.looking[0])
		return "read-only";
	if (!u->failed.any && (u->now.state != WORK_FAILED || u->now.opened))
		return "said on opening";
	return told ? "the data cannot be used as it is" : "this cannot be opened";
}

static const char *refuse_skip(const struct ui *u)
{
	bool can = u->failed.any ? u->failed.can_skip : u->now.can_skip;

	return can ? NULL : "no bad rows keep this run from going on";
}

void problems_open(struct ui *u)
{
	char *text = problems_text(u);

	if (!text)
		return;
	page_open_text(u, title(u), text);
	if (!refuse_skip(u))
		page_offers(u, 's', "skip", "go on without them");
}

static int run_problems(struct ui *u, const char *args, struct err *e)
{
	if (*args)
		return err_set(e, "problems takes no argument; found %.40s", args);
	problems_open(u);
	return 0;
}

static const char *refuse_problems(const struct ui *u)
{
	char *text = problems_text(u);
	bool any = text != NULL;

	free(text);
	return any ? NULL : "there are none";
}

static int run_skip(struct ui *u, const char *args, struct err *e)
{
	if (*args)
		return err_set(e, "skip takes no argument; found %.40s", args);
	return runs_open(u, u->failed.any ? u->failed.what : u->what, true, e);
}

const struct verb problems_verbs[] = {
	{"problems", "", "Messages from when this was opened: bad rows, and why.", run_problems,
	 refuse_problems, NULL, CHANGES_NOTHING | LATE},
	{"skip", "", "Open it again without the bad rows, as --skip-bad does.", run_skip,
	 refuse_skip, NULL, CHANGES_FILES | LATE},
	{0},
};
