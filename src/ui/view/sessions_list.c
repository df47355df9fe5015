/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of view 7. Columns come in one after the other as there is room, the
 * most useful first; the name takes a part of what is left, the last text column the rest.
 */
#include "ui/view/sessions.h"

#include "app/study/num.h"
#include "base/str.h"
#include "base/util.h"
#include "engine/train/selection.h"
#include "ui/draw/list.h"
#include "ui/state/overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME = 2, NARROW = 60, INDENT = 2 };

struct cell_text {
	char text[256];
	struct style style;
	enum fit fit;
	int width;
	bool alone; /* no other column has what a run without results has got to */
	const struct ui *ui;
};

/*
 * What is in a cell
 */

static bool is_run(const struct outline_line *l)
{
	return l->kind == LINE_RUN;
}

static void put_state(const struct outline_line *l, struct cell_text *out)
{
	static const enum role roles[SHELF_STATES] = {
		[SHELF_TRAINS] = ROLE_GOOD,     [SHELF_PAUSED] = ROLE_WARN,
		[SHELF_ELSEWHERE] = ROLE_GOOD,  [SHELF_DIVERGED] = ROLE_BAD,
		[SHELF_BROKEN_OFF] = ROLE_WARN, [SHELF_DAMAGED] = ROLE_BAD,
		[SHELF_STOPPED] = ROLE_TEXT,    [SHELF_QUEUED] = ROLE_DIM,
		[SHELF_FINISHED] = ROLE_TEXT,   [SHELF_UNSEEN] = ROLE_WARN,
	};
	const struct shelf_word *w = &shelf_words[l->state];

	out->style = ROLE(roles[l->state]);
	if (is_run(l))
		snprintf(out->text, sizeof out->text, "%s %s", w->mark, w->word);
	else if (l->runs)
		snprintf(out->text, sizeof out->text, "%s %d of %d", w->mark, l->in_state, l->runs);
}

/* The mark alone. */
static void put_mark(const struct outline_line *l, struct cell_text *out)
{
	put_state(l, out);
	out->text[strcspn(out->text, " ")] = '\0';
}

/* "5/5", "f3/5 e12/70", "e12/40"; of several programs, each at a fold, "3 processes". */
static void put_progress(const struct outline_line *l, struct cell_text *out)
{
	const struct summary *x = is_run(l) ? &l->run->x : NULL;
	int holders = x ? shelf_holders(l->run) : 0;
	char fold[32] = "";

	if (!x || x->why)
		return;
	if (holders > 1) {
		snprintf(out->text, sizeof out->text, "%d processes", holders);
		return;
	}
	if (x->fold >= 0 && x->folds > 1)
		snprintf(fold, sizeof fold, "f%d/%d ", x->fold, x->folds);
	if (x->fold >= 0)
		snprintf(out->text, sizeof out->text, "%se%d/%d", fold, x->epoch, x->epochs);
	else
		snprintf(out->text, sizeof out->text, "%d/%d", x->done, x->folds);
}

/* Mean and deviation; of a run without a finished fold the best so far, in the column of the
 * figure that selects: val_loss in WA's, with its name. */
static void put_figure(const struct outline_line *l, double mean, double sd, enum selection column,
		       struct cell_text *out)
{
	const struct summary *x = is_run(l) ? &l->run->x : NULL;
	enum selection of = x && x->best_epoch ? summary_select(x) : SELECT_WA;
	bool loss = column == SELECT_WA && of == SELECT_LOSS;
	char num[NUM_LEN];

	if (!isnan(mean)) {
		snprintf(out->text, sizeof out->text, "%s%s", num_mean_sd(num, mean, sd),
			 x && x->optimistic ? "!" : "");
		out->style = x && x->done < x->folds ? ROLE(ROLE_DIM) : ROLE(ROLE_TEXT);
	} else if (x && x->best_epoch && (loss || of == column)) {
		snprintf(out->text, sizeof out->text, "%s%s @%d", loss ? "loss " : "",
			 num_value(num, x->best), x->best_epoch);
		out->style = ROLE(ROLE_DIM);
	}
}

