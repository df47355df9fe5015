/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head row of view 1: folds and their test figures, or why training does not go on. */
#include "ui/view/train.h"

#include "app/config/option.h"
#include "app/session/rows.h"
#include "app/study/num.h"
#include "base/util.h"
#include "engine/data/split.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- standing still ---- */

/* So many steps of an epoch are done, as rewind, branch and the log say it: 43:0 is the end of
 * epoch 42. */
static char *steps_done(char *out, int epoch, int in_epoch, int per_epoch)
{
	if (per_epoch > 0 && in_epoch >= per_epoch)
		return num_position(out, epoch + 1, 0);
	return num_position(out, epoch, in_epoch);
}

/* The setting whose key ends with a mark's short name; NULL if none does. */
static const struct option *named(const char *name, size_t n)
{
	for (int i = 0; i < option_count; i++) {
		const char *part = strrchr(option_table[i].key, '.');

		if (part && strlen(part + 1) == n && strncmp(part + 1, name, n) == 0)
			return &option_table[i];
	}
	return NULL;
}

/* The value of the last change of this name (with the space behind it) of n marks; NULL if
 * there is none. */
static const char *changed_to(const struct run_mark *mark, int n, const char *label, size_t name)
{
	for (int i = n - 1; i >= 0; i--)
		if (mark[i].kind == MARK_CHANGE && strncmp(mark[i].label, label, name + 1) == 0)
			return mark[i].label + name + 1;
	return NULL;
}

/* What the setting was before the mark: the change before of the same name, in this fold or in
 * what it took over from earlier ones (not all that those have: they may train beside it); or the
 * configuration. */
static const char *was(const struct ui *u, const struct fold_run *f, int mark, size_t name,
		       const struct option *o, char *out, size_t n)
{
	const char *label = f->mark[mark].label, *to = changed_to(f->mark, mark, label, name);

	if (!to)
		to = changed_to(f->taken, f->ntaken, label, name);
	for (int fold = f->fold - 1; !to && !f->began && fold >= 0; fold--) {
		const struct fold_run *before = run_find(&u->run, fold);

		if (before)
			to = changed_to(before->mark, before->nmarks, label, name);
	}
	return to ? to : option_text(&u->run.base, o, out, n);
}

static const char *short_key(const char *key)
{
	return strncmp(key, "train.", 6) == 0 ? key + 6 : key;
}

static void put_last_change(const struct train_frame *f, struct canvas *row, int col)
{
	const struct fold_run *fold = f->fold;
	const struct snapshot *now = &f->u->now;
	char old[OPTION_TEXT];

	if (now->pending > 0) {
		const struct option *o = option_find(now->pending_key);

		canvas_text(row, 0, col, ROLE(ROLE_DIM), "asked: %s %s → %s",
			    short_key(now->pending_key),
			    o ? option_text(&now->set, o, old, sizeof old) : NUM_MISSING,
			    now->pending_value);
		return;
	}
	for (int i = fold->nmarks - 1; i >= 0; i--) {
		const char *label = fold->mark[i].label;
		size_t name = strcspn(label, " ");
		const struct option *o = named(label, name);

		if (fold->mark[i].kind != MARK_CHANGE || !o || !label[name])
			continue;
		canvas_text(row, 0, col, ROLE(ROLE_DIM), "last change: %s %s → %s",
			    short_key(o->key), was(f->u, fold, i, name, o, old, sizeof old),
			    label + name + 1);
		return;
	}
}

static void paused_draw(const struct train_frame *f, struct canvas *row)
{
	const struct snapshot *now = &f->u->now;
	bool broke = now->state == WORK_BROKE;
	bool done = now->epoch >= now->epochs && now->in_epoch >= f->per_epoch;
	char at[NUM_LEN], of[32] = "";
	int col;

	if (now->fold != f->u->sel.fold) /* it is another that goes on */
		snprintf(of, sizeof of, " of fold %d", now->fold);
	col = canvas_text(
		row, 0, 1, ROLE_BOLD(ROLE_WARN), "%s %s%s%s%s", broke ? "broke" : "paused",
		done ? "before the test" : "at ",
		done ? "" : steps_done(at, max_int(now->epoch, 1), now->in_epoch, f->per_epoch), of,
		broke ? ": " : "");
	if (broke)
		canvas_field(row, 0, col, row->cols - 1 - col, FIT_LEFT, ROLE(ROLE_TEXT), "%s",
			     now->broke);
	else if (!train_is_small(f->layout))
		put_last_change(f, row, col + 3);
}

