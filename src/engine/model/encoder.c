/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/encoder_pass.h"

#include "base/util.h"

#include <stdlib.h>
#include <string.h>

const struct stack_row stack_table[STACKS] = {
	[LSTM1] = {"lstm1", MODALITY_TEXT},
	[LSTM11] = {"lstm11", MODALITY_TEXT},
	[LSTM2] = {"lstm2", MODALITY_AUDIO},
	[LSTM22] = {"lstm22", MODALITY_AUDIO},
};

const struct cross_row cross_table[CROSSES] = {
	{"cross_attn1", "attn_text_to_audio", LSTM1, LSTM22},
	{"cross_attn2", "attn_audio_to_text", LSTM2, LSTM11},
};

const struct pool_row pool_table[POOLS] = {
	[ATT1] = {"Att1", false, LSTM1},    [ATT2] = {"Att2", false, LSTM2},
	[ATT11] = {"Att11", false, LSTM11}, [ATT22] = {"Att22", false, LSTM22},
	[ATTS1] = {"Atts1", true, 0},       [ATTT2] = {"Attt2", true, 1},
};

/* Rows of text and audio that a block of utterances has at least: for good products, and for many
 * threads so few that all of them find blocks. */
enum { BLOCK_FOR_FEW = 1024, BLOCK_FOR_MANY = 128 };

static const struct seqs *query_seqs(const struct batch *b, int cross)
{
	return stack_seqs(b, cross_table[cross].query);
}

static const struct seqs *key_seqs(const struct batch *b, int cross)
{
	return stack_seqs(b, cross_table[cross].key);
}

/* What a pool runs over: [rows, E]. */
static const real *pool_input(const struct encoder_work *w, int pool)
{
	const struct pool_row *p = &pool_table[pool];

	return p->over_cross ? w->cross[p->source].a : w->state[p->source];
}

/* The longest blocks first, for the threads. */
static int longer(const void *x, const void *y)
{
	const struct utterances *a = x, *b = y;

	if (a->rows != b->rows)
		return a->rows > b->rows ? -1 : 1;
	return a->from < b->from ? -1 : 1;
}

static void cut_blocks(struct encoder_work *w, const struct batch *b, int least)
{
	w->blocks = 0;
	for (int i = 0, from = 0, rows = 0; i < b->text.n; i++) {
		rows += b->text.len[i] + b->audio.len[i];
		if (rows < least && i + 1 < b->text.n)
			continue;
		w->block[w->blocks++] = (struct utterances){from, i + 1, rows};
		from = i + 1;
		rows = 0;
	}
	qsort(w->block, (size_t)w->blocks, sizeof *w->block, longer);
}

void encoder_layout(const struct encoder *c, struct encoder_work *w, struct arena *a,
		    const struct batch *b, bool backward)
{
	size_t n = (size_t)b->text.n;

	w->z = arena_take(a, n * (size_t)c->z_width, sizeof *w->z);
	w->block = arena_take(a, n, sizeof *w->block);
	for (int i = 0; i < STACKS; i++) {
		const struct seqs *s = stack_seqs(b, i);

		lstm_layout(&c->stack[i], &w->stack[i], a, s, backward);
		w->state[i] =
			arena_take(a, (size_t)s->rows * 2 * (size_t)c->stack[i].H, sizeof(real));
		w->dstate[i] = backward ? lstm_spare(&c->stack[i], &w->stack[i]) : NULL;
		*lstm_dtop(&c->stack[i], &w->stack[i]) = w->state[i];
	}
	for (int i = 0; i < c->npools; i++)
		pool_layout(&c->pool[i], &w->pool[i], a, pool_seqs(b, i)->rows, backward);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_layout(&c->cross[i], &w->cross[i], a, query_seqs(b, i), key_seqs(b, i),
			     backward);
}

/* ---- attention ---- */

/* Flat rows of utterances from..to-1 out of packed rows, or back. */
static void unpack(const struct seqs *s, int width, const real *packed, real *flat, int from,
		   int to)
{
	for (int r = s->first[from]; r < s->first[to]; r++)
		memcpy(flat + (size_t)r * width, packed + (size_t)s->packed[r] * width,
		       (size_t)width * sizeof *flat);
}

static void repack(const struct seqs *s, int width, const real *flat, real *packed, int from,
		   int to)
{
	for (int r = s->first[from]; r < s->first[to]; r++)
		memcpy(packed + (size_t)s->packed[r] * width, flat + (size_t)r * width,
		       (size_t)width * sizeof *flat);
}

static void block_forward(const struct pass *a, const struct part *p, int task)
{
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int from = w->block[task].from, to = w->block[task].to;
	struct lap time = lap_begin(w->phases);

	(void)p;
	for (int i = 0; i < STACKS; i++)
		unpack(stack_seqs(a->b, i), 2 * c->stack[i].H, lstm_top(&c->stack[i], &w->stack[i]),
		       w->state[i], from, to);
	lap(&time, PHASE_COPY);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_forward(&c->cross[i], a->p, &w->cross[i], query_seqs(a->b, i),
			      key_seqs(a->b, i), w->state[cross_table[i].query],
			      w->state[cross_table[i].key], from, to);
	lap(&time, PHASE_ATTENTION);
	for (int i = 0; i < c->npools; i++)
		pool_forward(&c->pool[i], a->p, &w->pool[i], pool_seqs(a->b, i), pool_input(w, i),
			     from, to, a->z + c->z_at[i], c->z_width);
	lap(&time, PHASE_POOLING);
	lap_end(&time);
}

