/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing the picked runs over the shown one (ui/state/overlay.h), from any view. */
#include "ui/state/overlay.h"

#include "ui/console/complete.h"
#include "ui/view/sessions.h"
#include "ui/view/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The picked runs, the shown one among them if it is. */
static int draw_picked(struct ui *u, struct err *e)
{
	int n, failed;
	const char **dir = sessions_picked(u, &n);

	failed = overlay_set(u, dir, n, e);
	free(dir);
	return failed;
}

/* Would view 1 draw means over folds? */
static bool can_mean(const struct ui *u)
{
	int begun = 0;

	for (int i = 0; i < u->run.nfolds; i++)
		begun += u->run.fold[i].nsteps > 0;
	return begun > 1 && !train_view(u)->mean;
}

/* What of it can be seen in view 1 as it is now, and why the rest cannot. */
static void say_drawn(struct ui *u)
{
	struct train_layout l = train_layout(u, u->rows, u->cols);
	const struct train_overlay *missing = NULL;
	struct train_frame f;
	int drawn = 0;

	train_frame_make(&f, u, &l, u->cols);
	for (int i = 0; i < f.overlays; i++) {
		drawn += !f.overlay[i].why[0];
		if (f.overlay[i].why[0])
			missing = &f.overlay[i];
	}
	if (f.overlays == 0)
		ui_say(u, "no other run is drawn over this one; + picks one in view 7");
	else if (missing)
		ui_say(u, "%d of %d lines in view 1; %s has %s%s", drawn, f.overlays, missing->name,
		       missing->why, can_mean(u) ? " (M: the mean over folds)" : "");
	else
		ui_say(u, "%d line%s in view 1: val (CE) and %s", drawn, drawn == 1 ? "" : "s",
		       train_figures[train_view(u)->figure].name);
	train_frame_free(&f);
}

static int run_overlay(struct ui *u, const char *args, struct err *e)
{
	int figure = 0;

	while (figure < TRAIN_FIGURES && strcmp(args, train_figures[figure].word) != 0)
		figure++;
	if (*args && strcmp(args, "off") != 0 && figure == TRAIN_FIGURES)
		return err_set(e, "overlay: expected wf1, wa, ua, off or nothing; found %.40s",
			       args);
	if (strcmp(args, "off") == 0) {
		ui_drop_overlays(u);
	} else {
		if (draw_picked(u, e))
			return -1;
		if (*args)
			train_view(u)->figure = figure;
	}
	say_drawn(u);
	return 0;
}

static const char *refuse_overlay(const struct ui *u)
{
	int n;

	free(sessions_picked(u, &n));
	return n || u->noverlays ? NULL : "pick sessions in view 7 first";
}

const struct verb overlay_verbs[] = {
	{"overlay", "[wf1|wa|ua|off]", "Draw the picked runs over this one, compared by a figure.",
	 run_overlay, refuse_overlay, complete_args, CHANGES_NOTHING | LATE},
	{0},
};
