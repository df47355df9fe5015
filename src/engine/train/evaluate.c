/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/evaluate.h"

#include "base/mem.h"
#include "engine/data/watch.h"
#include "engine/train/share.h"

#include <math.h>
#include <stdlib.h>

/* A batch of an evaluation ends when it has this many frames or utterances, or
 * sooner if they would not be one chunk. */
enum { BATCH_FRAMES = 8192, BATCH_UTTERANCES = 128 };

static int batch_end(const struct corpus *c, const int *utt, int from, int n)
{
	int to = from, frames = 0;

	while (to < n && to - from < BATCH_UTTERANCES && frames < BATCH_FRAMES)
		frames += c->utt[utt[to++]].frames.rows;
	return to;
}

/* The batch that begins at `from`, not yet ready; returns where it ends, -1: an error. */
static int take(struct model *m, struct batch *b, struct corpus *c, const struct settings *s,
		const struct norm *norm, const int *utt, int from, int n, struct err *e)
{
	int to = batch_end(c, utt, from, n);
	int failed = batch_take(b, c, s, norm, utt + from, to - from, BATCH_EVAL, e);

	while (!failed && to - from > 1 && !model_holds(m, b, false)) {
		to -= (to - from) / 2;
		failed = batch_take(b, c, s, norm, utt + from, to - from, BATCH_EVAL, e);
	}
	return failed ? -1 : to;
}

/* Each rank computes the batches that begin in its part of the list. */
static int rank_of(const struct model *m, int from, int n)
{
	return (int)((int64_t)from * m->ranks->n / n);
}

/* How far the ranks' batches are dealt out. */
struct deal {
	int first[RANKS_MAX + 1]; /* utterance */
	int ranks;
};

/* The next batch: is it ours? */
static bool deal(struct deal *d, const struct model *m, int from, int n)
{
	if (!m->ranks)
		return true;
	while (d->ranks <= rank_of(m, from, n))
		d->first[d->ranks++] = from;
	return d->ranks == m->ranks->rank + 1;
}

static int each(struct model *m, struct corpus *c, const struct settings *s,
		const struct norm *norm, const int *utt, int n, evaluate_fn fn, void *ctx,
		struct deal *d, struct err *e)
{
	struct batch b = {0};
	int failed = 0;

	for (int from = 0, to; from < n && !failed; from = to) {
		to = take(m, &b, c, s, norm, utt, from, n, e);
		failed = to < 0;
		if (failed || !deal(d, m, from, n))
			continue;
		failed = model_ready(m, &b, false, e);
		if (failed)
			break;
		model_forward(m, &b);
		failed = fn(ctx, m, &b, e);
	}
	batch_free(&b);
	return failed || watch_whole(c, utt, n, e) ? -1 : 0;
}

int evaluate_each(struct model *m, struct corpus *c, const struct settings *s,
		  const struct norm *norm, const int *utt, int n, evaluate_fn fn, void *ctx,
		  struct err *e)
{
	struct deal d = {.ranks = 0};

	BUG_ON(m->ranks);
	return each(m, c, s, norm, utt, n, fn, ctx, &d, e);
}

struct collecting {
	struct predictions *p;
	const struct evaluate_stop *stop;
	const int *utt; /* [n] the list */
	int n;
};

/* At the places that the batch has in the list. */
static int collect(void *ctx, const struct model *m, const struct batch *b, struct err *e)
{
	const struct collecting *c = ctx;
	struct predictions *p = c->p;
	int at = (int)(b->utt - c->utt);

	for (int i = 0; i < b->n; i++)
		for (int h = 0; h < HEADS; h++)
			for (int k = 0; k < p->classes; k++)
				p->logits[((size_t)(at + i) * HEADS + (size_t)h) *
						  (size_t)p->classes +
					  (size_t)k] =
					(float)model_logits(m, (enum head)h)[i * p->classes + k];
	at += b->n;
	if (at < c->n && c->stop && c->stop->asked && c->stop->asked(c->stop->ctx)) {
		err_set(e, "the evaluation was stopped after %d of %d utterances", at, c->n);
		e->status = EXIT_STOPPED;
		return -1;
	}
	return 0;
}

