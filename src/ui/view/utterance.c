/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * View 4: one utterance through time. Above, the probability of each class by
 * epoch and what the three heads say at the epoch shown; below, what the
 * poolings take from its words and from its seconds.
 */
#include "ui/view/utterance.h"

#include "app/study/num.h"
#include "ui/console/complete.h"
#include "ui/draw/heat_draw.h"
#include "ui/draw/list.h"
#include "ui/view/class_curves.h"
#include "ui/view/pooled.h"
#include "ui/view/selected.h"
#include "ui/view/epoch.h"

#include "base/mem.h"
#include "base/util.h"
#include "engine/train/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FULL_COLS = 80, /* from here: curves, words, seconds; below: text and heads */
	FULL_ROWS = 21,
	BARS_COLS = 100, /* from here: bars beside numbers */
	AIRY_ROWS = 27,  /* from here: an empty row between groups */
	NUMBER = 5,      /* columns of "0.889" */
	LABEL_MOST = 9,  /* columns of a class's name */
	WORDS_LEAST = 5, /* rows that classes leave to words */
	TITLE = 9,       /* columns of "seconds" and two spaces */
	TALL_COLS = 60,  /* narrower than FULL_COLS but AIRY_ROWS high: text, bars, curves */
	TALL_ROWS = 20,  /* besides a row for each class */
	TEXT_MOST = 3,   /* rows of the text there */
	BAR_MOST = 20,   /* columns */
	BAR_THICK = 8,   /* from here two rows where there is room */
};

static const struct {
	const char *name, *brief, *full;
} heads[HEADS] = {
	[HEAD_MAIN] = {"main", "main", "main"},
	[HEAD_TEXT] = {"text", "text", "text only"},
	[HEAD_AUDIO] = {"audio", "audio", "audio only"},
};

/* All that is drawn of the selected utterance at the selected epoch. */
struct scene {
	const struct ui *u;
	const struct history *history;
	const struct look_result *look; /* or NULL */
	int utt, epoch, label;
	int classes;
	struct verdict head[HEADS];
	/* layout */
	bool bars, airy;
	int label_cols;                 /* columns of a class's name */
	int shown[LABELS_MAX], n_shown; /* classes with a row of their own, in label order */
	int below_rows;                 /* of words and seconds; 0: text and heads only */
};

/* As many classes as there are rows for; what is true or said by a head first. */
static void choose_classes(struct scene *s, int rows)
{
	bool chosen[LABELS_MAX] = {false};
	int first[HEADS + 1] = {s->label}, left = rows < s->classes ? rows : s->classes;

	for (int h = 0; h < HEADS; h++)
		first[h + 1] = s->head[h].says;
	for (int i = 0; i < HEADS + 1 + s->classes && left > 0; i++) {
		int c = i <= HEADS ? first[i] : i - HEADS - 1;

		left -= !chosen[c];
		chosen[c] = true;
	}
	for (int c = 0; c < s->classes; c++)
		if (chosen[c])
			s->shown[s->n_shown++] = c;
}

/* Rows of the curves: as many as the table of heads has, more on large screens. */
static int curve_rows(const struct scene *s, int rows)
{
	int least = s->n_shown + 1;

	if (s->airy)
		least += 2; /* an empty row, and the record */
	return s->airy && (rows + 1) / 3 > least ? (rows + 1) / 3 : least;
}

static struct scene scene_of(const struct ui *u, int rows, int cols)
{
	struct scene s = {.u = u,
			  .history = ui_history(u),
			  .look = ui_seen_plain(u),
			  .utt = u->sel.utt,
			  .epoch = ui_epoch(u),
			  .classes = ui_classes(u),
			  .bars = cols >= BARS_COLS,
			  .airy = rows >= AIRY_ROWS};
	bool full = cols >= FULL_COLS && rows >= FULL_ROWS;

