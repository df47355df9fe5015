/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both cross attentions of the selected utterance, words x seconds, what of them
 * reaches z, and what the model would say without a part of itself.
 */
#include "ui/view/attention.h"

#include "app/study/num.h"
#include "ui/console/complete.h"
#include "ui/draw/list.h"
#include "ui/view/attention_epoch.h"
#include "ui/view/attention_map.h"
#include "ui/view/attention_side.h"
#include "ui/view/epoch.h"
#include "ui/view/selected.h"
#include "ui/view/screen.h"

#include "base/file.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- drawing ---- */

static void draw_head(struct canvas *row, const struct ui *u, const struct attention_scene *s)
{
	char size[64], epoch[NUM_LEN];
	struct selected_head h = {.epoch = epoch, .size = ""};

	if (!s) {
		snprintf(epoch, sizeof epoch, "%d", ui_epoch(u));
		h.logits = history_at(ui_history(u), ui_epoch(u), u->sel.utt, HEAD_MAIN);
		selected_head(u, row, &h);
		return;
	}
	if (!s->at.one && s->at.words < s->look->L)
		snprintf(size, sizeof size, "%d of %d words, %.2f s", s->at.words, s->look->L,
			 (double)s->look->T / FRAMES_PER_SECOND);
	else
		snprintf(size, sizeof size, "%d word%s, %.2f s", s->look->L,
			 s->look->L == 1 ? "" : "s", (double)s->look->T / FRAMES_PER_SECOND);
	h.logits = s->look->logits[HEAD_MAIN];
	selected_weights(epoch, u, s->look);
	h.knock = s->look->knock;
	h.size = size;
	selected_head(u, row, &h);
}

static void draw_scene(struct canvas *c, const struct attention_scene *s)
{
	const struct attention_layout *a = &s->at;
	struct canvas row = canvas_part(c, 0, 0, 1, c->cols), part;

	draw_head(&row, s->u, s);
	attention_map_draw(c, s);
	row = canvas_part(c, a->foot, 0, 1, c->cols);
	attention_readout_draw(&row, s);
	if (a->side) {
		part = canvas_part(c, a->title + 2, a->side_col,
				   (a->thumbs ? a->thumbs : a->foot) - a->title - 3,
				   c->cols - a->side_col - 1);
		attention_side_draw(&part, s);
	} else if (!a->one) {
		row = canvas_part(c, a->foot + 1, 0, 1, c->cols);
		attention_knock_draw(&row, s);
	}
	if (a->thumbs) {
		part = canvas_part(c, a->thumbs, 1, a->thumb_rows + 1, c->cols - 2);
		attention_thumbs_draw(&part, s);
	}
}

/* Why there is no map, or NULL. */
static const char *missing(const struct ui *u, char *out, size_t n)
{
	const struct look_result *l = ui_seen(u);

	if (attention_there(l))
		return NULL;
	if (l || !u->run.set.model.cross_attention)
		return "this model has no cross attention: model.cross_attention is false";
	return selected_wait(u, "attention appears", out, n);
}

static void draw(const struct ui *u, struct canvas *c)
{
	struct canvas row = canvas_part(c, 0, 0, 1, c->cols);
	struct attention_scene s;
	const char *why;
	char text[128];

	why = selected_missing(u, text, sizeof text);
	if (!why) {
		why = missing(u, text, sizeof text);
		if (why)
			draw_head(&row, u, NULL);
	}
	if (why) {
		canvas_text(c, c->rows / 3, 1, ROLE(ROLE_DIM), "%s", why);
		return;
	}
	s = attention_scene(u, ui_seen(u), c->rows, c->cols);
	draw_scene(c, &s);
	attention_scene_free(&s);
}

/* ---- commands ---- */

static int need_look(const struct ui *u, struct err *e)
{
	char text[128];
	const char *why = missing(u, text, sizeof text);

	return why ? err_set(e, "%s", why) : 0;
}

/* left and right go by columns; peak goes to the row's largest weight. */
static int move(struct ui *u, const char *args, struct err *e)
{
	struct attention_view *v = attention_view(u);
	const struct look_result *l = ui_seen(u);
	struct attention_scene s;
	int column, columns, status = 0;

	if (need_look(u, e))
		return -1;
	s = attention_scene(u, l, u->rows - VIEW_FRAME, u->cols);
	column = s.frame / s.at.k;
	columns = s.at.cols;
	if (strcmp(args, "left") == 0)
		column -= column > 0;
	else if (strcmp(args, "right") == 0)
		column += column < columns - 1;
	else if (strcmp(args, "home") == 0)
		column = 0;
	else if (strcmp(args, "end") == 0)
		column = columns - 1;
	else if (strcmp(args, "peak") == 0)
		column = heat_peak(&s.now.map[0], s.word) / s.at.k;
	else
		status = list_move(&s.word, l->L, s.at.words, args, e);
	if (status == 0) {
		v->word = s.word;
		v->frame = column * s.at.k;
		v->top = attention_layout(u, l, u->rows - VIEW_FRAME, u->cols).top;
	}
	attention_scene_free(&s);
	return status;
}

