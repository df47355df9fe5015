/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers beside the tracks of view 1: now (or at the cursor), best, share. */
#include "ui/view/train.h"

#include "app/config/option.h"
#include "app/study/num.h"
#include "engine/train/selection.h"
#include "ui/state/duels.h"
#include "ui/state/overlay.h"

#include <math.h>
#include <stdio.h>

enum { NAME = 2, LONGEST_VALUE = 5 };

/* Columns end here; all numbers of one have as many decimals, so aligning
 * their ends aligns their points. 0: not on this layout. */
struct ends {
	int now, best, at, weight, share;
};

static struct ends ends(const struct train_frame *f)
{
	int now = NAME + f->layout->name + 1 + LONGEST_VALUE, best = now + 6;

	if (f->layout->wide)
		return (struct ends){now, best, .at = best + 4, .weight = best, .share = best + 7};
	return (struct ends){now, best, .share = best};
}

static void right(struct canvas *c, int row, int end, struct style style, const char *text)
{
	if (end)
		canvas_text(c, row, end - text_width(text), style, "%s", text);
}

/* What is read first: bold, and marked where it is not a number. */
static struct style value_style(double x)
{
	return isfinite(x) ? ROLE_BOLD(ROLE_STRONG) : ROLE_BOLD(ROLE_BAD);
}

/* A large one has fewer decimals, so that it does not touch what is beside it. */
static char *short_value(char *out, double x)
{
	return text_width(num_value(out, x)) > LONGEST_VALUE ? num_norm(out, x) : out;
}

static void put_value(const struct train_frame *f, struct canvas *c, int row, double x,
		      char *(*write)(char *, double), bool there)
{
	char text[NUM_LEN];

	if (there)
		right(c, row, ends(f).now, value_style(x), write(text, x));
	else
		right(c, row, ends(f).now, ROLE(ROLE_DIM), NUM_MISSING);
}

static void put_name(const struct train_frame *f, struct canvas *c, int row, enum role role,
		     enum glyph marker, const char *name)
{

	canvas_put(c, row, 0, ROLE(role), glyph(c->look->glyphs, marker));
	canvas_field(c, row, NAME, f->layout->name, FIT_ID, ROLE(ROLE_STRONG), "%s", name);
}

static void put_best(const struct train_frame *f, struct canvas *c, int row, double best, int epoch)
{
	char text[NUM_LEN];

	if (epoch < 0)
		return;
	right(c, row, ends(f).best, ROLE(ROLE_DIM), short_value(text, best));
	snprintf(text, sizeof text, "%d", epoch);
	right(c, row, ends(f).at, ROLE(ROLE_DIM), text);
}

/* The best of n values and the number of its epoch; -1 if there is none. */
static int best_of(const double *y, const int *number, int n, bool smallest, double *best)
{
	int at = curve_best(y, n, smallest);

	if (at < 0)
		return -1;
	*best = y[at];
	return number[at];
}

int train_best(const struct train_frame *f, int curve, double *best)
{
	return best_of(f->epoch.y[curve], f->number, f->epoch.n, curve == EPOCH_CE, best);
}

/* ---- weights and shares ---- */

/* Does the loss follow from the terms with the weights in force? Where the
 * cursor is before a change of them it does not. */
static bool weights_hold(const struct train_frame *f)
{
	const struct train_curves *s = &f->step;
	double sum = 0, loss;

	if (isnan(f->cursor))
		return true;
	if (f->at_step < 0)
		return false;
	for (int t = 0; t < TERMS; t++)
		sum += loss_weight(&f->u->run.set, t) * s->y[STEP_TERM + t][f->at_step];
	loss = s->y[STEP_LOSS][f->at_step];
	return fabs(sum - loss) <= 1e-3 * fabs(loss);
}

double train_share(const struct train_frame *f, enum term term)
{
	double sum = 0;

	if (!weights_hold(f))
		return NAN;
	for (int t = 0; t < TERMS; t++)
		sum += loss_weight(&f->u->run.set, t) * train_step_value(f, STEP_TERM + t);
	if (!isfinite(sum))
		return NAN;
	return loss_weight(&f->u->run.set, term) * train_step_value(f, STEP_TERM + term) / sum;
}

