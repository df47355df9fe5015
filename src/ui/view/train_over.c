/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs drawn over the shown one in view 1 (ui/state/overlay.h): their curves. */
#include "ui/view/train.h"

#include "base/mem.h"
#include "ui/state/overlay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folds of a line that are compared with what is shown: the same fold, or all; of
 * each of its runs. The first of the runs too. */
static struct curve_folds folds_of(const struct train_frame *f, int line, const struct run **first)
{
	const struct ui *u = f->u;
	struct curve_folds s = {0};

	*first = NULL;
	for (int i = overlay_next(u, line, 0); i >= 0; i = overlay_next(u, line, i + 1)) {
		const struct run *r = overlay_run(u, i);

		if (!*first)
			*first = r;
		curve_folds_add(&s, r, f->which, f->mean);
	}
	return s;
}

/* Epochs of another run on this axis: it may have other steps in an epoch, and another
 * speed. */
static void place(struct train_overlay *o, const struct train_frame *f, const struct fold_run *of)
{
	double per_epoch = of->steps_per_epoch > 0 ? of->steps_per_epoch : f->per_epoch;
	struct curve_clock clock = curve_clock(of, 1);

	o->x = mem_alloc((size_t)o->loss.n, sizeof *o->x);
	for (int i = 0; i < o->loss.n; i++) {
		int epoch = o->loss.epoch[i];

		switch (train_view(f->u)->axis) {
		case AXIS_EPOCH:
			o->x[i] = epoch;
			break;
		case AXIS_STEP:
			o->x[i] = epoch * per_epoch;
			break;
		case AXIS_TIME:
			o->x[i] = curve_clock_seconds(&clock, epoch) / f->unit;
			break;
		}
	}
	curve_clock_free(&clock);
}

static bool any_finite(const struct curve *c)
{
	return curve_best(c->y, c->n, false) >= 0;
}

/* Is one of the two a branch, of the session of the other? Then one goes on from the other. */
static bool is_own_branch(const struct train_frame *f, const struct run *r)
{
	return (strstr(r->dir, "/branches/") || strstr(f->u->run.dir, "/branches/")) &&
	       strcmp(r->name, f->u->run.name) == 0;
}

static void make(struct train_frame *f, int line)
{
	const struct run *r;
	struct curve_folds s = folds_of(f, line, &r);
	struct train_overlay *o = &f->overlay[f->overlays++];
	bool branch = is_own_branch(f, r);

	*o = (struct train_overlay){.line = line};
	overlay_name(f->u, line, o->name, sizeof o->name);
	o->loss = curve_epochs(&s, EPOCH_CE);
	o->figure = curve_epochs(&s, train_figures[train_view(f->u)->figure].curve);
	if (s.n == 0 && !f->mean)
		snprintf(o->why, sizeof o->why, "no fold %d", f->which);
	else if (o->loss.n == 0)
		snprintf(o->why, sizeof o->why, "no epoch yet");
	else if (!any_finite(&o->loss) && !any_finite(&o->figure))
		snprintf(o->why, sizeof o->why, "no validation");
	else
		place(o, f, curve_most_epochs(&s));
	if (!o->why[0]) {
		/* What it has in common with the fold it left is not drawn twice, but for
		 * the last epoch of it. */
		int common = branch && !f->mean && s.n == 1 ? curve_common(f->fold, s.at[0]) : 0;

		o->from = common - (common > 0);
		o->n = o->loss.n - o->from;
	}
	f->compares |= !branch;
	curve_folds_free(&s);
}

void train_overlays_make(struct train_frame *f)
{
	for (int i = 0; i < OVERLAY_LINES; i++)
		if (overlay_is_drawn(f->u, i))
			make(f, i);
}

void train_overlays_free(struct train_frame *f)
{
	for (int i = 0; i < f->overlays; i++) {
		curve_free(&f->overlay[i].loss);
		curve_free(&f->overlay[i].figure);
		free(f->overlay[i].x);
	}
}

/* ---- small screens ---- */

bool train_draws_overlays(const struct train_frame *f)
{
	return f->compares || !train_is_small(f->layout);
}

struct item {
	enum role role;
	enum glyph marker;
	const char *name;
};

void train_small_legend(const struct train_frame *f, struct canvas *c)
{
	const struct train_figure *figure = &train_figures[train_view(f->u)->figure];
	bool loss = train_small_track(f->u) == TRACK_LOSS;
	int n = f->overlays + 1, per_row = c->rows > 0 ? (n + c->rows - 1) / c->rows : 1;
	int width = c->cols / per_row;

	for (int i = 0; i < n && c->rows > 0; i++) {
		const struct train_overlay *o = i > 0 ? &f->overlay[i - 1] : NULL;
		char name[sizeof o->name];
		struct item item = {loss ? ROLE_S1 : figure->role,
				    loss ? GLYPH_VAL : figure->marker,
				    width > 10 ? "this run" : "this"};
		int row = i / per_row, col = i % per_row * width;

		if (o)
			item = (struct item){
				overlay_role(o->line), overlay_marker(o->line),
				overlay_short(f->u, o->line, width - 3, name, sizeof name)};
		canvas_put(c, row, col, ROLE(item.role), glyph(c->look->glyphs, item.marker));
		canvas_field(c, row, col + 2, width - 3, FIT_ID,
			     ROLE(o && o->why[0] ? ROLE_DIM : ROLE_STRONG), "%s", item.name);
	}
}
