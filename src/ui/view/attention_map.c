/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/attention_map.h"

#include "app/study/num.h"
#include "base/mem.h"
#include "base/util.h"
#include "ui/draw/heat_draw.h"
#include "ui/draw/list.h"
#include "ui/view/selected.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FACTOR = 33,       /* of "column = max of 12 frames, 240 ms" */
	FACTOR_BRIEF = 19, /* of "max of 12 frames", and spaces */
	SILENCED = 18,     /* of "silenced head 16", and spaces */
	HEADS_LISTED = 8,
	PROBE = 300, /* columns that any title fits into */
};

static int sign_shown(const struct attention_scene *s)
{
	return attention_view(s->u)->difference == DIFFERENCE_LESS ? -1 : 1;
}

/* ---- titles ---- */

/* "to 0.032 = 7.2 × even": what the highest step means; brief: "to 7.2 × even".
 * Of weights that are near even it says so first. */
static void full_scale(char *out, size_t n, const struct attention_scene *s, int map, bool brief)
{
	const struct heat *h = &s->now.map[map];
	const char *remark = s->then ? "" : heat_remark(h);
	double top = s->then ? heat_difference_top(h, &s->was.map[map])
			     : heat_top(heat_max(h, -1), h->even);
	char num[NUM_LEN];

	if (!s->then && attention_view(s->u)->by_row)
		snprintf(num, sizeof num, brief ? "row max" : "row max, 2 × even or more");
	else if (brief)
		num_ratio(num, top, h->even);
	else
		num_scale(num, top, h->even);
	snprintf(out, n, "%s%sto %s", remark, *remark ? ", " : "", num);
}

/* A name a space after what is before; the chosen one has its mark there too. */
static int put_choice(struct canvas *c, int row, int col, bool chosen, const char *name)
{
	col++;
	if (chosen)
		canvas_put(c, row, col++, ROLE(ROLE_CURSOR), glyph(c->look->glyphs, GLYPH_CHOICE));
	return canvas_text(c, row, col, ROLE(chosen ? ROLE_STRONG : ROLE_TEXT), "%s", name);
}

/* "head 1 2 3 4 ▸mean max"; of many heads only the chosen one. */
static int draw_heads(struct canvas *c, int row, int col, const struct attention_scene *s)
{
	int head = attention_view(s->u)->head, heads = s->look->heads;
	char name[16];

	col = canvas_text(c, row, col, ROLE(ROLE_DIM), "head");
	for (int h = 0; h < heads; h++) {
		if (heads > HEADS_LISTED && h != head)
			continue;
		snprintf(name, sizeof name, heads > HEADS_LISTED ? "%d of %d" : "%d", h + 1, heads);
		col = put_choice(c, row, col, h == head, name);
	}
	col = put_choice(c, row, col, head == HEAD_MEAN || head >= heads, "mean");
	return put_choice(c, row, col, head == HEAD_MAX, "max");
}

/* "silenced audio", two spaces after what is before; nothing of a whole model. */
static int draw_silenced(struct canvas *c, int row, int col, const struct attention_scene *s)
{
	char name[KNOCK_NAME];

	if (s->look->knock == KNOCK_NOTHING)
		return col;
	return canvas_text(c, row, col + 2, ROLE(ROLE_WARN), "silenced %s",
			   knock_name(name, s->look->knock));
}

static void draw_difference_legend(struct canvas *c, int row, int col)
{
	for (int i = LESS_STEPS - 1; i >= 0; i--)
		canvas_put(c, row, col++, ROLE_ON(ROLE_TEXT, ROLE_LESS + i), ' ');
	for (int i = 0; i < LESS_STEPS; i++)
		canvas_put(c, row, col++, ROLE_ON(ROLE_TEXT, ROLE_MORE + i), ' ');
}

/* How much of a title is left out where there is no room for all of it: each
 * leaves out what those before it do. */
enum title { TITLE_WHOLE, TITLE_NO_LAYER, TITLE_NO_NAMES, TITLE_NO_LEGEND, TITLE_BRIEF };

