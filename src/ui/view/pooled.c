/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/pooled.h"

#include "app/study/num.h"
#include "base/util.h"
#include "ui/draw/heat_draw.h"
#include "ui/draw/list.h"
#include "ui/view/selected.h"

static const int of_words[] = {ATT1, ATT11, ATTS1};
static const struct {
	int pool;
	const char *text;
} of_seconds[] = {
	{ATT2, "audio"},
	{ATT22, "second audio"},
	{ATTT2, "after cross_attn2"},
};
enum {
	COLUMNS = 3,
	NUMBER = 5, /* columns of "0.889" */
	PEAK = 21,  /* of "peak 34.12 s, 0.0134" */
	NAME = 6,   /* of " Attt2" */
	TEXT = 8,   /* what follows " Attt2  " */
	TEXT_LONGEST = 17,
};

static int largest(const float *w, int n)
{
	int at = 0;

	for (int i = 1; i < n; i++)
		if (w[i] > w[at])
			at = i;
	return at;
}

static bool is_even(const float *w, int n)
{
	return w && heat_is_even(heat_focus(w, n, 1));
}

static bool any_even(const struct look_result *l, bool words)
{
	for (int i = 0; i < COLUMNS; i++)
		if (is_even(l->weights[words ? of_words[i] : of_seconds[i].pool],
			    words ? l->L : l->T))
			return true;
	return false;
}

/* The end of the scale of three poolings: one for all. */
static double scale_of(const struct look_result *l, bool words)
{
	double max = 0;

	for (int i = 0; i < COLUMNS; i++) {
		const float *w = l->weights[words ? of_words[i] : of_seconds[i].pool];
		int n = words ? l->L : l->T;

		if (w && (double)w[largest(w, n)] > max)
			max = (double)w[largest(w, n)];
	}
	return heat_top(max, 1. / (words ? l->L : l->T));
}

int pooled_rows(int rows, bool note, int words)
{
	return rows - 1 - note < words ? rows - 1 - note : words;
}

/* The mark before the name of a pooling that is near even. */
static const char *mark(bool even)
{
	return even ? "~" : "";
}

void pooled_words(struct canvas *c, const struct ui *u, const struct look_result *l, int from,
		  int word_cols, int bar, bool note)
{
	int rows = pooled_rows(c->rows, note, l->L);
	int top = list_top(from, from, l->L, rows);
	int step = NUMBER + 2 + (bar ? bar + 1 : 0), first = word_cols + 2;
	int high = bar && rows == l->L && 2 * rows + note < c->rows ? 2 : 1;
	double scale = scale_of(l, true);
	char word[256], num[NUM_LEN];

	if (rows < l->L)
		canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "%d–%d of %d", top + 1, top + rows, l->L);
	else
		canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "words");
	for (int r = 0; r < rows; r++)
		canvas_field(c, 1 + r * high, 0, word_cols, FIT_RIGHT, ROLE(ROLE_TEXT), "%s",
			     ui_word(u, l, top + r, word, sizeof word));
	for (int i = 0; i < COLUMNS; i++) {
		const float *w = l->weights[of_words[i]];
		int col = first + i * step;
		bool even = is_even(w, l->L);

		canvas_text(c, 0, col - even, ROLE(ROLE_DIM), "%s%s", mark(even),
			    pool_table[of_words[i]].name);
		for (int r = 0; r < rows; r++) {
			bool most = w && !even && largest(w, l->L) == top + r;
			int y = 1 + r * high;

			if (!w) {
				canvas_text(c, y, col, ROLE(ROLE_DIM), NUM_MISSING);
				continue;
			}
			canvas_decimal(c, y, col + 1, ROLE(most ? ROLE_STRONG : ROLE_DIM),
				       num_value(num, (double)w[top + r]));
			if (bar)
				(high > 1 ? bar_draw_thick : bar_draw)(c, y, col + NUMBER + 1, bar,
								       even ? ROLE_DIM : ROLE_S2,
								       (double)w[top + r] / scale);
		}
	}
	if (note)
		canvas_text(c, 1 + rows * high, first, ROLE(ROLE_DIM), "full bar: %s%s",
			    num_scale(num, scale, 1. / l->L),
			    any_even(l, true) ? "; ~ near even" : "");
}

