/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What view 1 answers to: cursor, move, zoom, smooth, log, axis, mean. */
#include "ui/console/complete.h"
#include "ui/console/control.h"
#include "ui/view/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VIEW_ROWS_LESS = 3 }; /* tabs, status, keys */

/* The time that can be shown: of the fold, or of the farthest one. */
struct span {
	double first, last; /* epochs */
	double lo, hi;      /* what is shown of it */
	double stride;      /* the cursor's */
};

static struct span span_of(const struct ui *u)
{
	const struct train_view *v = train_view(u);
	static const struct fold_run none;
	const struct fold_run *f = ui_fold(u);
	struct span s = {.first = 0};

	for (int i = 0; i < u->run.nfolds && v->mean; i++)
		if (!f || train_now(u, &u->run.fold[i]) > train_now(u, f))
			f = &u->run.fold[i];
	f = f ? f : &none;
	s.last = train_now(u, f);
	s.hi = axis_end(s.last, u->run.set.train.epoch);
	if (v->to > v->from) {
		s.lo = v->from;
		s.hi = v->to;
	}
	/* By epochs, as the table counts; close up by steps. */
	s.stride = s.hi - s.lo > 5 ? 1 : 1. / train_per_epoch(u, f);
	s.first = f->nepochs > 0 && s.stride == 1 ? 1 : 1. / train_per_epoch(u, f);
	return s;
}

static int folds_begun(const struct ui *u)
{
	int n = 0;

	for (int i = 0; i < u->run.nfolds; i++)
		n += u->run.fold[i].nsteps > 0;
	return n;
}

static const char *refuse_curve(const struct ui *u)
{
	return folds_begun(u) == 0 ? "no curve yet" : NULL;
}

static double clamp(double x, double lo, double hi)
{
	return fmin(fmax(x, lo), hi);
}

/* A number from lo to hi and nothing after it. */
static bool number(const char *text, double lo, double hi, double *x)
{
	char *end;

	*x = strtod(text, &end);
	return end > text && !*end && *x >= lo && *x <= hi;
}

/* ---- zoom ---- */

static void show_all(struct ui *u)
{
	struct train_view *v = train_view(u);

	v->from = v->to = 0;
}

/* The range, moved onto the axis; all of it if it is that wide. */
static void show(struct ui *u, double from, double to)
{
	struct train_view *v = train_view(u);
	double end, width = to - from;

	show_all(u);
	end = span_of(u).hi;
	if (width >= end)
		return;
	from = clamp(from, 0, end - width);
	v->from = from;
	v->to = from + width;
}

static int zoom(struct ui *u, const char *args, struct err *e)
{
	struct train_view *v = train_view(u);
	struct span s = span_of(u);
	double middle = v->cursor ? v->at : fmin(s.last, s.hi);
	double width = s.hi - s.lo, from, to;

	if (strcmp(args, "all") == 0) {
		show_all(u);
	} else if (strcmp(args, "in") == 0 || !*args) {
		width = fmax(width / 2, fmin(1, width));
		show(u, middle - width / 2, middle + width / 2);
	} else if (strcmp(args, "out") == 0) {
		show(u, s.lo - width / 2, s.hi + width / 2);
	} else if (sscanf(args, "%lf %lf", &from, &to) == 2 && from >= 0 && to > from &&
		   isfinite(to)) {
		show(u, from, to);
	} else {
		return err_set(e, "zoom: expected in, out, all, or two epochs FROM TO; found %s",
			       args);
	}
	return 0;
}

/* ---- cursor ---- */

/* Keep the cursor in what is shown: a zoomed range moves along. */
static void follow(struct ui *u)
{
	struct train_view *v = train_view(u);
	struct span s = span_of(u);

	if (v->to <= v->from)
		return;
	if (v->at < s.lo)
		show(u, v->at, v->at + (s.hi - s.lo));
	else if (v->at > s.hi)
		show(u, v->at - (s.hi - s.lo), v->at);
}

static void set_cursor(struct ui *u, double at)
{
	struct train_view *v = train_view(u);
	struct span s = span_of(u);
	double stride = s.stride;

	v->cursor = true;
	v->at = clamp(ceil(at / stride - 0.5) * stride, s.first,
		      fmax(s.first, floor(s.last / stride + 1e-9) * stride));
	follow(u);
}

/* On a track: the cursor goes there. */
void train_click(struct ui *u, int row, int col)
{
	struct train_layout l = train_layout(u, u->rows - VIEW_ROWS_LESS, u->cols);
	int width = train_track_cols(&l, u->cols);
	struct train_frame f;

	col -= l.gutter;
	if (row == 0 || col < 0 || col >= width || refuse_curve(u))
		return;
	train_frame_make(&f, u, &l, width);
	set_cursor(u, train_epochs(&f, plot_x_at(&f.x, col, width)));
	train_frame_free(&f);
}

