/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/attention.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool attention_has(const struct attention_weights *w)
{
	return w->cross[0] && w->cross[1] && w->atts1 && w->attt2;
}

/* One map [n] out of [heads][n]. */
static void combine(const float *w, int heads, size_t n, int head, float *out)
{
	if (head >= 0) {
		memcpy(out, w + (size_t)head * n, n * sizeof *out);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double sum = 0, max = 0;

		for (int h = 0; h < heads; h++) {
			double x = (double)w[(size_t)h * n + i];

			sum += x;
			max = fmax(max, x);
		}
		out[i] = (float)(head == HEAD_MEAN ? sum / heads : max);
	}
}

/* cross_attn1's rows weighted by what Atts1 gives each word. */
static void weigh_rows(const struct heat *h, const float *by, float *out)
{
	for (int f = 0; f < h->frames; f++) {
		double sum = 0;

		for (int w = 0; w < h->rows; w++)
			sum += (double)by[w] * heat_weight(h, w, f);
		out[f] = (float)sum;
	}
}

/* cross_attn2's columns weighted by what Attt2 gives each frame. */
static void weigh_columns(const struct heat *h, const float *by, float *out)
{
	for (int w = 0; w < h->rows; w++) {
		double sum = 0;

		for (int f = 0; f < h->frames; f++)
			sum += (double)by[f] * heat_weight(h, w, f);
		out[w] = (float)sum;
	}
}

void attention_make(struct attention *a, const struct attention_weights *from, int head)
{
	size_t L = (size_t)from->words, T = (size_t)from->frames;
	float *next;

	BUG_ON(!attention_has(from) || head >= from->heads || head < HEAD_MAX);
	*a = (struct attention){.words = from->words, .frames = from->frames};
	a->own = next = mem_alloc(2 * L * T + 3 * (L + T), sizeof *a->own);
	for (int c = 0; c < CROSSES; c++, next += L * T) {
		combine(from->cross[c], from->heads, L * T, head, next);
		a->map[c] = (struct heat){.w = next, .rows = from->words, .frames = from->frames};
	}
	for (int c = 0; c < CROSSES; c++, next += L)
		a->word[c] = next;
	for (int c = 0; c < CROSSES; c++, next += T)
		a->frame[c] = next;
	a->focus[0] = next;
	a->focus[1] = next + L;

	a->map[0].row_step = (ptrdiff_t)T; /* [L][T] */
	a->map[0].frame_step = 1;
	a->map[0].even = 1. / from->frames;
	a->map[0].role = ROLE_S2;
	a->map[1].row_step = 1; /* [T][L] */
	a->map[1].frame_step = (ptrdiff_t)L;
	a->map[1].even = 1. / from->words;
	a->map[1].role = ROLE_S1;
	a->map[1].frames_ask = true;
	for (size_t w = 0; w < L; w++)
		a->focus[0][w] = (float)heat_focus(a->map[0].w + w * T, from->frames, 1);
	for (size_t f = 0; f < T; f++)
		a->focus[1][f] = (float)heat_focus(a->map[1].w + f * L, from->words, 1);
	for (int c = 0; c < CROSSES; c++)
		a->map[c].focus = a->focus[c];

	memcpy(a->word[0], from->atts1, L * sizeof(float));
	weigh_rows(&a->map[0], from->atts1, a->frame[0]);
	weigh_columns(&a->map[1], from->attt2, a->word[1]);
	memcpy(a->frame[1], from->attt2, T * sizeof(float));
}

void attention_free(struct attention *a)
{
	free(a->own);
	*a = (struct attention){0};
}

long attention_rank(const struct heat *h, int row, double value)
{
	int first = row < 0 ? 0 : row, end = row < 0 ? h->rows : row + 1;
	long rank = 1;

	for (int w = first; w < end; w++)
		for (int f = 0; f < h->frames; f++)
			rank += heat_weight(h, w, f) > value;
	return rank;
}

double attention_focus(const struct attention_weights *from, int cross, int head)
{
	int rows = cross == 0 ? from->words : from->frames,
	    n = cross == 0 ? from->frames : from->words;
	const float *w = from->cross[cross] + (size_t)head * (size_t)rows * (size_t)n;
	double sum = 0;

	for (int r = 0; r < rows; r++, w += n)
		sum += heat_focus(w, n, 1);
	return sum / rows;
}

void attention_shrink(const struct heat *h, int group, float *out, float *focus)
{
	BUG_ON(group < 1 || !h->focus);
	if (h->frames_ask)
		memcpy(focus, h->focus, (size_t)h->frames * sizeof *focus);
	for (int w = 0; w < h->rows && !h->frames_ask; w++)
		if (w % group == 0 || h->focus[w] > focus[w / group])
			focus[w / group] = h->focus[w];
	for (int w = 0; w < h->rows; w++) {
		float *row = out + (size_t)(w / group) * (size_t)h->frames;

		for (int f = 0; f < h->frames; f++) {
			float x = (float)heat_weight(h, w, f);

			if (w % group == 0 || x > row[f])
				row[f] = x;
		}
	}
}
