/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 1: the curves of training. Layouts, empty states, and what is where. */
#include "ui/view/train.h"

#include "app/study/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Largest first; the first whose rows and columns fit is taken. Rows are the
 * view's, three less than the screen's. */
static const struct train_layout layouts[] = {
	/* rows cols  loss val term grad lr  gutter gap table */
	{47, 200, 12, 10, 3, 3, 2, 7, 1, 30, true},
	{33, 120, 8, 7, 2, 2, 1, 7, 1, 30, true},
	{21, 80, 6, 5, 1, 1, 1, 6, 1, 23, false},
	{0, 0, 5, 0, 0, 0, 0, 5, 1, 0, false},
};

enum { AIRY_ROWS = 27 }; /* from here on an empty row between groups */

const struct train_layout *train_layout(int rows, int cols)
{
	const struct train_layout *l = layouts;

	while (rows < l->rows || cols < l->cols)
		l++;
	return l;
}

bool train_is_small(const struct train_layout *l)
{
	return l->table == 0;
}

enum train_track train_small_track(const struct ui *u)
{
	int at = train_view(u)->track;

	/* Validation first: if only one track can be seen, it is that. */
	return at == 0 ? TRACK_VALIDATION : at == 1 ? TRACK_LOSS : (enum train_track)at;
}

/* ---- nothing to draw yet ---- */

/* Bytes of the text that make a row: up to a comma, else to a space. */
static int row_of(const char *text, int width)
{
	int n = (int)strlen(text), comma = (int)strcspn(text, ",;") + 1;

	if (n <= width)
		return n;
	if (comma <= width)
		return comma;
	for (n = width; n > 1 && text[n] != ' ';)
		n--;
	return n;
}

/* A dim sentence in the middle of a track, over as many rows as it needs. */
static void sentence(struct canvas *c, const char *text)
{
	int width = c->cols - 2, lines = width > 0 ? text_width(text) / width + 1 : 0;
	int row = (c->rows - lines) / 2;

	for (row = row < 0 ? 0 : row; *text && width > 0; row++) {
		int n = row_of(text, width);

		canvas_text(c, row, 1, ROLE(ROLE_DIM), "%.*s", n, text);
		text += n;
		text += strspn(text, " ");
	}
}

static void no_steps_yet(const struct train_frame *f, struct canvas *c)
{
	switch (f->u->now.state) {
	case WORK_LOADING:
		sentence(c, "reading the data; curves appear with the first step");
		break;
	case WORK_IDLE:
	case WORK_FAILED:
		sentence(c, f->u->run.dir[0] ? "nothing is trained yet"
					     : "no session yet; :open demo");
		break;
	case WORK_PAUSED:
		sentence(c, "curves appear with the first step; Space begins");
		break;
	default:
		sentence(c, "curves appear with the first step");
	}
}

static void no_epoch_yet(const struct train_frame *f, struct canvas *c)
{
	const struct snapshot *now = &f->u->now;
	double left = (f->per_epoch - now->in_epoch) * now->set.train.batch_size / now->rate;
	char text[128], time[NUM_LEN];

	if (now->state == WORK_RUN && now->rate > 0)
		snprintf(text, sizeof text, "validation appears after epoch 1, in about %s",
			 num_time(time, left));
	else
		snprintf(text, sizeof text, "validation appears after epoch 1");
	sentence(c, text);
}

static bool any_finite(const double *y, int n)
{
	for (int i = 0; i < n; i++)
		if (isfinite(y[i]))
			return true;
	return false;
}

/* Where the data will stand, why there is none; false if there is some. */
static bool empty_draw(const struct train_frame *f, enum train_track t, struct canvas *c)
{
	const struct train_curves *e = &f->epoch;

	if (t == TRACK_VALIDATION && f->step.n > 0 && e->n == 0)
		no_epoch_yet(f, c);
	else if (t == TRACK_VALIDATION && e->n > 0 && !any_finite(e->y[EPOCH_WF1], e->n))
		sentence(c, "nothing is held out, so there is no validation");
	else if (f->step.n == 0 && (t == TRACK_LOSS || train_is_small(f->layout)))
		no_steps_yet(f, c);
	else
		return f->step.n == 0;
	return true;
}

/* ---- the view ---- */

static void track_and_table(const struct train_frame *f, enum train_track t, struct canvas *c,
			    int row, int rows)
{
	const struct train_layout *l = f->layout;
	int width = c->cols - l->gutter - l->gap - l->table;
	struct canvas gutter = canvas_part(c, row, 0, rows, l->gutter);
	struct canvas track = canvas_part(c, row, l->gutter, rows, width);
	struct canvas table = canvas_part(c, row, l->gutter + width + l->gap, rows, l->table);

	if (!empty_draw(f, t, &track))
		train_track_draw(f, t, &gutter, &track);
	if (l->table)
		train_table_draw(f, t, &table);
}

