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

static int panel_rows(const struct seqs *s)
{
	return min_int(s->rows, PANEL_ROWS);
}

/* Of both weights' gradients in a layer, each filled up to whole panels. */
static int columns_of(const struct lstm *l, int layer)
{
	return kern_panels(layer ? 2 * l->H : l->input) + kern_panels(l->H);
}

void lstm_layout(const struct lstm *l, struct lstm_work *w, struct arena *a, const struct seqs *s,
		 bool backward)
{
	size_t rows = (size_t)s->rows, H = (size_t)l->H;
	int widest = max_int(l->input, 2 * l->H), columns = 0;

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
	for (int layer = 0; layer < l->layers; layer++)
		columns += columns_of(l, layer);
	for (int dir = 0; dir < DIRECTIONS; dir++) {
		w->carry[dir] = arena_take(a, 2 * (size_t)s->n * H, sizeof(real));
		w->panels[dir] = arena_take(a, kern_packed(panel_rows(s), columns), sizeof(real));
	}
}

/* Input of a layer: [rows, width]. */
static const real *layer_input(const struct strand *a, int *width)
{
	*width = a->layer ? 2 * a->l->H : a->l->input;
	return a->layer ? a->w->out[a->layer - 1] : a->s->x;
}

static real *gates_of(const struct strand *a, int row)
{
	return a->w->gates[a->layer][a->dir] + (size_t)row * a->w->ld;
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

/* The i-th of `steps` steps in the direction's own order; backward goes its way from
 * the other end. */
static int step_at(const struct strand *a, int steps, bool backward, int i)
{
	return (a->dir == 0) != backward ? i : steps - 1 - i;
}

/* Steps from the i-th on that are in hand together: their rows from..to-1.
 * Returns the first that is not. */
static int take_steps(const struct strand *a, bool backward, int i, int *from, int *to)
{
	const struct seqs *s = a->s;
	int t = step_at(a, s->steps, backward, i);

	*from = s->at[t];
	*to = s->at[t + 1];
	while (++i < s->steps && *to - *from < ENOUGH) {
		t = step_at(a, s->steps, backward, i);
		*from = min_int(s->at[t], *from);
		*to = max_int(s->at[t + 1], *to);
	}
	return i;
}

/* Sequences from..to-1 by rank. */
struct lane {
	int from, to;
};

/* Step t of a lane. */
static struct lstm_cells cells_of(const struct strand *a, struct lane lane, int t)
{
	const struct seqs *s = a->s;
	int n, before = step_before(s, a->dir, t, &n), E = 2 * a->l->H;
	real *cell = a->w->cell[a->layer] + a->dir * a->l->H;

	n = clamp_int(n, lane.from, lane.to) - lane.from;
	return (struct lstm_cells){
		.rows = min_int(s->live[t], lane.to) - lane.from,
		.started = n,
		.H = a->l->H,
		.gates = gates_of(a, s->at[t] + lane.from),
		.ld_gates = a->w->ld,
		.before = n ? cell + (size_t)(s->at[before] + lane.from) * E : NULL,
		.cell = cell + (size_t)(s->at[t] + lane.from) * E,
		.ld = E,
	};
}

/* One step, from the gates' input product on. */
static void step_forward(const struct strand *a, struct lane lane, int t, const real *bias,
			 struct lap *time)
{
	struct lstm_cells cells = cells_of(a, lane, t);
	int H = a->l->H, n, before = step_before(a->s, a->dir, t, &n);
	real *out = a->w->out[a->layer] + a->dir * H;

	if (cells.started)
		a->l->kern->product(cells.started, 4 * H, H,
				    out + (size_t)(a->s->at[before] + lane.from) * 2 * H, 2 * H,
				    a->w->w_hh[a->dir], 1, cells.gates, a->w->ld);
	lap(time, PHASE_RECURRENCE);
	a->l->kern->cells_forward(&cells, bias, out + (size_t)(a->s->at[t] + lane.from) * 2 * H);
	lap(time, PHASE_GATES);
}

void lstm_pack(const struct strand *a, enum lstm_weight which, bool backward)
{
	int H = a->l->H, in;
	const real *w_hh = weight(a->p, a->l->strand[a->layer][a->dir].w_hh);
	const real *w_ih = weight(a->p, a->l->strand[a->layer][a->dir].w_ih);
	struct lap time = lap_begin(a->w->phases);

	layer_input(a, &in);
	if (which == LSTM_RECURRENT && backward)
		a->l->kern->pack(4 * H, H, w_hh, H, 0, a->w->w_hh[a->dir]);
	else if (which == LSTM_RECURRENT)
		a->l->kern->pack(H, 4 * H, w_hh, H, 1, a->w->w_hh[a->dir]);
	else if (backward)
		a->l->kern->pack(4 * H, in, w_ih, in, 0, a->w->w_ih[a->dir]);
	else
		a->l->kern->pack(in, 4 * H, w_ih, in, 1, a->w->w_ih[a->dir]);
	lap(&time, which == LSTM_INPUT ? PHASE_INPUT : PHASE_RECURRENCE);
	lap_end(&time);
}

static void input_product(const struct strand *a, int from, int to)
{
	int in;
	const real *x = layer_input(a, &in);

	a->l->kern->product(to - from, 4 * a->l->H, in, x + (size_t)from * in, in,
			    a->w->w_ih[a->dir], 0, gates_of(a, from), a->w->ld);
}

void lstm_gates(const struct strand *a, int from, int to)
{
	struct lap time = lap_begin(a->w->phases);

	input_product(a, from, to);
	lap(&time, PHASE_INPUT);
	lap_end(&time);
}

static void add_biases(const struct strand *a, real bias[4 * HIDDEN_MAX])
{
	const real *b_ih = weight(a->p, a->l->strand[a->layer][a->dir].b_ih);
	const real *b_hh = weight(a->p, a->l->strand[a->layer][a->dir].b_hh);

	BUG_ON(a->l->H > HIDDEN_MAX);
	for (int j = 0; j < 4 * a->l->H; j++)
		bias[j] = b_ih[j] + b_hh[j];
}

void lstm_lane_forward(const struct strand *a, int from, int to)
{
	int steps = a->s->len[a->s->rank[from]];
	struct lap time = lap_begin(a->w->phases);
	real bias[4 * HIDDEN_MAX];

	add_biases(a, bias);
	for (int i = 0; i < steps; i++)
		step_forward(a, (struct lane){from, to}, step_at(a, steps, false, i), bias, &time);
	lap_end(&time);
}

void lstm_strand_forward(const struct strand *a)
{
	struct lane all = {0, a->s->n};
	struct lap time;
	real bias[4 * HIDDEN_MAX];
	int from, to;

	add_biases(a, bias);
	lstm_pack(a, LSTM_RECURRENT, false);
	lstm_pack(a, LSTM_INPUT, false);
	time = lap_begin(a->w->phases);
	for (int i = 0, next; i < a->s->steps; i = next) {
		next = take_steps(a, false, i, &from, &to);
		input_product(a, from, to);
		lap(&time, PHASE_INPUT);
		for (; i < next; i++)
			step_forward(a, all, step_at(a, a->s->steps, false, i), bias, &time);
	}
	lap_end(&time);
}

/* ---- weight gradients ---- */

/* Where packed rows from..to-1 find the state one step before; NULL where a
 * sequence starts. *t is a step at or before from's, and goes along. */
static void rows_before(const struct strand *a, int from, int to, int *t, const real **row)
{
	const struct seqs *s = a->s;
	const real *out = a->w->out[a->layer] + a->dir * a->l->H;

	for (int r = from; r < to; r++) {
		int n, prev;

		while (r >= s->at[*t + 1])
			++*t;
		prev = step_before(s, a->dir, *t, &n);
		*row++ = r - s->at[*t] < n
				 ? out + (size_t)(s->at[prev] + r - s->at[*t]) * 2 * a->l->H
				 : NULL;
	}
}

static void bias_gradients(const struct strand *a, const real *dg, int n)
{
	int width = 4 * a->l->H;
	real sum[4 * HIDDEN_MAX];

	memset(sum, 0, (size_t)width * sizeof *sum);
	kern_add_rows(a->l->kern, sum, dg, n, width, a->w->ld);
	a->l->kern->add(grad(a->p, a->l->strand[a->layer][a->dir].b_ih), sum, width);
	a->l->kern->add(grad(a->p, a->l->strand[a->layer][a->dir].b_hh), sum, width);
}

/* Columns of the gradients of both weights, as lstm_columns counts them, and the first of those of
 * w->panels that are free for them. */
struct columns {
	int from, to, room;
};

/* Adds what packed rows from..to-1 give. */
static void weight_gradients(const struct strand *a, struct columns c, int from, int to)
{
	const struct kern *k = a->l->kern;
	int H = a->l->H, in, t = 0;
	const real *x = layer_input(a, &in), *row[PANEL_ROWS];
	int i = min_int(c.from, in), ni = min_int(c.to, in) - i;
	int h = max_int(c.from - kern_panels(in), 0), nh = min_int(c.to - kern_panels(in), H) - h;
	real *dw_ih = grad(a->p, a->l->strand[a->layer][a->dir].w_ih) + i;
	real *dw_hh = grad(a->p, a->l->strand[a->layer][a->dir].w_hh) + h;
	real *panels = a->w->panels[a->dir] + kern_packed(panel_rows(a->s), c.room);

	for (int n; from < to; from += n) {
		const real *dg = gates_of(a, from);

		n = min_int(to - from, PANEL_ROWS);
		if (ni > 0) {
			k->pack(n, ni, x + (size_t)from * in + i, in, 0, panels);
			k->product_tn(4 * H, ni, n, dg, a->w->ld, panels, 1, dw_ih, in);
		}
		if (nh > 0) {
			rows_before(a, from, from + n, &t, row);
			for (int r = 0; r < n; r++)
				row[r] = row[r] ? row[r] + h : NULL; /* set; NOLINT */
			k->pack_rows(n, nh, row, panels);
			k->product_tn(4 * H, nh, n, dg, a->w->ld, panels, 1, dw_hh, H);
		}
		if (c.from == 0)
			bias_gradients(a, dg, n);
	}
}

int lstm_columns(const struct strand *a)
{
	return columns_of(a->l, a->layer);
}

/* Ask for the gates of packed rows from..to-1, row by row: the product reads them in strips, which
 * memory is slow to follow. */
static void ask_for_gates(const struct strand *a, int from, int to)
{
	for (int r = from; r < to; r++)
		for (int j = 0; j < 4 * a->l->H; j += LINE)
			__builtin_prefetch(gates_of(a, r) + j, 0, 2);
}

void lstm_column_gradients(const struct strand *a, int first, int end)
{
	struct columns c = {.from = first, .to = end, .room = first};
	struct lap time = lap_begin(a->w->phases);

	for (int layer = 0; layer < a->layer; layer++) /* which may be under way as well */
		c.room += columns_of(a->l, layer);
	for (int i = 0, from, to; i < a->s->steps;) {
		i = take_steps(a, true, i, &from, &to);
		ask_for_gates(a, from, to);
		weight_gradients(a, c, from, to);
	}
	lap(&time, PHASE_WEIGHTS);
	lap_end(&time);
}

/* ---- backward ---- */

/* One step: the gates become their gradients, what is carried goes one on. */
static void step_backward(const struct strand *a, struct lane lane, int t, struct lap *time)
{
	struct lstm_cells cells = cells_of(a, lane, t);
	int H = a->l->H;
	const real *dout =
		a->w->dout[a->layer & 1] + (size_t)(a->s->at[t] + lane.from) * 2 * H + a->dir * H;
	real *dh = a->w->carry[a->dir] + (size_t)lane.from * H, *dc = dh + (size_t)a->s->n * H;

	a->l->kern->cells_backward(&cells, dout, dh, dc);
	lap(time, PHASE_GATES);
	if (cells.started)
		a->l->kern->product(cells.started, H, 4 * H, cells.gates, a->w->ld,
				    a->w->w_hh[a->dir], 0, dh, H);
	lap(time, PHASE_RECURRENCE);
}

/* A sequence's last step in this direction finds no gradient carried. */
static void clear_carry(const struct strand *a, struct lane lane)
{
	size_t H = (size_t)a->l->H, n = (size_t)(lane.to - lane.from) * H;
	real *dh = a->w->carry[a->dir] + (size_t)lane.from * H;

	memset(dh, 0, n * sizeof *dh);
	memset(dh + (size_t)a->s->n * H, 0, n * sizeof *dh);
}

void lstm_lane_backward(const struct strand *a, int from, int to)
{
	int steps = a->s->len[a->s->rank[from]];
	struct lane lane = {from, to};
	struct lap time = lap_begin(a->w->phases);

	clear_carry(a, lane);
	for (int i = 0; i < steps; i++)
		step_backward(a, lane, step_at(a, steps, true, i), &time);
	lap_end(&time);
}

void lstm_strand_backward(const struct strand *a)
{
	struct lane all = {0, a->s->n};
	struct columns columns = {.to = lstm_columns(a)};
	struct lap time;
	int from, to;

	lstm_pack(a, LSTM_RECURRENT, true);
	if (a->layer > 0) /* for lstm_input_backward */
		lstm_pack(a, LSTM_INPUT, true);
	time = lap_begin(a->w->phases);
	clear_carry(a, all);
	for (int i = 0, next; i < a->s->steps; i = next) {
		next = take_steps(a, true, i, &from, &to);
		for (; i < next; i++)
			step_backward(a, all, step_at(a, a->s->steps, true, i), &time);
		weight_gradients(a, columns, from, to);
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
