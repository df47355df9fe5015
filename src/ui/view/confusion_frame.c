/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/confusion.h"

#include "base/str.h"
#include "base/util.h"
#include "ui/draw/list.h"

#include <math.h>

/* From the largest. */
static const struct confusion_form forms[] = {
	{.w = 18, .h = 4, .count = 5, .share = 15, .label = 1, .history = 15, .first = 9},
	{.w = 14, .h = 4, .count = 5, .share = 11, .label = 1, .history = 11, .first = 9},
	{.w = 10, .h = 2, .count = 5, .share = 9, .label = 1, .first = 6},
	{.w = 5, .h = 1, .count = 5, .label = 1, .first = 5},
};
enum { FORMS = sizeof forms / sizeof *forms };

enum {
	LABEL_MAX = 8, /* columns of a class name */
	LABEL_TINY = 5,
	TABLE_WIDE = 38,   /* confusion_table.c: class, precision, recall, F1, support */
	TABLE_NARROW = 27, /* short headings */
	TABLE_TINY = 11,   /* class and F1 */
	FIGURES = 3,       /* rows */
	CURVES_LEAST = 3,  /* rows of a plot */
	CURVES_ROUND = 3,  /* an empty row above, tick labels, marks */
	LIST_ROWS = 2,     /* below the matrix, of two each */
	LIST_BESIDE = 3    /* least beside it */
};

static int label_columns(const struct ui *u, int n, bool tiny)
{
	int columns = 3;

	for (int i = 0; i < n; i++) {
		int width = text_width(ui_label(u, i));

		columns = width > columns ? width : columns;
	}
	return clamp_int(columns, 3, tiny ? LABEL_TINY : LABEL_MAX);
}

static int table_columns(const struct confusion_layout *l)
{
	int more = l->label > 5 ? l->label - 5 : 0; /* than the heading "class" */

	return more + (l->tiny ? TABLE_TINY : l->wide ? TABLE_WIDE : TABLE_NARROW);
}

static void use_form(struct confusion_layout *l, const struct confusion_form *form)
{
	l->form = form;
	l->x = l->label + 2 > form->first ? l->label + 2 : form->first;
}

/* Between matrix and table, besides the space each cell but the smallest has. */
static int gap(const struct confusion_layout *l)
{
	return l->form->h == 1 ? 2 : l->wide ? 3 : 0;
}

/* The largest cells whose matrix and table fit; else the smallest, without the
 * table if that helps, and the matrix scrolls. */
static void choose_form(struct confusion_layout *l, int n, int height, int width)
{
	int table = 0;

	for (int i = l->tiny ? FORMS - 1 : 0; i < FORMS; i++) {
		use_form(l, &forms[i]);
		table = gap(l) + table_columns(l);
		if (l->x + n * l->form->w + table <= width && n * l->form->h <= height)
			break;
	}
	if (l->tiny && l->x + n * l->form->w + table > width)
		table = 0;
	l->cols = clamp_int((width - l->x - table) / l->form->w, 1, n);
	l->rows = clamp_int(height / l->form->h, 1, n);
	if (table)
		l->table = l->x + l->cols * l->form->w + gap(l);
}

/* Between matrix and table, if both stay whole. */
static void place_difference(struct confusion_layout *l, int n, int width)
{
	int more = n * DIFFERENCE_CELL + gap(l);

	if (!l->wide || l->form->h < 4 || l->cols < n || l->rows < n ||
	    l->table + more + table_columns(l) > width)
		return;
	l->difference = l->table;
	l->table += more;
}

/* What is beside the matrix in `height` rows from the class labels on:
 * heading, classes, a space, figures and (wide) the largest confusions. */
static void place_beside(struct confusion_layout *l, int n, int height)
{
	int list = l->wide ? 2 + LIST_BESIDE : 0;

	l->table_rows = clamp_int(height - 1 - 1 - FIGURES - list, 1, n);
	if (!l->wide)
		return;
	l->list = l->y - 1 + 1 + l->table_rows + 1 + FIGURES + 1;
	l->list_rows = l->y - 1 + height - (l->list + 1);
}

static struct confusion_layout layout_of(const struct ui *u, int n, int rows, int cols)
{
	struct confusion_layout l = {
		.tiny = cols < 60 || rows < 14,
		.wide = cols >= 100 && rows >= 27,
	};
	int least, room, block, below;

	l.label = label_columns(u, n, l.tiny);
	l.y = l.tiny ? 2 : 3; /* head, "predicted", class labels */
	room = rows - l.y - (l.tiny ? 1 : CURVES_LEAST + CURVES_ROUND);
	choose_form(&l, n, room, cols - 1);
	if (l.tiny) {
		l.table_rows = l.rows;
		return l;
	}
	place_difference(&l, n, cols - 1);

