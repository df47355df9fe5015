/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/attention.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool attention_has(const struct look_result *l)
{
	return l->cross[0] && l->cross[1] && l->weights[ATTS1] && l->weights[ATTT2];
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

static double at(const struct heat *h, int word, int frame)
{
	return (double)h->w[word * h->row_step + frame * h->frame_step];
}

/* cross_attn1's rows weighted by what Atts1 gives each word. */
static void weigh_rows(const struct heat *h, const float *by, float *out)
{
	for (int f = 0; f < h->frames; f++) {
		double sum = 0;

		for (int w = 0; w < h->rows; w++)
			sum += (double)by[w] * at(h, w, f);
		out[f] = (float)sum;
	}
}

/* cross_attn2's columns weighted by what Attt2 gives each frame. */
static void weigh_columns(const struct heat *h, const float *by, float *out)
{
	for (int w = 0; w < h->rows; w++) {
		double sum = 0;

		for (int f = 0; f < h->frames; f++)
			sum += (double)by[f] * at(h, w, f);
		out[w] = (float)sum;
	}
}

void attention_make(struct attention *a, const struct look_result *l, int head)
{
	size_t L = (size_t)l->L, T = (size_t)l->T;
	float *next;

	BUG_ON(!attention_has(l) || head >= l->heads || head < HEAD_MAX);
	*a = (struct attention){.words = l->L, .frames = l->T};
	a->own = next = mem_alloc(2 * L * T + 3 * (L + T), sizeof *a->own);
	for (int c = 0; c < CROSSES; c++, next += L * T) {
		combine(l->cross[c], l->heads, L * T, head, next);
		a->map[c] = (struct heat){.w = next, .rows = l->L, .frames = l->T};
	}
	for (int c = 0; c < CROSSES; c++, next += L)
		a->word[c] = next;
	for (int c = 0; c < CROSSES; c++, next += T)
		a->frame[c] = next;
	a->focus[0] = next;
	a->focus[1] = next + L;

	a->map[0].row_step = (ptrdiff_t)T; /* [L][T] */
	a->map[0].frame_step = 1;
	a->map[0].even = 1. / l->T;
	a->map[0].role = ROLE_S2;
	a->map[1].row_step = 1; /* [T][L] */
	a->map[1].frame_step = (ptrdiff_t)L;
	a->map[1].even = 1. / l->L;
	a->map[1].role = ROLE_S1;
	a->map[1].frames_ask = true;
	for (size_t w = 0; w < L; w++)
		a->focus[0][w] = (float)heat_focus(a->map[0].w + w * T, l->T, 1);
	for (size_t f = 0; f < T; f++)
		a->focus[1][f] = (float)heat_focus(a->map[1].w + f * L, l->L, 1);
	for (int c = 0; c < CROSSES; c++)
		a->map[c].focus = a->focus[c];

	memcpy(a->word[0], l->weights[ATTS1], L * sizeof(float));
	weigh_rows(&a->map[0], l->weights[ATTS1], a->frame[0]);
	weigh_columns(&a->map[1], l->weights[ATTT2], a->word[1]);
	memcpy(a->frame[1], l->weights[ATTT2], T * sizeof(float));
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
			rank += at(h, w, f) > value;
	return rank;
}

double attention_focus(const struct look_result *l, int cross, int head)
{
	int rows = cross == 0 ? l->L : l->T, n = cross == 0 ? l->T : l->L;
	const float *w = l->cross[cross] + (size_t)head * (size_t)rows * (size_t)n;
	double sum = 0;

	for (int r = 0; r < rows; r++, w += n)
		sum += heat_focus(w, n, 1);
	return sum / rows;
}

static float *copy(const float *from, size_t n)
{
	return from ? memcpy(mem_alloc(n, sizeof *from), from, n * sizeof *from) : NULL;
}

struct look_result *attention_copy(const struct look_result *l)
{
	struct look_result *to = mem_alloc(1, sizeof *to);
	size_t L = (size_t)l->L, T = (size_t)l->T;

	*to = *l;
	for (int p = 0; p < POOLS; p++)
		to->weights[p] = copy(l->weights[p], p == ATT2 || p == ATT22 || p == ATTT2 ? T : L);
	for (int c = 0; c < CROSSES; c++)
		to->cross[c] = copy(l->cross[c], (size_t)l->heads * L * T);
	return to;
}

bool attention_comparable(const struct look_result *now, const struct look_result *then)
{
	return then && attention_has(then) && now->utt == then->utt && now->fold == then->fold &&
	       now->L == then->L && now->T == then->T && now->heads == then->heads;
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
			float x = (float)at(h, w, f);

			if (w % group == 0 || x > row[f])
				row[f] = x;
		}
	}
}
