/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/lstm.h"

#include "engine/gemm.h"
#include "engine/kern.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 2048 }; /* rows per product where a gathered copy is needed */

void lstm_add(struct lstm *l, struct params *p, const char *name, int input, int H, int layers)
{
	static const char *const suffix[DIRECTIONS] = {"", "_reverse"};
	double bound = 1 / sqrt(H);
	char full[64];

	*l = (struct lstm){.input = input, .H = H, .layers = layers};
	for (int layer = 0; layer < layers; layer++)
		for (int dir = 0; dir < DIRECTIONS; dir++) {
			int in = layer ? 2 * H : input;

#define ADD(field, what, cols)                                                      \
	snprintf(full, sizeof full, "%s." what "_l%d%s", name, layer, suffix[dir]); \
	l->strand[layer][dir].field = params_add(p, full, 4 * H, cols, INIT_UNIFORM, bound)
			ADD(w_ih, "weight_ih", in);
			ADD(w_hh, "weight_hh", H);
			ADD(b_ih, "bias_ih", 0);
			ADD(b_hh, "bias_hh", 0);
#undef ADD
		}
}

void lstm_lay(const struct lstm *l, struct lstm_work *w, struct arena *a, const struct seqs *s,
	      bool backward)
{
	size_t rows = (size_t)s->rows, H = (size_t)l->H;

	for (int layer = 0; layer < l->layers; layer++) {
		bool own = backward || layer == 0;

		w->gates[layer] = own ? arena_take(a, rows * 8 * H, sizeof(real)) : w->gates[0];
		w->cell[layer] = own ? arena_take(a, rows * 2 * H, sizeof(real)) : w->cell[0];
		w->out[layer] = arena_take(a, rows * 2 * H, sizeof(real));
	}
	for (int dir = 0; dir < DIRECTIONS; dir++) {
		size_t forth = kern_packed(l->H, 4 * l->H), back = kern_packed(4 * l->H, l->H);

		w->packed[dir] = arena_take(a, forth > back ? forth : back, sizeof(real));
	}
	if (!backward)
		return;
	w->dout[0] = arena_take(a, rows * 2 * H, sizeof(real));
	w->dout[1] = arena_take(a, rows * 2 * H, sizeof(real));
	for (int dir = 0; dir < DIRECTIONS; dir++) {
		w->carry[dir] = arena_take(a, 2 * (size_t)s->n * H, sizeof(real));
		w->before[dir] = arena_take(a, CHUNK * H, sizeof(real));
	}
}

/* Input of a layer: [rows, width]. */
static const real *layer_input(const struct lstm *l, const struct lstm_work *w,
			       const struct seqs *s, int layer, int *width)
{
	*width = layer ? 2 * l->H : l->input;
	return layer ? w->out[layer - 1] : s->x;
}

/*
 * The step before step t in the direction's own order, and how many of t's
 * sequences have one. Forward: all, one step earlier. Backward: those that
 * reach step t + 1. Either way they are the first rows of both steps.
 */
static int step_before(const struct seqs *s, int dir, int t, int *n)
{
	if (dir == 0) {
		*n = t > 0 ? s->live[t] : 0;
		return t - 1;
	}
	*n = t + 1 < s->steps ? s->live[t + 1] : 0;
	return t + 1;
}

void lstm_strand_forward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			 const struct seqs *s, int layer, int dir)
{
	int H = l->H, in;
	const real *x = layer_input(l, w, s, layer, &in);
	real *packed = w->packed[dir];
	const real *b_ih = weight(p, l->strand[layer][dir].b_ih);
	const real *b_hh = weight(p, l->strand[layer][dir].b_hh);
	real *gates = w->gates[layer] + dir * 4 * H;
	real *cell = w->cell[layer] + dir * H, *out = w->out[layer] + dir * H;
	real bias[4 * HIDDEN_MAX];

	BUG_ON(H > HIDDEN_MAX);
	for (int j = 0; j < 4 * H; j++)
		bias[j] = b_ih[j] + b_hh[j];
	kern_pack(H, 4 * H, weight(p, l->strand[layer][dir].w_hh), H, 1, packed);
	gemm_nt(s->rows, 4 * H, in, 1, x, in, weight(p, l->strand[layer][dir].w_ih), in, 0, gates,
		8 * H);
	for (int i = 0; i < s->steps; i++) {
		int t = dir == 0 ? i : s->steps - 1 - i, n;
		int before = step_before(s, dir, t, &n);
		size_t row = (size_t)s->at[t], row_before = n ? (size_t)s->at[before] : 0;

		if (n)
			kern_product(n, 4 * H, H, out + row_before * 2 * H, 2 * H, packed, 1,
				     gates + row * 8 * H, 8 * H);
		for (int r = 0; r < s->live[t]; r++, row++, row_before++)
			lstm_cell_forward(H, gates + row * 8 * H, bias,
					  r < n ? cell + row_before * 2 * H : NULL,
					  cell + row * 2 * H, out + row * 2 * H);
	}
}