/* What of the step was not finite: a term, else the loss, else the gradient. */
static const char *culprit(const struct step_row *s, double *value)
{
	for (int i = 0; i < TERMS; i++) {
		*value = s->term[curve_term(i)];
		if (!isfinite(*value))
			return loss_term[curve_term(i)].name;
	}
	*value = isfinite(s->loss) ? s->grad_norm : s->loss;
	return isfinite(s->loss) ? "grad norm" : "loss";
}

static void diverged_draw(const struct train_frame *f, struct canvas *row)
{
	const struct step_row *s = &f->u->now.diverged;
	char text[NUM_LEN], at[NUM_LEN], norm[NUM_LEN];
	double value;
	const char *what = culprit(s, &value);
	int in_epoch = (s->step - 1) % f->per_epoch + 1;
	int col = canvas_text(row, 0, 1, ROLE_BOLD(ROLE_BAD), "! %s is %s at %s", what,
			      num_value(text, value), num_position(at, s->epoch, in_epoch));

	if (train_is_small(f->layout))
		return;
	if (strcmp(what, "grad norm") != 0)
		col = canvas_text(row, 0, col + 3, ROLE(ROLE_TEXT), "grad norm %s",
				  num_norm(norm, s->grad_norm));
	canvas_text(row, 0, col + 3, ROLE(ROLE_DIM), "weights: as before the step");
}

/* ---- folds ---- */

static void sign_of(const struct ui *u, enum glyph *g, enum role *role)
{
	static const struct {
		enum glyph glyph;
		enum role role;
	} signs[] = {
		[WORK_LOADING] = {GLYPH_IDLE, ROLE_DIM},
		[WORK_RUN] = {GLYPH_RUN, ROLE_GOOD},
		[WORK_EVAL] = {GLYPH_RUN, ROLE_GOOD},
		[WORK_PAUSED] = {GLYPH_PAUSED, ROLE_WARN},
		[WORK_BROKE] = {GLYPH_PAUSED, ROLE_WARN},
		[WORK_DIVERGED] = {GLYPH_DIVERGED, ROLE_BAD},
		[WORK_STOPPING] = {GLYPH_STOPPING, ROLE_WARN},
		[WORK_IDLE] = {GLYPH_IDLE, ROLE_DIM},
		[WORK_ELSEWHERE] = {GLYPH_ELSEWHERE, ROLE_WARN},
		[WORK_FAILED] = {GLYPH_DIVERGED, ROLE_BAD},
	};

	*g = signs[u->now.state].glyph;
	*role = signs[u->now.state].role;
}

/* One fold: its number where there is room, then test WF1, state or `–`. */
static int put_fold(const struct train_frame *f, struct canvas *row, int col, int fold)
{
	const struct ui *u = f->u;
	const struct fold_run *r = run_find(&u->run, fold);
	char text[NUM_LEN];
	enum glyph g;
	enum role role;

	if (u->sel.fold_chosen && u->sel.fold == fold)
		col = canvas_text(row, 0, col - 1, ROLE(ROLE_CURSOR), "▸");
	if (f->layout->wide)
		col = canvas_text(row, 0, col, ROLE(ROLE_DIM), "%d ", fold);
	if (r && r->tested)
		return canvas_text(row, 0, col, ROLE(ROLE_TEXT), "%s",
				   num_value(text, r->result.test.wf1));
	sign_of(u, &g, &role);
	if (u->now.fold == fold && r && g != GLYPH_IDLE)
		return canvas_put(row, 0, col, ROLE(role), glyph(row->look->glyphs, g));
	if (contains_int(u->now.held, u->now.nheld, fold)) /* by another program */
		return canvas_put(row, 0, col, ROLE(ROLE_WARN),
				  glyph(row->look->glyphs, GLYPH_ELSEWHERE));
	if (r && r->nsteps && !rows_finite(&r->step[r->nsteps - 1])) /* which ended it */
		return canvas_put(row, 0, col, ROLE(ROLE_BAD),
				  glyph(row->look->glyphs, GLYPH_DIVERGED));
	return canvas_text(row, 0, col, ROLE(ROLE_DIM), NUM_MISSING);
}

