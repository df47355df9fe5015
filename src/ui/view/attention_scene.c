/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the parts of view 5 are, and what is drawn in them. */
#include "ui/view/attention_map.h"

#include "base/util.h"
#include "ui/draw/heat_draw.h"
#include "ui/draw/list.h"

enum {
	MAP_COLS = 60, /* from here rows of words; below: ridges of one */
	MAP_ROWS = 12,
	SIDE = 14, /* columns of the panel at the right */
	AIRY_ROWS = 27,
	THUMB_ROWS = 6,  /* small maps of all heads, if so many are left */
	THUMB_FRAME = 2, /* an empty row, a title */
	HIGH_MOST = 3,   /* rows of a word */
	BOTH_WORDS = 12, /* both maps are worth it if this many words have a row */
	NUMBER = 5,
	TITLE = 86, /* columns of the title with its legend, for a handful of heads */
};

static void place_columns(struct attention_layout *a, int frames, int cols)
{
	int right = a->side ? SIDE + 4 : 1; /* with spaces around the panel */
	int least = a->side ? 7 : 6, most = cols > 120 ? 24 : a->side ? 7 : 12, number;

	a->word_cols = 9 + (cols > 120 ? (cols - 120) / 8 : 0);
	a->col = a->word_cols + 2;
	a->k = heat_factor(frames, cols - a->col - right - NUMBER - least - 3);
	a->cols = (frames + a->k - 1) / a->k;
	number = cols - right - NUMBER;
	a->bar = max_int(a->col + a->cols + 2, number - 1 - most);
	if (a->side)
		a->bar = max_int(a->bar, TITLE + 3);
	a->bar_cols = number - 1 - a->bar;
	a->side_col = cols - 1 - SIDE;
}

static void place_rows(struct attention_layout *a, int words, int rows, int cols)
{
	int airy = rows >= AIRY_ROWS, foot = a->side ? 1 : 2;
	int single = 1 + airy + 1 + 2 + 1 + foot; /* head, title, reaches z, axis, spaces */
	int both = single + 2 - 1 + airy;         /* reaches z, caption; no space if it is tight */
	int left;

	a->title = 1 + airy;
	a->foot = rows - foot;
	a->both = (rows - both) / 2 >= min_int(words, BOTH_WORDS);
	a->words = min_int(words, a->both ? (rows - both) / 2 : rows - single);
	left = rows - both - 2 * a->words;
	a->high = a->thumb_high = 1;
	if (a->both && cols >= ATTENTION_THUMB_COLS && left >= THUMB_ROWS) {
		/* Taller rows, as long as the small maps keep a row for each word. */
		while (a->words == words && a->high < HIGH_MOST &&
		       left - 2 * words >= words + THUMB_FRAME) {
			a->high++;
			left -= 2 * words;
		}
		a->thumb_high = clamp_int((left - THUMB_FRAME) / words, 1, HIGH_MOST);
		a->thumb_rows = left - THUMB_FRAME;
		if (a->thumb_rows > words * a->thumb_high)
			a->thumb_rows = words * a->thumb_high;
		a->thumbs = a->foot - 1 - a->thumb_rows - 1;
	} else if (a->words == words) {
		int maps = a->both ? 2 : 1, room = a->both ? left : rows - single - words;

		for (; a->high < HIGH_MOST && room >= maps * words; room -= maps * words)
			a->high++;
	}
}

struct attention_layout attention_layout(const struct ui *u, const struct look_result *l, int rows,
					 int cols)
{
	const struct attention_view *v = attention_view(u);
	struct attention_layout a = {.one = cols < MAP_COLS || rows < MAP_ROWS,
				     .side = cols >= ATTENTION_SIDE_COLS && rows >= AIRY_ROWS};

	if (a.one) {
		a.title = 1;
		a.words = a.high = a.thumb_high = 1;
		a.top = clamp_int(v->word, 0, l->L - 1);
		a.col = 1;
		a.k = heat_factor(l->T, cols - 2);
		a.cols = (l->T + a.k - 1) / a.k;
		a.foot = rows - 1;
		return a;
	}
	place_columns(&a, l->T, cols);
	place_rows(&a, l->L, rows, cols);
	a.top = list_top(v->top, clamp_int(v->word, 0, l->L - 1), l->L, a.words);
	return a;
}

struct attention_scene attention_scene(const struct ui *u, const struct look_result *l, int rows,
				       int cols)
{
	const struct attention_view *v = attention_view(u);
	struct attention_scene s = {.u = u,
				    .look = l,
				    .at = attention_layout(u, l, rows, cols),
				    .word = clamp_int(v->word, 0, l->L - 1),
				    .frame = clamp_int(v->frame, 0, l->T - 1)};
	int head = v->head < l->heads ? v->head : HEAD_MEAN;

	s.weights = attention_of(l);
	attention_make(&s.now, &s.weights, head);
	s.now.map[0].by_row = s.now.map[1].by_row = v->by_row;
	if (v->difference && attention_comparable(l, v->then)) {
		struct attention_weights was = attention_of(v->then);

		s.then = v->then;
		attention_make(&s.was, &was, head);
	}
	return s;
}

void attention_scene_free(struct attention_scene *s)
{
	attention_free(&s->now);
	attention_free(&s->was);
}
