/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/batch.h"

#include "base/mem.h"
#include "base/util.h"

#include <stdlib.h>
#include <string.h>

/* ---- which utterances ---- */

struct place {
	int frames, words, row;
};

static int check_rows(const char *what, int rows, const char *id, struct err *e)
{
	if (rows <= ROWS_MAX)
		return 0;
	return err_set(e, "utterance %s has %d %s, more than the max of %d; leave it out", id, rows,
		       what, ROWS_MAX);
}

static void pad_to_longest(int *len, int n)
{
	int longest = 0;

	for (int i = 0; i < n; i++)
		longest = max_int(len[i], longest);
	for (int i = 0; i < n; i++)
		len[i] = longest;
}

static void layout(struct batch *b, size_t n)
{
	struct arena *a = &b->arena;

	b->label = arena_take(a, n, sizeof *b->label);
	b->cut = arena_take(a, n + 1, sizeof *b->cut);
	b->begins = arena_take(a, n + 1, sizeof *b->begins);
	b->row = arena_take(a, n, sizeof *b->row);
	b->words = arena_take(a, n, sizeof *b->words);
	b->frames = arena_take(a, n, sizeof *b->frames);
	b->place = arena_take(a, n, sizeof *b->place);
	b->work = arena_take(a, n, sizeof *b->work);
	b->longest = arena_take(a, n, sizeof *b->longest);
}

size_t batch_bytes(int n)
{
	struct batch measured = {0};

	layout(&measured, (size_t)n);
	return measured.arena.used;
}

int batch_take(struct batch *b, struct corpus *c, const struct settings *s, const struct norm *norm,
	       const int *utt, int n, enum batch_how how, struct err *e)
{
	*b = (struct batch){.n = n, .utt = utt, .arena = b->arena};
	b->corpus = c;
	b->norm = norm;
	b->reference = s->train.padding == PADDING_REFERENCE;
	b->text_dim = s->model.text_feat_dim;
	b->audio_dim = s->model.audio_feat_dim;
	arena_measure(&b->arena);
	layout(b, (size_t)n);
	if (arena_ready(&b->arena, "a batch", e))
		return -1;
	layout(b, (size_t)n);

	batch_uncut(b);
	for (int i = 0; i < n; i++) {
		const struct utterance *u = &c->utt[utt[i]];

		if (!u->checked && utterance_check(c, utt[i], e))
			return -1;
		b->label[i] = u->label;
		b->row[i] = i;
		b->words[i] = u->words.rows;
		b->frames[i] = u->frames.rows;
		if (check_rows("words", u->words.rows, u->id, e) ||
		    check_rows("frames", u->frames.rows, u->id, e))
			return -1;
	}
	if (b->reference && how == BATCH_TRAIN) {
		pad_to_longest(b->words, n);
		pad_to_longest(b->frames, n);
	}
	return 0;
}

void batch_uncut(struct batch *b)
{
	b->chunks = b->microbatches = 1;
	b->cut[0] = b->begins[0] = 0;
	b->cut[1] = b->n;
	b->begins[1] = 1;
}

void batch_free(struct batch *b)
{
	arena_free(&b->arena);
	*b = (struct batch){0};
}

static int shorter(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->frames != b->frames)
		return a->frames < b->frames ? -1 : 1;
	if (a->words != b->words)
		return a->words < b->words ? -1 : 1;
	return a->row < b->row ? -1 : 1;
}

void batch_sort(struct batch *b)
{
	for (int i = 0; i < b->n; i++)
		b->place[i] = (struct place){b->frames[i], b->words[i], b->row[i]};
	qsort(b->place, (size_t)b->n, sizeof *b->place, shorter);
	for (int i = 0; i < b->n; i++) {
		b->frames[i] = b->place[i].frames;
		b->words[i] = b->place[i].words;
		b->row[i] = b->place[i].row;
	}
}

/* ---- packing ---- */

void batch_layout(struct batch *b, struct arena *a, int from, int to)
{
	b->from = from;
	seqs_layout(&b->text, a, to - from, b->words + from, b->text_dim);
	seqs_layout(&b->audio, a, to - from, b->frames + from, b->audio_dim);
}

/* One sequence's rows into their packed places. */
static void fill_sequence(const struct batch *b, const struct seqs *s, int i, const struct npy *a,
			  const float *mean, const float *sd)
{
	float row[FEATURES_MAX];

	BUG_ON(s->dim > FEATURES_MAX);
	for (int t = 0; t < s->len[i]; t++) {
		real *x = s->x + (size_t)s->packed[s->first[i] + t] * s->dim;
		float sum = 0;

		if (t >= a->rows) { /* padding */
			memset(x, 0, (size_t)s->dim * sizeof *x);
			s->out[s->first[i] + t] = 1;
			continue;
		}
		npy_row(a, t, row);
		if (mean)
			for (int j = 0; j < s->dim; j++)
				row[j] = (row[j] - mean[j]) / sd[j];
		for (int j = 0; j < s->dim; j++) {
			x[j] = row[j];
			sum += row[j];
		}
		s->out[s->first[i] + t] = b->reference && sum == 0;
	}
}

static void fill_utterance(void *ctx, int i)
{
	const struct batch *b = ctx;
	const struct utterance *u = &b->corpus->utt[b->utt[b->row[b->from + i]]];
	const struct norm *m = b->norm && b->norm->text_dim ? b->norm : NULL;

	fill_sequence(b, &b->text, i, &u->words, m ? m->text_mean : NULL, m ? m->text_sd : NULL);
	fill_sequence(b, &b->audio, i, &u->frames, m ? m->audio_mean : NULL,
		      m ? m->audio_sd : NULL);
}

void batch_fill(struct batch *b, struct par *par)
{
	par_run(par, b->text.n, fill_utterance, b);
}
