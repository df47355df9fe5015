/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/attention_side.h"

#include "app/study/num.h"
#include "base/mem.h"
#include "ui/draw/heat_draw.h"
#include "ui/view/selected.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A change of probability from here on is emphasised. */
#define MUCH 0.1

enum { THUMB_LEAST = 14 }; /* columns of a small map */

/* ---- knock-out ---- */

/* The order of the table: nothing, each head, then what is larger. */
static enum knock in_table(int i, int heads)
{
	if (i == 0)
		return KNOCK_NOTHING;
	return i <= heads ? (enum knock)(KNOCK_HEAD + i - 1)
			  : (enum knock)(KNOCK_TEXT + i - heads - 1);
}

static int heads_known(const struct look_result *l)
{
	return l->knocks > KNOCK_HEAD ? l->knocks - KNOCK_HEAD : 0;
}

static int draw_knocks(struct canvas *c, const struct attention_scene *s)
{
	const struct look_result *l = s->look;
	struct verdict whole = verdict_of(s->u, l->knocked[KNOCK_NOTHING]);
	int row = 2, end = c->cols;
	char name[KNOCK_NAME], num[NUM_LEN];

	canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "knock out");
	canvas_field(c, 1, 0, end, FIT_RIGHT, ROLE(ROLE_DIM), "p(%s)", ui_label(s->u, whole.says));
	for (int i = 0; i < l->knocks; i++) {
		enum knock k = in_table(i, heads_known(l));
		struct verdict v = verdict_of(s->u, l->knocked[k]);
		bool much =
			k == KNOCK_NOTHING || fabs(v.p[whole.says] - whole.p[whole.says]) >= MUCH;
		bool here = k == l->knock;

		canvas_text(c, row, 0, ROLE(here ? ROLE_STRONG : ROLE_TEXT), "%s",
			    knock_name(name, k));
		if (here && k != KNOCK_NOTHING)
			canvas_put(c, row, c->cols - 7, ROLE(ROLE_CURSOR),
				   glyph(c->look->glyphs, GLYPH_CHOICE));
		canvas_field(c, row++, end - 5, 5, FIT_RIGHT, ROLE(much ? ROLE_STRONG : ROLE_TEXT),
			     "%s", num_value(num, v.p[whole.says]));
		if (v.says != whole.says)
			canvas_field(c, row++, 0, end, FIT_RIGHT, ROLE_BOLD(role_class(v.says)),
				     "→ %s %s", ui_label(s->u, v.says),
				     num_value(num, v.p[v.says]));
	}
	return row;
}

void attention_knock_draw(struct canvas *row, const struct attention_scene *s)
{
	const struct look_result *l = s->look;
	int whole = verdict_of(s->u, l->knocked[KNOCK_NOTHING]).says, most = KNOCK_HEAD, shown, col;
	char name[KNOCK_NAME], num[NUM_LEN];

	for (int k = KNOCK_HEAD + 1; k < l->knocks; k++) {
		const float *before = l->knocked[KNOCK_NOTHING];
		double p = verdict_of(s->u, before).p[whole];

		if (fabs(verdict_of(s->u, l->knocked[k]).p[whole] - p) >
		    fabs(verdict_of(s->u, l->knocked[most]).p[whole] - p))
			most = k;
	}
	shown = heads_known(l) ? 4 : 3;
	col = canvas_text(row, 0, 1, ROLE(ROLE_STRONG), "knock out");
	for (int i = 0; i < shown; i++) {
		enum knock k = (enum knock)(i < 3 ? i : most);
		struct verdict v = verdict_of(s->u, l->knocked[k]);

		if (k == KNOCK_NOTHING)
			strcpy(name, "none"); /* the row is narrow */
		else
			knock_name(name, k);
		num_value(num, v.p[v.says]);
		if (col + 4 + text_width(name) + text_width(ui_label(s->u, v.says)) + 5 >=
		    row->cols)
			return;
		if (k == l->knock && k != KNOCK_NOTHING)
			canvas_put(row, 0, col + 1, ROLE(ROLE_CURSOR),
				   glyph(row->look->glyphs, GLYPH_CHOICE));
		col = canvas_text(row, 0, col + 2, ROLE(ROLE_DIM), "%s ", name);
		col = canvas_text(row, 0, col, ROLE_BOLD(role_class(v.says)), "%s ",
				  ui_label(s->u, v.says));
		col = canvas_text(row, 0, col, ROLE(v.says != whole ? ROLE_STRONG : ROLE_TEXT),
				  "%s", num);
	}
}

