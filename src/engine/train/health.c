/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/health.h"

#include "base/mem.h"
#include "base/util.h"
#include "engine/train/share.h"
#include "engine/train/train_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHARE = 4, LEAST = 8 }; /* of a batch, and utterances, that the cosines are of */

#define NAME(name) #name, "update_" #name, "grad_" #name
const struct health_name health_name[HEALTH_GROUPS] = {
	[HEALTH_STACK + LSTM1] = {NAME(lstm1)},
	[HEALTH_STACK + LSTM11] = {NAME(lstm11)},
	[HEALTH_STACK + LSTM2] = {NAME(lstm2)},
	[HEALTH_STACK + LSTM22] = {NAME(lstm22)},
	[HEALTH_CROSS] = {NAME(cross)},
	[HEALTH_POOL] = {NAME(pools)},
	[HEALTH_HEAD + HEAD_MAIN] = {NAME(main)},
	[HEALTH_HEAD + HEAD_TEXT] = {NAME(text)},
	[HEALTH_HEAD + HEAD_AUDIO] = {NAME(audio)},
};

const struct health_pair health_pair_table[] = {
	{TERM_MAIN, TERM_CMD_TEXT, "cos_main_cmd_text"},
	{TERM_MAIN, TERM_CMD_AUDIO, "cos_main_cmd_audio"},
	{TERM_MAIN, TERM_TEXT, "cos_main_text"},
	{TERM_MAIN, TERM_AUDIO, "cos_main_audio"},
	{TERM_CMD_TEXT, TERM_CMD_AUDIO, "cos_cmd_text_cmd_audio"},
	{TERM_CMD_TEXT, TERM_TEXT, "cos_cmd_text_text"},
	{TERM_CMD_TEXT, TERM_AUDIO, "cos_cmd_text_audio"},
	{TERM_CMD_AUDIO, TERM_TEXT, "cos_cmd_audio_text"},
	{TERM_CMD_AUDIO, TERM_AUDIO, "cos_cmd_audio_audio"},
	{TERM_TEXT, TERM_AUDIO, "cos_text_audio"},
};
_Static_assert(sizeof health_pair_table / sizeof *health_pair_table == HEALTH_PAIRS,
	       "each pair of terms has a column");

/* ---- which tensor is whose ---- */

/*
 * The parts of the encoder that gradients flow into together: a stack with its pooling, and the
 * cross attentions with theirs. What a term depends on is a set of them.
 */
enum { PART_CROSS = STACKS, ENCODER_PARTS, NO_PART = -1 };

struct owner {
	int group; /* enum health_group */
	int part;  /* NO_PART: a head */
};

static bool begins(const char *tensor, const char *name)
{
	size_t n = strlen(name);

	return strncmp(tensor, name, n) == 0 && tensor[n] == '.';
}

static int part_of_pool(int pool)
{
	return pool_table[pool].over_cross ? PART_CROSS : pool_table[pool].source;
}

static struct owner owner_of(const struct model *m, int tensor)
{
	const char *name = m->params.tensor[tensor].name;

	for (int h = 0; h < HEADS; h++)
		if (tensor == m->heads.w[h] || tensor == m->heads.b[h])
			return (struct owner){HEALTH_HEAD + h, NO_PART};
	for (int i = 0; i < STACKS; i++)
		if (begins(name, stack_table[i].name))
			return (struct owner){HEALTH_STACK + i, i};
	for (int i = 0; i < CROSSES; i++)
		if (begins(name, cross_table[i].name))
			return (struct owner){HEALTH_CROSS, PART_CROSS};
	for (int i = 0; i < POOLS; i++)
		if (begins(name, pool_table[i].name))
			return (struct owner){HEALTH_POOL, part_of_pool(i)};
	return (struct owner){HEALTH_HEAD + HEAD_MAIN, NO_PART};
}

