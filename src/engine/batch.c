/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/batch.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Longest first; equal lengths keep their order, so that sums do too. */
static void sort_by_length(int *rank, const int *len, int n, int longest, int *count)
{
	memset(count, 0, ((size_t)longest + 2) * sizeof *count);
	for (int i = 0; i < n; i++)
		count[longest - len[i] + 1]++;
	for (int l = 0; l < longest; l++)
		count[l + 1] += count[l];
	for (int i = 0; i < n; i++)
		rank[count[longest - len[i]]++] = i;
}

void seqs_lay(struct seqs *s, struct arena *a, int n, const int *len, int dim)
{
	int rows = 0, steps = 0, *count;

	for (int i = 0; i < n; i++) {
		BUG_ON(len[i] < 1);
		rows += len[i];
		steps = len[i] > steps ? len[i] : steps;
	}
	*s = (struct seqs){.n = n, .rows = rows, .steps = steps, .dim = dim};
	s->len = arena_take(a, (size_t)n, sizeof *s->len);
	s->first = arena_take(a, (size_t)n + 1, sizeof *s->first);
	s->rank = arena_take(a, (size_t)n, sizeof *s->rank);
	s->live = arena_take(a, (size_t)steps, sizeof *s->live);
	s->at = arena_take(a, (size_t)steps + 1, sizeof *s->at);
	s->packed = arena_take(a, (size_t)rows, sizeof *s->packed);
	s->x = arena_take(a, (size_t)rows * (size_t)dim, sizeof *s->x);
	s->out = arena_take(a, (size_t)rows, sizeof *s->out);
	count = arena_take(a, (size_t)steps + 2, sizeof *count);
	if (!a->base)
		return;

	memcpy(s->len, len, (size_t)n * sizeof *len);
	s->first[0] = 0;
	for (int i = 0; i < n; i++)
		s->first[i + 1] = s->first[i] + len[i];
	sort_by_length(s->rank, len, n, steps, count);
	s->at[0] = 0;
	for (int t = 0, live = n; t < steps; t++) {
		while (len[s->rank[live - 1]] <= t)
			live--;
		s->live[t] = live;
		s->at[t + 1] = s->at[t] + live;
	}
	for (int r = 0; r < n; r++) {
		int i = s->rank[r];

		for (int t = 0; t < len[i]; t++)
			s->packed[s->first[i] + t] = s->at[t] + r;
	}
}

void batch_free(struct batch *b)
{
	arena_free(&b->arena);
	*b = (struct batch){0};
}

struct fill {
	struct batch *b;
	const struct corpus *c;
	const struct norm *norm;
	bool reference;
};

/* One sequence's rows into their packed places. */
static void fill_sequence(const struct fill *f, struct seqs *s, int i, const struct npy *a,
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
		s->out[s->first[i] + t] = f->reference && sum == 0;
	}
}

static void fill_utterance(void *ctx, int i, int worker)
{
	const struct fill *f = ctx;
	const struct utterance *u = &f->c->utt[f->b->utt[i]];
	const struct norm *m = f->norm && f->norm->text_dim ? f->norm : NULL;

	(void)worker;
	f->b->label[i] = u->label;
	fill_sequence(f, &f->b->text, i, &u->words, m ? m->text_mean : NULL, m ? m->text_sd : NULL);
	fill_sequence(f, &f->b->audio, i, &u->frames, m ? m->audio_mean : NULL,
		      m ? m->audio_sd : NULL);
}

/* Rows are counted in int. What reaches this limit would fit no memory, but it
 * must be said, not wrap around. */
enum { ROWS_MAX = 1 << 28 };

static int check_rows(const char *what, const int *len, int n, struct err *e)
{
	int64_t rows = 0;

	for (int i = 0; i < n; i++)
		rows += len[i];
	if (rows <= ROWS_MAX)
		return 0;
	return err_set(e,
		       "a batch of %d utterances has %lld %s, padding included; at most %d fit: "
		       "set a smaller train.batch_size",
		       n, (long long)rows, what, ROWS_MAX);
}

static void pad_to_longest(int *len, int n)
{
	int longest = 0;

	for (int i = 0; i < n; i++)
		longest = len[i] > longest ? len[i] : longest;
	for (int i = 0; i < n; i++)
		len[i] = longest;
}

int batch_pack(struct batch *b, struct corpus *c, const struct settings *s, const struct norm *norm,
	       const int *utt, int n, enum batch_how how, struct par *par, struct err *e)
{
	bool reference = s->train.padding == PADDING_REFERENCE;
	int *words = mem_alloc((size_t)n, sizeof *words);
	int *frames = mem_alloc((size_t)n, sizeof *frames);
	struct fill fill = {b, c, norm, reference};
	int failed = 0;

	b->n = n;
	b->utt = utt;
	for (int i = 0; i < n && !failed; i++) {
		const struct utterance *u = &c->utt[utt[i]];

		words[i] = u->words.rows;
		frames[i] = u->frames.rows;
		if (!u->checked)
			failed = utterance_check(c, utt[i], e);
	}
	if (!failed && reference && how == BATCH_TRAIN) {
		pad_to_longest(words, n);
		pad_to_longest(frames, n);
	}
	if (!failed)
		failed = check_rows("words", words, n, e) || check_rows("frames", frames, n, e);
	arena_measure(&b->arena);
	for (int pass = 0; pass < 2 && !failed; pass++) {
		b->label = arena_take(&b->arena, (size_t)n, sizeof *b->label);
		seqs_lay(&b->text, &b->arena, n, words, s->model.text_feat_dim);
		seqs_lay(&b->audio, &b->arena, n, frames, s->model.audio_feat_dim);
		if (pass == 0)
			failed = arena_ready(&b->arena, "a batch", e);
	}
	if (!failed)
		par_run(par, n, fill_utterance, &fill);
	free(words);
	free(frames);
	return failed ? -1 : 0;
}
