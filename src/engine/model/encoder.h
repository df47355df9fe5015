/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * encoder: from packed features to the pooled vectors z.
 *
 * Four stacks, two cross attentions, six poolings (model specification,
 * "Forward" 1-3). Everything here treats utterances one by one, so a batch may
 * go through in chunks (chunk.h); only what follows (heads, loss) needs all of
 * z. Here a batch is its chunk at hand: n stands for that chunk's utterances.
 *
 * Memory is used more than once. Arrays that change their meaning, by who writes, reads
 * and overwrites them (S: a stack, X: a cross attention, P: a pool; "next": whatever
 * comes next for another batch):
 *
 *	array        written by           read by                    overwritten by
 *	S gates      strand_forward:      strand_backward            itself: gradients of
 *	             activated                                       the pre-activations
 *	  gradients  strand_backward      weight gradients, lstm_    next
 *	                                  input_backward
 *	S cell       strand_forward       strand_backward            next
 *	S out        strand_forward       next layer, block_forward, next
 *	                                  weight gradients
 *	state        block_forward:       crosses and pools, forward block_repack
 *	             out, flat            and backward
 *	  dtop       block_repack:        strand_backward of the     lstm_input_backward,
 *	             dstate, packed       top layer                  two layers down
 *	dstate       pool_backward sets,  block_repack               lstm_input_backward of
 *	             cross_backward adds                             the top layer
 *	X q, o, a    cross_forward        cross_backward (o, a: the  next
 *	                                  weight gradients, pools)
 *	X k, v       cross_forward        cross_backward             itself: their gradients
 *	X weights    cross_forward        whoever asks the model,    cross_backward: gradients
 *	                                  cross_backward             of the scores
 *	X dq         cross_backward:      weight gradients           next
 *	             of o, then of q
 *	X packed     cross_pack           forward or backward        cross_pack
 *	P t          pool_forward: tanh   pool_backward              itself: gradient inside
 *	P a          pool_forward         whoever asks the model,    next
 *	                                  pool_backward
 *	z            pool_forward         the model: z of the batch  the model: its gradient
 *
 * Without backward all layers of a stack share one gates and one cell.
 */
#ifndef MIUST_ENCODER_H
#define MIUST_ENCODER_H

#include "engine/data/batch.h"
#include "engine/model/cross.h"
#include "engine/model/lstm.h"
#include "engine/model/pool.h"

enum stack { LSTM1, LSTM11, LSTM2, LSTM22, STACKS };
enum { CROSSES = 2 };
enum pooling { ATT1, ATT2, ATT11, ATT22, ATTS1, ATTT2, POOLS };

/*
 * MIUST's topology: what reads what. Names are those of the tensors ("lstm1.…"); in
 * predict's tensors a cross attention is its `output`, a pool "weights_NAME".
 */
struct stack_row {
	const char *name;
	enum modality modality;
};
struct cross_row {
	const char *name, *output;
	enum stack query, key;
};
struct pool_row {
	const char *name;
	bool over_cross; /* it pools a cross attention's result, not a stack's states */
	int source;      /* which: its number */
};
extern const struct stack_row stack_table[STACKS];
extern const struct cross_row cross_table[CROSSES];
extern const struct pool_row pool_table[POOLS];

static inline enum modality cross_modality(int cross) /* of its queries, so of its result */
{
	return stack_table[cross_table[cross].query].modality;
}
static inline enum modality pool_modality(int pool)
{
	const struct pool_row *p = &pool_table[pool];

	return p->over_cross ? cross_modality(p->source) : stack_table[p->source].modality;
}

struct encoder {
	struct lstm stack[STACKS];
	struct cross cross[CROSSES];
	struct pool pool[POOLS];
	int npools;      /* 4 without cross attention, else 6 */
	int z_at[POOLS]; /* column of z where a pool's vector starts */
	int z_width;
};

struct utterances {
	int from, to; /* from..to-1 of the chunk */
	int rows;     /* of text and audio */
};

struct encoder_work {
	struct phases *phases; /* the caller's; NULL: not timed */
	real *z;               /* [n, z_width] of the chunk; then its gradient; for the caller */
	struct lstm_work stack[STACKS];
	struct cross_work cross[CROSSES];
	struct pool_work pool[POOLS];
	real *state[STACKS];  /* [rows, E] flat rows of the stack's last layer; then dtop's room */
	real *dstate[STACKS]; /* their gradients, where the stack has room to spare */
	struct utterances *block; /* [blocks] what a task takes at a time, longest first */
	int blocks;
};

static inline int encoder_crosses(const struct encoder *c) /* 0 without cross attention */
{
	return c->npools > ATTS1 ? CROSSES : 0;
}

/* The sequences of a batch that a stack reads, and that a pool runs over. */
static inline const struct seqs *modality_seqs(const struct batch *b, enum modality m)
{
	return m == MODALITY_AUDIO ? &b->audio : &b->text;
}
static inline const struct seqs *stack_seqs(const struct batch *b, int stack)
{
	return modality_seqs(b, stack_table[stack].modality);
}
static inline const struct seqs *pool_seqs(const struct batch *b, int pool)
{
	return modality_seqs(b, pool_modality(pool));
}

/* Room for the chunk that batch_layout laid out; backward: for gradients too.
 * Measures or cuts from `a` (arena.h). */
void encoder_layout(const struct encoder *c, struct encoder_work *w, struct arena *a,
		    const struct batch *b, bool backward);

/* z [n, z_width] */
void encoder_forward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		     const struct batch *b, real *z, struct par *par);
/* From dz, after a forward of the same batch: adds to all gradients in p->g. `above` (NULL: nobody)
 * is told, in this thread, when those above the stacks' lowest layers are formed. */
struct encoder_above {
	void (*formed)(void *ctx);
	void *ctx;
};
void encoder_backward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		      const struct batch *b, const real *dz, struct par *par,
		      const struct encoder_above *above);
/* Which those are: all but those layers', in their order; how many spans. */
int encoder_ranges_above(const struct encoder *c, const struct params *p,
			 struct params_range span[STACKS + 1]);

#endif