	/* The block of matrix and table, from the labels' row on. */
	least = 1 + n + 1 + FIGURES + (l.wide ? 2 + LIST_BESIDE : 0);
	block = 1 + l.rows * l.form->h;
	block = clamp_int(least, block, room + 1);
	place_beside(&l, n, block);
	below = l.y - 1 + block;
	if (!l.wide && rows - below >= 2 + LIST_ROWS + CURVES_LEAST + CURVES_ROUND) {
		l.list = below + 1;
		l.list_rows = LIST_ROWS;
		below += 2 + LIST_ROWS;
	}
	l.curves = below + 1;
	l.curve_rows = rows - l.curves - 2;
	return l;
}

/* ---- what is shown ---- */

static bool is_known(const struct history *h, int epoch)
{
	return h->n > 0 && history_at(h, epoch, 0, HEAD_MAIN);
}

/* The fold it is compared with: of this run or another. NULL: none. */
static const struct fold_run *find_other(const struct confusion_frame *f)
{
	const struct ui *u = f->u;
	const struct confusion_view *v = confusion_view(u);
	int fold = v->against_fold;

	return run_find(v->other ? v->other : &u->run, fold < 0 ? f->fold->fold : fold);
}

static bool same_utterances(const struct confusion *a, const struct confusion *b)
{
	for (int c = 0; c < a->classes; c++)
		if (confusion_class(a, c).support != confusion_class(b, c).support)
			return false;
	return true;
}

static void say_than(struct confusion_frame *f, const struct fold_run *other)
{
	const struct run *r = confusion_view(f->u)->other;
	bool kept = f->against == other->best_epoch;
	if (r)
		str_fit(f->other, sizeof f->other, r->name);
	else
		snprintf(f->other, sizeof f->other, "fold %d", other->fold);
	if (f->elsewhere)
		snprintf(f->than, sizeof f->than, "%s, epoch %d", f->other, f->against);
	else
		snprintf(f->than, sizeof f->than, "epoch %d%s", f->against, kept ? ", kept" : "");
}

/* The test part is known at one epoch, so only another fold's or session's can
 * be compared with it. */
static void find_then(struct confusion_frame *f)
{
	const struct fold_run *other = find_other(f);
	const struct ui *u = f->u;
	const struct confusion_view *v = confusion_view(u);
	int epoch;

	f->elsewhere = other != f->fold;
	if (!other || (u->sel.test && !(f->elsewhere && other->tested)))
		return;
	epoch = v->against && !f->elsewhere ? v->against : other->best_epoch;
	if (u->sel.test)
		f->then = other->result.confusion;
	else if (is_known(&other->val, epoch))
		history_confusion(&other->val, epoch, HEAD_MAIN, &f->then);
	if (f->then.classes != f->now.classes)
		return;
	f->against = epoch;
	f->points = !same_utterances(&f->now, &f->then);
	say_than(f, other);
}

static bool find_now(struct confusion_frame *f)
{
	const struct ui *u = f->u;

	if (u->sel.test && f->fold->tested) {
		f->epoch = f->fold->result.best_epoch;
		f->now = f->fold->result.confusion;
		f->h = f->fold->test.epochs ? &f->fold->test : NULL;
		return true;
	}
	f->h = ui_history(u);
	f->epoch = ui_epoch(u);
	if (!f->h || !is_known(f->h, f->epoch))
		return false;
	history_confusion(f->h, f->epoch, HEAD_MAIN, &f->now);
	return true;
}

bool confusion_frame_make(struct confusion_frame *f, const struct ui *u, int rows, int cols)
{
	const struct confusion_view *v = confusion_view(u);

	*f = (struct confusion_frame){.u = u, .fold = ui_fold(u)};
	if (!f->fold || !find_now(f))
		return false;
	find_then(f);
	f->n = f->now.classes;
	f->figures = confusion_figures(&f->now);
	f->before = f->against ? confusion_figures(&f->then) : f->figures;
	f->total = confusion_total(&f->now);
	for (int c = 0; c < f->n; c++) {
		f->of[c] = confusion_class(&f->now, c);
		for (int t = 0; t < f->n; t++)
			f->column[c] += f->now.count[t][c];
	}
	f->at = layout_of(u, f->n, rows, cols);
	f->top = list_top(v->top, v->row, f->n, f->at.rows);
	f->left = list_top(v->left, v->col, f->n, f->at.cols);
	return true;
}

double confusion_share(const struct confusion_frame *f, const struct confusion *m, int t, int p)
{
	bool by_column = confusion_view(f->u)->cells == CELLS_COLUMN;
	int64_t of = 0;

	for (int i = 0; i < f->n; i++)
		of += by_column ? m->count[i][p] : m->count[t][i];
	return of ? (double)m->count[t][p] / (double)of : 0;
}

double confusion_change(const struct confusion_frame *f, int t, int p)
{
	double points;

	if (!f->points)
		return (double)(f->now.count[t][p] - f->then.count[t][p]);
	points = 100 * (confusion_share(f, &f->now, t, p) - confusion_share(f, &f->then, t, p));
	return fabs(points) < 0.05 ? 0 : points;
}
