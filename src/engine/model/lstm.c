/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/lstm.h"

#include "base/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows that are in the cache together, at least and at most. */
enum { ENOUGH = 256, PANEL_ROWS = 512, LINE = 16 };

void lstm_add(struct lstm *l, struct params *p, const char *name, int input, int H, int layers)
{
	static const char *const suffix[DIRECTIONS] = {"", "_reverse"};
	double bound = 1 / sqrt(H);
	char full[64];

	*l = (struct lstm){.kern = kern_best(), .input = input, .H = H, .layers = layers};
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

void lstm_layout(const struct lstm *l, struct lstm_work *w, struct arena *a, const struct seqs *s,
		 bool backward)
{
	size_t rows = (size_t)s->rows, H = (size_t)l->H;
	int widest = max_int(l->input, 2 * l->H);

	w->ld = 4 * l->H + LINE;
	for (int layer = 0; layer < l->layers; layer++) {
		bool own = backward || layer == 0;

		for (int dir = 0; dir < DIRECTIONS; dir++)
			w->gates[layer][dir] =
				own ? arena_take(a, rows * (size_t)w->ld, sizeof(real))
				    : w->gates[0][dir];
		w->cell[layer] = own ? arena_take(a, rows * 2 * H, sizeof(real)) : w->cell[0];
		w->out[layer] = arena_take(a, rows * 2 * H, sizeof(real));
	}
	for (int dir = 0; dir < DIRECTIONS; dir++) {
		size_t forth = kern_packed(l->H, 4 * l->H), back = kern_packed(4 * l->H, l->H);
		size_t in = kern_packed(widest, 4 * l->H);

		if (backward && kern_packed(4 * l->H, 2 * l->H) > in)
			in = kern_packed(4 * l->H, 2 * l->H);
		w->w_hh[dir] = arena_take(a, max_size(forth, back), sizeof(real));
		w->w_ih[dir] = arena_take(a, in, sizeof(real));
	}
	if (!backward)
		return;
	w->dout[l->layers & 1] = arena_take(a, rows * 2 * H, sizeof(real));
	for (int dir = 0; dir < DIRECTIONS; dir++) {
		w->carry[dir] = arena_take(a, 2 * (size_t)s->n * H, sizeof(real));
		w->panels[dir] = arena_take(a, kern_packed(PANEL_ROWS, widest), sizeof(real));
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

/* The i-th step in the direction's own order; backward goes its way from the
 * other end. */
static int step_at(const struct seqs *s, int dir, bool backward, int i)
{
	return (dir == 0) != backward ? i : s->steps - 1 - i;
}

/* Steps from the i-th on that are in hand together: their rows from..to-1.
 * Returns the first that is not. */
static int take_steps(const struct seqs *s, int dir, bool backward, int i, int *from, int *to)
{
	int t = step_at(s, dir, backward, i);

	*from = s->at[t];
	*to = s->at[t + 1];
	while (++i < s->steps && *to - *from < ENOUGH) {
		t = step_at(s, dir, backward, i);
		*from = min_int(s->at[t], *from);
		*to = max_int(s->at[t + 1], *to);
	}
	return i;
}

/* Step t of a strand. */
static struct lstm_cells cells_of(const struct lstm *l, const struct lstm_work *w,
				  const struct seqs *s, int layer, int dir, int t)
{
	int n, before = step_before(s, dir, t, &n), E = 2 * l->H;
	real *cell = w->cell[layer] + dir * l->H;

	return (struct lstm_cells){
		.rows = s->live[t],
		.started = n,
		.H = l->H,
		.gates = w->gates[layer][dir] + (size_t)s->at[t] * w->ld,
		.ld_gates = w->ld,
		.before = n ? cell + (size_t)s->at[before] * E : NULL,
		.cell = cell + (size_t)s->at[t] * E,
		.ld = E,
	};
}

/* One step, from the gates' input product on. */
static void step_forward(const struct lstm *l, struct lstm_work *w, const struct seqs *s, int layer,
			 int dir, int t, const real *bias, struct lap *time)
{
	struct lstm_cells cells = cells_of(l, w, s, layer, dir, t);
	int H = l->H, n, before = step_before(s, dir, t, &n);
	real *out = w->out[layer] + dir * H;

	if (n)
		l->kern->product(n, 4 * H, H, out + (size_t)s->at[before] * 2 * H, 2 * H,
				 w->w_hh[dir], 1, cells.gates, w->ld);
	lap(time, PHASE_RECURRENCE);
	l->kern->cells_forward(&cells, bias, out + (size_t)s->at[t] * 2 * H);
	lap(time, PHASE_GATES);
}

void lstm_strand_forward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			 const struct seqs *s, int layer, int dir)
{
	int H = l->H, in, from, to;
	const real *x = layer_input(l, w, s, layer, &in);
	const real *b_ih = weight(p, l->strand[layer][dir].b_ih);
	const real *b_hh = weight(p, l->strand[layer][dir].b_hh);
	struct lap time = lap_begin(w->phases);
	real bias[4 * HIDDEN_MAX];

	BUG_ON(H > HIDDEN_MAX);
	for (int j = 0; j < 4 * H; j++)
		bias[j] = b_ih[j] + b_hh[j];
	l->kern->pack(H, 4 * H, weight(p, l->strand[layer][dir].w_hh), H, 1, w->w_hh[dir]);
	l->kern->pack(in, 4 * H, weight(p, l->strand[layer][dir].w_ih), in, 1, w->w_ih[dir]);
	for (int i = 0, next; i < s->steps; i = next) {
		next = take_steps(s, dir, false, i, &from, &to);
		l->kern->product(to - from, 4 * H, in, x + (size_t)from * in, in, w->w_ih[dir], 0,
				 w->gates[layer][dir] + (size_t)from * w->ld, w->ld);
		lap(&time, PHASE_INPUT);
		for (; i < next; i++)
			step_forward(l, w, s, layer, dir, step_at(s, dir, false, i), bias, &time);
	}
	lap_end(&time);
}

/* Where packed rows from..to-1 find the state one step before; NULL where a
 * sequence starts. *t is a step at or before from's, and goes along. */
static void rows_before(const struct lstm *l, const struct lstm_work *w, const struct seqs *s,
			int layer, int dir, int from, int to, int *t, const real **row)
{
	const real *out = w->out[layer] + dir * l->H;

	for (int r = from; r < to; r++) {
		int n, prev;

		while (r >= s->at[*t + 1])
			++*t;
		prev = step_before(s, dir, *t, &n);
		*row++ = r - s->at[*t] < n ? out + (size_t)(s->at[prev] + r - s->at[*t]) * 2 * l->H
					   : NULL;
	}
}

/* Adds what packed rows from..to-1 give. */
static void weight_gradients(const struct lstm *l, const struct params *p, struct lstm_work *w,
			     const struct seqs *s, int layer, int dir, int from, int to)
{
	int H = l->H, in, t = 0;
	const real *x = layer_input(l, w, s, layer, &in), *row[PANEL_ROWS];
	real *db_ih = grad(p, l->strand[layer][dir].b_ih);
	real *db_hh = grad(p, l->strand[layer][dir].b_hh);
	real *panels = w->panels[dir];

	for (int n; from < to; from += n) {
		const real *dg = w->gates[layer][dir] + (size_t)from * w->ld;
		real sum[4 * HIDDEN_MAX];

		n = min_int(to - from, PANEL_ROWS);
		l->kern->pack(n, in, x + (size_t)from * in, in, 0, panels);
		l->kern->product_tn(4 * H, in, n, dg, w->ld, panels, 1,
				    grad(p, l->strand[layer][dir].w_ih), in);
		rows_before(l, w, s, layer, dir, from, from + n, &t, row);
		l->kern->pack_rows(n, H, row, panels);
		l->kern->product_tn(4 * H, H, n, dg, w->ld, panels, 1,
				    grad(p, l->strand[layer][dir].w_hh), H);
		memset(sum, 0, (size_t)(4 * H) * sizeof *sum);
		kern_add_rows(l->kern, sum, dg, n, 4 * H, w->ld);
		l->kern->add(db_ih, sum, 4 * H);
		l->kern->add(db_hh, sum, 4 * H);
	}
}

/* One step: the gates become their gradients, what is carried goes one on. */
static void step_backward(const struct lstm *l, struct lstm_work *w, const struct seqs *s,
			  int layer, int dir, int t, struct lap *time)
{
	struct lstm_cells cells = cells_of(l, w, s, layer, dir, t);
	int H = l->H;
	const real *dout = w->dout[layer & 1] + (size_t)s->at[t] * 2 * H + dir * H;
	real *dh = w->carry[dir], *dc = dh + (size_t)s->n * H;

	l->kern->cells_backward(&cells, dout, dh, dc);
	lap(time, PHASE_GATES);
	if (cells.started)
		l->kern->product(cells.started, H, 4 * H, cells.gates, w->ld, w->w_hh[dir], 0, dh,
				 H);
	lap(time, PHASE_RECURRENCE);
}

void lstm_strand_backward(const struct lstm *l, const struct params *p, struct lstm_work *w,
			  const struct seqs *s, int layer, int dir)
{
	struct lap time = lap_begin(w->phases);
	int H = l->H, from, to;

	l->kern->pack(4 * H, H, weight(p, l->strand[layer][dir].w_hh), H, 0, w->w_hh[dir]);
	if (layer > 0) /* for lstm_input_backward */
		l->kern->pack(4 * H, 2 * H, weight(p, l->strand[layer][dir].w_ih), 2 * H, 0,
			      w->w_ih[dir]);
	/* A sequence's last step in this direction finds no gradient carried. */
	memset(w->carry[dir], 0, 2 * (size_t)s->n * (size_t)H * sizeof(real));
	for (int i = 0, next; i < s->steps; i = next) {
		next = take_steps(s, dir, true, i, &from, &to);
		for (; i < next; i++)
			step_backward(l, w, s, layer, dir, step_at(s, dir, true, i), &time);
		weight_gradients(l, p, w, s, layer, dir, from, to);
		lap(&time, PHASE_WEIGHTS);
	}
	lap_end(&time);
}

void lstm_input_backward(const struct lstm *l, struct lstm_work *w, int layer, int from, int to)
{
	struct lap time = lap_begin(w->phases);
	int H = l->H;
	real *dx = w->dout[(layer - 1) & 1] + (size_t)from * 2 * H;

	for (int dir = 0; dir < DIRECTIONS; dir++)
		l->kern->product(to - from, 2 * H, 4 * H,
				 w->gates[layer][dir] + (size_t)from * w->ld, w->ld, w->w_ih[dir],
				 dir, dx, 2 * H);
	lap(&time, PHASE_BETWEEN);
	lap_end(&time);
}