/* Number of the i-th fold; of a run that is not from a folder those without a row yet take the
 * numbers that follow. */
static int fold_number(const struct ui *u, int i)
{
	int rows = u->run.nfolds, last = rows > 0 ? u->run.fold[rows - 1].fold : 0;

	if (i < u->run.folds && u->run.seen)
		return run_fold_number(&u->run, i);
	return i < rows ? u->run.fold[i].fold : last + 1 + i - rows;
}

/* Folds a row has no room for are left out around the one that is shown, with a sign. */
static int put_folds(const struct train_frame *f, struct canvas *row, int end)
{
	enum { VALUE = 5, CUT = 2 };
	const struct ui *u = f->u;
	int n = max_int(u->now.nfolds, u->run.nfolds), gap = f->layout->wide ? 2 : 1;
	int each = gap + VALUE + (f->layout->wide ? 2 + (n > 9) : 0), col = 1, at = 0, from = 0,
	    fit;

	if (n == 1) /* its test figure is all there is to say */
		return u->run.results.n
			       ? col - (f->layout->wide ? 3 : 2)
			       : canvas_text(row, 0, col, ROLE(ROLE_DIM), "test WF1 " NUM_MISSING);
	if (n > 0)
		col = canvas_text(row, 0, col, ROLE(ROLE_DIM), "folds");
	fit = (end - col) / each;
	if (fit < n) {
		fit = max_int((end - col - 2 * CUT) / each, 1);
		while (at < n - 1 && fold_number(u, at) != f->which)
			at++;
		from = max_int(at - fit / 2, 0);
		from = from + fit > n ? n - fit : from;
	}
	if (from > 0)
		col = canvas_text(row, 0, col, ROLE(ROLE_DIM), " …");
	for (int i = from; i < n && i < from + fit; i++)
		col = put_fold(f, row, col + gap, fold_number(u, i));
	if (from + fit < n)
		col = canvas_text(row, 0, col, ROLE(ROLE_DIM), " …");
	return col;
}

/* As much of "holdout: 876 utterances validate" as there is room for. */
static void put_protocol(const struct train_frame *f, struct canvas *row, int col)
{
	bool optimistic = f->u->run.results.optimistic;
	char name[OPTION_TEXT], rest[64] = "";

	if (!f->layout->wide && !optimistic)
		return;
	option_text(&f->u->run.set, option_find("exp.protocol"), name, sizeof name);
	if (f->layout->wide && f->fold->val.n > 0)
		snprintf(rest, sizeof rest, ": %d utterances validate", f->fold->val.n);
	if (!optimistic && col + text_width(name) + text_width(rest) + 1 > row->cols)
		return;
	col = canvas_text(row, 0, col, ROLE(optimistic ? ROLE_WARN : ROLE_DIM), "%s%s", name,
			  optimistic ? "!" : "");
	if (col + text_width(rest) + 1 <= row->cols)
		canvas_text(row, 0, col, ROLE(ROLE_DIM), "%s", rest);
}

#define OPTIMISTIC "reference!" /* the longest of put_protocol's that must be seen */

/* Columns that what is after the folds needs: their mean first. */
static int after_folds(const struct train_frame *f, int gap)
{
	const struct results *r = &f->u->run.results;
	char text[NUM_LEN];
	int cols = 1;

	if (r->n > 0)
		cols += gap + (int)strlen("test WF1 ") +
			text_width(num_mean_sd(text, r->mean.wf1, r->sd.wf1));
	if (f->mean)
		cols += gap + text_width("mean ± sd");
	if (r->optimistic)
		cols += gap + (int)strlen(OPTIMISTIC);
	return cols;
}