/* "since epoch 30 kept  + more  to 0.012 = 2.7 × even" */
static int draw_difference_title(struct canvas *c, int row, int col,
				 const struct attention_scene *s, enum title left)
{
	bool colours = c->look->depth == DEPTH_256, more = sign_shown(s) > 0;
	char to[80], num[NUM_LEN], name[KNOCK_NAME];

	full_scale(to, sizeof to, s, 0, left >= TITLE_BRIEF);
	col = canvas_text(c, row, col, ROLE(ROLE_DIM),
			  s->at.side && left < TITLE_NO_NAMES ? "since epoch " : "since ");
	col = canvas_text(c, row, col, ROLE(ROLE_TEXT), "%s", selected_weights(num, s->u, s->then));
	if (s->then->knock != s->look->knock)
		col = canvas_text(c, row, col + 1, ROLE(ROLE_WARN), "%s%s",
				  s->then->knock ? "silenced " : "whole",
				  s->then->knock ? knock_name(name, s->then->knock) : "");
	col += 2;
	if (colours && s->at.side && left < TITLE_NO_LEGEND) {
		draw_difference_legend(c, row, col);
		col += 2 * LESS_STEPS + 1;
	} else if (!colours) {
		col = canvas_text(c, row, col, ROLE(more ? ROLE_S1 : ROLE_S2), "%s",
				  more ? "+ more" : "- less") +
		      1;
	}
	return canvas_text(c, row, col, ROLE(ROLE_DIM), "%s", to);
}

static int draw_scale(struct canvas *c, int row, int col, const struct attention_scene *s,
		      enum title left)
{
	bool by_row = attention_view(s->u)->by_row;
	char to[80];

	full_scale(to, sizeof to, s, 0, left >= TITLE_BRIEF);
	if (s->at.side) {
		if (left < TITLE_NO_NAMES)
			col = canvas_text(c, row, col, ROLE(ROLE_DIM), "scale");
		else
			col--;
		col = put_choice(c, row, col, by_row, "row");
		col = put_choice(c, row, col, !by_row, "map") + 2;
		if (left < TITLE_NO_LEGEND)
			col = heat_legend(c, row, col, s->now.map[0].role) + 1;
	}
	return canvas_text(c, row, col, ROLE(ROLE_DIM), "%s", to);
}

/* Returns the column after it. */
static int put_title(struct canvas *c, int row, const struct attention_scene *s, enum title left)
{
	int col = canvas_text(c, row, 1, ROLE(ROLE_STRONG), "words → seconds");

	if (left < TITLE_NO_LAYER)
		col = canvas_text(c, row, col + 2, ROLE(ROLE_DIM), "cross_attn1");
	col = draw_silenced(c, row, col, s);
	col = draw_heads(c, row, col + 2, s) + 2;
	return s->then ? draw_difference_title(c, row, col, s, left)
		       : draw_scale(c, row, col, s, left);
}

static void draw_title(struct canvas *c, const struct attention_scene *s)
{
	const struct attention_layout *a = &s->at;
	int room = a->side ? a->bar - 2 : c->cols;
	struct canvas probe, part = canvas_part(c, a->title, 0, 1, room);
	enum title left = TITLE_WHOLE;

	canvas_init(&probe, 1, PROBE, c->look);
	while (left < TITLE_BRIEF && put_title(&probe, 0, s, left) > room)
		left++;
	canvas_free(&probe);
	put_title(&part, 0, s, left);
	if (a->side)
		canvas_text(c, a->title, a->bar, ROLE(ROLE_DIM), "Atts1");
}

