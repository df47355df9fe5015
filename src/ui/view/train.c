/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 1: the curves of training. Layouts, empty states, and what is where. */
#include "ui/view/train.h"

#include "app/study/num.h"
#include "base/util.h"
#include "ui/state/duels.h"
#include "ui/state/overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Largest first; the first whose rows and columns fit is taken. Rows are the
 * view's, three less than the screen's. */
static const struct train_layout layouts[] = {
	/* rows cols  loss val term grad lr  gutter gap  name most wide; the rest follows */
	{47, 200, 12, 10, 3, 3, 2, 7, 1, 8, 32, true, 0, false, 0, 0, 0, 0},
	{33, 120, 8, 7, 2, 2, 1, 7, 1, 8, 20, true, 0, false, 0, 0, 0, 0},
	{21, 80, 6, 5, 1, 1, 1, 6, 1, 8, 12, false, 0, false, 0, 0, 0, 0},
	{16, 80, 3, 3, 1, 1, 1, 6, 1, 8, 12, false, 0, false, 0, 0, 0, 0},
	{0, 0, 5, 0, 0, 0, 0, 5, 1, 0, 0, false, 0, false, 0, 0, 0, 0},
};

enum {
	AIRY_ROWS = 27,   /* from here on an empty row between groups */
	LOSS_LEAST = 5,   /* rows that the loss keeps while names need some */
	NAMES_BESIDE = 2, /* rows of the validation's names that are no run's */
	DUEL_ROWS = 3,    /* of its track, and of the words beside it */
	SMALL_NAME = 8,   /* columns, with marker and space */
	HEALTH_TRACK = 4, /* rows that each of the two tracks keeps at most for health */
};

const struct train_figure train_figures[TRAIN_FIGURES] = {
	{EPOCH_WF1, ROLE_S1, GLYPH_WF1, "WF1", "wf1"},
	{EPOCH_WA, ROLE_S3, GLYPH_WA, "WA", "wa"},
	{EPOCH_UA, ROLE_S7, GLYPH_UA, "UA", "ua"},
};

static int strip_rows(const struct train_layout *l, int strip)
{
	if (l->health)
		return 1;
	return strip < TERMS ? l->term : strip == TERMS ? l->grad : l->lr;
}

/* How many lines are drawn over the shown run, and the longest of their names. */
static int lines_of(const struct ui *u, int *longest)
{
	char name[sizeof((struct train_overlay *)0)->name];
	int n = 0;

	*longest = 0;
	for (int i = 0; i < OVERLAY_LINES; i++) {
		if (!overlay_is_drawn(u, i))
			continue;
		n++;
		*longest = max_int(*longest, text_width(overlay_name(u, i, name, sizeof name)));
	}
	return n;
}

/* Is what is shown a fold that is a side of the duel? */
static bool shows_duel(const struct ui *u)
{
	const struct duel *d = &u->duel.now;
	int side = duels_shown(u);

	return side >= 0 && !train_view(u)->mean &&
	       (d->planned ? d->fold : d->side[side].at.fold) == u->sel.fold;
}

/* Rows beyond the least; names of runs and the duel first, from the strips if need be. */
static void share_rows(struct train_layout *l, int rows, int lines)
{
	int gap = rows >= AIRY_ROWS, spare = rows - 1 - l->loss - l->validation - 2 - 2 * gap;
	int need = max_int(NAMES_BESIDE + lines - l->validation, 0);

	spare -= l->duel ? l->duel + gap : 0;
	for (int i = 0; i < l->strips; i++)
		spare -= strip_rows(l, i);
	for (; need > spare && l->loss > LOSS_LEAST; spare++)
		l->loss--;
	while (need > spare && l->strips > 0)
		spare += strip_rows(l, --l->strips);
	need = need < spare ? need : spare;
	l->validation += need;
	spare -= need;
	l->loss += (spare + 1) / 2;
	l->validation += spare - (spare + 1) / 2; /* more terms, fewer rows */
}