/* Rank 0 gets what the others have. */
static void gather(const struct model *m, struct deal *d, const struct predictions *p)
{
	size_t from[RANKS_MAX + 1], each_one = HEADS * (size_t)p->classes * sizeof *p->logits;

	while (d->ranks <= m->ranks->n)
		d->first[d->ranks++] = p->n;
	for (int r = 0; r <= m->ranks->n; r++)
		from[r] = (size_t)d->first[r] * each_one;
	m->ranks->gather(m->ranks->ctx, p->logits, from);
}

static void tell(const struct model *m, const struct norm *norm, const int *utt, int n)
{
	share_tell(m->ranks, SHARE_EVALUATE, n);
	share_utterances(m->ranks, utt, n);
	share_norm(m->ranks, norm);
	share_weights(m);
}

int evaluate(struct model *m, struct corpus *c, const struct settings *s, const struct norm *norm,
	     const int *utt, int n, const struct evaluate_stop *stop, struct predictions *p,
	     struct err *e)
{
	struct collecting collecting = {p, stop, utt, n};
	struct deal d = {.ranks = 0};
	int failed;

	*p = (struct predictions){.classes = m->classes, .n = n};
	p->utt = mem_alloc((size_t)n, sizeof *p->utt);
	p->label = mem_alloc((size_t)n, sizeof *p->label);
	p->logits = mem_alloc((size_t)n * HEADS * (size_t)p->classes, sizeof *p->logits);
	for (int i = 0; i < n; i++) {
		p->utt[i] = utt[i];
		p->label[i] = c->utt[utt[i]].label;
	}
	if (m->ranks && m->ranks->rank == 0)
		tell(m, norm, utt, n);
	failed = each(m, c, s, norm, utt, n, collect, &collecting, &d, e);
	if (share_features(m->ranks, c, utt, n, e))
		failed = -1;
	if (share_agree(m->ranks, failed, e)) {
		predictions_free(p);
		return -1;
	}
	if (m->ranks)
		gather(m, &d, p);
	return 0;
}

void predictions_free(struct predictions *p)
{
	free(p->utt);
	free(p->label);
	free(p->logits);
	*p = (struct predictions){0};
}

const float *predictions_at(const struct predictions *p, int i, enum head h)
{
	return p->logits + ((size_t)i * HEADS + (size_t)h) * (size_t)p->classes;
}

int predicted_class(const float *logits, int classes)
{
	int best = 0;

	for (int c = 1; c < classes; c++)
		if (logits[c] > logits[best])
			best = c;
	return best;
}

void class_probabilities(const float *logits, int classes, double *p)
{
	double top = logits[predicted_class(logits, classes)], sum = 0;

	for (int c = 0; c < classes; c++)
		sum += p[c] = exp(logits[c] - top);
	for (int c = 0; c < classes; c++)
		p[c] /= sum;
}

double class_loss(const float *logits, int classes, int label)
{
	double top = logits[predicted_class(logits, classes)], sum = 0;

	for (int c = 0; c < classes; c++)
		sum += exp(logits[c] - top);
	return log(sum) + top - logits[label];
}

void predictions_confusion(const struct predictions *p, enum head h, struct confusion *m)
{
	confusion_init(m, p->classes);
	for (int i = 0; i < p->n; i++)
		m->count[p->label[i]][predicted_class(predictions_at(p, i, h), p->classes)]++;
}

double predictions_loss(const struct predictions *p, enum head h)
{
	double sum = 0;

	for (int i = 0; i < p->n; i++)
		sum += class_loss(predictions_at(p, i, h), p->classes, p->label[i]);
	return p->n ? sum / p->n : NAN;
}
