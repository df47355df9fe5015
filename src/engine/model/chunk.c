/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/chunk.h"

#include "base/util.h"
#include "engine/model/lanes.h"
#include "engine/model/microbatch.h"

#include <stdint.h>
#include <string.h>

int64_t chunk_held(const struct settings *s, size_t total)
{
	int arrays = microbatch_arrays(s->train.microbatches);

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

/* The first place, from `low` on, of the chunk that ends before `to`: as many as fit. */
static int chunk_start(const struct encoder *c, const struct batch *b, int low, int to, size_t room,
		       bool backward)
{
	int high = to - 1; /* the answer is between: the first that fits */

	while (low < high) {
		int from = low + (high - low) / 2;

		if (chunk_bytes(c, b, from, to, backward) <= room)
			high = from;
		else
			low = from + 1;
	}
	return high;
}

/* The first place of each microbatch, then n: they are lanes, but the longest come last. Returns
 * how many. */
static int cut_evenly(struct batch *b, int want, int first[LANES_MAX + 1])
{
	struct seqs s = {.n = b->n, .len = b->work, .rank = b->longest};
	int lane[LANES_MAX + 1], n;

	for (int i = 0; i < b->n; i++) {
		b->work[i] = b->words[i] + b->frames[i];
		b->longest[i] = b->n - 1 - i;
	}
	n = lanes_even(&s, want, lane);
	for (int i = 0; i <= n; i++)
		first[i] = b->n - lane[n - i];
	return n;
}

_Static_assert((int)MICROBATCHES_MAX <= (int)LANES_MAX, "each is a lane");

size_t chunk_cut(const struct encoder *c, struct batch *b, int microbatches, size_t room,
		 bool backward)
{
	size_t largest = chunk_bytes(c, b, 0, b->n, backward);
	int place[LANES_MAX + 1] = {0}, first = b->n;

	batch_uncut(b);
	if (b->n == 1 || (microbatches == 1 && largest <= room))
		return largest;
	batch_sort(b);
	b->microbatches = cut_evenly(b, min_int(microbatches, b->n), place);
	largest = 0;
	b->cut[first] = b->n;
	b->begins[b->microbatches] = first;
	for (int i = b->microbatches - 1; i >= 0; i--) {
		for (int to = place[i + 1]; to > place[i]; to = b->cut[first]) {
			int from = chunk_start(c, b, place[i], to, room, backward);
			size_t bytes = chunk_bytes(c, b, from, to, backward);

			b->cut[--first] = from;
			largest = max_size(bytes, largest);
		}
		b->begins[i] = first;
	}
	b->chunks = b->n - first;
	memmove(b->cut, b->cut + first, ((size_t)b->chunks + 1) * sizeof *b->cut);
	for (int i = 0; i <= b->microbatches; i++)
		b->begins[i] -= first;
	return largest;
}