static void draw_caption(struct canvas *c, int row, const struct attention_scene *s)
{
	int col = canvas_text(c, row, 1, ROLE(ROLE_STRONG), "seconds → words");
	const char *empty = s->then ? "" : "; empty: no more than the even share";
	char to[80];

	full_scale(to, sizeof to, s, 1, false);
	col = canvas_text(c, row, col + 2, ROLE(ROLE_DIM), "cross_attn2");
	col = draw_silenced(c, row, col, s);
	if (col + 3 + text_width(to) >= s->at.bar)
		full_scale(to, sizeof to, s, 1, true);
	if (col + 3 + text_width(to) < s->at.bar)
		col = canvas_text(c, row, col + 3, ROLE(ROLE_DIM), "%s", to);
	if (col + text_width(empty) < s->at.bar)
		canvas_text(c, row, col, ROLE(ROLE_DIM), "%s", empty);
	canvas_text(c, row, s->at.bar, ROLE(ROLE_DIM), "Attt2");
}

/* ---- maps ---- */

/* Names of the words shown, and their weights at the right. */
static void draw_words(struct canvas *c, int row, const struct attention_scene *s, int map)
{
	const struct attention_layout *a = &s->at;
	const float *weight = s->now.word[map];
	bool even = heat_is_even(heat_focus(weight, s->look->L, 1));
	double most = 0;
	char word[256], num[NUM_LEN];

	for (int w = 0; w < s->look->L; w++)
		most = fmax(most, (double)weight[w]);
	most = heat_top(most, 1. / s->look->L);
	for (int r = 0; r < a->words; r++) {
		int w = a->top + r;
		bool here = w == s->word;
		int y = row + r * a->high + a->high / 2;

		if (here)
			canvas_put(c, y, 0, ROLE(ROLE_CURSOR),
				   glyph(c->look->glyphs, GLYPH_CHOICE));
		canvas_field(c, y, 1, a->word_cols, FIT_RIGHT, ROLE(here ? ROLE_STRONG : ROLE_TEXT),
			     "%s", ui_word(s->u, s->look, w, word, sizeof word));
		bar_draw(c, y, a->bar, a->bar_cols, even ? ROLE_DIM : s->now.map[map].role,
			 (double)weight[w] / most);
		canvas_decimal(c, y, a->bar + a->bar_cols + 2, ROLE(here ? ROLE_STRONG : ROLE_DIM),
			       num_value(num, (double)weight[w]));
	}
}

static void draw_map(struct canvas *c, int row, const struct attention_scene *s, int map)
{
	const struct attention_layout *a = &s->at;
	struct canvas part = canvas_part(c, row, a->col, a->words * a->high, a->cols);

	draw_words(c, row, s, map);
	if (s->then)
		heat_difference(&part, &s->now.map[map], &s->was.map[map], a->top, a->k, a->high,
				sign_shown(s));
	else
		heat_draw(&part, &s->now.map[map], a->top, a->k, a->high);
}

static void draw_reach(struct canvas *c, int row, const struct attention_scene *s, int map)
{
	const struct attention_layout *a = &s->at;
	struct canvas part = canvas_part(c, row, a->col, 1, a->cols);
	const float *v = s->now.frame[map];
	int frames = s->look->T;
	bool even = heat_is_even(heat_focus(v, frames, 1));
	double most = 0;

	for (int f = 0; f < frames; f++)
		most = fmax(most, (double)v[f]);
	canvas_field(c, row, 1, a->word_cols, FIT_RIGHT, ROLE(ROLE_DIM), "reaches z");
	/* Over seconds, as map 1: both profiles are shares of T frames. */
	ridge_draw(&part, even ? ROLE_DIM : s->now.map[map].role, v, frames, a->k, 1. / frames,
		   heat_top(most, 1. / frames));
}

/* Returns the column after it: its last label may end to the right of the map. */
static int draw_axis(struct canvas *c, int row, const struct attention_scene *s)
{
	struct canvas part = canvas_part(c, row, s->at.col, 1, c->cols - s->at.col);

	return s->at.col + selected_seconds(&part, s->look->T, s->at.k, s->frame / s->at.k);
}

/* ---- ridges of one word ---- */