static void put_weight(const struct train_frame *f, struct canvas *c, enum term term)
{
	char text[OPTION_TEXT];
	double share = train_share(f, term);

	if (f->mean)
		return;
	if (weights_hold(f))
		option_text(&f->u->run.set, option_find(loss_term[term].key), text, sizeof text);
	else
		snprintf(text, sizeof text, NUM_MISSING);
	right(c, 0, ends(f).weight, ROLE(ROLE_DIM), text);
	if (isfinite(share))
		right(c, 0, ends(f).share, ROLE(ROLE_DIM), num_percent(text, share, 0));
}

static void put_sd(const struct train_frame *f, struct canvas *c, int row, double sd)
{
	char text[NUM_LEN];

	if (!isfinite(sd))
		return;
	snprintf(text, sizeof text, "%.3f", sd); /* decimals as the mean's */
	right(c, row, ends(f).best, ROLE(ROLE_DIM), text);
}

static void put_deviation(const struct train_frame *f, struct canvas *c, int row,
			  const struct train_curves *of, int curve, int at)
{
	if (at >= 0)
		put_sd(f, c, row, of->sd[curve][at]);
}

/* ---- groups ---- */

/* "now", or which instant the numbers are of. */
static void put_heading(const struct train_frame *f, struct canvas *c, const char *title)
{
	const struct ui *u = f->u;
	const struct train_view *v = train_view(u);
	char when[NUM_LEN], position[NUM_LEN];
	int epoch = (int)floor(v->at + 1e-9);
	int step = (int)lround((v->at - epoch) * f->per_epoch);

	snprintf(when, sizeof when, "%s", f->mean ? "mean" : "now");
	if (v->cursor && step)
		snprintf(when, sizeof when, "at %.16s", num_position(position, epoch + 1, step));
	else if (v->cursor)
		snprintf(when, sizeof when, "at %d", epoch);
	canvas_text(c, 0, 0, ROLE_BOLD(ROLE_STRONG), "%s", title);
	right(c, 0, ends(f).now, ROLE(ROLE_DIM), when);
	right(c, 0, ends(f).best, ROLE(ROLE_DIM), f->mean ? "sd" : "best");
	if (!f->mean)
		right(c, 0, ends(f).at, ROLE(ROLE_DIM), "at");
}

static void put_epoch_row(const struct train_frame *f, struct canvas *c, int row, int curve,
			  enum role role, enum glyph marker, const char *name)
{
	double best = NAN;
	int epoch = train_best(f, curve, &best);

	put_value(f, c, row, train_epoch_value(f, curve), short_value, f->at_epoch >= 0);
	put_name(f, c, row, role, marker, name);
	if (f->mean)
		put_deviation(f, c, row, &f->epoch, curve, f->at_epoch);
	else
		put_best(f, c, row, best, epoch);
}

/* ---- the other runs ---- */

static void overlay_row(const struct train_frame *f, struct canvas *c, int row,
			const struct train_overlay *o, bool loss)
{
	const struct curve *of = loss ? &o->loss : &o->figure;
	const double *x = o->x + o->from, *y = train_over(o, of->y), *sd = train_over(o, of->sd);
	double best = NAN, until = isnan(f->cursor) ? INFINITY : f->cursor * (1 + 1e-9);
	char name[sizeof o->name];
	int at = -1, epoch;

	put_name(f, c, row, overlay_role(o->line), overlay_marker(o->line),
		 overlay_short(f->u, o->line, f->layout->name, name, sizeof name));
	if (o->why[0]) {
		right(c, row, ends(f).best, ROLE(ROLE_DIM), o->why);
		return;
	}
	while (at + 1 < o->n && x[at + 1] <= until)
		at++;
	put_value(f, c, row, at < 0 ? NAN : y[at], short_value, at >= 0);
	epoch = best_of(y, of->epoch + o->from, o->n, loss, &best);
	if (!f->mean)
		put_best(f, c, row, best, epoch);
	else if (at >= 0)
		put_sd(f, c, row, sd[at]);
}

/* In the loss track they are drawn as their val (CE), named once more if there is room,
 * else by their markers alone: their names are in the validation's rows. */
static void loss_overlays(const struct train_frame *f, struct canvas *c, int row)
{
	int col = NAME;

	if (row + f->overlays <= c->rows) {
		for (int i = 0; i < f->overlays; i++)
			overlay_row(f, c, row + i, &f->overlay[i], true);
		return;
	}
	col = canvas_text(c, row, col, ROLE(ROLE_DIM), "others ");
	for (int i = 0; i < f->overlays; i++)
		if (!f->overlay[i].why[0])
			col = canvas_put(
				c, row, col, ROLE(overlay_role(f->overlay[i].line)),
				glyph(c->look->glyphs, overlay_marker(f->overlay[i].line)));
}

