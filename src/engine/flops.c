/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/flops.h"

/* A product [m, k] . [k, n] */
static double product(double m, double n, double k)
{
	return 2 * m * n * k;
}

/* Products with a weight: forward, weight gradient, and input gradient if wanted. */
static double layer(double rows, double out, double in, bool train, bool input)
{
	return product(rows, out, in) * (1 + (train ? 1 : 0) + (train && input ? 1 : 0));
}

static double stack(const struct lstm *l, const struct seqs *s, bool train)
{
	double sum = 0, before = s->rows - s->n; /* steps that have one before them */

	for (int i = 0; i < l->layers; i++)
		sum += DIRECTIONS *
		       (layer(s->rows, 4 * l->H, i ? 2 * l->H : l->input, train, i > 0) +
			layer(before, 4 * l->H, l->H, train, true));
	return sum;
}

static double attention(const struct cross *c, const struct seqs *q, const struct seqs *k,
			bool train)
{
	double pairs = 0;

	for (int i = 0; i < q->n; i++)
		pairs += (double)q->len[i] * k->len[i];
	return layer(q->rows, c->E, c->E, train, true) * 2 +   /* queries, output */
	       layer(k->rows, c->E, c->Ekv, train, true) * 2 + /* keys, values */
	       2 * product(pairs, c->E, 1) * (train ? 3 : 1);  /* scores, sums */
}

/* All of a batch, whatever its pieces; what is computed twice counts once. */
static struct seqs whole(const int *len, int n)
{
	struct seqs s = {.n = n, .len = len};

	for (int i = 0; i < n; i++)
		s.rows += len[i];
	return s;
}

static double count(const struct model *m, const struct batch *b, bool train)
{
	const struct encoder *c = &m->encoder;
	struct seqs text = whole(b->words, b->n), audio = whole(b->frames, b->n);
	const struct heads *h = &m->heads;
	double sum = 0;

	for (int i = 0; i < STACKS; i++)
		sum += stack(&c->stack[i], stack_reads_audio(i) ? &audio : &text, train);
	if (c->npools > ATTS1)
		sum += attention(&c->cross[0], &text, &audio, train) +
		       attention(&c->cross[1], &audio, &text, train);
	sum += layer(b->n, h->hidden, h->z_width, train, true) +
	       layer(b->n, h->classes, h->hidden, train, true);
	for (int i = HEAD_TEXT; i <= HEAD_AUDIO; i++)
		sum += layer(b->n, h->classes, h->piece[i].width, train, true);
	return sum;
}

double flops_forward(const struct model *m, const struct batch *b)
{
	return count(m, b, false);
}

double flops_train(const struct model *m, const struct batch *b)
{
	return count(m, b, true);
}
