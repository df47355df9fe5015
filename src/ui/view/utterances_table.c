/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/utterances.h"

#include "app/study/num.h"
#include "base/util.h"
#include "engine/train/evaluate.h"

#include <math.h>
#include <string.h>

enum {
	ID_NARROW = 19, /* longer ids are cut in the middle */
	ID_WIDE = 24,
	TEXT_LEAST = 20, /* before other fields give way */
	LABEL_MAX = 8,
	LABEL_CUT = 5, /* names are cut to this, not further */
	HISTORY = 16,
	SIDE = 66 /* columns of view 4 with the space before */
};

/* ---- layout ---- */

static int id_columns(const struct history *h, int most)
{
	int columns = 2;

	for (int i = 0; i < h->n; i++)
		columns = clamp_int(text_width(h->id[i]), columns, most);
	return columns;
}

static int label_columns(const struct ui *u)
{
	int columns = 4; /* the headings "true", "pred", "text" */

	for (int i = 0; i < ui_classes(u); i++)
		columns = clamp_int(text_width(ui_label(u, i)), columns, LABEL_MAX);
	return columns;
}

static void add(struct utterances_layout *l, enum utterance_column column, int gap, int w,
		enum fit fit)
{
	const struct utterances_field *before = l->fields ? &l->field[l->fields - 1] : NULL;
	int x = before ? before->x + before->w : 2;

	l->field[l->fields++] = (struct utterances_field){column, x + gap, w, fit};
}

/* Fields with class names of `label` columns; returns what is left for the text,
 * whose width is still 0. */
static int place_fields(const struct ui *u, struct utterances_layout *l, int label)
{
	const struct history *h = ui_history(u);
	int rest;

	l->fields = 0;
	if (l->width < 60) {
		add(l, COLUMN_PRED, 0, label, FIT_LEFT);
		add(l, COLUMN_P, 1, 5, FIT_RIGHT);
		add(l, COLUMN_TEXT, 1, 0, FIT_LEFT);
	} else {
		add(l, COLUMN_ID, 0, id_columns(h, l->width < 100 ? ID_NARROW : ID_WIDE), FIT_ID);
		add(l, COLUMN_TEXT, l->width < 100 ? 1 : 2, 0, FIT_LEFT);
		add(l, COLUMN_TRUE, 2, label, FIT_LEFT);
		add(l, COLUMN_PRED, 1, label, FIT_LEFT);
		add(l, COLUMN_P, 1, 5, FIT_RIGHT);
		add(l, COLUMN_LOSS, 2, 6, FIT_RIGHT);
		add(l, COLUMN_TEXT_SAYS, 2, label, FIT_LEFT);
		add(l, COLUMN_AUDIO_SAYS, 1, label > 5 ? label : 5, FIT_LEFT);
	}
	if (l->width >= 100)
		add(l, COLUMN_FLIPS, 1, 5, FIT_RIGHT);
	/* What is free, less a space and the scroll bar. */
	rest = l->width - 2 - (l->field[l->fields - 1].x + l->field[l->fields - 1].w);
	if (l->width < 100)
		return rest;
	l->history_w = HISTORY;
	if (l->side && h->epochs > HISTORY)
		l->history_w = clamp_int(rest - 2 - TEXT_LEAST, HISTORY, h->epochs);
	l->history = l->width - 2 - l->history_w;
	return rest - 2 - l->history_w;
}

/* The text takes what is free; names of classes are cut before it gets short. */
static void share_width(const struct ui *u, struct utterances_layout *l)
{
	int label = label_columns(u), rest = place_fields(u, l, label);

	while (rest < TEXT_LEAST - 2 && label > LABEL_CUT)
		rest = place_fields(u, l, --label);
	for (int i = 0, moved = 0; i < l->fields; i++) {
		l->field[i].x += moved;
		if (l->field[i].column == COLUMN_TEXT)
			moved = l->field[i].w = rest > 0 ? rest : 0;
	}
}

struct utterances_layout utterances_layout(const struct ui *u, int rows, int cols)
{
	struct utterances_layout l = {.wide = cols >= 100 && rows >= 27, .width = cols};
	int below = 0; /* rows the detail takes with its spaces */

	if (cols >= 180 && rows >= 40) {
		l.width = cols - SIDE;
		l.side = l.width + 1;
	} else if (rows >= 18) {
		below = l.wide ? 7 : 5;
	}
	share_width(u, &l);
	l.heading = l.wide ? 2 : 1;
	l.y = l.heading + 1;
	l.rows = rows - below - l.y;
	if (below)
		l.detail = rows - below + 1;
	return l;
}

/* ---- headings ---- */

