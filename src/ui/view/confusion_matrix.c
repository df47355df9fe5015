/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/confusion.h"

#include "app/study/num.h"
#include "base/mem.h"
#include "ui/draw/heat_draw.h"

#include <math.h>
#include <stdlib.h>

/* ---- labels ---- */

static void draw_labels(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;

	for (int i = 0; i < l->cols; i++)
		canvas_field(c, l->y - 1, l->x + i * l->form->w + l->form->label,
			     l->form->w - l->form->label, FIT_LEFT,
			     ROLE_BOLD(role_class(f->left + i)), "%s", ui_label(f->u, f->left + i));
	for (int i = 0; i < l->rows; i++) {
		int t = f->top + i, row = l->y + i * l->form->h;

		canvas_field(c, row, 1, l->label, FIT_LEFT, ROLE_BOLD(role_class(t)), "%s",
			     ui_label(f->u, t));
		if (l->form->h >= 4)
			canvas_text(c, row + 1, 1, ROLE(ROLE_DIM), "%lld",
				    (long long)f->of[t].support);
	}
}

static void draw_title(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;
	int col = l->x + l->form->label;

	if (l->y < 3)
		return;
	col = canvas_text(c, l->y - 2, col, ROLE(ROLE_DIM), "predicted");
	if (l->cols < f->n)
		canvas_text(c, l->y - 2, col, ROLE(ROLE_DIM), " %d\342\200\223%d of %d",
			    f->left + 1, f->left + l->cols, f->n);
}

/* ---- a cell ---- */

/* Shares of all epochs, reduced to the ridge's columns by their mean. */
static void draw_history(struct canvas *c, int width, const double *share, int epochs)
{
	for (int col = 0; col < width && epochs > 0; col++) {
		int from = (int)((long)col * epochs / width), to = from + 1;
		double sum = 0;

		while (to < (int)((long)(col + 1) * epochs / width))
			to++;
		for (int i = from; i < to; i++)
			sum += share[i];
		canvas_put(c, 0, col, ROLE(ROLE_BAND),
			   glyph_ridge(c->look->glyphs, heat_level(sum / (to - from), 0, 1, 8)));
	}
}

/* More on the diagonal is good, elsewhere bad. */
static struct style change_style(double change, bool diagonal)
{
	if (change == 0)
		return ROLE(ROLE_DIM);
	return ROLE((change > 0) == diagonal ? ROLE_GOOD : ROLE_BAD);
}

static const char *change_text(const struct confusion_frame *f, int t, int p, char *out)
{
	double change = confusion_change(f, t, p);

	return f->points ? num_signed(out, change, 1) : num_signed_count(out, (long)change);
}

/* close: no room for a space. */
static const char *share_text(const struct confusion_frame *f, int t, int p, bool close, char *out)
{
	double share = confusion_share(f, &f->now, t, p);

	if (close)
		snprintf(out, NUM_LEN, "%.0f%%", 100 * share);
	else
		num_percent(out, share, 0);
	return out;
}

/* The count, and the share close after it: "100%" takes the column between them, so the
 * count goes one to the left. Of four digits the first is under the cursor's mark then. */
static void draw_close(const struct confusion_frame *f, struct canvas *c, int t, int p,
		       struct style strong)
{
	const struct confusion_form *form = f->at.form;
	char share[NUM_LEN];
	bool tight = text_width(share_text(f, t, p, true, share)) == form->share - form->count;

	canvas_field(c, 0, 1 - tight, form->count - 1, FIT_RIGHT, strong, "%lld",
		     (long long)f->now.count[t][p]);
	canvas_field(c, 0, form->count, form->share - form->count, FIT_RIGHT, ROLE(ROLE_TEXT), "%s",
		     share);
}

/* canvas: the cell without the gap after it. */
static void draw_cell(const struct confusion_frame *f, struct canvas *c, int t, int p)
{
	const struct confusion_form *form = f->at.form;
	bool counts = confusion_view(f->u)->cells == CELLS_PLAIN;
	bool here = t == confusion_view(f->u)->row && p == confusion_view(f->u)->col;
	double of = (double)f->of[t].support;
	enum role ground = role_cell(t == p, of > 0 ? (double)f->now.count[t][p] / of : 0);
	struct style strong = ROLE_BOLD(f->now.count[t][p] ? ROLE_STRONG : ROLE_DIM);
	char num[NUM_LEN];

	if (form->h == 1 && f->now.count[t][p] == 0)
		canvas_put(
			c, 0, form->count - 1, ROLE(ROLE_FAINT),
			glyph(c->look->glyphs, GLYPH_GRID)); /* many zeros would drown the rest */
	else if (form->share && !counts && form->w < 14)
		draw_close(f, c, t, p, strong);
	else if (form->share || counts)
		canvas_field(c, 0, 1, form->count - 1, FIT_RIGHT, strong, "%lld",
			     (long long)f->now.count[t][p]);
	else
		canvas_field(c, 0, 1, form->count - 1, FIT_RIGHT, strong, "%s",
			     share_text(f, t, p, true, num));
	if (form->share && !counts && form->w >= 14)
		canvas_field(c, 0, form->count, form->share - form->count, FIT_RIGHT,
			     ROLE(ROLE_TEXT), "%s", share_text(f, t, p, false, num));
	if (form->h > 1 && f->against)
		canvas_field(c, form->h >= 4 ? 2 : 1, 0, form->count, FIT_RIGHT,
			     change_style(confusion_change(f, t, p), t == p), "%s",
			     change_text(f, t, p, num));
	if (here)
		canvas_put(c, 0, 0, ROLE_BOLD(ROLE_CURSOR), U'▸');
	if (ground)
		canvas_ground(c, ground);
}