/* The unit of the x axis, in the table's columns. */
static void unit_draw(const struct train_frame *f, struct canvas *row)
{
	const struct ui *u = f->u;
	const struct train_view *v = train_view(u);
	int col = canvas_text(row, 0, 0, ROLE(ROLE_DIM), "%s", train_unit(f));
	if (v->to > v->from)
		canvas_text(row, 0, col, ROLE(ROLE_DIM), f->layout->wide ? ", zoomed" : "");
	else if (f->layout->wide && v->axis != AXIS_TIME && f->plan > 0)
		canvas_text(row, 0, col, ROLE(ROLE_DIM), ", plan ends at %.0f",
			    train_x(f, f->plan));
}

static void below_draw(const struct train_frame *f, struct canvas *c, int row)
{
	const struct train_layout *l = f->layout;
	int width = c->cols - l->gutter - l->gap - l->table, table = l->gutter + width + l->gap;
	struct canvas rail = canvas_part(c, row, l->gutter, 1, width);
	struct canvas legend = canvas_part(c, row, table, 1, l->table);
	struct canvas labels = canvas_part(c, row + 1, l->gutter, 1, width);
	struct canvas unit = canvas_part(c, row + 1, table, 1, l->table);

	train_rail_draw(f, &rail);
	train_legend_draw(f, &legend);
	plot_x_labels(&labels, &f->x, &f->x_ticks);
	unit_draw(f, &unit);
}

/* All tracks, one below the other. */
static void tracks_draw(const struct train_frame *f, struct canvas *c)
{
	const struct train_layout *l = f->layout;
	int gap = c->rows >= AIRY_ROWS, row = 1;
	int used = 1 + l->loss + l->validation + TERMS * l->term + l->grad + l->lr + 2 + 2 * gap;
	int spare = c->rows - used, loss = l->loss + (spare + 1) / 2;
	int validation = l->validation + spare - (spare + 1) / 2; /* more terms, fewer rows */

	track_and_table(f, TRACK_LOSS, c, row, loss);
	row += loss + gap;
	track_and_table(f, TRACK_VALIDATION, c, row, validation);
	row += validation + gap;
	if (gap) {
		struct canvas heading = canvas_part(c, row - 1, c->cols - l->table, 1, l->table);

		train_table_heading(f, &heading);
	}
	for (int i = 0; i < TERMS; i++, row += l->term)
		track_and_table(f, TRACK_TERM + i, c, row, l->term);
	track_and_table(f, TRACK_GRAD, c, row, l->grad);
	track_and_table(f, TRACK_LR, c, row + l->grad, l->lr);
	below_draw(f, c, row + l->grad + l->lr);
}

static void one_track_draw(const struct train_frame *f, struct canvas *c)
{
	const struct train_layout *l = f->layout;
	struct canvas labels =
		canvas_part(c, c->rows - 1, l->gutter, 1, c->cols - l->gutter - l->gap);

	track_and_table(f, train_small_track(f->u), c, 1, c->rows - 2);
	train_small_labels(f, &labels);
}

static void draw(const struct ui *u, struct canvas *c)
{
	const struct train_layout *l = train_layout(c->rows, c->cols);
	struct canvas head = canvas_part(c, 0, 0, 1, c->cols);
	struct train_frame f;

	train_frame_make(&f, u, l, c->cols - l->gutter - l->gap - l->table);
	train_head_draw(&f, &head);
	if (train_is_small(l))
		one_track_draw(&f, c);
	else
		tracks_draw(&f, c);
	train_frame_free(&f);
}

/* Its head says why, where there is room for that. */
static bool says_break(const struct ui *u)
{
	const struct train_view *v = train_view(u);

	return u->cols >= 80 && !v->cursor && !v->mean;
}

static void begin(void *view)
{
	struct train_view *v = view;

	v->keep = 0.9;
}

static const char keys[] = "Up move up\n"
			   "Down move down\n"
			   "Left move left\n"
			   "Right move right\n"
			   "c cursor                 # cursor\n"
			   "z zoom in                # zoom\n"
			   "Z zoom out\n"
			   "0 zoom all\n"
			   "+ smooth +               # smooth\n"
			   "- smooth -               # smooth\n"
			   "l log                    # log y\n"
			   "x axis                   # axis\n"
			   "M mean                   # mean\n"
			   "o overlay                # overlay\n"
			   "WheelUp zoom in\n"
			   "WheelDown zoom out\n";

const struct view view_train = {
	.name = "Train",
	.help = "Curves of training and validation on one time axis, with their values.",
	.draw = draw,
	.keys = keys,
	.verbs = train_verbs,
	.click = train_click,
	.says_break = says_break,
	.size = sizeof(struct train_view),
	.init = begin,
};