static void put_wa(const struct outline_line *l, struct cell_text *out)
{
	put_figure(l, l->mean.wa, l->sd.wa, SELECT_WA, out);
}

static void put_ua(const struct outline_line *l, struct cell_text *out)
{
	put_figure(l, l->mean.ua, l->sd.ua, SELECT_UA, out);
}

static void put_wf1(const struct outline_line *l, struct cell_text *out)
{
	const struct summary *x = is_run(l) ? &l->run->x : NULL;
	char num[NUM_LEN];
	enum selection of = x && x->best_epoch ? summary_select(x) : SELECT_WA;

	put_figure(l, l->mean.wf1, l->sd.wf1, SELECT_WF1, out);
	if (out->alone && isnan(l->mean.wf1) && x && x->best_epoch) {
		snprintf(out->text, sizeof out->text, "%s %s@%d",
			 of == SELECT_LOSS ? "loss" : selection_label[of], num_value(num, x->best),
			 x->best_epoch);
		out->style = ROLE(ROLE_DIM);
	}
	if (!isnan(l->mean.wf1) && out->style.fg == ROLE_TEXT)
		out->style = ROLE(ROLE_STRONG);
}

enum { KEY_LEAST = 3 };

/* The key of "batch_size=32 clip=1" that is longest: where it ends, and its length. */
static char *longest_key(char *text, int *length)
{
	char *end = NULL;

	*length = KEY_LEAST;
	for (char *at = text; *at; at += strcspn(at, " "), at += *at == ' ') {
		size_t n = strcspn(at, "= ");

		if (at[n] == '=' && (int)n > *length) {
			*length = (int)n;
			end = at + n;
		}
	}
	return end;
}

/* What differs, in so many columns: keys lose their ends, "batch=32 clip=1". False: it
 * does not fit all the same. */
static bool fit_differs(const char *differs, int width, char *out, size_t n)
{
	int length;

	str_fit(out, n, differs);
	while (text_width(out) > width) {
		char *end = longest_key(out, &length);

		if (!end)
			return false;
		memmove(end - 1, end, strlen(end) + 1);
	}
	return true;
}

static void put_differs(const struct outline_line *l, struct cell_text *out)
{
	if (!fit_differs(l->differs, out->width, out->text, sizeof out->text))
		str_fit(out->text, sizeof out->text, l->differs);
}

static void put_begun(const struct outline_line *l, struct cell_text *out)
{
	if (l->run)
		str_fit(out->text, sizeof out->text, l->run->begun);
	out->style = ROLE(ROLE_DIM);
}

static void put_took(const struct outline_line *l, struct cell_text *out)
{
	char num[NUM_LEN];

	if (l->seconds > 0)
		str_fit(out->text, sizeof out->text, num_time(num, l->seconds));
	out->style = ROLE(ROLE_DIM);
	out->fit = FIT_RIGHT;
}

static void put_disk(const struct outline_line *l, struct cell_text *out)
{
	char num[NUM_LEN];

	if (l->bytes)
		str_fit(out->text, sizeof out->text, num_bytes(num, (double)l->bytes));
	out->style = ROLE(ROLE_DIM);
	out->fit = FIT_RIGHT;
}

/* Lines as one: "a, b". */
static void join(const char *lines, struct str *out)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		str_addf(out, "%s%.*s", out->len ? ", " : "", (int)strcspn(lines, "\n"), lines);
}

