/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lstm: a stack of bidirectional LSTM layers over packed sequences.
 *
 * PyTorch's conventions: gates i, f, g, o; two bias vectors; zero initial
 * state; layer l > 0 reads [forward, backward] of layer l - 1 (model
 * specification, "Forward" 1). H: width of one direction, E = 2H.
 *
 * The unit of work is one direction of one layer (a "strand"): input product
 * over all rows, the recurrence, and on the way back the weight gradients over
 * all rows. Both strands of a layer are independent; a layer's input gradient
 * needs both.
 */
#ifndef MIUST_LSTM_H
#define MIUST_LSTM_H

#include "engine/batch.h"
#include "engine/params.h"

enum { DIRECTIONS = 2 };

struct lstm {
	int input, H, layers;
	struct {
		int w_ih, w_hh, b_ih, b_hh; /* tensors: [4H, in], [4H, H], [4H], [4H] */
	} strand[LAYERS_MAX][DIRECTIONS];
};

/* Workspace of one stack for one batch; rows are packed rows. */
struct lstm_work {
	/* Without backward all layers share the same gates and cell. */
	real *gates[LAYERS_MAX];  /* [rows, 2, 4H] activated; then their gradients */
	real *cell[LAYERS_MAX];   /* [rows, E] */
	real *out[LAYERS_MAX];    /* [rows, E] hidden states, [forward, backward] */
	real *dout[2];            /* [rows, E] gradient of a layer's output, in turn */
	real *carry[DIRECTIONS];  /* [2][n, H] gradients of h and c between steps */
	real *packed[DIRECTIONS]; /* the recurrent weights, laid out for the step product */
	real *before[DIRECTIONS]; /* [CHUNK, H] states one step before, for dW_hh */
};

/* Table rows NAME.weight_ih_l0 ... in PyTorch's order. */
void lstm_add(struct lstm *l, struct params *p, const char *name, int input, int H, int layers);
void lstm_lay(const struct lstm *l, struct lstm_work *w, struct arena *a, const struct seqs *s,
	      bool backward);

void lstm_strand_forward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			 const struct seqs *s, int layer, int dir);
/* Needs w->dout[layer & 1]; adds to the gradients of this strand's weights and
 * leaves the gates' gradients in w->gates. */
void lstm_strand_backward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			  const struct seqs *s, int layer, int dir);
/* Gradient of layer's input, packed rows from..to-1, into w->dout[(layer-1) & 1];
 * layer > 0: nothing is computed for the features. */
void lstm_input_backward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			 int layer, int from, int to);

static inline real *lstm_top(const struct lstm *l, const struct lstm_work *w)
{
	return w->out[l->layers - 1];
}
static inline real *lstm_dtop(const struct lstm *l, const struct lstm_work *w)
{
	return w->dout[(l->layers - 1) & 1];
}
/* [rows, E] free until lstm_input_backward of the top layer. */
static inline real *lstm_spare(const struct lstm *l, const struct lstm_work *w)
{
	return w->dout[l->layers & 1];
}

#endif
