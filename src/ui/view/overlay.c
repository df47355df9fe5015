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

/* What of the lines can be seen in view 1 as it is now. */
struct seen {
	int lines, drawn;
	char missing[256]; /* the last that is not drawn, and why: "meld has no fold 2"; or "" */
};

static struct seen look(const struct ui *u)
{
	struct train_layout l = train_layout(u, u->rows, u->cols);
	struct train_frame f;
	struct seen s = {0};

	train_frame_make(&f, u, &l, u->cols);
	s.lines = f.overlays;
	for (int i = 0; i < f.overlays; i++) {
		const struct train_overlay *o = &f.overlay[i];

		s.drawn += !o->why[0];
		if (o->why[0])
			snprintf(s.missing, sizeof s.missing, "%s has %s", o->name, o->why);
	}
	train_frame_free(&f);
	return s;
}

/* Two runs need not be at the same fold: where no line could be seen, view 1 has the means
 * over the folds, if they show one. */
static bool take_means(struct ui *u, const struct seen *before)
{
	struct seen means;

	if (!before->lines || before->drawn || !can_mean(u))
		return false;
	train_view(u)->mean = true;
	means = look(u);
	if (!means.drawn) {
		train_view(u)->mean = false;
		return false;
	}
	ui_say(u, "%d line%s in view 1: means over folds, as %s", means.drawn,
	       means.drawn == 1 ? "" : "s", before->missing);
	return true;
}

static void say_drawn(struct ui *u, const struct seen *s)
{
	if (s->lines == 0)
		ui_say(u, "no other run is drawn over this one; + picks one in view 7");
	else if (s->missing[0])
		ui_say(u, "%d of %d lines in view 1; %s%s", s->drawn, s->lines, s->missing,
		       s->drawn && can_mean(u) ? " (M: the mean over folds)" : "");
	else
		ui_say(u, "%d line%s in view 1: val (CE) and %s", s->drawn,
		       s->drawn == 1 ? "" : "s", train_figures[train_view(u)->figure].name);
}

static int run_overlay(struct ui *u, const char *args, struct err *e)
{
	struct seen seen;
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
	seen = look(u);
	if (!take_means(u, &seen))
		say_drawn(u, &seen);
	return 0;
}

static const char *refuse_overlay(const struct ui *u)
{
	int n;

	if (ui_no_run(u))
		return ui_no_run(u);
	free(sessions_picked(u, &n));
	return n || u->noverlays ? NULL : "pick sessions in view 7 first";
}

const struct verb overlay_verbs[] = {
	{"overlay", "[wf1|wa|ua|off]", "Draw the picked runs over this one, compared by a figure.",
	 run_overlay, refuse_overlay, complete_args, CHANGES_NOTHING | LATE},
	{0},
};