/* Where the gradient at a pool's vector flows to. */
static unsigned parts_of_pool(int pool)
{
	const struct pool_row *p = &pool_table[pool];

	if (!p->over_cross)
		return 1u << p->source;
	return 1u << PART_CROSS | 1u << cross_table[p->source].query |
	       1u << cross_table[p->source].key;
}

static unsigned parts_of_term(enum term t)
{
	/* As model_open gives them to the heads. */
	static const enum pooling read[HEADS] = {[HEAD_TEXT] = ATT1, [HEAD_AUDIO] = ATT2};
	const struct loss_term *x = &loss_term[t];

	if (x->aligns)
		return parts_of_pool(x->pair[0]) | parts_of_pool(x->pair[1]);
	return x->head == HEAD_MAIN ? (1u << ENCODER_PARTS) - 1 : parts_of_pool(read[x->head]);
}

int health_pair(enum term a, enum term b)
{
	for (int i = 0; i < HEALTH_PAIRS; i++) {
		const struct health_pair *p = &health_pair_table[i];

		if ((p->a == a && p->b == b) || (p->a == b && p->b == a))
			return i;
	}
	BUG("no pair of terms %d and %d", (int)a, (int)b);
}

bool health_shares(enum term a, enum term b)
{
	return parts_of_term(a) & parts_of_term(b);
}

/* ---- room ---- */

void health_free(struct health *h)
{
	free(h->before);
	for (int i = 0; i < TERMS; i++)
		free(h->gradient[i]);
	*h = (struct health){0};
}

/* Which terms go through the model together: those of a pass share no part. */
struct passes {
	int of[TERMS]; /* pass of a term; -1: it is off */
	unsigned parts[TERMS];
	int n;
};

static struct passes passes_of(const struct trainer *t)
{
	struct passes p = {.n = 0};
	unsigned taken[TERMS] = {0};

	for (int i = 0; i < TERMS; i++) {
		int pass = 0;

		p.of[i] = -1;
		p.parts[i] = parts_of_term((enum term)i);
		if (loss_weight(&t->set, (enum term)i) == 0)
			continue;
		while (taken[pass] & p.parts[i])
			pass++;
		taken[pass] |= p.parts[i];
		p.of[i] = pass;
		p.n = max_int(p.n, pass + 1);
	}
	return p;
}

bool health_due(const struct trainer *t)
{
	return t->set.train.health > 0 && (t->state.step + 1) % t->set.train.health == 0;
}

int health_before(struct health *h, const struct trainer *t, struct err *e)
{
	size_t bytes = t->model.params.total * sizeof(real);
	struct passes p = passes_of(t);

	if (!h->before)
		h->before = mem_try(bytes);
	for (int i = 0; i < p.n; i++)
		if (!h->gradient[i])
			h->gradient[i] = mem_try(bytes);
	for (int i = 0; i < p.n; i++)
		if (!h->before || !h->gradient[i])
			return err_set(e,
				       "train.health: copies of the weights (%zu MiB each) do not "
				       "fit into memory",
				       (bytes >> 20) + 1);
	memcpy(h->before, t->model.params.w, bytes);
	return 0;
}

/* ---- the step ---- */

static void measure_step(const struct health *h, const struct trainer *t, struct health_row *row)
{
	const struct params *p = &t->model.params;
	struct update update[HEALTH_GROUPS] = {0};
	double square[HEALTH_GROUPS] = {0};

	for (int i = 0; i < p->n; i++) {
		const struct tensor *x = &p->tensor[i];
		int group = owner_of(&t->model, i).group;
		double sum = 0;

		update_add(&update[group], p->w + x->at, h->before + x->at, x->count);
		for (size_t k = 0; k < x->count; k++)
			sum += (double)grad(p, i)[k] * grad(p, i)[k];
		square[group] += sum;
	}
	for (int g = 0; g < HEALTH_GROUPS; g++) {
		row->update[g] = update_log(&update[g]);
		row->gradient[g] = sqrt(square[g]);
	}
	if (!encoder_crosses(&t->model.encoder))
		row->gradient[HEALTH_CROSS] = NAN;
}