static void block_backward(const struct pass *a, const struct part *part, int task)
{
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int from = w->block[task].from, to = w->block[task].to;
	struct lap time = lap_begin(w->phases);

	(void)part;
	for (int i = 0; i < c->npools; i++) {
		const struct pool_row *p = &pool_table[i];

		pool_backward(&c->pool[i], a->p, &w->pool[i], pool_seqs(a->b, i), pool_input(w, i),
			      from, to, a->dz + c->z_at[i], c->z_width,
			      p->over_cross ? w->cross[p->source].da : w->dstate[p->source]);
	}
	lap(&time, PHASE_POOLING);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_backward(&c->cross[i], &w->cross[i], query_seqs(a->b, i), key_seqs(a->b, i),
			       from, to, w->dstate[cross_table[i].query],
			       w->dstate[cross_table[i].key]);
	lap(&time, PHASE_ATTENTION);
	lap_end(&time);
}

/* The gradients of the states, packed, where the states have been. */
static void block_repack(const struct pass *a, const struct part *p, int task)
{
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	struct lap time = lap_begin(w->phases);

	(void)p;
	for (int i = 0; i < STACKS; i++)
		repack(stack_seqs(a->b, i), 2 * c->stack[i].H, w->dstate[i], w->state[i],
		       w->block[task].from, w->block[task].to);
	lap(&time, PHASE_COPY);
	lap_end(&time);
}

static void pack_cross_task(const struct pass *a, const struct part *p, int task)
{
	struct lap time = lap_begin(a->w->phases);

	cross_pack(&a->c->cross[p->of], a->p, &a->w->cross[p->of], a->backward, task);
	lap(&time, PHASE_ATTENTION);
	lap_end(&time);
}

/* The projections' weights, for the blocks. */
static void add_cross_packs(struct pass *a)
{
	for (int i = 0; i < encoder_crosses(a->c); i++)
		pass_add(a, (struct part){.task = pack_cross_task, .tasks = CROSS_PARTS, .of = i});
}

static void cross_gradients_task(const struct pass *a, const struct part *p, int task)
{
	const struct cross *c = &a->c->cross[p->of];
	const struct cross_rows r = {query_seqs(a->b, p->of), key_seqs(a->b, p->of),
				     a->w->state[cross_table[p->of].query],
				     a->w->state[cross_table[p->of].key]};
	struct lap time = lap_begin(a->w->phases);
	int part = task % CROSS_PARTS, from, to;

	pass_share(cross_columns(c, part), p->share, task / CROSS_PARTS, &from, &to);
	cross_weight_gradients(c, a->p, &a->w->cross[p->of], &r, part, from, to);
	lap(&time, PHASE_ATTENTION);
	lap_end(&time);
}

static void pool_gradients_task(const struct pass *a, const struct part *p, int task)
{
	const struct pool *q = &a->c->pool[p->of];
	struct lap time = lap_begin(a->w->phases);
	int from, to;

	pass_share(kern_panels(q->E), p->share, task, &from, &to);
	pool_weight_gradients(q, a->p, &a->w->pool[p->of], pool_seqs(a->b, p->of)->rows,
			      pool_input(a->w, p->of), from, min_int(to, q->E));
	lap(&time, PHASE_POOLING);
	lap_end(&time);
}

static void add_attention_gradients(struct pass *a)
{
	for (int i = 0; i < encoder_crosses(a->c); i++) {
		const struct cross *c = &a->c->cross[i];
		int shares = pass_shares(a, min_int(cross_columns(c, 0), cross_columns(c, 1)));

		pass_add(a, (struct part){.task = cross_gradients_task,
					  .tasks = CROSS_PARTS * shares,
					  .of = i,
					  .share = shares});
	}
	for (int i = 0; i < a->c->npools; i++) {
		int shares = pass_shares(a, kern_panels(a->c->pool[i].E));

		pass_add(a, (struct part){.task = pool_gradients_task,
					  .tasks = shares,
					  .of = i,
					  .share = shares});
	}
}

static void run_blocks(struct pass *a, void (*task)(const struct pass *, const struct part *, int))
{
	pass_add(a, (struct part){.task = task, .tasks = a->w->blocks});
	pass_run(a);
}

/* ---- passes ---- */

static void begin(struct pass *a)
{
	cut_blocks(a->w, a->b, pass_for_many(a) ? BLOCK_FOR_MANY : BLOCK_FOR_FEW);
	strands_begin(a);
}

void encoder_forward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		     const struct batch *b, real *z, struct par *par)
{
	struct pass a = {.c = c, .p = p, .w = w, .b = b, .z = z, .par = par};

	begin(&a);
	strands_forward(&a, add_cross_packs);
	run_blocks(&a, block_forward);
}

void encoder_backward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		      const struct batch *b, const real *dz, struct par *par,
		      const struct encoder_above *above)
{
	struct pass a = {.c = c,
			 .p = p,
			 .w = w,
			 .b = b,
			 .dz = dz,
			 .par = par,
			 .backward = true,
			 .above = above};

	begin(&a);
	add_cross_packs(&a);
	strands_pack_top(&a);
	if (pass_for_many(&a))
		pass_run(&a);
	else
		pass_run_alone(&a); /* a small model's is shorter than waking a thread */
	run_blocks(&a, block_backward);
	add_attention_gradients(&a);
	pass_run(&a);
	run_blocks(&a, block_repack);
	strands_backward(&a);
}

int encoder_ranges_above(const struct encoder *c, const struct params *p,
			 struct params_range span[STACKS + 1])
{
	size_t at = 0;
	int n = 0;

	for (int i = 0; i <= STACKS; i++) {
		const struct lstm *l = &c->stack[i];
		size_t to = i < STACKS ? p->tensor[l->strand[0][0].w_ih].at : p->total;

		if (to > at)
			span[n++] = (struct params_range){at, to};
		if (i < STACKS)
			at = params_behind(p, l->strand[0][DIRECTIONS - 1].b_hh);
	}
	return n;
}