/* Where it trains, or that it can go on; its tags, and the last note. */
static void put_note(const struct outline_line *l, struct cell_text *out)
{
	const struct shelf_run *r = is_run(l) ? l->run : NULL;
	const char *last = r && r->x.note ? strrchr(r->x.note, '\n') : NULL;
	struct str text = {0};

	if (!r)
		return;
	if (r->state == SHELF_ELSEWHERE)
		sessions_add_holders(out->ui, r, &text);
	if (r->state == SHELF_BROKEN_OFF && !*r->x.tags && !r->x.notes)
		str_add(&text, "can go on: Enter, Space");
	join(r->x.tags, &text);
	if (r->x.notes)
		str_addf(&text, "%s\"%s", text.len ? "  " : "", last ? last + 1 : r->x.note);
	str_fit(out->text, sizeof out->text, str_text(&text));
	str_free(&text);
}

/*
 * Columns
 */

static const struct list_column {
	const char *heading, *sort; /* sort: what `sort` calls it; NULL: nothing */
	int width, wide;            /* wide: from 100 columns on */
	int rank;                   /* which come in first; 0: always */
	bool narrow;                /* what stands there on a narrow screen */
	void (*put)(const struct outline_line *l, struct cell_text *out);
} columns[] = {
	{"", "state", 1, 1, 0, true, put_mark},
	{"state", "state", 12, 12, 0, false, put_state},
	{"progress", "progress", 11, 11, 2, false, put_progress},
	{"WA", "wa", 14, 14, 3, false, put_wa},
	{"UA", "ua", 14, 14, 4, false, put_ua},
	{"WF1", "wf1", 14, 14, 0, false, put_wf1},
	{"WF1", "wf1", 14, 14, 0, true, put_wf1},
	{"differs in", NULL, 14, 16, 1, false, put_differs},
	{"begun", "begun", 16, 16, 5, false, put_begun},
	{"took", "duration", 6, 6, 6, false, put_took},
	{"disk", "disk", 8, 8, 7, false, put_disk},
	{"tags, note", "note", 16, 16, 8, false, put_note},
};
enum { COLUMNS = sizeof columns / sizeof *columns, RANKS = 9 };

struct table {
	int name;           /* width */
	int width[COLUMNS]; /* 0: not shown */
	bool alone;         /* WF1 without WA */
	int differs;        /* width of what differs */
};

/* The short one does where all that differs stands beside it. */
static const char *name_of(const struct outline_line *l, int differs)
{
	char text[256];

	return differs && fit_differs(l->differs, differs, text, sizeof text) ? l->name : l->label;
}

static int name_width(const struct ui *u, int cols, int differs)
{
	const struct outline *o = &sessions_view(u)->list;
	int least = cols < NARROW ? 12 : cols < 100 ? 18 : 26, most = cols < 100 ? 24 : 44;
	int width = least;

	for (int i = 0; i < o->n; i++)
		width = max_int(width, INDENT * o->line[i].depth +
					       text_width(name_of(&o->line[i], differs)) + 2);
	return min_int(width, most);
}

static void lay_out(const struct ui *u, struct table *t, int cols)
{
	int left, differs = -1, text = -1, name;

	*t = (struct table){.name = cols < NARROW ? 12 : cols < 100 ? 18 : 26};
	left = cols - NAME - t->name - 1;
	for (int rank = 0; rank < RANKS; rank++)
		for (int i = 0; i < COLUMNS; i++) {
			const struct list_column *k = &columns[i];
			int width = cols < 100 ? k->width : k->wide;

			if (k->rank != rank || k->narrow != (cols < NARROW) ||
			    (rank && left < width + 1))
				continue;
			t->width[i] = width;
			left -= width + 1;
			if (k->put == put_differs)
				differs = i;
			if (k->put == put_differs || k->put == put_note)
				text = i;
		}
	t->alone = true;
	for (int i = 0; i < COLUMNS; i++)
		t->alone = t->alone && !(columns[i].put == put_wa && t->width[i]);
	name = min_int(name_width(u, cols, differs >= 0 ? t->width[differs] : 0) - t->name, left);
	t->name += max_int(name, 0);
	left -= max_int(name, 0);
	if (text != differs) { /* half of it for what differs */
		t->width[differs] += max_int(left / 2, 0);
		left -= max_int(left / 2, 0);
	}
	if (text >= 0)
		t->width[text] += max_int(left, 0);
	else
		t->name += max_int(left, 0);
	t->differs = differs >= 0 ? t->width[differs] : 0;
}

