/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leaving a run to a process of its own, or the screen of one that is there already. */
#include "ui/state/detach.h"

#include "ui/console/complete.h"
#include "ui/state/verb.h"

#include <stdlib.h>
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

enum { FOLDS_MOST = 64 }; /* as --jobs */

/* Nothing, `all`, or how many folds at once. */
static int read_args(const char *args, bool *all, int *folds, struct err *e)
{
	char *end;
	long n = strtol(args, &end, 10);

	*all = strcmp(args, "all") == 0;
	*folds = 0;
	if (!*args || *all)
		return 0;
	if (*end || n < 1 || n > FOLDS_MOST)
		return err_set(e,
			       "detach [N|all]: expected 1 to %d folds at once, or all; found "
			       "%.40s",
			       FOLDS_MOST, args);
	*folds = (int)n;
	return 0;
}

static int run_detach(struct ui *u, const char *args, struct err *e)
{
	bool all;
	int folds, run;

	if (read_args(args, &all, &folds, e))
		return -1;
	run = all ? detach_any(u) : detach_can(u, u->run_shown) ? u->run_shown : 0;
	if (u->detach.run)
		return err_set(e, "detach: a run is being handed to a process of its own");
	if (!run && trains_elsewhere(u) && folds)
		return err_set(e,
			       "detach %d: another process trains it; stop it there first, then go "
			       "on here with Space",
			       folds);
	if (!run && trains_elsewhere(u) && !u->others.n) {
		u->quit = true;
		return 0;
	}
	if (!run)
		return refuse(u, e);
	if (detach_begin(u, run, all, folds, e))
		return -1;
	ui_say(u, "finishing the step, then a checkpoint; a process of its own goes on");
	return 0;
}

const struct verb detach_verbs[] = {
	{"detach", "[N|all]",
	 "Train on in a process that q leaves alone, N folds at once; all: all runs here.",
	 run_detach, NULL, complete_args, CHANGES_NOTHING | LATE},
	{0},
};
