/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/next_run.h"

/* Settings that were read name their classes. */
static bool is_known(const struct settings *s)
{
	return s->exp.nlabels > 0;
}

const struct settings *next_run_base(const struct ui *u)
{
	return is_known(&u->run.base) ? &u->run.base : NULL;
}

const struct settings *next_run_shown(const struct ui *u)
{
	if (u->now.trains && u->now.session[0] && is_known(&u->now.set))
		return &u->now.set;
	return is_known(&u->run.set) ? &u->run.set : NULL;
}

const char *next_run_refused(const struct ui *u)
{
	if (next_run_base(u))
		return NULL;
	if (ui_no_run(u))
		return ui_no_run(u);
	return u->now.state == WORK_LOADING ? "the data is still being read"
					    : "there is no run to start from";
}

const struct draft *next_run(const struct ui *u)
{
	static const struct draft none;
	struct drafts *all = u->drafts;
	const struct draft *d = drafts_of(&all, u->run.dir, false);

	return d ? d : &none;
}

struct draft *next_run_edit(struct ui *u)
{
	return drafts_of(&u->drafts, u->run.dir, true);
}
