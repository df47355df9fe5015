/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/selected.h"

#include "app/study/axis.h"
#include "app/study/num.h"
#include "engine/train/evaluate.h"
#include "ui/view/epoch.h"
#include "ui/view/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verdict verdict_of(const struct ui *u, const float *logits)
{
	struct verdict v = {.says = predicted_class(logits, ui_classes(u))};

	class_probabilities(logits, ui_classes(u), v.p);
	return v;
}

/* ---- the head row ---- */

/* "true sad", "pred neu 0.889": a dim name, a value, and one more. */
struct piece {
	char name[24], value[LABEL_LEN + 8], more[NUM_LEN];
	struct style style;
	int gap;  /* spaces before */
	int rank; /* the highest goes first where there is no room; 0 stays */
};

enum { PIECES = 8, WIDE = 100, NARROW = 60 };

static int piece_width(const struct piece *p)
{
	int name = text_width(p->name), value = text_width(p->value), more = text_width(p->more);

	return p->gap + name + value + more + (name && value) + (value && more);
}

static int piece_draw(struct canvas *row, int col, const struct piece *p)
{
	col += p->gap;
	if (p->name[0])
		col = canvas_text(row, 0, col, ROLE(ROLE_DIM), "%s", p->name) + !!p->value[0];
	col = canvas_text(row, 0, col, p->style, "%s", p->value);
	if (p->more[0])
		col = canvas_text(row, 0, col + 1, ROLE(ROLE_STRONG), "%s", p->more);
	return col;
}

static void draw_pieces(struct canvas *row, int col, struct piece *p, int n)
{
	for (;;) {
		int width = col, drop = 0;

		for (int i = 0; i < n; i++) {
			width += piece_width(&p[i]);
			drop = p[i].rank > p[drop].rank ? i : drop;
		}
		if (width < row->cols || n == 0 || p[drop].rank == 0)
			break;
		memmove(&p[drop], &p[drop + 1], (size_t)(n - drop - 1) * sizeof *p);
		n--;
	}
	for (int i = 0; i < n; i++)
		col = piece_draw(row, col, &p[i]);
}

static struct piece *add_piece(struct piece **next, int gap, int rank, struct style style,
			       const char *name, const char *value)
{
	struct piece *p = (*next)++;

	*p = (struct piece){.style = style, .gap = gap, .rank = rank};
	snprintf(p->name, sizeof p->name, "%s", name);
	snprintf(p->value, sizeof p->value, "%s", value);
	return p;
}

static struct style class_style(int c)
{
	return ROLE_BOLD(role_class(c));
}

void selected_head(const struct ui *u, struct canvas *row, const struct selected_head *h)
{
	const struct history *history = ui_history(u);
	struct verdict v = verdict_of(u, h->logits);
	int label = history->label[u->sel.utt], col;
	bool right = v.says == label, wide = row->cols >= WIDE, narrow = row->cols < NARROW;
	bool whole = h->knock == KNOCK_NOTHING;
	int gap = wide ? 3 : 2, id = text_width(history->id[u->sel.utt]);
	char num[NUM_LEN], name[KNOCK_NAME];
	struct piece piece[PIECES], *next = piece, *p;

	if (id > row->cols / 3 && !wide)
		id = !narrow ? row->cols / 4 : whole ? 16 : 9;
	col = canvas_field(row, 0, 1, id, FIT_ID, ROLE(ROLE_STRONG), "%s", history->id[u->sel.utt]);
	if (!whole)
		add_piece(&next, narrow ? 1 : gap, 0, ROLE(ROLE_WARN), narrow ? "no" : "silenced",
			  knock_name(name, h->knock));
	if (!narrow)
		add_piece(&next, 3, 0, class_style(label), "true", ui_label(u, label));
	else if (!right)
		add_piece(&next, whole ? 2 : 1, 1, class_style(label), "", ui_label(u, label));
	p = add_piece(&next, narrow && !right ? 1 : gap, 0, class_style(v.says),
		      wide     ? "predicted"
		      : narrow ? (right ? "" : "as")
			       : "pred",
		      ui_label(u, v.says));
	num_value(p->more, v.p[v.says]);
	if (!narrow || right)
		add_piece(&next, gap, narrow ? 1 : 3, ROLE(right ? ROLE_GOOD : ROLE_BAD), "",
			  right ? "right" : "wrong");
	add_piece(&next, gap, 4, ROLE(ROLE_TEXT), "loss",
		  num_value(num, class_loss(h->logits, ui_classes(u), label)));
	if (h->size[0])
		add_piece(&next, gap, 5, ROLE(ROLE_DIM), "", h->size);
	add_piece(&next, gap, 2, ROLE(ROLE_TEXT), wide ? "epoch" : "ep", h->epoch);
	draw_pieces(row, col, piece, (int)(next - piece));
}

/* ---- what is not there yet ---- */

const char *selected_missing(const struct ui *u, char *out, size_t n)
{
	const struct history *h = ui_history(u);

	if (h && u->sel.utt >= 0 && u->sel.utt < h->n &&
	    history_at(h, ui_epoch(u), u->sel.utt, HEAD_MAIN))
		return NULL;
	if (h && u->sel.utt >= 0) {
		snprintf(out, n, "epoch %d has no predictions; [ ] chooses another", ui_epoch(u));
		return out;
	}
	if (h) {
		snprintf(out, n, "no utterance selected; 3 lists them");
		return out;
	}
	return epoch_awaited(u, out, n);
}