static int choose_head(struct ui *u, const char *args, struct err *e)
{
	struct attention_view *v = attention_view(u);
	int heads = u->run.set.model.num_heads, head = v->head;
	char *end;
	long n;

	if (ui_seen(u))
		heads = ui_seen(u)->heads;
	if (!*args || strcmp(args, "next") == 0) { /* mean, max, 1, 2, … and round again */
		head = head == HEAD_MEAN ? HEAD_MAX : head == HEAD_MAX ? 0 : head + 1;
		v->head = head < heads ? head : HEAD_MEAN;
		return 0;
	}
	if (strcmp(args, "mean") == 0 || strcmp(args, "max") == 0) {
		v->head = strcmp(args, "mean") == 0 ? HEAD_MEAN : HEAD_MAX;
		return 0;
	}
	n = strtol(args, &end, 10);
	if (*end || n < 1 || n > heads)
		return err_set(e, "no head '%s'; expected 1 to %d, mean, max or next", args, heads);
	v->head = (int)n - 1;
	return 0;
}

static int scale(struct ui *u, const char *args, struct err *e)
{
	struct attention_view *v = attention_view(u);

	if (*args && strcmp(args, "row") != 0 && strcmp(args, "map") != 0)
		return err_set(e, "no scale '%s'; expected row or map", args);
	v->by_row = *args ? strcmp(args, "row") == 0 : !v->by_row;
	return 0;
}

/* From here on; then, where ridges show one sign at a time, the other; then off. */
static int difference(struct ui *u, const char *args, struct err *e)
{
	struct attention_view *v = attention_view(u);
	char weights[NUM_LEN];

	(void)args;
	if (v->difference == DIFFERENCE_OFF) {
		if (need_look(u, e))
			return -1;
		look_free(v->then);
		v->then = attention_copy(ui_seen(u));
		v->difference = DIFFERENCE_MORE;
		ui_say(u, "from here on: what has changed since epoch %s",
		       selected_weights(weights, u, v->then));
	} else if (v->difference == DIFFERENCE_MORE && u->look.depth != DEPTH_256) {
		v->difference = DIFFERENCE_LESS;
	} else {
		v->difference = DIFFERENCE_OFF;
	}
	return 0;
}

static int knock(struct ui *u, const char *args, struct err *e)
{
	int heads = u->run.set.model.cross_attention ? u->run.set.model.num_heads : 0;
	int knocks =
		KNOCK_HEAD + (heads < KNOCKS_MAX - KNOCK_HEAD ? heads : KNOCKS_MAX - KNOCK_HEAD);
	char name[KNOCK_NAME];

	if (!*args) { /* the key: one after the other */
		u->sel.knock = (enum knock)((u->sel.knock + 1) % knocks);
		ui_want_look(u);
		return 0;
	}
	for (int k = 0; k < knocks; k++) {
		if (strcmp(args, knock_name(name, (enum knock)k)) == 0) {
			u->sel.knock = (enum knock)k;
			ui_want_look(u);
			return 0;
		}
	}
	if (heads)
		return err_set(
			e, "'%s' cannot be ablated; expected nothing, text, audio or head 1 to %d",
			args, heads);
	return err_set(e, "'%s' cannot be ablated; expected nothing, text or audio", args);
}

/* A text as a CSV field (RFC 4180). */
static void add_field(struct str *b, const char *text)
{
	str_add(b, "\"");
	for (; *text; text++)
		str_addf(b, *text == '"' ? "\"\"" : "%c", *text);
	str_add(b, "\"");
}

/* What the weights are of, the same on every line: the head shown, fold, epoch,
 * the step within it (empty: the epoch's end), what is silenced. */
static void add_source(struct str *b, const struct ui *u, const struct look_result *l)
{
	const struct attention_view *v = attention_view(u);
	int head = v->head < l->heads ? v->head : HEAD_MEAN;
	char name[KNOCK_NAME];

	if (head >= 0)
		str_addf(b, ",%d", head + 1);
	else
		str_add(b, head == HEAD_MAX ? ",max" : ",mean");
	str_addf(b, ",%d,%d,", l->fold, selected_epoch(u, l));
	if (l->step > 0)
		str_addf(b, "%d", l->step);
	str_addf(b, ",%s\n", knock_name(name, l->knock));
}