	s.label = s.history->label[s.utt];
	for (int h = 0; h < HEADS; h++)
		s.head[h] = verdict_of(u, history_at(s.history, s.epoch, s.utt, (enum head)h));
	for (int i = 0; i < s.classes; i++) {
		int width = text_width(ui_label(u, i));

		s.label_cols = width > s.label_cols ? width : s.label_cols;
	}
	s.label_cols = s.label_cols < LABEL_MOST ? s.label_cols : LABEL_MOST;
	choose_classes(&s, full ? rows - 5 - WORDS_LEAST - 4 * s.airy : rows - 3);
	if (full) /* head, title, labels of epochs, and empty rows */
		s.below_rows = rows - curve_rows(&s, rows) - 3 - 2 * s.airy;
	return s;
}

/* ---- the head row ---- */

static void draw_head(struct canvas *row, const struct scene *s)
{
	const struct utterance *x = ui_utterance(s->u, s->utt);
	int words = s->look ? s->look->L : x ? x->words.rows : 0;
	int frames = s->look ? s->look->T : x ? x->frames.rows : 0;
	char size[64] = "", epoch[NUM_LEN];

	snprintf(epoch, sizeof epoch, "%d", s->epoch);
	if (words > 0)
		snprintf(size, sizeof size, "%d word%s, %.2f s", words, words == 1 ? "" : "s",
			 (double)frames / FRAMES_PER_SECOND);
	selected_head(s->u, row,
		      &(struct selected_head){
			      .logits = history_at(s->history, s->epoch, s->utt, HEAD_MAIN),
			      .epoch = epoch,
			      .size = size,
		      });
}

/* ---- what the heads say ---- */

/* Since or until when the main head has been right, up to the epoch shown. */
static void draw_record(struct canvas *c, int row, const struct scene *s)
{
	const struct history *h = s->history;
	bool right = s->head[HEAD_MAIN].says == s->label;
	int turn = 0, col;

	for (int k = h->epochs - 1; k >= 0 && !turn; k--) {
		const float *logits = history_at(h, h->epoch[k], s->utt, HEAD_MAIN);

		if (h->epoch[k] <= s->epoch &&
		    (predicted_class(logits, s->classes) == s->label) != right)
			turn = h->epoch[k];
	}
	col = canvas_text(c, row, 0, ROLE(ROLE_DIM), "flips ");
	col = canvas_text(c, row, col, ROLE(ROLE_TEXT), "%d", history_flips(h, s->utt, s->epoch));
	if (!turn) {
		canvas_text(c, row, col + 3, ROLE(ROLE_DIM),
			    right ? "always right" : "never right");
		return;
	}
	col = canvas_text(c, row, col + 3, ROLE(ROLE_DIM),
			  right ? "wrong until epoch " : "right until epoch ");
	canvas_text(c, row, col, ROLE(ROLE_TEXT), "%d", turn);
}

/* Columns that a table of heads takes, with bars of that width. */
static int heads_width(const struct scene *s, int bar)
{
	int column = bar ? NUMBER + 1 + bar : NUMBER;

	return s->label_cols + (bar ? 3 : 2) + HEADS * column + (HEADS - 1) * 2;
}

static void draw_probability(struct canvas *c, int row, int col, int bar, bool thick,
			     const struct verdict *v, int class)
{
	char num[NUM_LEN];

	canvas_decimal(c, row, col + 1, v->says == class ? ROLE(ROLE_STRONG) : ROLE(ROLE_TEXT),
		       num_fixed(num, v->p[class] < 0.0005 ? 0 : v->p[class], 3));
	if (bar)
		(thick ? bar_draw_thick : bar_draw)(c, row, col + NUMBER + 1, bar,
						    role_class(class), v->p[class]);
}

