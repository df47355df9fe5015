/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/encoder.h"

#include "base/util.h"

#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

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

/* The audio stacks are the long ones: they go first. */
static const int stack_order[STACKS] = {LSTM2, LSTM22, LSTM1, LSTM11};

/* Rows of text and audio that a block of utterances has at least. Large enough
 * for good products, small enough to share out; never depends on threads. */
enum { BLOCK_ROWS = 1024 };

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

static void cut_blocks(struct encoder_work *w, const struct batch *b)
{
	w->blocks = 0;
	w->block[0] = 0;
	for (int i = 0, rows = 0; i < b->text.n; i++) {
		rows += b->text.len[i] + b->audio.len[i];
		if (rows < BLOCK_ROWS && i + 1 < b->text.n)
			continue;
		w->block[++w->blocks] = i + 1;
		rows = 0;
	}
}

void encoder_layout(const struct encoder *c, struct encoder_work *w, struct arena *a,
		    const struct batch *b, bool backward)
{
	size_t n = (size_t)b->text.n;

	w->z = arena_take(a, n * (size_t)c->z_width, sizeof *w->z);
	w->block = arena_take(a, n + 1, sizeof *w->block);
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
	if (a->base)
		cut_blocks(w, b);
}

/* What the tasks of one pass share. */
struct pass {
	const struct encoder *c;
	const struct params *p;
	struct encoder_work *w;
	const struct batch *b;
	real *z;
	const real *dz;
	int layer;
	void (*task)(void *ctx, int task);
};

/*
 * In the encoder numbers below the smallest normal one count as 0. A recurrence
 * over padding makes many of them, and each costs a hundred ordinary
 * operations, while what they add is far below the last digit of any sum here.
 * Every task of the encoder runs so, whoever runs it, which keeps the bytes
 * the same; reading features does not, where a tiny sum is not 0.
 */
#ifdef __SSE2__
enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };

static unsigned flush_begin(void)
{
	unsigned was = _mm_getcsr();

	_mm_setcsr(was | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
	return was;
}

static void flush_end(unsigned was)
{
	_mm_setcsr(was);
}
#else
static unsigned flush_begin(void)
{
	return 0;
}

static void flush_end(unsigned was)
{
	(void)was;
}
#endif

static void flushed(void *ctx, int task)
{
	const struct pass *a = ctx;
	unsigned was = flush_begin();

	a->task(ctx, task);
	flush_end(was);
}

static void run(struct pass *a, struct par *par, int tasks, void (*fn)(void *, int))
{
	a->task = fn;
	par_run(par, tasks, flushed, a);
}

static void strand_task(void *ctx, int task)
{
	const struct pass *a = ctx;
	int i = stack_order[task / DIRECTIONS];

	lstm_strand_forward(&a->c->stack[i], a->p, &a->w->stack[i], stack_seqs(a->b, i), a->layer,
			    task % DIRECTIONS);
}

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

static void block_forward(void *ctx, int task)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int from = w->block[task], to = w->block[task + 1];
	struct lap time = lap_begin(w->phases);

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

void encoder_forward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		     const struct batch *b, real *z, struct par *par)
{
	struct pass pass = {.c = c, .p = p, .w = w, .b = b, .z = z};

	for (int i = 0; i < STACKS; i++)
		w->stack[i].phases = w->phases;
	for (; pass.layer < c->stack[0].layers; pass.layer++)
		run(&pass, par, STACKS * DIRECTIONS, strand_task);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_begin(&c->cross[i], p, &w->cross[i], false);
	run(&pass, par, w->blocks, block_forward);
}

static void block_backward(void *ctx, int task)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int from = w->block[task], to = w->block[task + 1];
	struct lap time = lap_begin(w->phases);

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

/* Weight gradients of the cross attentions, then of the poolings. */
static void attention_gradients(void *ctx, int task)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int i = task % CROSSES, pool = task - encoder_crosses(c) * CROSS_PARTS;
	struct lap time = lap_begin(w->phases);

	if (pool < 0)
		cross_weight_gradients(&c->cross[i], a->p, &w->cross[i], query_seqs(a->b, i),
				       key_seqs(a->b, i), w->state[cross_table[i].query],
				       w->state[cross_table[i].key], task / CROSSES);
	else
		pool_weight_gradients(&c->pool[pool], a->p, &w->pool[pool],
				      pool_seqs(a->b, pool)->rows, pool_input(w, pool));
	lap(&time, pool < 0 ? PHASE_ATTENTION : PHASE_POOLING);
	lap_end(&time);
}

/* The gradients of the states, packed, where the states have been. */
static void block_repack(void *ctx, int task)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	struct lap time = lap_begin(w->phases);

	for (int i = 0; i < STACKS; i++)
		repack(stack_seqs(a->b, i), 2 * c->stack[i].H, w->dstate[i], w->state[i],
		       w->block[task], w->block[task + 1]);
	lap(&time, PHASE_COPY);
	lap_end(&time);
}

static void strand_back(void *ctx, int task)
{
	const struct pass *a = ctx;
	int i = stack_order[task / DIRECTIONS];

	lstm_strand_backward(&a->c->stack[i], a->p, &a->w->stack[i], stack_seqs(a->b, i), a->layer,
			     task % DIRECTIONS);
}

enum { INPUT_ROWS = 2048 };

static int input_tasks(const struct batch *b, int stack)
{
	return (stack_seqs(b, stack)->rows + INPUT_ROWS - 1) / INPUT_ROWS;
}

static void input_back(void *ctx, int task)
{
	const struct pass *a = ctx;
	int k = 0, rows, from;

	while (task >= input_tasks(a->b, stack_order[k]))
		task -= input_tasks(a->b, stack_order[k++]);
	rows = stack_seqs(a->b, stack_order[k])->rows;
	from = task * INPUT_ROWS;
	lstm_input_backward(&a->c->stack[stack_order[k]], &a->w->stack[stack_order[k]], a->layer,
			    from, min_int(from + INPUT_ROWS, rows));
}

void encoder_backward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		      const struct batch *b, const real *dz, struct par *par)
{
	struct pass pass = {.c = c, .p = p, .w = w, .b = b, .dz = dz};
	int crosses = encoder_crosses(c), inputs = 0;

	for (int i = 0; i < STACKS; i++)
		inputs += input_tasks(b, i);
	for (int i = 0; i < crosses; i++)
		cross_begin(&c->cross[i], p, &w->cross[i], true);
	run(&pass, par, w->blocks, block_backward);
	run(&pass, par, crosses * CROSS_PARTS + c->npools, attention_gradients);
	run(&pass, par, w->blocks, block_repack);
	for (pass.layer = c->stack[0].layers - 1; pass.layer >= 0; pass.layer--) {
		run(&pass, par, STACKS * DIRECTIONS, strand_back);
		if (pass.layer > 0)
			run(&pass, par, inputs, input_back);
	}
}
