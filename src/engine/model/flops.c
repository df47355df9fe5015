/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/flops.h"

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

static void add_stack(const struct lstm *l, const struct seqs *s, bool train, double flop[PHASES])
{
	double rows = s->rows, before = s->rows - s->n; /* steps that have one before them */

	for (int i = 0; i < l->layers; i++) {
		double input = DIRECTIONS * product(rows, 4 * l->H, i ? 2 * l->H : l->input);
		double recurrent = DIRECTIONS * product(before, 4 * l->H, l->H);

		flop[PHASE_INPUT] += input;
		flop[PHASE_RECURRENCE] += recurrent * (train ? 2 : 1);
		if (train)
			flop[PHASE_WEIGHTS] += input + recurrent;
		if (train && i > 0)
			flop[PHASE_BETWEEN] += input;
	}
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

/* All of a batch, whatever its chunks; what is computed twice counts once. */
static struct seqs whole(const int *len, int n)
{
	struct seqs s = {.n = n, .len = len};

	for (int i = 0; i < n; i++)
		s.rows += len[i];
	return s;
}

static void count_phases(const struct model *m, const struct batch *b, bool train,
			 double flop[PHASES])
{
	const struct encoder *c = &m->encoder;
	struct seqs of[MODALITIES] = {whole(b->words, b->n), whole(b->frames, b->n)};

	for (int i = 0; i < PHASES; i++)
		flop[i] = 0;
	for (int i = 0; i < STACKS; i++)
		add_stack(&c->stack[i], &of[stack_table[i].modality], train, flop);
	for (int i = 0; i < encoder_crosses(c); i++)
		flop[PHASE_ATTENTION] +=
			attention(&c->cross[i], &of[cross_modality(i)],
				  &of[stack_table[cross_table[i].key].modality], train);
}

static double count(const struct model *m, const struct batch *b, bool train)
{
	const struct heads *h = &m->heads;
	double flop[PHASES], sum = 0;

	count_phases(m, b, train, flop);
	for (int i = 0; i < PHASES; i++)
		sum += flop[i];
	sum += layer(b->n, h->hidden, h->z_width, train, true) +
	       layer(b->n, h->classes, h->hidden, train, true);
	for (int i = HEAD_TEXT; i <= HEAD_AUDIO; i++)
		sum += layer(b->n, h->classes, h->input[i].width, train, true);
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

void flops_phases(const struct model *m, const struct batch *b, double flop[PHASES])
{
	count_phases(m, b, true, flop);
}
