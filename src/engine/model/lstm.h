/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lstm: a stack of bidirectional LSTM layers over packed sequences.
 *
 * PyTorch's conventions: gates i, f, g, o; two bias vectors; zero initial
 * state; layer l > 0 reads [forward, backward] of layer l - 1 (model
 * specification, "Forward" 1). H: width of one direction, E = 2H.
 *
 * The unit of work is one direction of one layer (a "strand"): input product,
 * recurrence, and on the way back the weight gradients. It goes through the
 * sequences some steps at a time, a few hundred rows, so that the gates stay in
 * the second-level cache from the product that makes them to the last that
 * reads them. Both strands of a layer are independent; a layer's input gradient
 * needs both.
 *
 * For many threads a strand is cut further: input products by rows, the recurrence into
 * lanes (sequences that follow one another by length, whose rows lie together in each
 * step), weight gradients by columns of the gradient. The bytes are the same however it is
 * cut: no row of a product depends on those beside it (kern.h), and a weight's gradient is
 * always summed over the same rows in the same order.
 */
#ifndef MIUST_LSTM_H
#define MIUST_LSTM_H

#include "engine/data/seqs.h"
#include "engine/model/params.h"
#include "engine/num/kern.h"
#include "engine/num/phase.h"

enum { DIRECTIONS = 2 };

struct lstm {
	const struct kern *kern;
	int input, H, layers;
	struct {
		int w_ih, w_hh, b_ih, b_hh; /* tensors: [4H, in], [4H, H], [4H], [4H] */
	} strand[LAYERS_MAX][DIRECTIONS];
};

/* Workspace of one stack for one batch; rows are packed rows. Packed: as
 * kern.pack does a matrix. */
struct lstm_work {
	struct phases *phases; /* the caller's; NULL: not timed */
	/* Without backward all layers share the same gates and cell. */
	real *gates[LAYERS_MAX][DIRECTIONS]; /* [rows, 4H; ld] activated; then their gradients */
	int ld;                 /* not a power of two, whose rows would share cache lines */
	real *cell[LAYERS_MAX]; /* [rows, E] */
	real *out[LAYERS_MAX];  /* [rows, E] hidden states, [forward, backward] */
	/* [rows, E] gradients of the layers' outputs, in turn. The room for the top
	 * layer's is the caller's, set after lstm_layout. */
	real *dout[2];
	real *carry[DIRECTIONS]; /* [2][n, H] gradients of h and c between steps */
	real *w_hh[DIRECTIONS];  /* packed: the recurrent weights */
	real *w_ih[DIRECTIONS];  /* packed: the input weights */
	/* packed: PANEL_ROWS rows of the inputs and of the states before; of all layers */
	real *panels[DIRECTIONS];
};

/* Table rows NAME.weight_ih_l0 ... in PyTorch's order. */
void lstm_add(struct lstm *l, struct params *p, const char *name, int input, int H, int layers);
void lstm_layout(const struct lstm *l, struct lstm_work *w, struct arena *a, const struct seqs *s,
		 bool backward);

/* One direction of one layer of a stack. */
struct strand {
	const struct lstm *l;
	const struct params *p;
	struct lstm_work *w;
	const struct seqs *s;
	int layer, dir;
};

void lstm_strand_forward(const struct strand *a);
/* Needs w->dout[layer & 1]; adds to the gradients of this strand's weights and
 * leaves what lstm_input_backward needs. */
void lstm_strand_backward(const struct strand *a);

/*
 * The same in parts. Forward: both weights packed, then the gates' input products, then all
 * lanes. Backward: the recurrent weights packed and all lanes, then all columns of the weights'
 * gradients; the input weights are packed for lstm_input_backward alone.
 */
enum lstm_weight { LSTM_INPUT, LSTM_RECURRENT };
void lstm_pack(const struct strand *a, enum lstm_weight which, bool backward);
void lstm_gates(const struct strand *a, int from, int to); /* packed rows from..to-1 */
/* Sequences from..to-1 by rank (seqs.h). */
void lstm_lane_forward(const struct strand *a, int from, int to);
void lstm_lane_backward(const struct strand *a, int from, int to);
/* Weight gradients by columns: those of both matrices side by side, each filled up to whole
 * panels (kern_panels); from and to are multiples of KERN_PANEL. */
int lstm_columns(const struct strand *a);
void lstm_column_gradients(const struct strand *a, int from, int to);

/* After both strands: gradient of layer's input, packed rows from..to-1, into
 * w->dout[(layer-1) & 1]. layer > 0: nothing is computed for the features. */
void lstm_input_backward(const struct lstm *l, struct lstm_work *w, int layer, int from, int to);

static inline real *lstm_top(const struct lstm *l, const struct lstm_work *w)
{
	return w->out[l->layers - 1];
}
static inline real **lstm_dtop(const struct lstm *l, struct lstm_work *w)
{
	return &w->dout[(l->layers - 1) & 1];
}
/* [rows, E] free until lstm_input_backward of the top layer. */
static inline real *lstm_spare(const struct lstm *l, const struct lstm_work *w)
{
	return w->dout[l->layers & 1];
}

#endif