static int cursor(struct ui *u, const char *args, struct err *e)
{
	struct train_view *v = train_view(u);
	struct span s = span_of(u);
	double at;

	if (!*args && v->cursor) {
		v->cursor = false;
	} else if (!*args) {
		set_cursor(u, s.last);
	} else if (number(args, 0, s.last, &at)) {
		set_cursor(u, at);
	} else {
		return err_set(e, "cursor: expected an epoch, 0 to %.4g; found %s", s.last, args);
	}
	return 0;
}

/* ---- moving ---- */

static bool is_small(const struct ui *u)
{
	struct train_layout l = train_layout(u, u->rows - VIEW_ROWS_LESS, u->cols);

	return train_is_small(&l);
}

static int move_track(struct ui *u, int by, struct err *e)
{
	struct train_view *v = train_view(u);

	if (!is_small(u))
		return err_set(e, "move: all tracks are on the screen; left and right move the "
				  "cursor");
	v->track = (v->track + by + TRACKS) % TRACKS;
	return 0;
}

static int move(struct ui *u, const char *args, struct err *e)
{
	struct train_view *v = train_view(u);
	static const struct {
		const char *name;
		int strides;
	} sideways[] = {{"left", -1}, {"right", 1}, {"pgup", -10}, {"pgdn", 10}};
	struct span s = span_of(u);
	double at = v->cursor ? v->at : s.last;

	if (strcmp(args, "up") == 0 || strcmp(args, "down") == 0)
		return move_track(u, args[0] == 'u' ? -1 : 1, e);
	if (s.last <= 0)
		return err_set(e, "move: %s", refuse_curve(u));
	if (strcmp(args, "home") == 0) {
		set_cursor(u, s.first);
		return 0;
	}
	if (strcmp(args, "end") == 0) {
		set_cursor(u, s.last);
		return 0;
	}
	for (size_t i = 0; i < sizeof sideways / sizeof *sideways; i++) {
		if (strcmp(args, sideways[i].name) == 0) {
			set_cursor(u, at + sideways[i].strides * s.stride);
			return 0;
		}
	}
	return err_set(e,
		       "move: expected left, right, pgup, pgdn, home, end, up or down; "
		       "found %s",
		       args);
}

/* To where a branch left, before or after the cursor. */
static int jump(struct ui *u, const char *args, struct err *e)
{
	struct train_view *v = train_view(u);
	bool right = strcmp(args, "right") == 0;
	const struct fold_run *f = ui_fold(u);
	double at = v->cursor ? v->at : span_of(u).last, to = NAN;

	if (!right && strcmp(args, "left") != 0)
		return err_set(e, "jump: expected left or right; found %s", args);
	for (int i = 0; f && i < f->nmarks; i++) {
		double x = (f->mark[i].step - 1.) / train_per_epoch(u, f);

		if (f->mark[i].kind != MARK_BRANCH)
			continue;
		if (right ? x > at + 1e-9 && !(x >= to) : x < at - 1e-9 && !(x <= to))
			to = x;
	}
	if (isnan(to))
		return err_set(e, "jump: no branch left %s the cursor", right ? "after" : "before");
	v->cursor = true;
	v->at = to;
	follow(u);
	return 0;
}

static const char *refuse_jump(const struct ui *u)
{
	const struct fold_run *f = ui_fold(u);

	for (int i = 0; f && i < f->nmarks; i++)
		if (f->mark[i].kind == MARK_BRANCH)
			return NULL;
	return "no branch has left this fold";
}

static const char *refuse_move(const struct ui *u)
{
	return is_small(u) ? NULL : refuse_curve(u);
}

/* ---- going back ---- */

/* To the cursor, after a question. */
static int rewind_here(struct ui *u, const char *args, struct err *e)
{
	const struct train_view *v = train_view(u);
	const struct fold_run *f = ui_fold(u);
	int each = f ? train_per_epoch(u, f) : 1, step = (int)lround(v->at * each);
	char command[64];

	if (*args)
		return control_rewind(u, args, e);
	if (!v->cursor)
		return err_set(e, "rewind EPOCH[:STEP]|NAME: expected where to; c sets a cursor, "
				  "and R then goes back to it");
	if (u->sel.fold != u->now.fold)
		return err_set(e, "rewind: the cursor is in fold %d, and fold %d is trained",
			       u->sel.fold, u->now.fold);
	if (step >= u->now.step)
		return err_set(e, "rewind: the cursor is where the run is; move it back first");
	snprintf(command, sizeof command, "rewind %d:%d", step / each + 1, step % each);
	ui_ask(u, command, "go back %d step%s, to %d:%d? what came after is kept as a branch   y/n",
	       u->now.step - step, u->now.step - step == 1 ? "" : "s", step / each + 1,
	       step % each);
	return 0;
}

