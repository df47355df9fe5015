/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/attention_look.h"

#include "base/mem.h"

#include <string.h>

struct attention_weights attention_of(const struct look_result *l)
{
	return (struct attention_weights){
		.words = l->L,
		.frames = l->T,
		.heads = l->heads,
		.cross = {l->cross[0], l->cross[1]},
		.atts1 = l->weights[ATTS1],
		.attt2 = l->weights[ATTT2],
	};
}

bool attention_there(const struct look_result *l)
{
	struct attention_weights w;

	if (!l)
		return false;
	w = attention_of(l);
	return attention_has(&w);
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
	return attention_there(then) && now->utt == then->utt && now->fold == then->fold &&
	       now->L == then->L && now->T == then->T && now->heads == then->heads;
}
