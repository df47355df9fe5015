/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/cross.h"

#include "base/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL_ROWS = 384 }; /* rows of a weight gradient's product at a time */

static int add(struct params *p, const char *name, const char *what, int rows, int cols,
	       enum init init, double bound)
{
	char full[64];

	snprintf(full, sizeof full, "%s.multihead_attn.%s", name, what);
	return params_add(p, full, rows, cols, init, bound);
}

/* In PyTorch's draw order: the output layer draws when it is made (its bias is
 * zeroed afterwards), then the input weights. */
void cross_add(struct cross *c, struct params *p, const char *name, int E, int Ekv, int heads)
{
	double linear = sqrt(3.0) * (sqrt(1.0 / 3.0) / sqrt(E));
	double joint = sqrt(6.0 / (E + 3.0 * E));
	double own_q = sqrt(6.0 / (2.0 * E)), own_kv = sqrt(6.0 / (E + Ekv));

	*c = (struct cross){.kern = kern_best(),
			    .E = E,
			    .Ekv = Ekv,
			    .heads = heads,
			    .in_proj = -1,
			    .ablated = -1};
	c->q = c->k = c->v = -1;
	c->out_proj = add(p, name, "out_proj.weight", E, E, INIT_UNIFORM, linear);
	c->out_bias = add(p, name, "out_proj.bias", E, 0, INIT_DISCARD, 0);
	if (E == Ekv) {
		c->in_proj = add(p, name, "in_proj_weight", 3 * E, E, INIT_UNIFORM, joint);
	} else {
		c->q = add(p, name, "q_proj_weight", E, E, INIT_UNIFORM, own_q);
		c->k = add(p, name, "k_proj_weight", E, Ekv, INIT_UNIFORM, own_kv);
		c->v = add(p, name, "v_proj_weight", E, Ekv, INIT_UNIFORM, own_kv);
	}
	c->in_bias = add(p, name, "in_proj_bias", 3 * E, 0, INIT_CONSTANT, 0);
}

void cross_layout(const struct cross *c, struct cross_work *w, struct arena *a,
		  const struct seqs *query, const struct seqs *key, bool backward)
{
	size_t nq = (size_t)query->rows * (size_t)c->E, nk = (size_t)key->rows * (size_t)c->E;
	size_t pairs = 0;
	int widest = max_int(c->E, c->Ekv);

	w->place = arena_take(a, (size_t)query->n + 1, sizeof *w->place);
	for (int i = 0; i <= query->n; i++) {
		if (a->base)
			w->place[i] = pairs * (size_t)c->heads;
		if (i < query->n)
			pairs += (size_t)query->len[i] * (size_t)key->len[i];
	}
	w->weights = arena_take(a, pairs * (size_t)c->heads, sizeof(real));
	w->q = arena_take(a, nq, sizeof(real));
	w->k = arena_take(a, nk, sizeof(real));
	w->v = arena_take(a, nk, sizeof(real));
	w->o = arena_take(a, nq, sizeof(real));
	w->a = arena_take(a, nq, sizeof(real));
	for (int i = 0; i < CROSS_PARTS; i++) {
		size_t there = kern_packed(widest, c->E), back = kern_packed(c->E, widest);

		w->packed[i] = arena_take(a, max_size(there, back), sizeof(real));
	}
	if (!backward)
		return;
	for (int i = 0; i < CROSS_PARTS; i++)
		w->panels[i] = arena_take(a, kern_packed(PANEL_ROWS, widest), sizeof(real));
	w->da = arena_take(a, nq, sizeof(real));
	w->dq = arena_take(a, nq, sizeof(real));
	w->dweights = arena_take(a, pairs, sizeof(real));
}

/* Weights of the i-th of q, k, v: [E, Ekv], from one tensor or three. */
static real *in_weight(const struct cross *c, const struct params *p, real *flat, int i)
{
	const int own[3] = {c->q, c->k, c->v};

	if (c->in_proj < 0)
		return flat + p->tensor[own[i]].at;
	return flat + p->tensor[c->in_proj].at + (size_t)i * c->E * c->E;
}