/* ---- how curves are drawn ---- */

/* Where + and - stop: each about doubles the points that count. */
static const double weights[] = {0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999};
enum { WEIGHTS = sizeof weights / sizeof *weights };

static int smooth(struct ui *u, const char *args, struct err *e)
{
	struct train_view *v = train_view(u);
	double keep;
	int i = 0;

	if (strcmp(args, "+") == 0) {
		while (i + 1 < WEIGHTS && weights[i] <= v->keep)
			i++;
		v->keep = fmax(weights[i], v->keep);
	} else if (strcmp(args, "-") == 0) {
		i = WEIGHTS - 1;
		while (i > 0 && weights[i] >= v->keep)
			i--;
		v->keep = fmin(weights[i], v->keep);
	} else if (number(args, 0, 0.999, &keep)) {
		v->keep = keep;
	} else {
		return err_set(e, "smooth: expected +, - or a weight, 0 to 0.999; found %s", args);
	}
	ui_say(u, v->keep > 0 ? "smoothing %g: a mean of about %.0f steps" : "no smoothing",
	       v->keep, (1 + v->keep) / (1 - v->keep));
	return 0;
}

static int axis(struct ui *u, const char *args, struct err *e)
{
	struct train_view *v = train_view(u);
	static const char *const names[] = {
		[AXIS_EPOCH] = "epoch", [AXIS_STEP] = "step", [AXIS_TIME] = "time"};
	int n = sizeof names / sizeof *names;

	if (!*args) {
		v->axis = (v->axis + 1) % (unsigned)n;
		return 0;
	}
	for (int i = 0; i < n; i++) {
		if (strcmp(args, names[i]) == 0) {
			v->axis = (unsigned)i;
			return 0;
		}
	}
	return err_set(e, "axis: expected epoch, step or time; found %s", args);
}

/* Off and on, or as the word says. */
static int toggle(bool *on, const char *verb, const char *args, bool when_on, struct err *e)
{
	if (*args && strcmp(args, "on") != 0 && strcmp(args, "off") != 0)
		return err_set(e, "%s: expected on, off or nothing; found %s", verb, args);
	*on = *args ? (strcmp(args, "on") == 0) == when_on : !*on;
	return 0;
}

static int log_y(struct ui *u, const char *args, struct err *e)
{
	return toggle(&train_view(u)->log_off, "log", args, false, e);
}

static int health(struct ui *u, const char *args, struct err *e)
{
	return toggle(&train_view(u)->health, "health", args, true, e);
}

static const char *refuse_health(const struct ui *u)
{
	return is_small(u) ? "the screen is too small for it; 80 columns and 19 rows are needed"
			   : NULL;
}

static int mean(struct ui *u, const char *args, struct err *e)
{
	return toggle(&train_view(u)->mean, "mean", args, true, e);
}

static const char *refuse_mean(const struct ui *u)
{
	return folds_begun(u) < 2 && !train_view(u)->mean
		       ? "a mean needs two folds that have started"
		       : NULL;
}

/* ---- the table ---- */

const struct verb train_verbs[] = {
	{"move", "left|right|home|end|pgup|pgdn|up|down", "Move the cursor or the selected row.",
	 move, refuse_move, complete_args, CHANGES_NOTHING},
	{"cursor", "[EPOCH]", "A cursor through all tracks; the table shows its epoch.", cursor,
	 refuse_curve, NULL, CHANGES_NOTHING},
	{"jump", "left|right", "The cursor to where a branch left, before or after it.", jump,
	 refuse_jump, complete_args, CHANGES_NOTHING | LATE},
	{"rewind", "[EPOCH[:STEP]|NAME]",
	 "Go back to the cursor or a step; what came after is kept as a branch.", rewind_here,
	 control_refuse_rewind, NULL, CHANGES_SESSION | LATE},
	{"zoom", "in|out|all|FROM TO", "The part of the time axis that is drawn.", zoom,
	 refuse_curve, complete_args, CHANGES_NOTHING},
	{"smooth", "+|-|VALUE", "How much the curves are smoothed, 0 to 0.999.", smooth, NULL,
	 complete_args, CHANGES_NOTHING},
	{"log", "[on|off]", "Losses on a logarithmic axis, or a linear one.", log_y, NULL,
	 complete_args, CHANGES_NOTHING},
	{"axis", "[epoch|step|time]", "Epochs, steps or time along x.", axis, NULL, complete_args,
	 CHANGES_NOTHING},
	{"mean", "[on|off]", "Mean and deviation over the folds.", mean, refuse_mean, complete_args,
	 CHANGES_NOTHING},
	{"health", "[on|off]", "How the layers learn, in place of the terms; see train.health.",
	 health, refuse_health, complete_args, CHANGES_NOTHING | LATE},
	{0},
};