static void draw_ridge(struct canvas *c, int row, int rows, const struct attention_scene *s,
		       int map)
{
	const struct heat *h = &s->now.map[map];
	struct canvas part = canvas_part(c, row, s->at.col, rows, s->at.cols);
	float *v = mem_alloc((size_t)h->frames, sizeof *v);
	bool even = h->frames_ask ? *heat_remark(h) : heat_is_even((double)h->focus[s->word]);

	for (int f = 0; f < h->frames; f++)
		v[f] = h->w[s->word * h->row_step + f * h->frame_step];
	ridge_draw(&part, even ? ROLE_DIM : h->role, v, h->frames, s->at.k, h->even,
		   heat_top(heat_max(h, h->by_row ? s->word : -1), h->even));
	free(v);
}

static void draw_one(struct canvas *c, const struct attention_scene *s)
{
	int ridges = s->at.foot - 3, above = (ridges + 1) / 2, col;
	int head = attention_view(s->u)->head;
	const struct heat *h = &s->now.map[0];
	bool even = heat_is_even((double)h->focus[s->word]);
	double max = heat_max(h, h->by_row ? s->word : -1);
	char word[256], to[80], num[NUM_LEN];

	col = canvas_field(
		c, 1, 1,
		min_int(text_width(ui_word(s->u, s->look, s->word, word, sizeof word)), 12),
		FIT_LEFT, ROLE(ROLE_STRONG), "%s", word);
	canvas_put(c, 1, 0, ROLE(ROLE_CURSOR), glyph(c->look->glyphs, GLYPH_CHOICE));
	col = canvas_text(c, 1, col + 2, ROLE(ROLE_DIM), "%d of %d", s->word + 1, s->look->L);
	if (head >= 0)
		col = canvas_text(c, 1, col + 2, ROLE(ROLE_TEXT), "head %d", head + 1);
	else
		col = canvas_text(c, 1, col + 2, ROLE(ROLE_TEXT), "%s",
				  head == HEAD_MAX ? "max" : "mean");
	snprintf(to, sizeof to, "to %s", num_scale(num, heat_top(max, h->even), h->even));
	if (even || col + 2 + text_width(to) >= c->cols)
		snprintf(to, sizeof to, "%s %s", even ? "near even" : "to",
			 even ? "" : num_ratio(num, heat_top(max, h->even), h->even));
	if (col + 2 + text_width(to) <= c->cols)
		canvas_text(c, 1, col + 2, ROLE(ROLE_DIM), "%s", to);
	draw_ridge(c, 2, above, s, 0);
	draw_axis(c, 2 + above, s);
	draw_ridge(c, 3 + above, ridges - above, s, 1);
}

void attention_map_draw(struct canvas *c, const struct attention_scene *s)
{
	const struct attention_layout *a = &s->at;
	int row = a->title + 1, end;

	if (a->one) {
		draw_one(c, s);
		return;
	}
	draw_title(c, s);
	draw_map(c, row, s, 0);
	row += a->words * a->high;
	draw_reach(c, row++, s, 0);
	end = draw_axis(c, row, s);
	if (!a->side)
		canvas_text(c, row, max_int(a->bar, end + 2), ROLE(ROLE_DIM), "in Atts1");
	row++;
	if (!a->both)
		return;
	draw_reach(c, row++, s, 1);
	draw_map(c, row, s, 1);
	draw_caption(c, row + a->words * a->high, s);
}

/* ---- the read-out ---- */

/* A name and a value, a group apart from what is before; nothing if too wide. */
static int say(struct canvas *row, int col, const char *name, const char *value)
{
	if (col + 3 + text_width(name) + 1 + text_width(value) >= row->cols)
		return col;
	col = canvas_text(row, 0, col + 3, ROLE(ROLE_DIM), "%s ", name);
	return canvas_text(row, 0, col, ROLE(ROLE_STRONG), "%s", value);
}

static void say_change(struct canvas *row, int *col, const struct attention_scene *s, double now)
{
	int column = s->frame / s->at.k;
	double then = heat_at(&s->was.map[0], s->word, column, s->at.k);
	char num[NUM_LEN];

	*col = say(row, *col, "change", num_signed(num, now - then, 4));
}