static void draw_heads(struct canvas *c, const struct scene *s, int bar, bool title)
{
	int step = (bar ? NUMBER + 1 + bar : NUMBER) + 2, first = s->label_cols + (bar ? 3 : 2);
	int top = title, below = 2 + (bar && s->airy); /* says and the record */
	int high = bar >= BAR_THICK && top + 1 + 2 * s->n_shown + below <= c->rows ? 2 : 1;
	int says = top + 1 + high * s->n_shown + (bar && s->airy && high == 1);

	if (title)
		canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "heads");
	if (title && says + 1 >= c->rows) /* no row for the record */
		canvas_field(c, 0, 8, c->cols - 8, FIT_RIGHT, ROLE(ROLE_DIM), "flips %d",
			     history_flips(s->history, s->utt, s->epoch));
	canvas_field(c, says, 0, first, FIT_LEFT, ROLE(ROLE_DIM), "says");
	for (int i = 0; i < s->n_shown; i++)
		canvas_field(c, top + 1 + high * i, 0, s->label_cols, FIT_LEFT,
			     ROLE_BOLD(role_class(s->shown[i])), "%s", ui_label(s->u, s->shown[i]));
	for (int h = 0; h < HEADS; h++) {
		const struct verdict *v = &s->head[h];
		bool right = v->says == s->label;
		int col = first + h * step, end;
		int room = (col + step < c->cols ? col + step - 1 : c->cols) - col;

		canvas_text(c, top, col,
			    ROLE(h == utterance_view(s->u)->head ? ROLE_TEXT : ROLE_DIM), "%s",
			    bar ? heads[h].full : heads[h].brief);
		for (int i = 0; i < s->n_shown; i++)
			draw_probability(c, top + 1 + high * i, col, bar, high > 1, v, s->shown[i]);
		end = canvas_field(c, says, col, bar ? text_width(ui_label(s->u, v->says)) : NUMBER,
				   FIT_LEFT, ROLE_BOLD(role_class(v->says)), "%s",
				   ui_label(s->u, v->says));
		if (bar && end + 6 <= col + room)
			canvas_text(c, says, end + 1, ROLE(right ? ROLE_GOOD : ROLE_BAD), "%s",
				    right ? "right" : "wrong");
	}
	if (says + 1 < c->rows)
		draw_record(c, says + 1, s);
}

/* ---- the whole ---- */

/* Text broken at spaces into the canvas; the rows it takes. */
static int draw_wrapped(struct canvas *c, const char *text)
{
	int row = 0, col = 0;

	while (*text && row < c->rows) {
		size_t n = strcspn(text, " ");
		char *word = mem_dup(text);

		word[n] = '\0';
		if (col > 0 && col + text_width(word) > c->cols) {
			row++;
			col = 0;
		}
		if (text_width(word) > c->cols)
			col = canvas_field(c, row, 0, c->cols, FIT_LEFT, ROLE(ROLE_TEXT), "%s",
					   word);
		else
			col = canvas_text(c, row, col, ROLE(ROLE_TEXT), "%s", word);
		col++;
		text += n + strspn(text + n, " ");
		free(word);
	}
	return min_int(row + 1, c->rows);
}

static int draw_text(struct canvas *c, const struct scene *s)
{
	const struct utterance *x = ui_utterance(s->u, s->utt);

	return draw_wrapped(c, x ? x->text : "");
}

static void draw_curves(struct canvas *c, const struct scene *s)
{
	enum head head = (enum head)utterance_view(s->u)->head;
	struct canvas below = canvas_part(c, 1, 0, c->rows - 1, c->cols);
	int col = canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "class probability by epoch");

	canvas_text(c, 0, col, ROLE(ROLE_DIM), ", %s%s", heads[head].full,
		    head == HEAD_MAIN ? " head" : "");
	class_curves_draw(&below, s->u, head, s->bars ? 5 : 4, s->label_cols);
}

/* Text and heads; curves where rows are left. */
static void draw_small(struct canvas *c, const struct scene *s)
{
	int width = heads_width(s, 0), rows = s->n_shown + 2;
	struct canvas text = canvas_part(c, 1, 1, rows, c->cols - width - 4);
	struct canvas table = canvas_part(c, 1, c->cols - width - 1, rows, width);
	struct canvas curves = canvas_part(c, 1 + rows, 1, c->rows - 1 - rows, c->cols - 2);

	draw_text(&text, s);
	draw_heads(&table, s, 0, false);
	if (curves.rows >= 5)
		draw_curves(&curves, s);
}

