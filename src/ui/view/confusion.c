/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/confusion.h"

#include "base/mem.h"
#include "base/util.h"
#include "ui/console/complete.h"
#include "ui/view/epoch.h"
#include "ui/draw/list.h"
#include "ui/view/order.h"
#include "ui/view/sessions.h"

#include <stdlib.h>
#include <string.h>

/* As the head lists them and `cells` goes through them. */
static const struct {
	int cells;
	const char *name, *shown, *wide; /* as a command knows it, as the head says it */
} modes[] = {
	{CELLS_PLAIN, "counts", "counts", "counts"},
	{CELLS_ROW, "row", "row %", "row %"},
	{CELLS_COLUMN, "column", "col %", "column %"},
};
enum { MODES = sizeof modes / sizeof *modes };

/* ---- drawing ---- */

/* A dim name and its value, a group of the head row; returns the column after it. */
static int draw_group(struct canvas *c, int col, const char *name, const char *value, bool strong)
{
	if (*name)
		col = canvas_text(c, 0, col, ROLE(ROLE_DIM), "%s ", name);
	return canvas_text(c, 0, col, strong ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_TEXT), "%s",
			   value);
}

/* cells counts ▸row % col % */
static int draw_modes(const struct ui *u, struct canvas *c, int col, bool wide)
{
	for (int i = 0; i < MODES; i++) {
		bool chosen = modes[i].cells == (int)confusion_view(u)->cells;

		col++;
		if (chosen)
			col = canvas_put(c, 0, col, ROLE_BOLD(ROLE_CURSOR), U'▸');
		col = canvas_text(c, 0, col, chosen ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_TEXT),
				  "%s", wide ? modes[i].wide : modes[i].shown);
	}
	return col;
}

/* Narrow screens: the chosen mode alone. */
static int draw_mode(const struct ui *u, struct canvas *c, int col)
{
	for (int i = 0; i < MODES; i++)
		if (modes[i].cells == (int)confusion_view(u)->cells)
			col = canvas_text(c, 0, col, ROLE_BOLD(ROLE_STRONG), "%s", modes[i].shown);
	return col;
}

static void draw_part(const struct confusion_frame *f, struct canvas *c, int col)
{
	const char *part = f->u->sel.test ? "test" : "val";

	if (f->at.wide)
		canvas_text(c, 0, col, ROLE(ROLE_DIM), "%s part of fold %d, %lld utterances", part,
			    f->fold->fold, (long long)f->total);
	else
		canvas_text(c, 0, col, ROLE(ROLE_DIM), "%s, %lld", part, (long long)f->total);
}

static void draw_head(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;
	int kept = f->fold->best_epoch, space = l->wide ? 4 : l->tiny ? 2 : 3, col = 1;
	char text[96], who[64];

	if (l->tiny) {
		col = draw_mode(f->u, c, col) + space;
	} else {
		col = canvas_text(c, 0, col, ROLE(ROLE_DIM), "cells");
		col = draw_modes(f->u, c, col, l->wide) + space;
	}
	snprintf(text, sizeof text, "%d%s", f->epoch,
		 !f->against && f->epoch == kept ? ", kept" : "");
	col = draw_group(c, col, "epoch", text, true) + (f->against && !l->wide ? 2 : space);
	if (f->against) {
		if (l->wide)
			snprintf(text, sizeof text, "%s", f->than);
		else if (f->elsewhere)
			snprintf(text, sizeof text, "%s@%d",
				 text_cut(who, sizeof who, f->other, 14), f->against);
		else
			snprintf(text, sizeof text, "%s", f->than + strlen("epoch "));
		col = draw_group(c, col, "against", text, false) + space;
	}
	if (!l->tiny || f->u->sel.test)
		draw_part(f, c, col);
}

static void draw_empty(const struct ui *u, struct canvas *c)
{
	char why[128];

	canvas_text(c, 2, 1, ROLE(ROLE_DIM), "%s", epoch_awaited(u, why, sizeof why));
}

static void draw(const struct ui *u, struct canvas *c)
{
	struct confusion_frame f;

	if (!confusion_frame_make(&f, u, c->rows, c->cols)) {
		draw_empty(u, c);
		return;
	}
	draw_head(&f, c);
	confusion_matrix_draw(&f, c);
	confusion_difference_draw(&f, c);
	confusion_table_draw(&f, c);
	confusion_figures_draw(&f, c);
	confusion_list_draw(&f, c);
	confusion_curves_draw(&f, c);
}

