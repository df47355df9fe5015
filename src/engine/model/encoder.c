/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/encoder.h"

#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

const char *const pool_name[POOLS] = {"Att1", "Att2", "Att11", "Att22", "Atts1", "Attt2"};

static const int pool_stack[4] = {LSTM1, LSTM2, LSTM11, LSTM22}; /* by enum pooling */
static const int cross_query[CROSSES] = {LSTM1, LSTM2}, cross_key[CROSSES] = {LSTM22, LSTM11};

/* The audio stacks are the long ones: they go first. */
static const int stack_order[STACKS] = {LSTM2, LSTM22, LSTM1, LSTM11};

/* Rows of text and audio that a block of utterances has at least. Large enough
 * for good products, small enough to share out; never depends on threads. */
enum { BLOCK_ROWS = 1024 };

bool stack_reads_audio(int stack)
{
	return stack >= LSTM2;
}

const struct seqs *pool_seqs(const struct batch *b, int pool)
{
	return stack_seqs(b, pool < ATTS1 ? pool_stack[pool] : cross_query[pool - ATTS1]);
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

void encoder_lay(const struct encoder *c, struct encoder_work *w, struct arena *a,
		 const struct batch *b, bool backward)
{
	size_t n = (size_t)b->text.n;

	w->z = arena_take(a, n * (size_t)c->z_width, sizeof *w->z);
	w->block = arena_take(a, n + 1, sizeof *w->block);
	for (int i = 0; i < STACKS; i++) {
		const struct seqs *s = stack_seqs(b, i);

		lstm_lay(&c->stack[i], &w->stack[i], a, s, backward);
		w->state[i] =
			arena_take(a, (size_t)s->rows * 2 * (size_t)c->stack[i].H, sizeof(real));
		w->dstate[i] = backward ? lstm_spare(&c->stack[i], &w->stack[i]) : NULL;
		*lstm_dtop(&c->stack[i], &w->stack[i]) = w->state[i];
	}
	for (int i = 0; i < c->npools; i++)
		pool_lay(&c->pool[i], &w->pool[i], a, pool_seqs(b, i)->rows, backward);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_lay(&c->cross[i], &w->cross[i], a, stack_seqs(b, cross_query[i]),
			  stack_seqs(b, cross_key[i]), backward);
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
	void (*task)(void *ctx, int task, int worker);
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

static void flushed(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	unsigned was = flush_begin();

	a->task(ctx, task, worker);
	flush_end(was);
}

static void run(struct pass *a, struct par *par, int tasks, void (*fn)(void *, int, int))
{
	a->task = fn;
	par_run(par, tasks, flushed, a);
}

static void strand_task(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	int i = stack_order[task / DIRECTIONS];

	(void)worker;
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

static void block_forward(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int from = w->block[task], to = w->block[task + 1];
	struct lap time = lap_begin(w->phases);

	(void)worker;
	for (int i = 0; i < STACKS; i++)
		unpack(stack_seqs(a->b, i), 2 * c->stack[i].H, lstm_top(&c->stack[i], &w->stack[i]),
		       w->state[i], from, to);
	lap(&time, PHASE_COPY);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_forward(&c->cross[i], a->p, &w->cross[i], stack_seqs(a->b, cross_query[i]),
			      stack_seqs(a->b, cross_key[i]), w->state[cross_query[i]],
			      w->state[cross_key[i]], from, to);
	lap(&time, PHASE_ATTENTION);
	for (int i = 0; i < c->npools; i++)
		pool_forward(&c->pool[i], a->p, &w->pool[i], pool_seqs(a->b, i),
			     i < ATTS1 ? w->state[pool_stack[i]] : w->cross[i - ATTS1].a, from, to,
			     a->z + c->z_at[i], c->z_width);
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

static void block_backward(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int from = w->block[task], to = w->block[task + 1];
	struct lap time = lap_begin(w->phases);

	(void)worker;
	for (int i = 0; i < c->npools; i++) {
		bool stack = i < ATTS1;

		pool_backward(&c->pool[i], a->p, &w->pool[i], pool_seqs(a->b, i),
			      stack ? w->state[pool_stack[i]] : w->cross[i - ATTS1].a, from, to,
			      a->dz + c->z_at[i], c->z_width,
			      stack ? w->dstate[pool_stack[i]] : w->cross[i - ATTS1].da);
	}
	lap(&time, PHASE_POOLING);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_backward(&c->cross[i], a->p, &w->cross[i], stack_seqs(a->b, cross_query[i]),
			       stack_seqs(a->b, cross_key[i]), from, to, w->dstate[cross_query[i]],
			       w->dstate[cross_key[i]]);
	lap(&time, PHASE_ATTENTION);
	lap_end(&time);
}

/* Weight gradients of the cross attentions, then of the poolings. */
static void attention_gradients(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	int i = task % CROSSES, pool = task - encoder_crosses(c) * CROSS_PARTS;
	struct lap time = lap_begin(w->phases);

	(void)worker;
	if (pool < 0)
		cross_weight_gradients(&c->cross[i], a->p, &w->cross[i],
				       stack_seqs(a->b, cross_query[i]),
				       stack_seqs(a->b, cross_key[i]), w->state[cross_query[i]],
				       w->state[cross_key[i]], task / CROSSES);
	else
		pool_weight_gradients(
			&c->pool[pool], a->p, &w->pool[pool], pool_seqs(a->b, pool)->rows,
			pool < ATTS1 ? w->state[pool_stack[pool]] : w->cross[pool - ATTS1].a);
	lap(&time, pool < 0 ? PHASE_ATTENTION : PHASE_POOLING);
	lap_end(&time);
}

/* The gradients of the states, packed, where the states have been. */
static void block_repack(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	const struct encoder *c = a->c;
	struct encoder_work *w = a->w;
	struct lap time = lap_begin(w->phases);

	(void)worker;
	for (int i = 0; i < STACKS; i++)
		repack(stack_seqs(a->b, i), 2 * c->stack[i].H, w->dstate[i], w->state[i],
		       w->block[task], w->block[task + 1]);
	lap(&time, PHASE_COPY);
	lap_end(&time);
}

static void strand_back(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	int i = stack_order[task / DIRECTIONS];

	(void)worker;
	lstm_strand_backward(&a->c->stack[i], a->p, &a->w->stack[i], stack_seqs(a->b, i), a->layer,
			     task % DIRECTIONS);
}

enum { INPUT_ROWS = 2048 };

static int input_tasks(const struct batch *b, int stack)
{
	return (stack_seqs(b, stack)->rows + INPUT_ROWS - 1) / INPUT_ROWS;
}

static void input_back(void *ctx, int task, int worker)
{
	const struct pass *a = ctx;
	int k = 0, rows, from;

	(void)worker;
	while (task >= input_tasks(a->b, stack_order[k]))
		task -= input_tasks(a->b, stack_order[k++]);
	rows = stack_seqs(a->b, stack_order[k])->rows;
	from = task * INPUT_ROWS;
	lstm_input_backward(&a->c->stack[stack_order[k]], a->p, &a->w->stack[stack_order[k]],
			    a->layer, from, from + INPUT_ROWS < rows ? from + INPUT_ROWS : rows);
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