/* Both maps as shown, a line per weight. */
static void add_csv(struct str *b, const struct ui *u, const struct look_result *l)
{
	static const char *const name[CROSSES] = {"cross_attn1", "cross_attn2"};
	struct attention_scene s = attention_scene(u, l, u->rows, u->cols);
	struct str source = {0};
	char word[256];

	add_source(&source, u, l);
	str_add(b, "map,word,text,frame,seconds,weight,head,fold,epoch,step,silenced\n");
	for (int map = 0; map < CROSSES; map++) {
		for (int w = 0; w < l->L; w++) {
			ui_word(u, l, w, word, sizeof word);
			for (int f = 0; f < l->T; f++) {
				str_addf(b, "%s,%d,", name[map], w + 1);
				add_field(b, word);
				str_addf(b, ",%d,%.2f,", f + 1, (double)f / FRAMES_PER_SECOND);
				str_num(b, heat_at(&s.now.map[map], w, f, 1));
				str_add(b, str_text(&source));
			}
		}
	}
	str_free(&source);
	attention_scene_free(&s);
}

static void add_screen(struct str *b, const struct ui *u)
{
	struct canvas c;
	char *text;

	canvas_init(&c, u->rows, u->cols, &u->look);
	screen_draw(u, &c);
	text = canvas_dump(&c);
	str_add(b, text);
	free(text);
	canvas_free(&c);
}

/* NAME.txt: the screen. Any other name: the maps as CSV. */
static int write_file(struct ui *u, const char *args, struct err *e)
{
	const char *dot = strrchr(args, '.');
	char path[PATH_LEN];
	struct str b = {0};
	int status;

	if (!*args)
		return err_set(
			e, "write needs a file: FILE.csv for the maps, FILE.txt for the screen");
	if (need_look(u, e) || path_resolve(path, sizeof path, "", args, e))
		return -1;
	if (dot && strcmp(dot, ".txt") == 0)
		add_screen(&b, u);
	else
		add_csv(&b, u, ui_seen(u));
	status = file_write(path, str_text(&b), b.len, e);
	if (!status)
		ui_say(u, "written: %s", path);
	str_free(&b);
	return status;
}

static const char *refuse_map(const struct ui *u)
{
	const struct look_result *l = ui_seen(u);

	return attention_there(l) ? selected_refused(u) : "no attention to show yet";
}

static int back(struct ui *u, const char *args, struct err *e)
{
	(void)args, (void)e;
	ui_select_view(u, VIEW_UTTERANCE);
	return 0;
}

static const struct verb verbs[] = {
	{"move", "up|down|left|right|home|end|pgup|pgdn|peak",
	 "Move the cursor or the selected row.", move, refuse_map, complete_args, CHANGES_NOTHING},
	{"back", "", "Back to where this was opened from.", back, NULL, NULL, CHANGES_NOTHING},
	{"epoch", EPOCH_ARGS, "Weights of another epoch: stored ones, then the current.",
	 attention_epoch, selected_epoch_refused, complete_args, CHANGES_NOTHING},
	{"head", "next|mean|max|N", "Which attention head is drawn.", choose_head, refuse_map,
	 complete_args, CHANGES_NOTHING},
	{"scale", "[row|map]", "Full scale: the map's maximum or each row's, at least 2 x even.",
	 scale, refuse_map, complete_args, CHANGES_NOTHING},
	{"difference", "", "Keep these weights, and show what later ones differ by.", difference,
	 refuse_map, NULL, CHANGES_NOTHING},
	{"knock", "nothing|text|audio|head N",
	 "Silence a part of the model and see what it predicts.", knock, selected_refused,
	 complete_args, CHANGES_NOTHING},
	{"ablate", "nothing|text|audio|head N", "The same as knock.", knock, selected_refused,
	 complete_args, CHANGES_NOTHING | LATE},
	SELECTED_KEPT_VERB,
	{"write", "FILE", "Write the maps to a .csv file, or the screen to a .txt file.",
	 write_file, refuse_map, complete_file, CHANGES_FILES},
	{0},
};

static void begin(void *view)
{
	struct attention_view *v = view;

	v->head = HEAD_MEAN;
}

static void end(void *view)
{
	struct attention_view *v = view;

	look_free(v->then);
}

static const char keys[] = "Up move up           # cursor\n"
			   "Down move down       # cursor\n"
			   "Left move left       # cursor\n"
			   "Right move right     # cursor\n"
			   "Enter move peak      # peak\n"
			   "h head next          # head\n"
			   "g scale              # scale\n"
			   "[ epoch prev         # epoch\n"
			   "] epoch next         # epoch\n"
			   "{ epoch mark-prev\n"
			   "} epoch mark-next\n"
			   "d difference         # difference\n"
			   "K knock              # knock out\n"
			   "k kept               # kept\n"
			   "w console write\t # write\n"
			   "Esc back             # back\n";

const struct view view_attention = {
	.name = "Attention",
	.help = "Who looks at whom: both cross attentions, words x seconds, and what the model "
		"says without a part of itself. Dim: near even, focus below 0.02.",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.looks = LOOKS_SILENCED,
	.size = sizeof(struct attention_view),
	.init = begin,
	.free = end,
};
