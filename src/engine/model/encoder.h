/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * encoder: from packed features to the pooled vectors z.
 *
 * Four stacks, two cross attentions, six poolings (model specification,
 * "Forward" 1-3). Everything here treats utterances one by one, so a batch may
 * go through in pieces (piece.h); only what follows (heads, loss) needs all of
 * z. Here a batch is its piece at hand: n stands for that piece's utterances.
 *
 *	stack	LSTM1 LSTM11 read the text, LSTM2 LSTM22 the audio
 *	cross	0: LSTM1 asks LSTM22; 1: LSTM2 asks LSTM11
 *	pool	Att1 Att2 Att11 Att22 over the stacks, Atts1 Attt2 over the crosses
 */
#ifndef MIUST_ENCODER_H
#define MIUST_ENCODER_H

#include "engine/model/cross.h"
#include "engine/model/lstm.h"
#include "engine/model/pool.h"

enum stack { LSTM1, LSTM11, LSTM2, LSTM22, STACKS };
enum { CROSSES = 2 };
enum pooling { ATT1, ATT2, ATT11, ATT22, ATTS1, ATTT2, POOLS };

extern const char *const pool_name[POOLS]; /* "Att1" ... */

struct encoder {
	struct lstm stack[STACKS];
	struct cross cross[CROSSES];
	struct pool pool[POOLS];
	int npools;      /* 4 without cross attention, else 6 */
	int z_at[POOLS]; /* column of z where a pool's vector starts */
	int z_width;
};

struct encoder_work {
	struct phases *phases; /* the caller's; NULL: not timed */
	real *z;               /* [n, z_width] of the piece; then its gradient; for the caller */
	struct lstm_work stack[STACKS];
	struct cross_work cross[CROSSES];
	struct pool_work pool[POOLS];
	real *state[STACKS];  /* [rows, E] flat rows of the stack's last layer; then dtop's room */
	real *dstate[STACKS]; /* their gradients, where the stack has room to spare */
	int *block;           /* [blocks + 1] utterances: what a task takes at a time */
	int blocks;
};

static inline int encoder_crosses(const struct encoder *c) /* 0 without cross attention */
{
	return c->npools > ATTS1 ? CROSSES : 0;
}

bool stack_reads_audio(int stack);
static inline const struct seqs *stack_seqs(const struct batch *b, int stack)
{
	return stack_reads_audio(stack) ? &b->audio : &b->text;
}
/* Flat rows of the sequence a pool runs over. */
const struct seqs *pool_seqs(const struct batch *b, int pool);

/* Room for the piece that batch_lay laid out; backward: for gradients too.
 * Measures or cuts from `a` (arena.h). */
void encoder_lay(const struct encoder *c, struct encoder_work *w, struct arena *a,
		 const struct batch *b, bool backward);

/* z [n, z_width] */
void encoder_forward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		     const struct batch *b, real *z, struct par *par);
/* From dz, after a forward of the same batch: adds to all gradients in p->g. */
void encoder_backward(const struct encoder *c, const struct params *p, struct encoder_work *w,
		      const struct batch *b, const real *dz, struct par *par);

#endif