/* ---- commands ---- */

static int move(struct ui *u, const char *to, struct err *e)
{
	struct confusion_view *v = confusion_view(u);
	static const struct {
		const char *name;
		int down, right;
	} moves[] = {{"up", -1, 0},
		     {"down", 1, 0},
		     {"left", 0, -1},
		     {"right", 0, 1},
		     {"home", -LABELS_MAX, -LABELS_MAX},
		     {"end", LABELS_MAX, LABELS_MAX}};
	struct confusion_frame f;

	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (strcmp(moves[i].name, to) != 0)
			continue;
		v->row = clamp_int(v->row + moves[i].down, 0, ui_classes(u) - 1);
		v->col = clamp_int(v->col + moves[i].right, 0, ui_classes(u) - 1);
		if (confusion_frame_make(&f, u, u->rows - 3, u->cols)) {
			v->top = f.top;
			v->left = f.left;
		}
		return 0;
	}
	return err_usage(e, "move: expected up, down, left, right, home or end; found '%.40s'", to);
}

/* To exactly the utterances of the cell. */
static int enter(struct ui *u, const char *args, struct err *e)
{
	struct order *o = order_of(u);
	struct confusion_view *v = confusion_view(u);
	struct confusion_frame f;
	char condition[2 * LABEL_LEN + 32];

	(void)args;
	if (!confusion_frame_make(&f, u, u->rows - 3, u->cols))
		return err_usage(e, "%s", epoch_awaited(u, condition, sizeof condition));
	if (!f.h)
		return err_usage(e, "only the matrix of this test part is stored, no predictions");
	if (f.now.count[v->row][v->col] == 0)
		return err_usage(e, "no %s is taken for %s", ui_label(u, v->row),
				 ui_label(u, v->col));
	listing_cell(&u->run.set, v->row, v->col, condition, sizeof condition);
	o->slice[0] = '\0';
	o->row = o->top = 0;
	u->sel.utt = -1;
	if (order_filter(u, condition, e))
		return -1;
	ui_select_view(u, VIEW_UTTERANCES);
	return 0;
}

/* Selects the cell; the selected one is entered. */
static void click(struct ui *u, int row, int col)
{
	struct confusion_view *v = confusion_view(u);
	struct confusion_frame f;
	struct err e = {0};
	int t, p;

	if (!confusion_frame_make(&f, u, u->rows - 3, u->cols) || row < f.at.y || col < f.at.x)
		return;
	t = (row - f.at.y) / f.at.form->h;
	p = (col - f.at.x) / f.at.form->w;
	if (t >= f.at.rows || p >= f.at.cols)
		return;
	if (f.top + t == v->row && f.left + p == v->col && enter(u, "", &e))
		ui_error(u, "%s", e.text);
	v->row = f.top + t;
	v->col = f.left + p;
}

static int cells(struct ui *u, const char *args, struct err *e)
{
	struct confusion_view *v = confusion_view(u);

	for (int i = 0; i < MODES; i++) {
		if (*args ? strcmp(modes[i].name, args) == 0
			  : modes[(i + MODES - 1) % MODES].cells == (int)v->cells) {
			v->cells = modes[i].cells;
			return 0;
		}
	}
	return err_usage(e, "cells: expected counts, row, column or nothing; found '%.40s'", args);
}

/* ---- what to compare with ---- */

/* Compare with the kept epoch of the fold shown, as at first. */
static void forget(void *view)
{
	struct confusion_view *v = view;

	if (v->other)
		run_free(v->other);
	free(v->other);
	v->other = NULL;
	v->against_fold = -1;
	v->against = 0;
}

static void compare_with(struct ui *u, struct run *other, int fold, int epoch)
{
	struct confusion_view *v = confusion_view(u);

	forget(confusion_view(u));
	v->other = other;
	v->against_fold = fold;
	v->against = epoch;
}

/* The epoch shown; once more, or of elsewhere: the kept one. */
static int compare_here(struct ui *u, struct err *e)
{
	struct confusion_view *v = confusion_view(u);
	bool elsewhere = v->other || v->against_fold >= 0;
	int epoch = ui_epoch(u);

	if (u->sel.test && !elsewhere)
		return err_usage(e, "the test part is known at one epoch only; compare fold N or "
				    "a session");
	if (elsewhere || v->against == epoch)
		epoch = 0;
	compare_with(u, NULL, -1, epoch);
	if (epoch)
		ui_say(u, "compared with epoch %d", epoch);
	else
		ui_say(u, "compared with the kept epoch");
	return 0;
}