static struct canvas cell_part(const struct confusion_frame *f, const struct canvas *c, int row,
			       int col)
{
	const struct confusion_form *form = f->at.form;
	/* A column free before the next cell, and a row where there are four. */
	return canvas_part(c, f->at.y + row * form->h, f->at.x + col * form->w,
			   form->h >= 4 ? form->h - 1 : form->h,
			   form->h > 1 ? form->w - 1 : form->w);
}

/* Of every epoch the shares of every cell: [t][p][epochs]. NULL: none. */
static double *shares_by_epoch(const struct confusion_frame *f)
{
	int n = f->n, epochs = f->h ? f->h->epochs : 0;
	double *share;

	if (!f->at.form->history || epochs < 2)
		return NULL;
	share = mem_alloc((size_t)n * (size_t)n * (size_t)epochs, sizeof *share);
	for (int i = 0; i < epochs; i++) {
		struct confusion m;

		history_confusion(f->h, f->h->epoch[i], HEAD_MAIN, &m);
		for (int t = 0; t < n; t++)
			for (int p = 0; p < n; p++)
				share[(t * n + p) * epochs + i] = confusion_share(f, &m, t, p);
	}
	return share;
}

void confusion_matrix_draw(const struct confusion_frame *f, struct canvas *c)
{
	double *share = shares_by_epoch(f);

	draw_title(f, c);
	draw_labels(f, c);
	for (int i = 0; i < f->at.rows; i++) {
		for (int j = 0; j < f->at.cols; j++) {
			struct canvas cell = cell_part(f, c, i, j);
			struct canvas ridge = canvas_part(&cell, 1, 1, 1, f->at.form->history);
			int t = f->top + i, p = f->left + j;

			if (share)
				draw_history(&ridge, f->at.form->history,
					     share + (t * f->n + p) * f->h->epochs, f->h->epochs);
			draw_cell(f, &cell, t, p);
		}
	}
	free(share);
}

/* ---- the difference matrix ---- */

static double largest_change(const struct confusion_frame *f)
{
	double largest = 0;

	for (int t = 0; t < f->n; t++)
		for (int p = 0; p < f->n; p++)
			largest = fmax(largest, fabs(confusion_change(f, t, p)));
	return largest;
}

/* Blue less, orange more: the five steps of either. */
static enum role change_ground(double change, double largest)
{
	int step = largest > 0 ? (int)ceil(fabs(change) * LESS_STEPS / largest) : 0;

	if (step == 0)
		return 0;
	return (change < 0 ? ROLE_LESS : ROLE_MORE) + step - 1;
}

void confusion_difference_draw(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;
	double largest;

	if (!l->difference || !f->against)
		return;
	largest = largest_change(f);
	canvas_text(c, l->y - 2, l->difference + 1, ROLE(ROLE_DIM), "change %s %s",
		    f->elsewhere ? "from" : "since", f->than);
	for (int p = 0; p < f->n; p++)
		canvas_field(c, l->y - 1, l->difference + p * DIFFERENCE_CELL + 1,
			     DIFFERENCE_CELL - 1, FIT_LEFT, ROLE_BOLD(role_class(p)), "%s",
			     ui_label(f->u, p));
	for (int t = 0; t < f->n; t++) {
		for (int p = 0; p < f->n; p++) {
			struct canvas cell = canvas_part(c, l->y + t * l->form->h,
							 l->difference + p * DIFFERENCE_CELL,
							 l->form->h - 1, DIFFERENCE_CELL - 1);
			double points = 100 * (confusion_share(f, &f->now, t, p) -
					       confusion_share(f, &f->then, t, p));
			enum role ground = change_ground(confusion_change(f, t, p), largest);
			char num[NUM_LEN];

			if (!f->points) /* else counts of other utterances */
				canvas_field(&cell, 0, 1, 4, FIT_RIGHT, ROLE_BOLD(ROLE_STRONG),
					     "%s", change_text(f, t, p, num));
			canvas_field(&cell, 1, 1, 8, FIT_RIGHT, ROLE(ROLE_TEXT), "%s %%",
				     num_signed(num, fabs(points) < 0.05 ? 0 : points, 1));
			if (ground)
				canvas_ground(&cell, ground);
		}
	}
}