static void folds_draw(const struct train_frame *f, struct canvas *row)
{
	const struct results *r = &f->u->run.results;
	int gap = f->layout->wide ? 3 : 2, folds = 0;
	int warning = r->optimistic ? gap + (int)strlen(OPTIMISTIC) : 0;
	int col = put_folds(f, row, row->cols - after_folds(f, gap));
	char text[NUM_LEN];

	if (r->n > 0) {
		col = canvas_text(row, 0, col + gap, ROLE(ROLE_DIM), "test WF1 ");
		col = canvas_text(row, 0, col, ROLE_BOLD(ROLE_STRONG), "%s",
				  num_mean_sd(text, r->mean.wf1, r->sd.wf1));
	}
	for (int i = 0; i < f->u->run.nfolds; i++)
		folds += f->u->run.fold[i].nsteps > 0;
	snprintf(text, sizeof text, "mean ± sd of %d folds", folds);
	if (col + gap + text_width(text) + warning >= row->cols)
		snprintf(text, sizeof text, "mean ± sd");
	if (f->mean)
		col = canvas_text(row, 0, col + gap, ROLE(ROLE_KEY), "%s", text);
	put_protocol(f, row, col + gap);
}

/* ---- small screens: the numbers of the one track ---- */

/* What a name's line ends with, where the track has two. */
static int put_marker(struct canvas *row, int col, enum role role, enum glyph marker)
{
	return canvas_put(row, 0, col, ROLE(role), glyph(row->look->glyphs, marker)) + 1;
}

static int put(struct canvas *row, int col, const char *name, const char *value)
{
	col = canvas_text(row, 0, col, ROLE(ROLE_DIM), "%s ", name);
	return canvas_text(row, 0, col, ROLE_BOLD(ROLE_STRONG), "%s", value) + 2;
}

static char *or_missing(char *text, double x, char *(*write)(char *, double))
{
	return isnan(x) ? strcpy(text, NUM_MISSING) : write(text, x);
}

static void small_draw(const struct train_frame *f, struct canvas *row)
{
	enum train_track t = train_small_track(f->u);
	double best = NAN, share;
	char text[NUM_LEN];
	int col = 1, epoch;

	if (t == TRACK_VALIDATION) {
		col = put(row, col, "WF1",
			  or_missing(text, train_epoch_value(f, EPOCH_WF1), num_value));
		epoch = train_best(f, EPOCH_WF1, &best);
		if (epoch > 0)
			col = put(row, col, "best", num_best(text, best, epoch));
	} else if (t == TRACK_LOSS) {
		col = put_marker(row, col, ROLE_S2, GLYPH_WF1);
		col = put(row, col, "train",
			  or_missing(text, train_step_value(f, STEP_LOSS), num_value));
		col = put_marker(row, col, ROLE_S1, GLYPH_VAL);
		col = put(row, col, "val",
			  or_missing(text, train_epoch_value(f, EPOCH_CE), num_value));
	} else if (t == TRACK_GRAD) {
		col = put(row, col, "grad norm",
			  or_missing(text, train_step_value(f, STEP_GRAD), num_norm));
	} else if (t == TRACK_LR) {
		col = put(row, col, "lr", or_missing(text, train_step_value(f, STEP_LR), num_lr));
	} else {
		enum term term = curve_term(t - TRACK_TERM);

		if (term == TERM_MAIN) /* its other line is the val (CE) of the loss */
			col = put_marker(row, col, ROLE_S2, GLYPH_WF1);
		col = put(row, col, loss_term[term].name,
			  or_missing(text, train_step_value(f, STEP_TERM + term), num_value));
		share = train_share(f, term);
		if (term == TERM_MAIN) {
			col = put_marker(row, col, ROLE_S1, GLYPH_VAL);
			col = put(row, col, "val",
				  or_missing(text, train_epoch_value(f, EPOCH_CE), num_value));
		} else if (isfinite(share)) {
			col = put(row, col, "share", num_percent(text, share, 0));
		}
	}
	canvas_text(row, 0, col, ROLE(ROLE_DIM), "%d of %d ↑↓", train_view(f->u)->track + 1,
		    TRACKS);
}

void train_head_draw(const struct train_frame *f, struct canvas *row)
{
	const struct snapshot *now = &f->u->now;

	if (now->state == WORK_FAILED)
		canvas_field(row, 0, 1, row->cols - 2, FIT_LEFT, ROLE(ROLE_BAD), "! %s",
			     now->error);
	else if (f->diverged)
		diverged_draw(f, row);
	else if ((now->state == WORK_PAUSED || now->state == WORK_BROKE) &&
		 !train_is_small(f->layout) && !train_view(f->u)->cursor && !f->mean)
		paused_draw(f, row);
	else if (train_is_small(f->layout))
		small_draw(f, row);
	else
		folds_draw(f, row);
}