void cross_pack(const struct cross *c, const struct params *p, struct cross_work *w, bool backward,
		int part)
{
	const real *from = part < 3 ? in_weight(c, p, p->w, part) : weight(p, c->out_proj);
	int in = part == 1 || part == 2 ? c->Ekv : c->E;

	if (backward)
		c->kern->pack(c->E, in, from, in, 0, w->packed[part]);
	else
		c->kern->pack(in, c->E, from, in, 1, w->packed[part]);
}

/* y [rows, E] = x [rows, in] . weight' + bias */
static void affine(const struct kern *k, int rows, int out, int in, const real *x,
		   const real *packed, const real *bias, real *y)
{
	k->product(rows, out, in, x, in, packed, 0, y, out);
	for (int r = 0; r < rows; r++)
		k->add(y + (size_t)r * out, bias, out);
}

static void clear(int rows, int width, real *x, int ld)
{
	for (int r = 0; r < rows; r++)
		memset(x + (size_t)r * ld, 0, (size_t)width * sizeof *x);
}

void cross_forward(const struct cross *c, const struct params *p, struct cross_work *w,
		   const struct seqs *sq, const struct seqs *sk, const real *query, const real *key,
		   int from, int to)
{
	int E = c->E, Ekv = c->Ekv, width = E / c->heads;
	size_t q0 = (size_t)sq->first[from], k0 = (size_t)sk->first[from];
	int nq = sq->first[to] - sq->first[from], nk = sk->first[to] - sk->first[from];
	const real *bias = weight(p, c->in_bias);
	real scale = (real)(1 / sqrt(width));

	affine(c->kern, nq, E, E, query + q0 * E, w->packed[0], bias, w->q + q0 * E);
	affine(c->kern, nk, E, Ekv, key + k0 * Ekv, w->packed[1], bias + E, w->k + k0 * E);
	affine(c->kern, nk, E, Ekv, key + k0 * Ekv, w->packed[2], bias + 2 * E, w->v + k0 * E);
	for (int i = from; i < to; i++) {
		size_t q = (size_t)sq->first[i] * E, k = (size_t)sk->first[i] * E;
		int Lq = sq->len[i], Lk = sk->len[i];

		for (int h = 0; h < c->heads; h++, q += width, k += width) {
			real *a = w->weights + w->place[i] + (size_t)h * Lq * Lk;

			c->kern->once_nt(Lq, Lk, width, w->q + q, E, w->k + k, E, 0, a, Lk);
			for (int r = 0; r < Lq; r++)
				c->kern->softmax(a + (size_t)r * Lk, Lk, scale);
			if (h == c->ablated)
				clear(Lq, width, w->o + q, E);
			else
				c->kern->once_nn(Lq, width, Lk, a, Lk, w->v + k, E, 0, w->o + q, E);
		}
	}
	affine(c->kern, nq, E, E, w->o + q0 * E, w->packed[3], weight(p, c->out_bias),
	       w->a + q0 * E);
}

/* Through the softmax of scale s: ds = scale a (da - sum(da a)), row by row; a is
 * overwritten. */
static void softmax_backward(const struct kern *k, real *a, const real *da, int rows, int n,
			     real scale)
{
	for (int r = 0; r < rows; r++, a += n, da += n) {
		real mean = k->dot(a, da, n);

		for (int j = 0; j < n; j++)
			a[j] *= scale * (da[j] - mean);
	}
}