/* ---- focus ---- */

static void draw_focus(struct canvas *c, const struct attention_scene *s)
{
	char num[NUM_LEN];

	canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "heads, focus");
	for (int h = 0; h < s->look->heads; h++) {
		bool here = h == attention_view(s->u)->head;

		canvas_text(c, 1 + h, 0, ROLE(here ? ROLE_STRONG : ROLE_TEXT), "%d", h + 1);
		for (int map = 0; map < CROSSES; map++) {
			double focus = attention_focus(&s->weights, map, h);

			canvas_field(
				c, 1 + h, 3 + 6 * map, 4, FIT_RIGHT,
				ROLE(heat_is_even(focus) ? ROLE_DIM : s->now.map[map].role), "%s",
				isnan(focus) ? NUM_MISSING
					     : (snprintf(num, sizeof num, "%.2f", focus), num));
		}
	}
}

void attention_side_draw(struct canvas *c, const struct attention_scene *s)
{
	int row = draw_knocks(c, s) + 2;
	struct canvas focus = canvas_part(c, row, 0, c->rows - row, c->cols);

	if (focus.rows > s->look->heads)
		draw_focus(&focus, s);
}

/* ---- small maps ---- */

static void draw_thumb(struct canvas *c, const struct attention_scene *s, int head, int map)
{
	static const char *const ask[CROSSES] = {"→ seconds", "→ words"};
	int high = s->at.thumb_high, rows = (c->rows - 1) / high;
	int group = (s->look->L + rows - 1) / rows;
	int k = heat_factor(s->look->T, c->cols);
	bool here = head == attention_view(s->u)->head;
	struct canvas part = canvas_part(c, 1, 0, rows * high, c->cols);
	struct attention one;
	struct heat h;
	float *w, *focus;
	int col;

	attention_make(&one, &s->weights, head);
	h = one.map[map];
	h.rows = (s->look->L + group - 1) / group;
	h.row_step = s->look->T;
	h.frame_step = 1;
	h.w = w = mem_alloc((size_t)h.rows * (size_t)h.frames, sizeof *w);
	h.focus = focus = mem_alloc((size_t)(h.frames_ask ? h.frames : h.rows), sizeof *focus);
	attention_shrink(&one.map[map], group, w, focus);
	heat_draw(&part, &h, 0, k, high);
	if (here)
		canvas_put(c, 0, 0, ROLE(ROLE_CURSOR), glyph(c->look->glyphs, GLYPH_CHOICE));
	col = canvas_text(c, 0, here, ROLE(here ? ROLE_STRONG : ROLE_TEXT), "head %d", head + 1);
	canvas_text(c, 0, col + 1, ROLE(ROLE_DIM), "%s", ask[map]);
	free(w);
	free(focus);
	attention_free(&one);
}

void attention_thumbs_draw(struct canvas *c, const struct attention_scene *s)
{
	int heads = s->look->heads, maps = CROSSES, width;

	while ((width = c->cols / (heads * maps) - 2) < THUMB_LEAST)
		if (maps > 1)
			maps = 1; /* no room for both directions */
		else if (--heads == 0)
			return;
	for (int map = 0; map < maps; map++) {
		for (int h = 0; h < heads; h++) {
			int col = (map * heads + h) * (width + 2);
			struct canvas part = canvas_part(c, 0, col, c->rows, width);

			draw_thumb(&part, s, h, map);
		}
	}
}
