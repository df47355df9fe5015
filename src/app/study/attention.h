/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention: one utterance's cross attentions as maps, and what they add up to.
 *
 * Plain arithmetic; nothing is drawn here. The weights are those of `miust
 * predict --tensors`: cross 0 (cross_attn1) is asked by the words and spreads
 * each word's 1 over the frames, cross 1 (cross_attn2) the other way round (model
 * specification, "Forward" 3). Both maps are words down, frames across, as heat.h
 * has them. Heads are shown one at a time, or combined by mean or maximum.
 *
 *	struct attention a;
 *	attention_make(&a, &weights, HEAD_MEAN);
 *	... a.map[0], a.frame[0] ...
 *	attention_free(&a);
 */
#ifndef MIUST_ATTENTION_H
#define MIUST_ATTENTION_H

#include "app/study/heat.h"
#include "engine/model/encoder.h"

enum { HEAD_MEAN = -1, HEAD_MAX = -2 };

/* What the model gave; the arrays belong to the caller. */
struct attention_weights {
	int words, frames, heads;
	const float *cross[CROSSES]; /* [heads][words][frames], [heads][frames][words] */
	const float *atts1, *attt2;  /* [words], [frames]; NULL, as cross: none */
};
/* False for a model without cross attention. */
bool attention_has(const struct attention_weights *w);

struct attention {
	int words, frames;
	struct heat map[CROSSES];
	/* What the pooling after the attention lets through into z:
	 * of a word, Atts1 itself; cross_attn2's columns weighted by Attt2;
	 * of a frame, cross_attn1's rows weighted by Atts1; Attt2 itself. */
	float *word[CROSSES];  /* [words] */
	float *frame[CROSSES]; /* [frames] */
	/* How narrowly each asks (heat_focus): cross 0 the words, cross 1 the frames. */
	float *focus[CROSSES]; /* [words], [frames] */
	float *own;            /* the memory of all the above and of the combined maps */
};

/* head: 0 … heads - 1, HEAD_MEAN or HEAD_MAX. There must be both cross
 * attentions; *a keeps nothing of `from` and is freed by attention_free. */
void attention_make(struct attention *a, const struct attention_weights *from, int head);
void attention_free(struct attention *a); /* safe on zeroed memory */

/* Place of a value among the weights of a row, or of the map (row -1): 1 for the largest. */
long attention_rank(const struct heat *h, int row, double value);
/* How narrowly a head looks: mean over its rows of heat_focus, over the frames
 * (cross 0) or words (cross 1). */
double attention_focus(const struct attention_weights *from, int cross, int head);
/* Largest of each `group` words, for a map drawn smaller: out [ceil(words / group)][frames];
 * focus likewise, of those who ask: [ceil(words / group)] or [frames]. */
void attention_shrink(const struct heat *h, int group, float *out, float *focus);

#endif
