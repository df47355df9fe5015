/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/flops.h"

/* A product [m, k] . [k, n] */
static double product(double m, double n, double k)
{
	return 2 * m * n * k;
}

/* Products with a weight: forward, gradient of the weight, gradient of the input. */
static double layer(double rows, double out, double in)
{
	return 3 * product(rows, out, in);
}

static void add_stack(const struct lstm *l, const struct seqs *s, double flop[PHASES])
{
	double rows = s->rows, before = s->rows - s->n; /* steps that have one before them */

	for (int i = 0; i < l->layers; i++) {
		double input = DIRECTIONS * product(rows, 4 * l->H, i ? 2 * l->H : l->input);
		double recurrent = DIRECTIONS * product(before, 4 * l->H, l->H);

		flop[PHASE_INPUT] += input;
		flop[PHASE_RECURRENCE] += 2 * recurrent;
		flop[PHASE_WEIGHTS] += input + recurrent;
		if (i > 0)
			flop[PHASE_BETWEEN] += input;
	}
}

static double attention(const struct cross *c, const struct seqs *q, const struct seqs *k)
{
	double pairs = 0;

	for (int i = 0; i < q->n; i++)
		pairs += (double)q->len[i] * k->len[i];
	return layer(q->rows, c->E, c->E) * 2 +   /* queries, output */
	       layer(k->rows, c->E, c->Ekv) * 2 + /* keys, values */
	       layer(pairs, c->E, 1) * 2;         /* scores, sums */
}

/* All of a batch, whatever its chunks; what is computed twice counts once. */
static struct seqs whole(const int *len, int n)
{
	struct seqs s = {.n = n, .len = len};

	for (int i = 0; i < n; i++)
		s.rows += len[i];
	return s;
}

void flops_phases(const struct model *m, const struct batch *b, double flop[PHASES])
{
	const struct encoder *c = &m->encoder;
	struct seqs of[MODALITIES] = {whole(b->words, b->n), whole(b->frames, b->n)};

	for (int i = 0; i < PHASES; i++)
		flop[i] = 0;
	for (int i = 0; i < STACKS; i++)
		add_stack(&c->stack[i], &of[stack_table[i].modality], flop);
	for (int i = 0; i < encoder_crosses(c); i++)
		flop[PHASE_ATTENTION] += attention(&c->cross[i], &of[cross_modality(i)],
						   &of[stack_table[cross_table[i].key].modality]);
}

double flops_train(const struct model *m, const struct batch *b)
{
	const struct heads *h = &m->heads;
	double flop[PHASES], sum = 0;

	flops_phases(m, b, flop);
	for (int i = 0; i < PHASES; i++)
		sum += flop[i];
	sum += layer(b->n, h->hidden, h->z_width) + layer(b->n, h->classes, h->hidden);
	for (int i = HEAD_TEXT; i <= HEAD_AUDIO; i++)
		sum += layer(b->n, h->classes, h->input[i].width);
	return sum;
}