/*
 * Drawing
 */

/* Parts of the head, the first that there is no room for ends it; at the right which
 * lines are shown, if not all are. */
static void draw_head(const struct ui *u, struct canvas *c, int top, int rows)
{
	const struct sessions_view *v = sessions_view(u);
	const struct outline *o = &v->list;
	struct str part[9] = {0};
	char size[NUM_LEN];
	int n = 0, picked = 0, col = 1, end = c->cols;
	char place[48];

	if (o->n > rows) {
		snprintf(place, sizeof place, "%d–%d of %d", top + 1, top + rows, o->n);
		end -= text_width(place) + 1;
		canvas_text(c, 0, end, ROLE(ROLE_DIM), "%s", place);
	}
	for (int i = 0; i < v->shelf.n; i++)
		picked += v->shelf.run[i]->picked > 0;
	str_addf(&part[n++], "filter %s", v->filter[0] ? v->filter : "–");
	str_addf(&part[n++], "sort %s%s", column_name(&v->sort)[0] ? column_name(&v->sort) : "–",
		 !column_name(&v->sort)[0] ? ""
		 : v->falls                ? " ▾"
					   : " ▴");
	if (column_name(&v->group)[0])
		str_addf(&part[n++], "group by %s", column_name(&v->group));
	if (v->condition)
		str_addf(&part[n++], "%d of %d runs", o->shown, o->shown + o->hidden);
	else if (v->shelf.n || !sessions_unread(u))
		str_addf(&part[n++], "%d run%s", o->shown, o->shown == 1 ? "" : "s");
	if (picked)
		str_addf(&part[n++], "%d picked", picked);
	if (v->waiting || u->feeder.jobs > 1)
		str_addf(&part[n++], "jobs %d", max_int(u->feeder.jobs, 1));
	if (v->waiting)
		str_addf(&part[n++], "queue %d", v->waiting);
	if (o->archived)
		str_addf(&part[n++], "%d archived", o->archived);
	if (v->trash.n)
		str_addf(&part[n++], "trash %s", num_bytes(size, (double)v->trash.bytes));
	for (int i = 0; i < n; i++) {
		int gap = i ? 3 : 0;

		if (i && col + gap + text_width(part[i].s) >= end)
			break;
		canvas_field(c, 0, col + gap, end - col - gap - 1, FIT_LEFT,
			     i ? ROLE(ROLE_DIM) : ROLE(ROLE_TEXT), "%s", part[i].s);
		col += gap + text_width(part[i].s);
	}
	for (int i = 0; i < n; i++)
		str_free(&part[i]);
}

/* Where the column of WF1 has the best of a figure that selects, too, it says so. */
static const char *heading_of(const struct list_column *k, const struct table *t)
{
	return k->put == put_wf1 && t->alone ? "WF1 or best" : k->heading;
}

static void draw_headings(const struct ui *u, struct canvas *c, const struct table *t)
{
	const struct sessions_view *v = sessions_view(u);
	int col = NAME + t->name + 1;

	canvas_text(c, 1, NAME, ROLE(ROLE_DIM), "run");
	for (int i = 0; i < COLUMNS; i++) {
		const struct list_column *k = &columns[i];
		bool sorted = k->sort && strcmp(column_name(&v->sort), k->sort) == 0;
		char heading[32];

		if (!t->width[i])
			continue;
		snprintf(heading, sizeof heading, "%s%s", heading_of(k, t),
			 !sorted || !*k->heading ? ""
			 : v->falls              ? " ▾"
						 : " ▴");
		canvas_field(c, 1, col, t->width[i],
			     k->put == put_took || k->put == put_disk ? FIT_RIGHT : FIT_LEFT,
			     sorted ? ROLE(ROLE_TEXT) : ROLE(ROLE_DIM), "%s", heading);
		col += t->width[i] + 1;
	}
}

