/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/class_curves.h"

#include "app/study/curves.h"
#include "base/mem.h"
#include "ui/draw/plot.h"
#include "ui/view/selected.h"

#include <stdlib.h>

static bool is_blank(const struct canvas *row, int col)
{
	const struct cell *cell = canvas_at(row, 0, col);

	return !cell || cell->base == ' ';
}

/* A mark on the row of x labels: at its column, or in the next free place. */
static void put_mark(struct canvas *row, int col, enum glyph g, const char *label)
{
	int end;

	if (col == AXIS_OUTSIDE)
		return;
	for (end = col + 5; col < end; col++)
		if (is_blank(row, col - 1) && is_blank(row, col) && is_blank(row, col + 1))
			break;
	if (col == end)
		return;
	canvas_put(row, 0, col, ROLE(ROLE_KEY), glyph(row->look->glyphs, g));
	end = col + 2 + text_width(label);
	for (int i = col + 1; i <= end; i++)
		if (!is_blank(row, i))
			return;
	if (end <= row->cols)
		canvas_text(row, 0, col + 2, ROLE(ROLE_DIM), "%s", label);
}

/* Changes, branches and the kept checkpoint: guides, and marks below. */
static int draw_marks(struct canvas *row, const struct fold_run *f, const struct axis *x,
		      double *guide)
{
	int n = 0;

	if (!f)
		return 0;
	if (f->best_epoch > 0) {
		guide[n++] = f->best_epoch;
		put_mark(row, plot_column(x, f->best_epoch, row->cols), GLYPH_KEPT, "kept");
	}
	for (int i = 0; i < f->nmarks; i++) {
		const struct run_mark *m = &f->mark[i];

		if (m->kind != MARK_CHANGE && m->kind != MARK_BRANCH)
			continue;
		guide[n] = curve_mark(m, f->steps_per_epoch);
		put_mark(row, plot_column(x, guide[n++], row->cols),
			 m->kind == MARK_CHANGE ? GLYPH_CHANGE : GLYPH_BRANCH, m->label);
	}
	return n;
}

/* Epochs are whole: no tick at half of one. */
static struct ticks epoch_ticks(const struct axis *x, int cols)
{
	struct ticks t = axis_x_ticks(x, cols);

	if (t.decimals == 0)
		return t;
	t.decimals = t.n = 0;
	for (int epoch = 0; epoch <= x->hi && t.n < TICKS_MAX; epoch++)
		t.at[t.n++] = epoch;
	return t;
}

void class_curves_draw(struct canvas *c, const struct ui *u, enum head head, int gutter_cols,
		       int label_cols)
{
	const struct history *h = ui_history(u);
	const struct fold_run *f = ui_fold(u);
	size_t points = (size_t)h->epochs, classes = (size_t)ui_classes(u);
	double *x = mem_alloc(points * (1 + classes), sizeof *x), *y = x + points;
	double *guide = mem_alloc((f ? (size_t)f->nmarks : 0) + 1, sizeof *guide);
	struct series series[LABELS_MAX];
	char label[LABELS_MAX][LABEL_LEN];
	int order[LABELS_MAX] = {0};
	struct canvas plot = canvas_part(c, 0, gutter_cols, c->rows - 1, c->cols - gutter_cols);
	struct canvas gutter = canvas_part(c, 0, 0, c->rows - 1, gutter_cols), labels;
	struct track t = {
		.x = axis_x(0, axis_end(h->epoch[h->epochs - 1], u->run.set.train.epoch)),
		.y = {.lo = 0, .hi = 1},
		.y_ticks = {.at = {0, 0.5, 1}, .n = 3, .decimals = 1},
		.series = series,
		.n_series = (int)classes,
		.guide = guide,
		.cursor = u->sel.epoch > 0 && !u->sel.test ? (double)u->sel.epoch : (double)NAN,
		.margin = 1 + label_cols,
	};

	curve_classes(h, u->sel.utt, head, x, y);
	curve_class_order(h, u->sel.utt, head, ui_epoch(u), order);
	for (int i = 0; i < t.n_series; i++)
		series[i] = (struct series){
			.at = {x, y + (size_t)order[i] * points, h->epochs},
			.role = role_class(order[i]),
			.label = text_cut(label[i], LABEL_LEN, ui_label(u, order[i]), label_cols),
		};
	labels = canvas_part(c, c->rows - 1, gutter_cols, 1, plot.cols - t.margin);
	t.x_ticks = epoch_ticks(&t.x, labels.cols);
	plot_x_labels(&labels, &t.x, &t.x_ticks);
	plot_y_labels(&gutter, &t.y, &t.y_ticks);
	t.guides = draw_marks(&labels, f, &t.x, guide);
	track_draw(&plot, &t);
	free(guide);
	free(x);
}