/* ---- seconds ---- */

/* A profile over time with its name: above it with its peak, or at its right. */
static void draw_profile(struct canvas *c, const struct look_result *l, int i, bool title, int k,
			 double scale)
{
	const float *w = l->weights[of_seconds[i].pool];
	const char *name = pool_table[of_seconds[i].pool].name;
	int cols = (l->T + k - 1) / k, col, end, peak;
	struct canvas ridge = canvas_part(c, title, 0, c->rows - title, cols);
	bool even = is_even(w, l->T);
	char num[NUM_LEN];

	if (w)
		ridge_draw(&ridge, even ? ROLE_DIM : ROLE_S1, w, l->T, k, 0, scale);
	/* Names below each other, also where one has a mark before it. */
	if (!title) {
		col = cols + 1 + any_even(l, false);
		canvas_text(c, c->rows - 1, col - even, ROLE(ROLE_DIM), "%s%s", mark(even), name);
		return;
	}
	canvas_text(c, 0, 1 - even, ROLE(ROLE_TEXT), "%s%s", mark(even), name);
	if (!w) {
		canvas_text(c, 0, TEXT, ROLE(ROLE_DIM), "not in this model");
		return;
	}
	col = TEXT + TEXT_LONGEST + 3;
	if (col + PEAK > c->cols)
		col = TEXT; /* no room for both: of what it is, the name says */
	else
		canvas_text(c, 0, TEXT, ROLE(ROLE_DIM), "%s", of_seconds[i].text);
	end = min_int(max_int(cols, col + PEAK), c->cols);
	peak = largest(w, l->T);
	if (even)
		canvas_field(c, 0, col, end - col, FIT_RIGHT, ROLE(ROLE_DIM), "near even");
	else
		canvas_field(c, 0, col, end - col, FIT_RIGHT, ROLE(ROLE_DIM), "peak %.2f s, %s",
			     (double)peak / FRAMES_PER_SECOND, num_attention(num, (double)w[peak]));
}

/* "to 0.018 = 4.0 × even" beside the title, as long as there is room to say it,
 * and what ~ means. */
static void draw_top(struct canvas *c, int col, const struct look_result *l, int room)
{
	bool marks = any_even(l, false) || any_even(l, true);
	double top = scale_of(l, false);
	char num[NUM_LEN];

	num_scale(num, top, 1. / l->T);
	if (col + 5 + text_width(num) > room)
		num_ratio(num, top, 1. / l->T);
	if (col + 5 + text_width(num) <= room)
		col = canvas_text(c, 0, col + 2, ROLE(ROLE_DIM), "to %s", num);
	if (marks && col + 13 <= room)
		canvas_text(c, 0, col + 2, ROLE(ROLE_DIM), "~ near even");
}

void pooled_seconds(struct canvas *c, const struct look_result *l, bool titles, int room)
{
	int k = heat_factor(l->T, c->cols - (titles ? 0 : NAME + any_even(l, false)));
	int block = (c->rows - 2) / COLUMNS, rows = block - (titles ? 2 : 1);
	double scale = scale_of(l, false);
	struct canvas axis;

	if (rows < 1)
		return;
	draw_top(c, canvas_text(c, 0, 0, ROLE(ROLE_STRONG), "seconds"), l, room);
	for (int i = 0; i < COLUMNS; i++) {
		struct canvas part = canvas_part(c, 1 + i * block, 0, rows + titles, c->cols);

		draw_profile(&part, l, i, titles, k, scale);
	}
	axis = canvas_part(c, 1 + COLUMNS * block, 0, 1, c->cols);
	selected_seconds(&axis, l->T, k, -1);
}