void cross_backward(const struct cross *c, struct cross_work *w, const struct seqs *sq,
		    const struct seqs *sk, int from, int to, real *dquery, real *dkey)
{
	int E = c->E, Ekv = c->Ekv, width = E / c->heads;
	size_t q0 = (size_t)sq->first[from], k0 = (size_t)sk->first[from];
	int nq = sq->first[to] - sq->first[from], nk = sk->first[to] - sk->first[from];
	real scale = (real)(1 / sqrt(width));

	c->kern->product(nq, E, E, w->da + q0 * E, E, w->packed[3], 0, w->dq + q0 * E, E);
	for (int i = from; i < to; i++) {
		size_t q = (size_t)sq->first[i] * E, k = (size_t)sk->first[i] * E;
		int Lq = sq->len[i], Lk = sk->len[i];
		real *da = w->dweights + w->place[i] / (size_t)c->heads;

		/* Each product overwrites what no later one needs: v, then o's
		 * gradient, then k. */
		for (int h = 0; h < c->heads; h++, q += width, k += width) {
			real *a = w->weights + w->place[i] + (size_t)h * Lq * Lk;

			c->kern->once_nt(Lq, Lk, width, w->dq + q, E, w->v + k, E, 0, da, Lk);
			c->kern->once_tn(Lk, width, Lq, a, Lk, w->dq + q, E, 0, w->v + k, E);
			softmax_backward(c->kern, a, da, Lq, Lk, scale);
			c->kern->once_nn(Lq, width, Lk, a, Lk, w->k + k, E, 0, w->dq + q, E);
			c->kern->once_tn(Lk, width, Lq, a, Lk, w->q + q, E, 0, w->k + k, E);
		}
	}
	c->kern->product(nq, E, E, w->dq + q0 * E, E, w->packed[0], 1, dquery + q0 * E, E);
	c->kern->product(nk, Ekv, E, w->k + k0 * E, E, w->packed[1], 1, dkey + k0 * Ekv, Ekv);
	c->kern->product(nk, Ekv, E, w->v + k0 * E, E, w->packed[2], 1, dkey + k0 * Ekv, Ekv);
}

/* dw [out, in] += dy' x, db += column sums of dy */
struct affine {
	int rows, out, in;
	const real *dy, *x;
	real *dw, *db;
};

/* Into columns from..to-1 of dw. */
static void affine_gradients(const struct kern *k, const struct affine *f, int from, int to,
			     real *panels)
{
	for (int row = 0, n; row < f->rows; row += n) {
		const real *dy = f->dy + (size_t)row * f->out;

		n = min_int(f->rows - row, PANEL_ROWS);
		k->pack(n, to - from, f->x + (size_t)row * f->in + from, f->in, 0, panels);
		k->product_tn(f->out, to - from, n, dy, f->out, panels, 1, f->dw + from, f->in);
		if (from == 0)
			kern_add_rows(k, f->db, dy, n, f->out, f->out);
	}
}

static struct affine affine_of(const struct cross *c, const struct params *p,
			       const struct cross_work *w, const struct cross_rows *r, int part)
{
	struct affine f = {.rows = r->query->rows, .out = c->E, .in = c->E, .x = r->q};

	if (part == 1 || part == 2)
		f = (struct affine){.rows = r->key->rows, .out = c->E, .in = c->Ekv, .x = r->k};
	f.dy = part == 0 ? w->dq : part == 1 ? w->k : part == 2 ? w->v : w->da;
	if (part < 3) {
		f.dw = in_weight(c, p, p->g, part);
		f.db = grad(p, c->in_bias) + (size_t)part * c->E;
	} else {
		f.x = w->o;
		f.dw = grad(p, c->out_proj);
		f.db = grad(p, c->out_bias);
	}
	return f;
}

int cross_columns(const struct cross *c, int part)
{
	return kern_panels(part == 1 || part == 2 ? c->Ekv : c->E);
}

void cross_weight_gradients(const struct cross *c, const struct params *p,
			    const struct cross_work *w, const struct cross_rows *r, int part,
			    int from, int to)
{
	struct affine f = affine_of(c, p, w, r, part);

	affine_gradients(c->kern, &f, from, min_int(to, f.in),
			 w->panels[part] + kern_packed(PANEL_ROWS, from));
}