/* Beside the list of view 3: text, heads with bars, and curves as high as there is room. */
static void draw_tall(struct canvas *c, const struct scene *s)
{
	int bar = min_int((c->cols - 2 - heads_width(s, 0)) / HEADS - 2, BAR_MOST), row = 2;
	struct canvas text = canvas_part(c, row, 1, TEXT_MOST, c->cols - 2), table, curves;

	row += draw_text(&text, s) + 1;
	table = canvas_part(c, row, 1, 2 * s->n_shown + 4, c->cols - 2);
	if (2 * table.rows > c->rows - row) /* many classes: a row each */
		table.rows = s->n_shown + 4;
	draw_heads(&table, s, bar, false);
	row += table.rows + 1;
	curves = canvas_part(c, row, 1, c->rows - row, c->cols - 2);
	draw_curves(&curves, s);
}

/* At the right of the seconds' title: whose weights these are if they are not
 * those of the predictions above, and that they are of the whole model while
 * view 5 shows another. Returns the columns left before it. */
static int draw_source(struct canvas *c, const struct scene *s)
{
	const struct look_result *l = s->look;
	enum knock knock = s->u->sel.knock;
	bool other = selected_epoch(s->u, l) != s->epoch || l->kept || l->step > 0;
	char weights[NUM_LEN], name[KNOCK_NAME], text[48];
	int col = c->cols;

	if (other) {
		snprintf(text, sizeof text, "weights of epoch %s",
			 selected_weights(weights, s->u, l));
		col -= text_width(text);
		canvas_text(c, 0, col, ROLE(ROLE_WARN), "%s", text);
		col -= 2;
	}
	if (knock != KNOCK_NOTHING) {
		snprintf(text, sizeof text, "whole (5: no %s)", knock_name(name, knock));
		if (col - text_width(text) < TITLE)
			return col;
		col -= text_width(text);
		canvas_text(c, 0, col, ROLE(ROLE_DIM), "%s", text);
		col -= 2;
	}
	return col;
}

/* What the poolings take, or the text while that is not known. */
static void draw_below(struct canvas *c, const struct scene *s)
{
	int extra = c->cols > 120 ? (c->cols - 120) / 8 : 0;
	int word_cols = (s->bars ? 11 : 10) + extra, seconds = (s->bars ? 66 : 35) + extra;
	struct canvas left = canvas_part(c, 0, 1, c->rows, seconds - 3);
	struct canvas right = canvas_part(c, 0, seconds, c->rows, c->cols - seconds - 1);
	const struct look_result *l = s->look;
	char text[128];

	if (l) {
		pooled_words(&left, s->u, l, utterance_view(s->u)->top, word_cols, s->bars ? 9 : 0,
			     s->airy && s->bars);
		pooled_seconds(&right, l, s->bars, draw_source(&right, s));
		return;
	}
	canvas_text(c, 0, 1, ROLE(ROLE_STRONG), "words");
	left = canvas_part(c, 1, 1, c->rows - 3, c->cols - 2);
	draw_text(&left, s);
	canvas_text(c, c->rows - 1 < 4 ? c->rows - 1 : 4, 1, ROLE(ROLE_DIM), "%s",
		    selected_wait(s->u, "pooling weights appear", text, sizeof text));
}

static void draw_full(struct canvas *c, const struct scene *s)
{
	int bar = s->bars ? min_int(5 + max_int(c->cols - 120, 0) / 8, BAR_MOST) : 0;
	int table_cols = heads_width(s, bar), top = 1 + s->airy;
	int below = c->rows - s->below_rows, rows = below - s->airy - top;
	struct canvas curves = canvas_part(c, top, 1, rows, c->cols - table_cols - 3);
	struct canvas table = canvas_part(c, top, c->cols - table_cols - 1, rows, table_cols);
	struct canvas rest = canvas_part(c, below, 0, s->below_rows, c->cols);

	draw_curves(&curves, s);
	draw_heads(&table, s, bar, true);
	draw_below(&rest, s);
}

