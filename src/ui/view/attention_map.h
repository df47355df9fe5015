/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention_map: the two maps of view 5, words x seconds, around one axis.
 *
 * Map 1 (words ask seconds) is above the axis, map 2 (seconds ask words)
 * below: the same second is the same column. At the right each word's weight
 * in z, beside the axis what of each second reaches z. Where there is no room
 * for rows of words, both are ridges of the word under the cursor.
 */
#ifndef MIUST_ATTENTION_MAP_H
#define MIUST_ATTENTION_MAP_H

#include "ui/view/attention.h"
#include "ui/view/attention_look.h"

enum {
	ATTENTION_SIDE_COLS = 110,  /* from here a panel at the right */
	ATTENTION_THUMB_COLS = 160, /* from here small maps of all heads */
};

/* Where things are, for a view of some size. */
struct attention_layout {
	bool one;       /* ridges of one word */
	bool both;      /* both maps, else map 1 */
	bool side;      /* a panel at the right; else its row in the foot */
	int title;      /* row */
	int words, top; /* words shown, and the first of them */
	int high;       /* rows of a word, in the maps and in the small ones */
	int thumb_high;
	int word_cols;          /* their names, from column 1 on */
	int col, k, cols;       /* the maps: first column, frames to a column, columns used */
	int bar, bar_cols;      /* weights of words: column of the bar, its width */
	int side_col;           /* column of the panel */
	int thumbs, thumb_rows; /* row of the small maps of all heads; 0: none */
	int foot;               /* row of the read-out */
};

/* What is drawn: the look, its maps, the cursor inside them. */
struct attention_scene {
	const struct ui *u;
	const struct look_result *look, *then; /* then NULL: no difference is shown */
	struct attention_weights weights;      /* the look's */
	struct attention now, was;
	struct attention_layout at;
	int word, frame;
};

struct attention_layout attention_layout(const struct ui *u, const struct look_result *l, int rows,
					 int cols);
struct attention_scene attention_scene(const struct ui *u, const struct look_result *l, int rows,
				       int cols);
void attention_scene_free(struct attention_scene *s);

void attention_map_draw(struct canvas *c, const struct attention_scene *s);
/* Word and seconds under the cursor, weight, rank. */
void attention_readout_draw(struct canvas *row, const struct attention_scene *s);

#endif