struct train_layout train_layout(const struct ui *u, int rows, int cols)
{
	const struct train_layout *fits = layouts;
	struct train_layout l;
	int longest, lines = lines_of(u, &longest);

	while (rows < fits->rows || cols < fits->cols)
		fits++;
	l = *fits;
	if (train_is_small(&l)) {
		int width = (lines + 1) * SMALL_NAME;

		l.legend = lines == 0 ? 0 : width > cols - 1 && rows > 6 ? 2 : 1;
		return l;
	}
	l.name = max_int(l.name, longest < l.names ? longest : l.names);
	l.table = l.name + (l.wide ? 22 : 15);
	l.all = STRIPS;
	l.health = train_view(u)->health;
	if (l.health) {
		l.loss = min_int(l.loss, HEALTH_TRACK);
		l.validation = min_int(l.validation, HEALTH_TRACK);
		l.all = train_health_rows(u, train_health_cosines(rows, cols - l.gap - l.table));
	}
	l.strips = l.all;
	l.duel = !l.health && shows_duel(u) ? DUEL_ROWS : 0;
	share_rows(&l, rows, lines);
	return l;
}

int train_track_cols(const struct train_layout *l, int cols)
{
	return cols - l->gutter - l->gap - l->table;
}

bool train_is_small(const struct train_layout *l)
{
	return l->name == 0;
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

void train_sentence(struct canvas *c, const char *text)
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
		train_sentence(c, "reading the data; curves appear with the first step");
		break;
	case WORK_IDLE:
	case WORK_FAILED:
		train_sentence(c, f->u->run.dir[0] ? "nothing is trained yet"
						   : "no session yet; :open demo");
		break;
	case WORK_PAUSED:
		train_sentence(c, "curves appear with the first step; Space begins");
		break;
	default:
		train_sentence(c, "curves appear with the first step");
	}
}

static void no_epoch_yet(const struct train_frame *f, struct canvas *c)
{
	const struct snapshot *now = &f->u->now;
	double left = (f->per_epoch - now->in_epoch) * settings_step(&now->set) / now->rate;
	char text[128], time[NUM_LEN];

	if (now->state == WORK_RUN && now->rate > 0)
		snprintf(text, sizeof text, "validation appears after epoch 1, in about %s",
			 num_time(time, left));
	else
		snprintf(text, sizeof text, "validation appears after epoch 1");
	train_sentence(c, text);
}

static bool any_finite(const double *y, int n)
{
	for (int i = 0; i < n; i++)
		if (isfinite(y[i]))
			return true;
	return false;
}

static bool any_overlay(const struct train_frame *f)
{
	for (int i = 0; i < f->overlays; i++)
		if (f->overlay[i].n > 0)
			return true;
	return false;
}

/* Where the data will stand, why there is none; false if there is some. */
static bool empty_draw(const struct train_frame *f, enum train_track t, struct canvas *c)
{
	const struct train_curves *e = &f->epoch;

	if ((t == TRACK_LOSS || t == TRACK_VALIDATION) && any_overlay(f))
		return false;
	if (t == TRACK_VALIDATION && f->step.n > 0 && e->n == 0)
		no_epoch_yet(f, c);
	else if (t == TRACK_VALIDATION && e->n > 0 && !any_finite(e->y[EPOCH_WF1], e->n))
		train_sentence(c, "no utterances are held out for validation");
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
	int width = train_track_cols(l, c->cols);
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

	if (f->layout->strips < f->layout->all)
		canvas_text(row, 0, col, ROLE(ROLE_DIM), ", %d %s hidden",
			    f->layout->all - f->layout->strips,
			    f->layout->health ? "rows" : "strips");
	else if (v->to > v->from)
		canvas_text(row, 0, col, ROLE(ROLE_DIM), f->layout->wide ? ", zoomed" : "");
	else if (f->layout->wide && v->axis != AXIS_TIME && f->plan > 0)
		canvas_text(row, 0, col, ROLE(ROLE_DIM), ", plan ends at %.0f",
			    train_x(f, f->plan));
}