static void loss_group(const struct train_frame *f, struct canvas *c)
{
	static const char *const why[] = {"reference! validates",
					  "on the test session:", "optimistic figures"};
	int row = 3, last = c->rows - (f->overlays > 0);

	put_heading(f, c, "loss");
	put_value(f, c, 1, train_step_value(f, STEP_LOSS), short_value,
		  f->at_step >= 0 || f->diverged);
	put_name(f, c, 1, ROLE_S2, GLYPH_WF1, "train");
	if (f->mean)
		put_deviation(f, c, 1, &f->step, STEP_LOSS, f->at_step);
	put_epoch_row(f, c, 2, EPOCH_CE, ROLE_S1, GLYPH_VAL, "val (CE)");
	for (int i = 0; i < 3 && f->u->run.results.optimistic && row < last; i++)
		canvas_text(c, row++, 0, ROLE(ROLE_WARN), "%s", why[i]);
	loss_overlays(f, c, row);
}

/* A figure of the shown run that is not drawn while runs are compared by another. */
static void put_other_figure(const struct train_frame *f, struct canvas *c, int row,
			     const struct train_figure *g)
{
	double best = NAN;
	int epoch = train_best(f, g->curve, &best);

	put_value(f, c, row, train_epoch_value(f, g->curve), short_value, f->at_epoch >= 0);
	canvas_text(c, row, NAME, ROLE(ROLE_DIM), "%s", g->name);
	if (f->mean)
		put_deviation(f, c, row, &f->epoch, g->curve, f->at_epoch);
	else
		put_best(f, c, row, best, epoch);
}

static void validation_group(const struct train_frame *f, struct canvas *c)
{
	int first = train_view(f->u)->figure, row = 1;

	canvas_text(c, 0, 0, ROLE_BOLD(ROLE_STRONG), f->compares ? "validation %s" : "validation",
		    train_figures[first].name);
	for (int i = 0; i < TRAIN_FIGURES && (i == 0 || !f->compares); i++) {
		const struct train_figure *g = &train_figures[(first + i) % TRAIN_FIGURES];

		put_epoch_row(f, c, row++, g->curve, g->role, g->marker,
			      f->compares ? "this run" : g->name);
	}
	for (int i = 0; i < f->overlays; i++)
		overlay_row(f, c, row++, &f->overlay[i], false);
	for (int i = 1; i < TRAIN_FIGURES && f->compares; i++)
		put_other_figure(f, c, row++, &train_figures[(first + i) % TRAIN_FIGURES]);
}

static void put_lines(struct canvas *c)
{
	int col;

	canvas_put(c, 1, 0, ROLE(ROLE_S2), glyph(c->look->glyphs, GLYPH_WF1));
	col = canvas_text(c, 1, NAME, ROLE(ROLE_DIM), "train") + 2;
	canvas_put(c, 1, col, ROLE(ROLE_S1), glyph(c->look->glyphs, GLYPH_VAL));
	canvas_text(c, 1, col + NAME, ROLE(ROLE_DIM), "val (CE)");
}

static void term_group(const struct train_frame *f, struct canvas *c, enum term term)
{
	canvas_text(c, 0, 0, ROLE(ROLE_TEXT), "%s", loss_term[term].name);
	put_value(f, c, 0, train_step_value(f, STEP_TERM + term), short_value,
		  f->at_step >= 0 || f->diverged);
	if (f->mean)
		put_deviation(f, c, 0, &f->step, STEP_TERM + term, f->at_step);
	put_weight(f, c, term);
	if (term == TERM_MAIN && c->rows > 1) /* it has two lines */
		put_lines(c);
}

/* ---- the duel ---- */

int train_look(const struct train_frame *f)
{
	const struct duel *d = &f->u->duel.now;
	int at = -1, n = duels_looks(f->u);

	while (at + 1 < n &&
	       (isnan(f->cursor) || train_x(f, d->look[at + 1].epoch) <= f->cursor * (1 + 1e-9)))
		at++;
	return at;
}