/* "rank 1 of 226 in the row, 1 of 2712 in the map" */
static int say_rank(struct canvas *row, int col, const struct attention_scene *s, double value)
{
	const struct heat *h = &s->now.map[0];

	col = canvas_text(row, 0, col + 3, ROLE(ROLE_DIM), "rank ");
	col = canvas_text(row, 0, col, ROLE(ROLE_TEXT), "%ld of %d",
			  attention_rank(h, s->word, value), h->frames);
	if (row->cols < ATTENTION_SIDE_COLS)
		return col;
	col = canvas_text(row, 0, col, ROLE(ROLE_DIM), " in the row, ");
	col = canvas_text(row, 0, col, ROLE(ROLE_TEXT), "%ld of %ld", attention_rank(h, -1, value),
			  (long)h->frames * h->rows);
	return canvas_text(row, 0, col, ROLE(ROLE_DIM), " in the map");
}

/* What a column is, at the right, as long as there is room to say it. */
static void draw_factor(struct canvas *row, int col, int k)
{
	char brief[48], column[64], full[96];
	const char *form[] = {full, column, brief};

	snprintf(brief, sizeof brief, k == 1 ? "1 frame" : "max of %d frames", k);
	snprintf(column, sizeof column, "column = %s", brief);
	snprintf(full, sizeof full, "%s, %d ms", column, k * 1000 / FRAMES_PER_SECOND);
	for (int i = row->cols < ATTENTION_SIDE_COLS; i < 3; i++) {
		if (col + 3 + text_width(form[i]) < row->cols) {
			canvas_field(row, 0, col, row->cols - 1 - col, FIT_RIGHT, ROLE(ROLE_DIM),
				     "%s", form[i]);
			return;
		}
	}
}

/* "focus 0.31", "focus 0.00, near even" of the word's row, where the sentence at
 * the right keeps its room. */
static int say_focus(struct canvas *row, int col, const struct attention_scene *s)
{
	double focus = (double)s->now.focus[0][s->word];
	char text[NUM_LEN];

	snprintf(text, sizeof text, "%.2f%s", focus, heat_is_even(focus) ? ", near even" : "");
	if (isnan(focus) || col + 3 + 6 + text_width(text) + 3 + FACTOR >= row->cols)
		return col;
	return say(row, col, "focus", text);
}

void attention_readout_draw(struct canvas *row, const struct attention_scene *s)
{
	int k = s->at.k, column = s->frame / k, frames = s->look->T, col;
	int from = column * k, end = min_int(from + k, frames);
	double value = heat_at(&s->now.map[0], s->word, column, k);
	double back = heat_at(&s->now.map[1], s->word, column, k);
	char word[256], text[128], num[NUM_LEN];

	if (s->at.one) {
		canvas_text(row, 0, 1, ROLE(ROLE_TEXT), "%.2f–%.2f s  %s  rank %ld of %d",
			    (double)from / FRAMES_PER_SECOND, (double)end / FRAMES_PER_SECOND,
			    num_attention(num, value),
			    attention_rank(&s->now.map[0], s->word, value), frames);
		return;
	}
	text_cut(text, sizeof text, ui_word(s->u, s->look, s->word, word, sizeof word), 20);
	col = canvas_text(row, 0, 1, ROLE(ROLE_STRONG), "%s", text);
	col = canvas_text(row, 0, col, ROLE(ROLE_DIM), " × ");
	col = canvas_text(row, 0, col, ROLE(ROLE_STRONG), "%.2f–%.2f s",
			  (double)from / FRAMES_PER_SECOND, (double)end / FRAMES_PER_SECOND);
	col = say(row, col, "weight", num_attention(num, value));
	if (s->then)
		say_change(row, &col, s, value);
	col = say_rank(row, col, s, value);
	if (row->cols >= ATTENTION_THUMB_COLS)
		col = say(row, col, "seconds → words", num_attention(num, back));
	col = say_focus(row, col, s);
	if (col + 1 + SILENCED + FACTOR_BRIEF < row->cols) /* the title says it in any case */
		col = draw_silenced(row, 0, col + 1, s) - (s->look->knock == KNOCK_NOTHING);
	draw_factor(row, col, k);
}