/* One that view 1 draws over the run shown has its line's marker and colour there. */
static void draw_pick(const struct ui *u, struct canvas *c, int row, const struct outline_line *l)
{
	const struct shelf_run *r = is_run(l) ? l->run : NULL;
	int line;

	if (!r || !r->picked)
		return;
	line = overlay_line(u, r == sessions_view(u)->here ? u->run.dir : r->dir);
	if (line >= 0)
		canvas_put(c, row, 1, ROLE(overlay_role(line)),
			   glyph(c->look->glyphs, overlay_marker(line)));
	else
		canvas_text(c, row, 1, ROLE(ROLE_KEY), "+");
}

static void draw_name(const struct ui *u, struct canvas *c, int row, const struct table *t,
		      const struct outline_line *l)
{
	const struct shelf_run *here = sessions_view(u)->here;
	int width = t->name, col = NAME + INDENT * min_int(l->depth, width / (2 * INDENT));
	bool bold = l->kind != LINE_RUN || (here && l->run == here);
	enum role role = l->run && l->run->archived ? ROLE_DIM : ROLE_TEXT;

	if (l->below)
		canvas_put(c, row, col, ROLE(ROLE_DIM), l->folded ? U'▸' : U'▾');
	canvas_field(c, row, col + 2, NAME + width - col - 2, FIT_ID,
		     bold ? ROLE_BOLD(role) : ROLE(role), "%s", name_of(l, t->differs));
}

static void draw_row(const struct ui *u, struct canvas *c, int row, const struct table *t,
		     const struct outline_line *l)
{
	const char *why = is_run(l) ? l->run->x.why : NULL;
	int col = NAME + t->name + 1;

	draw_pick(u, c, row, l);
	draw_name(u, c, row, t, l);
	for (int i = 0; i < COLUMNS; i++) {
		struct cell_text x = {.style = ROLE(ROLE_TEXT), .fit = FIT_LEFT, .ui = u};

		x.alone = t->alone;
		x.width = t->width[i];

		if (!t->width[i])
			continue;
		if (why && columns[i].put != put_mark && columns[i].put != put_state) {
			canvas_field(c, row, col, c->cols - col - 1, FIT_LEFT, ROLE(ROLE_BAD), "%s",
				     why);
			return;
		}
		columns[i].put(l, &x);
		canvas_field(c, row, col, t->width[i], x.fit, x.style, "%s", x.text);
		col += t->width[i] + 1;
	}
}

int sessions_detail_rows(int rows, int cols)
{
	return cols >= 80 && rows >= 17 ? clamp_int(rows / 3, 7, 15) : 0;
}

int sessions_list_rows(const struct ui *u, int rows, int cols)
{
	int most = rows - 2 - sessions_detail_rows(rows, cols);

	return min_int(most, max_int(sessions_view(u)->list.n, 1));
}

void sessions_list_draw(const struct ui *u, struct canvas *c)
{
	const struct sessions_view *v = sessions_view(u);
	int rows = sessions_list_rows(u, c->rows, c->cols);
	int top = list_top(v->top, v->at, v->list.n, rows), row = 2;
	struct table t;

	draw_head(u, c, top, rows);
	if (!v->list.n) {
		canvas_text(c, 2, 1, ROLE(ROLE_DIM), "%s", sessions_why_none(u));
		return;
	}
	lay_out(u, &t, c->cols);
	draw_headings(u, c, &t);
	for (int i = top; i < v->list.n && i < top + rows; i++, row++) {
		struct canvas line = canvas_part(c, row, 0, 1, c->cols);

		draw_row(u, c, row, &t, &v->list.line[i]);
		if (i == v->at) {
			canvas_put(c, row, 0, ROLE(ROLE_CURSOR), U'▸');
			canvas_ground(&line, ROLE_SELECTED);
		}
	}
}