double train_difference(const struct train_frame *f, int look)
{
	const struct duel_look *x = &f->u->duel.now.look[look];
	int side = duels_shown(f->u);

	return x->figure[side] - x->figure[!side];
}

/* "McNemar 5 : 19, p 0.0066": as many of the words as there is room for, and all of the numbers. */
static void put_test(struct canvas *c, int row, const struct duel_look *x, int side)
{
	static const char *const forms[] = {"McNemar %d : %d, p %s", "McNemar %d:%d p %s",
					    "%d : %d, p %s", "%d:%d p %s"};
	char text[64], p[DUEL_P];
	size_t i = 0;

	duel_p(p, x->p);
	do
		snprintf(text, sizeof text, forms[i], x->only[side], x->only[!side], p);
	while (text_width(text) > c->cols && ++i < sizeof forms / sizeof *forms);
	canvas_text(c, row, 0, ROLE(ROLE_TEXT), "%s", text);
}

/* "over: ended by hand" */
static void put_duel_end(const struct train_frame *f, struct canvas *c, int row)
{
	const struct duel *d = &f->u->duel.now;
	bool gone = duels_looks(f->u) < d->looks, clear = d->end == DUEL_CLEAR && !gone;

	canvas_field(c, row, 0, c->cols, FIT_LEFT, ROLE(clear ? ROLE_GOOD : ROLE_WARN), "over: %s",
		     gone                    ? "gone back since"
		     : clear                 ? "it is clear"
		     : d->end == DUEL_DONE   ? "it is not clear"
		     : d->end == DUEL_BROKEN ? d->why
					     : "ended by hand");
}

static void duel_group(const struct train_frame *f, struct canvas *c)
{
	const struct duel *d = &f->u->duel.now;
	int look = train_look(f), side = duels_shown(f->u);
	const struct duel_look *x = look < 0 ? NULL : &d->look[look];
	char text[NUM_LEN], p[DUEL_P];

	canvas_text(c, 0, 0, ROLE(ROLE_TEXT), "Δ %s", selection_label[d->select]);
	if (x) {
		right(c, 0, ends(f).now, ROLE_BOLD(ROLE_STRONG),
		      num_signed(text, train_difference(f, look), 3));
		snprintf(text, sizeof text, "%d/%d", look + 1, d->planned);
		if (text_width(text) >= ends(f).best - ends(f).now) /* thousands of epochs */
			snprintf(text, sizeof text, "%d", look + 1);
		right(c, 0, ends(f).best, ROLE(ROLE_DIM), text);
		put_test(c, 1, x, side);
	} else {
		right(c, 0, ends(f).now, ROLE(ROLE_DIM), NUM_MISSING);
		canvas_text(c, 1, 0, ROLE(ROLE_DIM), "McNemar " NUM_MISSING);
	}
	if (d->end != DUEL_ON && isnan(f->cursor))
		put_duel_end(f, c, 2);
	else if (x)
		canvas_text(c, 2, 0, ROLE(x->p < x->limit ? ROLE_GOOD : ROLE_DIM),
			    "clear at p < %s", duel_p(p, x->limit));
}

void train_table_heading(const struct train_frame *f, struct canvas *row)
{
	canvas_text(row, 0, 0, ROLE_BOLD(ROLE_STRONG), "terms");
	if (f->mean)
		return;
	right(row, 0, ends(f).weight, ROLE(ROLE_DIM), "weight");
	right(row, 0, ends(f).share, ROLE(ROLE_DIM), "share");
}

void train_table_draw(const struct train_frame *f, enum train_track t, struct canvas *c)
{
	bool there = f->at_step >= 0 || f->diverged;

	if (t == TRACK_LOSS) {
		loss_group(f, c);
	} else if (t == TRACK_VALIDATION) {
		validation_group(f, c);
	} else if (t == TRACK_DUEL) {
		duel_group(f, c);
	} else if (t == TRACK_GRAD) {
		canvas_text(c, 0, 0, ROLE(ROLE_TEXT), "grad norm");
		put_value(f, c, 0, train_step_value(f, STEP_GRAD), num_norm, there);
	} else if (t == TRACK_LR) {
		canvas_text(c, 0, 0, ROLE(ROLE_TEXT), "lr");
		put_value(f, c, 0, train_step_value(f, STEP_LR), num_lr, there);
	} else {
		term_group(f, c, curve_term(t - TRACK_TERM));
	}
}
