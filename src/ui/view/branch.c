/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Branches of the run on the screen (app/session/branch.h): at the cursor of view 1, where the
 * run is, or at a position that is named. A fold that trains makes it between two steps, and its
 * log records it; of any other the files are enough. Then the branch is shown.
 */
#include "app/lab/job_branch.h"
#include "app/session/branch.h"
#include "ui/console/complete.h"
#include "ui/state/runs.h"
#include "ui/view/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *refuse_branch(const struct ui *u)
{
	const struct fold_run *f = ui_fold(u);

	if (ui_no_run(u))
		return ui_no_run(u);
	if (u->work && u->now.state == WORK_LOADING)
		return "the data is still being read";
	return f && f->nsteps > 0 ? NULL : "no step is done, so there is nothing to leave";
}

/* So many steps of the fold: "4:1". */
static void place(const struct ui *u, const struct fold_run *f, int step, struct rewind *at)
{
	int each = train_per_epoch(u, f);

	*at = (struct rewind){.epoch = step / each + 1, .in_epoch = step % each};
}

/* The cursor's, where view 1 shows one; else the end of the fold's rows. */
static void here(const struct ui *u, struct rewind *at)
{
	const struct train_view *v = train_view(u);
	const struct fold_run *f = ui_fold(u);
	int step = f->nsteps;

	if (u->view == VIEW_TRAIN && v->cursor)
		step = (int)fmin(step, lround(v->at * train_per_epoch(u, f)));
	place(u, f, step, at);
}

/* The name is still to be typed, before the place. */
static void type_name(struct ui *u, const struct rewind *at)
{
	char line[64];

	snprintf(line, sizeof line, "branch  %d:%d", at->epoch, at->in_epoch);
	console_type(u, line);
	u->console.point = (int)strlen("branch ");
	complete_line(u);
}

/* Is this the fold that the run's thread has at hand? */
static bool is_trained(const struct ui *u, int fold)
{
	return u->work && u->now.trains && u->now.steps_per_epoch > 0 && u->now.fold == fold &&
	       u->now.state != WORK_WAITING && !ui_followed(u);
}

static void say(void *u, const char *text)
{
	ui_say(u, "%s", text);
}

static int from_files(struct ui *u, const struct branch_order *o, int fold, struct err *e)
{
	char dir[PATH_LEN];
	int step;

	if (branch_step(u->run.dir, fold, o->at.epoch, o->at.in_epoch, &step, e) ||
	    branch_make(u->run.dir, o->name, fold, step, dir, sizeof dir, say, u, e) ||
	    runs_open(u, dir, false, e))
		return -1;
	ui_say(u, "branch %s leaves fold %d at %d:%d; it is the run shown now", o->name, fold,
	       o->at.epoch, o->at.in_epoch);
	return 0;
}

static int run_branch(struct ui *u, const char *args, struct err *e)
{
	int fold = ui_fold(u)->fold;
	struct branch_order o;
	struct rewind at;
	char line[BRANCH_NAME + 64];

	here(u, &at);
	if (!*args && !u->settle) {
		type_name(u, &at);
		return 0;
	}
	if (branch_order(&o, args, e))
		return -1;
	if (!is_trained(u, fold)) {
		o.at = o.at.epoch ? o.at : at;
		return from_files(u, &o, fold, e);
	}
	if (u->view == VIEW_TRAIN && train_view(u)->cursor && !o.at.epoch)
		o.at = at;
	if (branch_path(u->run.dir, o.name, u->branching.dir, sizeof u->branching.dir, e))
		return -1;
	if (o.at.epoch)
		snprintf(line, sizeof line, "%s %d:%d", o.name, o.at.epoch, o.at.in_epoch);
	else
		snprintf(line, sizeof line, "%s", o.name);
	if (ui_command(u, "branch", line, e))
		return -1;
	u->branching.asked = u->waiting;
	return 0;
}

const struct verb branch_verbs[] = {
	{"branch", "[NAME [EPOCH:STEP]]",
	 "A run of its own that leaves this one here, at the cursor, or there.", run_branch,
	 refuse_branch, NULL, CHANGES_FILES | LATE},
	{0},
};