static const char *when(const struct ui *u)
{
	if (!u->work)
		return "only where a session is open to run";
	switch (u->now.state) {
	case WORK_LOADING:
		return "when the data is read";
	case WORK_RUN:
	case WORK_STOPPING:
		return "after this step";
	case WORK_EVAL:
		return "when the evaluation is done";
	case WORK_FAILED:
		return "no more: the run has failed";
	default:
		return "in a moment";
	}
}

const char *selected_wait(const struct ui *u, const char *what, char *out, size_t n)
{
	snprintf(out, n, "%s %s", what, when(u));
	return out;
}

int selected_epoch(const struct ui *u, const struct look_result *l)
{
	const struct fold_run *f = ui_fold(u);

	return l->epoch == 0 && l->kept && f ? f->best_epoch : l->epoch;
}

char *selected_weights(char *out, const struct ui *u, const struct look_result *l)
{
	int epoch = selected_epoch(u, l);

	const char *whose = l->kept ? " kept" : l->stored ? " stored" : "";
	char position[NUM_LEN];

	if (l->step > 0)
		num_position(position, epoch, l->step);
	else
		snprintf(position, sizeof position, "%d", epoch);
	snprintf(out, NUM_LEN, "%.*s%s", NUM_LEN - 8, position, whose);
	return out;
}

/* ---- seconds ---- */

int selected_seconds(struct canvas *row, int frames, int k, int cursor)
{
	int cols = (frames + k - 1) / k, end = 0, last = cols - 1;
	struct axis a = axis_x(0, (double)cols * k / FRAMES_PER_SECOND);
	struct ticks t = axis_x_ticks(&a, cols);
	double half = t.n > 1 ? (t.at[1] - t.at[0]) / 2 * FRAMES_PER_SECOND : 0;

	for (int i = 0; i < t.n; i++) {
		int col = (int)(t.at[i] * FRAMES_PER_SECOND / k + 1e-9);
		int dot = (int)((t.at[i] * FRAMES_PER_SECOND + half) / k + 1e-9);
		char text[NUM_LEN];

		snprintf(text, sizeof text, "%.*f", t.decimals, t.at[i]);
		if (col + (int)strlen(text) < row->cols + 1 && col < cols &&
		    (cursor < 0 || cursor < col - 1 || cursor > col + (int)strlen(text)))
			end = canvas_text(row, 0, col, ROLE(ROLE_DIM), "%s", text);
		if (half / k >= 6 && dot < cols)
			canvas_put(row, 0, dot, ROLE(ROLE_FAINT),
				   glyph(row->look->glyphs, GLYPH_GRID));
	}
	/* After the last label, and not on a ▲. */
	if (last < end + 1)
		last = end + 1;
	if (cursor >= 0 && cursor >= last - 1 && cursor <= last + 1)
		last = cursor + 2;
	canvas_put(row, 0, last, ROLE(ROLE_DIM), 's');
	if (cursor >= 0)
		canvas_put(row, 0, cursor, ROLE(ROLE_CURSOR), U'▲');
	return last + 1;
}

/* ---- commands ---- */

static void select_utterance(struct ui *u, int row)
{
	struct order *o = order_of(u);

	o->row = row;
	u->sel.utt = o->order[row];
	ui_want_look(u);
}

/* The neighbour in the order of view 3. */
static int step(struct ui *u, int by, struct err *e)
{
	struct order *o = order_of(u);
	int at = -1;

	if (!ui_history(u))
		return err_set(e, "no predictions yet: they appear after epoch 1");
	if (!o->order)
		order_make(u);
	if (o->n == 0)
		return err_set(e, "no utterance matches the filter of view 3");
	for (int i = 0; i < o->n; i++)
		if (o->order[i] == u->sel.utt)
			at = i;
	if (at < 0)
		at = by > 0 ? -1 : 1; /* filtered out: begin with the first */
	if (at + by < 0 || at + by >= o->n)
		return err_set(e, "this is the %s of %d in the order of view 3",
			       by < 0 ? "first" : "last", o->n);
	select_utterance(u, at + by);
	return 0;
}

char *knock_name(char *out, enum knock k)
{
	static const char *const names[] = {
		[KNOCK_NOTHING] = "nothing", [KNOCK_TEXT] = "text", [KNOCK_AUDIO] = "audio"};

	if (k < KNOCK_HEAD)
		snprintf(out, KNOCK_NAME, "%s", names[k]);
	else
		snprintf(out, KNOCK_NAME, "head %d", k - KNOCK_HEAD + 1);
	return out;
}

int selected_next(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	return step(u, +1, e);
}

int selected_prev(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	return step(u, -1, e);
}

const char *selected_refused(const struct ui *u)
{
	return ui_history(u) ? NULL : "no predictions yet";
}

const char *selected_epoch_refused(const struct ui *u)
{
	const char *why = selected_refused(u);

	return why ? why : epoch_refused(u);
}

const char *selected_kept_refused(const struct ui *u)
{
	const char *why = selected_refused(u);
	const struct fold_run *f = ui_fold(u);

	if (why)
		return why;
	return u->sel.kept || (f && f->best_epoch) ? NULL : "no checkpoint is kept yet";
}

int selected_kept(struct ui *u, const char *args, struct err *e)
{
	const struct fold_run *f = ui_fold(u);

	(void)args;
	if (!u->sel.kept && (!f || !f->best_epoch))
		return err_set(e, "no checkpoint is kept yet: the first is after epoch 1");
	u->sel.kept = !u->sel.kept;
	u->sel.stored = false;
	ui_want_look(u);
	return 0;
}