void utterances_heading_draw(const struct ui *u, struct canvas *c,
			     const struct utterances_layout *l)
{
	const struct order *o = order_of(u);

	for (int i = 0; i < l->fields; i++) {
		const struct utterances_field *f = &l->field[i];
		const char *heading = facts_column[f->column].heading;
		bool sorted = f->column == o->sort;
		const char *arrow = o->descending ? "▾" : "▴";
		int width = text_width(heading);
		/* Where "loss ▾" does not fit, "pred▾" reaches into the gap. */
		const char *blank = width + 2 <= f->w ? " " : "";
		int x = f->x;

		if (f->fit == FIT_RIGHT)
			x += f->w - width - (sorted ? 1 + (*blank != '\0') : 0);
		canvas_text(c, l->heading, x, sorted ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_DIM),
			    "%s%s%s", heading, sorted ? blank : "", sorted ? arrow : "");
	}
	if (l->history)
		canvas_text(c, l->heading, l->history, ROLE(ROLE_DIM), "wrong, by epoch");
}

/* ---- a row ---- */

/* A letter per column: faint `·` where it was right, else the initial of what
 * was predicted. More epochs than columns: each column's last. */
static void draw_history(const struct ui *u, struct canvas *row, const struct utterances_layout *l,
			 const struct history *h, int i)
{
	int width = h->epochs < l->history_w ? h->epochs : l->history_w;

	for (int col = 0; col < width; col++) {
		int place = (int)((long)(col + 1) * h->epochs / width) - 1;
		const float *logits = history_at(h, h->epoch[place], i, HEAD_MAIN);
		int says = logits ? predicted_class(logits, h->classes) : h->label[i];

		if (says == h->label[i])
			canvas_put(row, 0, l->history + col, ROLE(ROLE_FAINT),
				   glyph(row->look->glyphs, GLYPH_GRID));
		else
			canvas_put(row, 0, l->history + col, ROLE(role_class(says)),
				   (uint32_t)(unsigned char)ui_initial(u, says));
	}
}

/* Verdicts of the single heads have colour where they are right. */
static struct style field_style(const struct facts *f, enum utterance_column column, bool strong)
{
	switch (column) {
	case COLUMN_ID:
		return ROLE(ROLE_DIM);
	case COLUMN_TRUE:
		return ROLE(role_class(f->label));
	case COLUMN_PRED:
		return ROLE(role_class(f->says[HEAD_MAIN]));
	case COLUMN_TEXT_SAYS:
		return ROLE(f->says[HEAD_TEXT] == f->label ? role_class(f->label) : ROLE_DIM);
	case COLUMN_AUDIO_SAYS:
		return ROLE(f->says[HEAD_AUDIO] == f->label ? role_class(f->label) : ROLE_DIM);
	default:
		return strong ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_TEXT);
	}
}

static const char *field_text(const struct facts *f, enum utterance_column column, char *num)
{
	struct expr_value v = facts_column[column].get(f);

	if (v.text)
		return *v.text ? v.text : NUM_MISSING;
	if (isnan(v.number))
		return NUM_MISSING;
	return num_fixed(num, v.number, column == COLUMN_FLIPS ? 0 : 3);
}

void utterances_row_draw(const struct ui *u, struct canvas *row, const struct utterances_layout *l,
			 int i, bool selected)
{
	struct facts f = order_facts(u, i);

	for (int k = 0; k < l->fields; k++) {
		const struct utterances_field *at = &l->field[k];
		bool strong =
			selected && (at->column == COLUMN_TEXT || at->column == order_of(u)->sort);
		char num[NUM_LEN];

		canvas_field(row, 0, at->x, at->w, at->fit, field_style(&f, at->column, strong),
			     "%s", field_text(&f, at->column, num));
	}
	if (l->history)
		draw_history(u, row, l, f.from.h, i);
	if (selected) {
		canvas_put(row, 0, 0, ROLE_BOLD(ROLE_CURSOR), U'▸');
		canvas_ground(row, ROLE_SELECTED);
	}
}

void utterances_bar_draw(struct canvas *c, const struct utterances_layout *l, int top, int n)
{
	int thumb = clamp_int(l->rows * l->rows / n, 1, l->rows);
	int at = (int)lround((double)top * (l->rows - thumb) / (n - l->rows));

	for (int i = 0; i < l->rows; i++) {
		bool here = i >= at && i < at + thumb;
		const struct cell *behind = canvas_at(c, l->y + i, l->width - 1);
		struct style style = {.fg = here ? ROLE_DIM : ROLE_FAINT,
				      .bg = behind ? behind->style.bg : 0};

		canvas_put(c, l->y + i, l->width - 1, style, here ? U'█' : U'│');
	}
}
