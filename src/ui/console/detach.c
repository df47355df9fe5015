/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leaving a run to a process of its own, or the screen of one that is there already. */
#include "ui/state/detach.h"

#include "ui/console/complete.h"
#include "ui/state/verb.h"

#include <string.h>

static bool trains_elsewhere(const struct ui *u)
{
	return ui_attached(u) || u->now.state == WORK_ELSEWHERE;
}

/* Why the shown run is none to be detached. */
static int refuse(const struct ui *u, struct err *e)
{
	if (u->others.n)
		return err_set(e,
			       "detach: %s trains here, not the run on the screen; open shows it, "
			       "detach all detaches it",
			       u->others.name);
	switch (u->now.state) {
	case WORK_LOADING:
		return err_set(e, "detach: the data is still being read");
	case WORK_DIVERGED:
		return err_set(e, "detach: the run has diverged, and in a process of its own it "
				  "would end; change a setting and go on first");
	case WORK_STOPPING:
		return err_set(e, "detach: the run is being stopped");
	default:
		return err_set(e,
			       "detach: nothing trains here that could go on without the screen");
	}
}

static int run_detach(struct ui *u, const char *args, struct err *e)
{
	bool all = strcmp(args, "all") == 0;
	int run = all ? detach_any(u) : detach_can(u, u->run_shown) ? u->run_shown : 0;

	if (*args && !all)
		return err_set(e, "detach [all]: expected nothing or all, found %.40s", args);
	if (u->detach.run)
		return err_set(e, "detach: a run is being handed to a process of its own");
	if (!run && trains_elsewhere(u) && !u->others.n) {
		u->quit = true;
		return 0;
	}
	if (!run)
		return refuse(u, e);
	if (detach_begin(u, run, all, e))
		return -1;
	ui_say(u, "finishing the step, then a checkpoint; a process of its own goes on");
	return 0;
}

const struct verb detach_verbs[] = {
	{"detach", "[all]",
	 "Train on in a process of its own, which q leaves alone; all: all runs here.", run_detach,
	 NULL, complete_args, CHANGES_NOTHING | LATE},
	{0},
};