static void below_draw(const struct train_frame *f, struct canvas *c, int row)
{
	const struct train_layout *l = f->layout;
	int width = train_track_cols(l, c->cols), table = l->gutter + width + l->gap;
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

	track_and_table(f, TRACK_LOSS, c, row, l->loss);
	row += l->loss + gap;
	track_and_table(f, TRACK_VALIDATION, c, row, l->validation);
	row += l->validation + gap;
	if (l->health) {
		struct canvas below =
			canvas_part(c, row, 0, l->strips, c->cols - l->table - l->gap);
		struct canvas table = canvas_part(c, row, c->cols - l->table, l->strips, l->table);

		train_health_draw(f, &below, &table);
		below_draw(f, c, row + l->strips);
		return;
	}
	if (l->duel) {
		track_and_table(f, TRACK_DUEL, c, row, l->duel);
		row += l->duel + gap;
	}
	if (gap && l->strips > 0) {
		struct canvas heading = canvas_part(c, row - 1, c->cols - l->table, 1, l->table);

		train_table_heading(f, &heading);
	}
	for (int i = 0; i < l->strips; i++) {
		track_and_table(f, TRACK_TERM + i, c, row, strip_rows(l, i));
		row += strip_rows(l, i);
	}
	below_draw(f, c, row);
}

static void one_track_draw(const struct train_frame *f, struct canvas *c)
{
	const struct train_layout *l = f->layout;
	enum train_track t = train_small_track(f->u);
	int legend = f->compares && (t == TRACK_LOSS || t == TRACK_VALIDATION) ? l->legend : 0;
	struct canvas names = canvas_part(c, 1, 1, legend, c->cols - 1);
	struct canvas labels =
		canvas_part(c, c->rows - 1, l->gutter, 1, c->cols - l->gutter - l->gap);

	train_small_legend(f, &names);
	track_and_table(f, t, c, 1 + legend, c->rows - 2 - legend);
	train_small_labels(f, &labels);
}

static void draw(const struct ui *u, struct canvas *c)
{
	struct train_layout l = train_layout(u, c->rows, c->cols);
	struct canvas head = canvas_part(c, 0, 0, 1, c->cols);
	struct train_frame f;

	train_frame_make(&f, u, &l, train_track_cols(&l, c->cols));
	train_head_draw(&f, &head);
	if (train_is_small(&l))
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

/* R goes back to the cursor. */
static bool idle_key(const struct ui *u, const char *command)
{
	const struct train_view *v = train_view(u);

	return strcmp(command, "rewind") == 0 && !v->cursor;
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
			   "R rewind                 # rewind\n"
			   "z zoom in                # zoom\n"
			   "Z zoom out\n"
			   "0 zoom all\n"
			   "+ smooth +               # smooth\n"
			   "- smooth -               # smooth\n"
			   "l log                    # log y\n"
			   "x axis                   # axis\n"
			   "M mean                   # mean\n"
			   "o overlay                # overlay\n"
			   "b branch                 # branch\n"
			   "h health                 # health\n"
			   "{ jump left\n"
			   "} jump right\n"
			   "WheelUp zoom in\n"
			   "WheelDown zoom out\n";

/* Others may train them, or take them back. */
static bool has_overlays(const struct ui *u)
{
	return u->noverlays > 0;
}

const struct view view_train = {
	.name = "Train",
	.help = "Curves of training and validation on one time axis, with their values.",
	.draw = draw,
	.keys = keys,
	.idle_key = idle_key,
	.verbs = train_verbs,
	.click = train_click,
	.says_break = says_break,
	.watch = overlay_refresh,
	.watches = has_overlays,
	.size = sizeof(struct train_view),
	.init = begin,
};