/* Rows of the state one step before, gathered from packed rows from..to-1;
 * zero where a sequence starts. */
static void gather_before(const struct lstm *l, const struct lstm_work *w, const struct seqs *s,
			  int layer, int dir, int from, int to, int *t, real *before)
{
	int H = l->H;
	const real *out = w->out[layer] + dir * H;

	for (int row = from; row < to; row++, before += H) {
		int n, prev;

		while (row >= s->at[*t + 1])
			++*t;
		prev = step_before(s, dir, *t, &n);
		if (row - s->at[*t] < n)
			memcpy(before, out + (size_t)(s->at[prev] + row - s->at[*t]) * 2 * H,
			       (size_t)H * sizeof *before);
		else
			memset(before, 0, (size_t)H * sizeof *before);
	}
}

static void weight_gradients(const struct lstm *l, const struct params *p, struct lstm_work *w,
			     const struct seqs *s, int layer, int dir)
{
	int H = l->H, in, t = 0;
	const real *x = layer_input(l, w, s, layer, &in);
	const real *dgates = w->gates[layer] + dir * 4 * H;
	real *db_ih = grad(p, l->strand[layer][dir].b_ih);
	real *db_hh = grad(p, l->strand[layer][dir].b_hh);

	for (int from = 0; from < s->rows; from += CHUNK) {
		int n = s->rows - from < CHUNK ? s->rows - from : CHUNK;
		const real *dg = dgates + (size_t)from * 8 * H;
		real sum[4 * HIDDEN_MAX] = {0};

		gemm_tn(4 * H, in, n, 1, dg, 8 * H, x + (size_t)from * in, in, 1,
			grad(p, l->strand[layer][dir].w_ih), in);
		gather_before(l, w, s, layer, dir, from, from + n, &t, w->before[dir]);
		gemm_tn(4 * H, H, n, 1, dg, 8 * H, w->before[dir], H, 1,
			grad(p, l->strand[layer][dir].w_hh), H);
		for (int r = 0; r < n; r++)
			kern_add(sum, dg + (size_t)r * 8 * H, 4 * H);
		kern_add(db_ih, sum, 4 * H);
		kern_add(db_hh, sum, 4 * H);
	}
}

void lstm_strand_backward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			  const struct seqs *s, int layer, int dir)
{
	int H = l->H;
	real *packed = w->packed[dir];
	const real *cell = w->cell[layer] + dir * H;
	real *gates = w->gates[layer] + dir * 4 * H, *dout = w->dout[layer & 1] + dir * H;
	real *dh = w->carry[dir], *dc = dh + (size_t)s->n * H;

	kern_pack(4 * H, H, weight(p, l->strand[layer][dir].w_hh), H, 0, packed);
	/* A sequence's last step in this direction finds no gradient carried. */
	memset(dh, 0, 2 * (size_t)s->n * (size_t)H * sizeof *dh);
	for (int i = 0; i < s->steps; i++) {
		int t = dir == 0 ? s->steps - 1 - i : i, n;
		int before = step_before(s, dir, t, &n);
		size_t row = (size_t)s->at[t], row_before = n ? (size_t)s->at[before] : 0;

		for (int r = 0; r < s->live[t]; r++, row++, row_before++) {
			real *d = dh + (size_t)r * H;

			kern_add(d, dout + row * 2 * H, H);
			lstm_cell_backward(H, gates + row * 8 * H,
					   r < n ? cell + row_before * 2 * H : NULL,
					   cell + row * 2 * H, d, dc + (size_t)r * H);
		}
		if (n)
			kern_product(n, H, 4 * H, gates + (size_t)s->at[t] * 8 * H, 8 * H, packed,
				     0, dh, H);
	}
	weight_gradients(l, p, w, s, layer, dir);
}

void lstm_input_backward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			 int layer, int from, int to)
{
	int H = l->H;
	const real *dg = w->gates[layer] + (size_t)from * 8 * H;
	real *dx = w->dout[(layer - 1) & 1] + (size_t)from * 2 * H;

	for (int dir = 0; dir < DIRECTIONS; dir++)
		gemm_nn(to - from, 2 * H, 4 * H, 1, dg + dir * 4 * H, 8 * H,
			weight(p, l->strand[layer][dir].w_ih), 2 * H, dir, dx, 2 * H);
}
