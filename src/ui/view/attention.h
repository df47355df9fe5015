/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention: one utterance's cross attentions as maps, and what they add up to.
 *
 * Plain arithmetic on a look_result; nothing is drawn here. The weights are
 * those of `miust predict --tensors`: cross 0 (cross_attn1) is asked by the
 * words and spreads each word's 1 over the frames, cross 1 (cross_attn2) the
 * other way round (model specification, "Forward" 3). Both maps are words down,
 * frames across, as heat.h draws them. Heads are shown one at a time, or
 * combined by mean or maximum.
 *
 *	struct attention a;
 *	attention_make(&a, look, HEAD_MEAN);
 *	heat_draw(&canvas, &a.map[0], 0, k);
 *	attention_free(&a);
 */
#ifndef MIUST_ATTENTION_H
#define MIUST_ATTENTION_H

#include "app/lab/work.h"
#include "ui/draw/heat.h"

enum { HEAD_MEAN = -1, HEAD_MAX = -2 };

struct attention {
	int words, frames;
	struct heat map[CROSSES];
	/* What the pooling behind the attention lets through into z:
	 * of a word, Atts1 itself; cross_attn2's columns weighted by Attt2;
	 * of a frame, cross_attn1's rows weighted by Atts1; Attt2 itself. */
	float *word[CROSSES];  /* [words] */
	float *frame[CROSSES]; /* [frames] */
	/* How narrowly each asks (heat_focus): cross 0 the words, cross 1 the frames. */
	float *focus[CROSSES]; /* [words], [frames] */
	float *own;            /* all the above and the combined maps lie here */
};

/* head: 0 … heads - 1, HEAD_MEAN or HEAD_MAX. The look must have both cross
 * attentions and outlive *a; *a is freed by attention_free. */
void attention_make(struct attention *a, const struct look_result *l, int head);
void attention_free(struct attention *a);        /* safe on zeroed memory */
bool attention_has(const struct look_result *l); /* false for a model without them */

/* Place of a value among the weights of a row, or of the map (row -1): 1 for the largest. */
long attention_rank(const struct heat *h, int row, double value);
/* How narrowly a head looks: mean over its rows of heat_focus, over the frames
 * (cross 0) or words (cross 1). */
double attention_focus(const struct look_result *l, int cross, int head);
/* A copy to compare later ones with (look_free), and whether two can be compared. */
struct look_result *attention_copy(const struct look_result *l);
bool attention_comparable(const struct look_result *now, const struct look_result *then);
/* Largest of each `group` words, for a map drawn smaller: out [ceil(words / group)][frames];
 * focus likewise, of those who ask: [ceil(words / group)] or [frames]. */
void attention_shrink(const struct heat *h, int group, float *out, float *focus);

#endif