static int compare_epoch(struct ui *u, const char *args, struct err *e)
{
	const struct history *h = ui_history(u);
	int epoch = epoch_number(args);

	if (u->sel.test)
		return err_usage(e, "the test part is known at one epoch only");
	if (!h || !history_at(h, epoch, 0, HEAD_MAIN))
		return err_usage(e, "epoch %.20s is not evaluated", args);
	compare_with(u, NULL, -1, epoch);
	return 0;
}

static int compare_fold(struct ui *u, const char *args, struct err *e)
{
	const struct fold_run *f = run_find(&u->run, epoch_number(args));

	if (!f || !f->best_epoch)
		return err_usage(e, "fold %.20s has no evaluated epoch yet", args);
	compare_with(u, NULL, f->fold, 0);
	return 0;
}

static bool same_labels(const struct settings *a, const struct settings *b)
{
	if (a->exp.nlabels != b->exp.nlabels)
		return false;
	for (int i = 0; i < a->exp.nlabels; i++)
		if (strcmp(a->exp.labels[i], b->exp.labels[i]) != 0)
			return false;
	return true;
}

/* The same fold of another session. */
static int compare_session(struct ui *u, const char *name, struct err *e)
{
	const struct shelf_run *row = sessions_named(u, name, e);
	const struct fold_run *here = ui_fold(u), *there;
	struct run *other;

	if (!row)
		return -1;
	other = mem_alloc(1, sizeof *other);
	if (run_load(other, row->dir, e)) {
		free(other);
		return -1;
	}
	there = here ? run_find(other, here->fold) : NULL;
	if (!same_labels(&other->base, &u->run.base))
		err_usage(e, "%s has other classes", name);
	else if (!there || !there->best_epoch)
		err_usage(e, "%s has no evaluated epoch of fold %d", name, here ? here->fold : 0);
	if (e->status) {
		run_free(other);
		free(other);
		return -1;
	}
	compare_with(u, other, -1, 0);
	return 0;
}

static int compare(struct ui *u, const char *args, struct err *e)
{
	struct confusion_frame f;

	if (strcmp(args, "kept") == 0)
		forget(confusion_view(u));
	else if (!*args)
		return compare_here(u, e);
	else if (strncmp(args, "epoch ", 6) == 0  ? compare_epoch(u, args + 6, e)
		 : strncmp(args, "fold ", 5) == 0 ? compare_fold(u, args + 5, e)
						  : compare_session(u, args, e))
		return -1;
	if (confusion_frame_make(&f, u, u->rows - 3, u->cols) && f.against)
		ui_say(u, "compared with %s%s", f.than,
		       f.points ? ": other utterances, so changes are in points" : "");
	return 0;
}

static const struct verb verbs[] = {
	{"move", "up|down|left|right|home|end", "Move the cursor or the selected row.", move, NULL,
	 complete_args, CHANGES_NOTHING},
	{"enter", "", "Open what is selected.", enter, NULL, NULL, CHANGES_NOTHING},
	EPOCH_VERB,
	EPOCH_PART_VERB,
	{"cells", "[counts|row|column]", "Counts, shares of the row, shares of the column.", cells,
	 NULL, complete_args, CHANGES_NOTHING},
	{"compare", "[kept|epoch N|fold N|SESSION]",
	 "Compare with what is shown now, or with another epoch, fold or session.", compare, NULL,
	 sessions_complete, CHANGES_NOTHING},
	{0},
};

static const char keys[] = "Up move up           # cell\n"
			   "Down move down       # cell\n"
			   "Left move left       # cell\n"
			   "Right move right     # cell\n"
			   "Enter enter          # utterances\n"
			   "% cells              # cells\n"
			   "[ epoch prev         # epoch\n"
			   "] epoch next         # epoch\n"
			   "{ epoch mark-prev    # mark\n"
			   "} epoch mark-next    # mark\n"
			   "= compare            # compare\n"
			   "p part               # part\n";

const struct view view_confusion = {
	.name = "Confusion",
	.help = "Which class is taken for which, at any epoch and against another.",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.click = click,
	.size = sizeof(struct confusion_view),
	.init = forget,
	.free = forget,
};