/* ---- the terms ---- */

/* The gradients of a pass's terms, each with weight 1, into h->gradient[pass]. */
static void run_pass(struct health *h, struct trainer *t, const struct group *g,
		     const struct passes *p, int pass)
{
	struct settings s = t->set;
	double term[TERMS];

	for (int i = 0; i < TERMS; i++)
		loss_set_weight(&s, (enum term)i, p->of[i] == pass);
	t->model.params.g = h->gradient[pass];
	share_forward(&t->model, &t->batch, pass > 0);
	model_loss(&t->model, &t->batch, &s, &g->joint, term);
	share_backward(&t->model, &t->batch, false);
}

/* The products of the passes' gradients, part by part. */
struct products {
	double at[TERMS][TERMS][ENCODER_PARTS];
};

static double product(const real *a, const real *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

static void multiply(const struct health *h, const struct model *m, int passes, struct products *x)
{
	*x = (struct products){0};
	for (int i = 0; i < m->params.n; i++) {
		const struct tensor *at = &m->params.tensor[i];
		int part = owner_of(m, i).part;

		for (int a = 0; a < passes && part != NO_PART; a++)
			for (int b = a; b < passes; b++)
				x->at[a][b][part] += product(h->gradient[a] + at->at,
							     h->gradient[b] + at->at, at->count);
	}
}

/* Of two terms, or of one with itself. */
static double product_of(const struct products *x, const struct passes *p, int a, int b)
{
	int first = min_int(p->of[a], p->of[b]), second = max_int(p->of[a], p->of[b]);
	double sum = 0;

	for (int part = 0; part < ENCODER_PARTS; part++)
		if (p->parts[a] & p->parts[b] & 1u << part)
			sum += x->at[first][second][part];
	return sum;
}

static void put_cosines(const struct products *x, const struct passes *p, struct health_row *row)
{
	for (int i = 0; i < HEALTH_PAIRS; i++) {
		int a = (int)health_pair_table[i].a, b = (int)health_pair_table[i].b;

		row->cosine[i] = NAN;
		if (p->of[a] >= 0 && p->of[b] >= 0)
			row->cosine[i] = product_of(x, p, a, b) / (sqrt(product_of(x, p, a, a)) *
								   sqrt(product_of(x, p, b, b)));
	}
}

/* With the weights before the step; the model gets its own and their gradients back. */
static int measure_terms(struct health *h, struct trainer *t, struct health_row *row, struct err *e)
{
	int64_t batch = t->set.train.batch_size, each = batch * t->set.train.accumulate;
	int from = (int)((t->state.in_epoch - 1) * each);
	int n = min_int(max_int((int)(batch + SHARE - 1) / SHARE, LEAST), (int)batch);
	struct passes p = passes_of(t);
	real *w = model_weights(&t->model, h->before), *g = t->model.params.g;
	struct products x;
	struct group sample;
	int failed;

	group_make(t, from, min_int(from + n, t->split.n[PART_TRAIN]), &sample);
	row->sample = sample.joint.n;
	failed = group_take(t, &sample, from, e);
	for (int i = 0; i < p.n && !failed; i++)
		run_pass(h, t, &sample, &p, i);
	t->model.params.g = g;
	model_weights(&t->model, w);
	if (failed)
		return -1;
	multiply(h, &t->model, p.n, &x);
	put_cosines(&x, &p, row);
	return 0;
}

int health_after(struct health *h, struct trainer *t, struct health_row *row, struct err *e)
{
	*row = (struct health_row){
		.fold = t->state.fold, .epoch = t->state.epoch, .step = t->state.step};
	measure_step(h, t, row);
	return measure_terms(h, t, row, e);
}
