/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/evaluate.h"

#include "base/mem.h"
#include "engine/data/watch.h"

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

int evaluate_each(struct model *m, struct corpus *c, const struct settings *s,
		  const struct norm *norm, const int *utt, int n, evaluate_fn fn, void *ctx,
		  struct err *e)
{
	struct batch b = {0};
	int failed = 0;

	for (int from = 0, to; from < n && !failed; from = to) {
		to = batch_end(c, utt, from, n);
		failed = batch_take(&b, c, s, norm, utt + from, to - from, BATCH_EVAL, e);
		while (!failed && to - from > 1 && !model_holds(m, &b, false)) {
			to -= (to - from) / 2;
			failed = batch_take(&b, c, s, norm, utt + from, to - from, BATCH_EVAL, e);
		}
		failed = failed || model_ready(m, &b, false, e);
		if (failed)
			break;
		model_forward(m, &b);
		failed = fn(ctx, m, &b, e);
	}
	batch_free(&b);
	return failed || watch_whole(c, utt, n, e) ? -1 : 0;
}

struct collecting {
	struct predictions *p;
	const struct evaluate_stop *stop;
	int n; /* utterances in all */
};

/* Collects in the order of the list, which is the order of the batches. */
static int collect(void *ctx, const struct model *m, const struct batch *b, struct err *e)
{
	const struct collecting *c = ctx;
	struct predictions *p = c->p;

	for (int i = 0; i < b->n; i++, p->n++) {
		p->utt[p->n] = b->utt[i];
		p->label[p->n] = b->label[i];
		for (int h = 0; h < HEADS; h++)
			for (int k = 0; k < p->classes; k++)
				p->logits[((size_t)p->n * HEADS + (size_t)h) * (size_t)p->classes +
					  (size_t)k] =
					(float)model_logits(m, (enum head)h)[i * p->classes + k];
	}
	if (p->n < c->n && c->stop && c->stop->asked && c->stop->asked(c->stop->ctx)) {
		err_set(e, "the evaluation was stopped after %d of %d utterances", p->n, c->n);
		e->status = EXIT_STOPPED;
		return -1;
	}
	return 0;
}

int evaluate(struct model *m, struct corpus *c, const struct settings *s, const struct norm *norm,
	     const int *utt, int n, const struct evaluate_stop *stop, struct predictions *p,
	     struct err *e)
{
	struct collecting collecting = {p, stop, n};

	*p = (struct predictions){.classes = m->classes};
	p->utt = mem_alloc((size_t)n, sizeof *p->utt);
	p->label = mem_alloc((size_t)n, sizeof *p->label);
	p->logits = mem_alloc((size_t)n * HEADS * (size_t)p->classes, sizeof *p->logits);
	if (evaluate_each(m, c, s, norm, utt, n, collect, &collecting, e)) {
		predictions_free(p);
		return -1;
	}
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