static void draw(const struct ui *u, struct canvas *c)
{
	struct canvas row = canvas_part(c, 0, 0, 1, c->cols);
	char why[128];
	struct scene s;

	if (selected_missing(u, why, sizeof why)) {
		canvas_text(c, c->rows / 3, 1, ROLE(ROLE_DIM), "%s", why);
		return;
	}
	s = scene_of(u, c->rows, c->cols);
	draw_head(&row, &s);
	if (s.below_rows > 0)
		draw_full(c, &s);
	else if (s.airy && c->cols >= TALL_COLS && c->rows >= s.n_shown + TALL_ROWS)
		draw_tall(c, &s);
	else
		draw_small(c, &s);
}

/* ---- commands ---- */

static int choose_head(struct ui *u, const char *args, struct err *e)
{
	struct utterance_view *v = utterance_view(u);

	if (!*args || strcmp(args, "next") == 0) {
		v->head = (v->head + 1) % HEADS;
		return 0;
	}
	for (int h = 0; h < HEADS; h++) {
		if (strcmp(args, heads[h].name) == 0) {
			v->head = h;
			return 0;
		}
	}
	return err_set(e, "no head '%s'; expected main, text, audio or next", args);
}

static int move(struct ui *u, const char *args, struct err *e)
{
	const struct look_result *l = ui_seen_plain(u);
	struct scene s;
	int page;

	if (!l || selected_missing(u, (char[128]){""}, 128))
		return err_set(e, "no words to move over yet");
	s = scene_of(u, u->rows - VIEW_FRAME, u->cols);
	page = pooled_rows(s.below_rows, s.airy && s.bars, l->L);
	return list_move(&utterance_view(u)->top, l->L - page + 1, page, args, e);
}

static const char *refuse_move(const struct ui *u)
{
	return ui_seen_plain(u) ? selected_refused(u) : "no words yet";
}

static int back(struct ui *u, const char *args, struct err *e)
{
	(void)args, (void)e;
	ui_select_view(u, VIEW_UTTERANCES);
	return 0;
}

static const struct verb verbs[] = {
	{"move", "up|down|home|end|pgup|pgdn", "Move the cursor or the selected row.", move,
	 refuse_move, complete_args, CHANGES_NOTHING},
	{"back", "", "Back to where this was opened from.", back, NULL, NULL, CHANGES_NOTHING},
	{"next", "", "The next utterance.", selected_next, selected_refused, NULL, CHANGES_NOTHING},
	{"prev", "", "The utterance before.", selected_prev, selected_refused, NULL,
	 CHANGES_NOTHING},
	{"epoch", EPOCH_ARGS, EPOCH_HELP, epoch_choose, selected_epoch_refused, complete_args,
	 CHANGES_NOTHING},
	{"head", "next|main|text|audio", "Choose the head whose probabilities are drawn by epoch.",
	 choose_head, selected_refused, complete_args, CHANGES_NOTHING},
	SELECTED_KEPT_VERB,
	{0},
};

static const char keys[] = "n next               # next\n"
			   "p prev               # previous\n"
			   "[ epoch prev         # epoch\n"
			   "] epoch next         # epoch\n"
			   "{ epoch mark-prev\n"
			   "} epoch mark-next\n"
			   "a view 5             # attention\n"
			   "h head next          # heads\n"
			   "k kept               # kept\n"
			   "Up move up\n"
			   "Down move down\n"
			   "Esc view 3           # back\n";

const struct view view_utterance = {
	.name = "Utterance",
	.help = "One utterance through time: its classes by epoch, the three heads, how the "
		"poolings weight words and seconds (~: near even, focus below 0.02).",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.size = sizeof(struct utterance_view),
	.looks = LOOKS_WHOLE,
};
