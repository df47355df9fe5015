/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/chunk.h"

#include "base/util.h"

#include <stdint.h>
#include <string.h>

int64_t chunk_held(const struct settings *s, size_t total)
{
	int arrays = 0;

	for (int i = 0; i < ARRAYS; i++)
		arrays += params_array_used(i, (enum optimizer)s->train.optimizer.name);
	return (int64_t)(total * sizeof(real)) * arrays + PROGRAM_BYTES;
}

size_t chunk_room(const struct settings *s, size_t total)
{
	int64_t all = s->train.memory ? s->train.memory : CHUNK_MEMORY;
	int64_t held = chunk_held(s, total);

	return all > held ? (size_t)(all - held) : 0;
}

void chunk_layout(const struct encoder *c, struct encoder_work *w, struct arena *a, struct batch *b,
		  int from, int to, bool backward)
{
	batch_layout(b, a, from, to);
	encoder_layout(c, w, a, b, backward);
}

size_t chunk_bytes(const struct encoder *c, const struct batch *b, int from, int to, bool backward)
{
	struct encoder_work measured = {0};
	struct batch chunk = *b;
	struct arena a = {0};
	int64_t words = 0, frames = 0;

	for (int i = from; i < to; i++) {
		words += b->words[i];
		frames += b->frames[i];
	}
	if (words > ROWS_MAX || frames > ROWS_MAX)
		return SIZE_MAX;
	arena_measure(&a);
	chunk_layout(c, &measured, &a, &chunk, from, to, backward);
	return a.used;
}

size_t chunk_bytes_of(const struct encoder *c, int words, int frames, bool backward)
{
	return chunk_bytes_all(c, &words, &frames, 1, backward);
}

size_t chunk_bytes_all(const struct encoder *c, const int *words, const int *frames, int n,
		       bool backward)
{
	struct batch b = {.n = n,
			  .words = (int *)(size_t)words,
			  .frames = (int *)(size_t)frames,
			  .text_dim = c->stack[LSTM1].input,
			  .audio_dim = c->stack[LSTM2].input};

	return chunk_bytes(c, &b, 0, n, backward);
}

/* The first place of the chunk that ends before `to`: as many as fit. */
static int chunk_start(const struct encoder *c, const struct batch *b, int to, size_t room,
		       bool backward)
{
	int low = 0, high = to - 1; /* the answer is between: the first that fits */

	while (low < high) {
		int from = low + (high - low) / 2;

		if (chunk_bytes(c, b, from, to, backward) <= room)
			high = from;
		else
			low = from + 1;
	}
	return high;
}

size_t chunk_cut(const struct encoder *c, struct batch *b, size_t room, bool backward)
{
	size_t largest = chunk_bytes(c, b, 0, b->n, backward);
	int first = b->n;

	b->chunks = 1;
	b->cut[0] = 0;
	b->cut[1] = b->n;
	if (b->n == 1 || largest <= room)
		return largest;
	batch_sort(b);
	largest = 0;
	b->cut[first] = b->n;
	for (int to = b->n; to > 0; to = b->cut[first]) {
		int from = chunk_start(c, b, to, room, backward);
		size_t bytes = chunk_bytes(c, b, from, to, backward);

		b->cut[--first] = from;
		largest = max_size(bytes, largest);
	}
	b->chunks = b->n - first;
	memmove(b->cut, b->cut + first, ((size_t)b->chunks + 1) * sizeof *b->cut);
	return largest;
}
