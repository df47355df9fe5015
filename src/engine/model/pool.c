/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/pool.h"

#include <stdio.h>
#include <string.h>

void pool_add(struct pool *q, struct params *p, const char *name, int E, int A)
{
	char full[64];

	*q = (struct pool){.kern = kern_best(), .E = E, .A = A};
	snprintf(full, sizeof full, "%s.w_omega", name);
	q->w_omega = params_add(p, full, E, A, INIT_CONSTANT, 0.001);
	snprintf(full, sizeof full, "%s.u_omega", name);
	q->u_omega = params_add(p, full, A, 0, INIT_CONSTANT, 0.001);
}

void pool_layout(const struct pool *q, struct pool_work *w, struct arena *a, int rows,
		 bool backward)
{
	w->t = arena_take(a, (size_t)rows * (size_t)q->A, sizeof(real));
	w->a = arena_take(a, (size_t)rows, sizeof(real));
	if (!backward)
		return;
	w->de = arena_take(a, (size_t)rows, sizeof(real));
	w->dout_t = arena_take(a, (size_t)rows * (size_t)q->A, sizeof(real));
	w->dw_t = arena_take(a, (size_t)q->A * (size_t)q->E, sizeof(real));
}

void pool_forward(const struct pool *q, const struct params *p, struct pool_work *w,
		  const struct seqs *s, const real *h, int from, int to, real *out, int ldout)
{
	int E = q->E, A = q->A, first = s->first[from], rows = s->first[to] - first;
	const real *u = weight(p, q->u_omega);
	real *t = w->t + (size_t)first * A;

	q->kern->once_nn(rows, A, E, h + (size_t)first * E, E, weight(p, q->w_omega), A, 0, t, A);
	q->kern->tanh(t, rows * A);
	for (int r = first; r < s->first[to]; r++)
		w->a[r] = s->out[r] ? (real)-1e9 : q->kern->dot(w->t + (size_t)r * A, u, A);
	for (int i = from; i < to; i++) {
		real *sum = out + (size_t)i * ldout;

		q->kern->softmax(w->a + s->first[i], s->len[i], 1);
		memset(sum, 0, (size_t)E * sizeof *sum);
		for (int r = s->first[i]; r < s->first[i + 1]; r++)
			q->kern->axpy(sum, w->a[r], h + (size_t)r * E, E);
	}
}

void pool_backward(const struct pool *q, const struct params *p, struct pool_work *w,
		   const struct seqs *s, const real *h, int from, int to, const real *dout,
		   int ldout, real *dh)
{
	int E = q->E, A = q->A, first = s->first[from], rows = s->first[to] - first;
	const real *u = weight(p, q->u_omega);

	for (int i = from; i < to; i++) {
		const real *d = dout + (size_t)i * ldout;
		double mean = 0;

		for (int r = s->first[i]; r < s->first[i + 1]; r++) {
			w->de[r] = q->kern->dot(d, h + (size_t)r * E, E);
			mean += (double)w->a[r] * w->de[r];
		}
		for (int r = s->first[i]; r < s->first[i + 1]; r++) {
			real *to_row = dh + (size_t)r * E, *t = w->t + (size_t)r * A;
			real de = s->out[r] ? 0 : w->a[r] * (w->de[r] - (real)mean);

			w->de[r] = de;
			for (int j = 0; j < A; j++) {
				w->dout_t[(size_t)r * A + j] = de * t[j];
				t[j] = de * u[j] * (1 - t[j] * t[j]);
			}
			for (int j = 0; j < E; j++)
				to_row[j] = w->a[r] * d[j];
		}
	}
	q->kern->once_nt(rows, E, A, w->t + (size_t)first * A, A, weight(p, q->w_omega), A, 1,
			 dh + (size_t)first * E, E);
}

void pool_weight_gradients(const struct pool *q, const struct params *p, const struct pool_work *w,
			   int rows, const real *h, int from, int to)
{
	real *dw = grad(p, q->w_omega), *du = grad(p, q->u_omega);
	int E = q->E, A = q->A;

	/* t' h, not h' t: A is small, and h's rows are vectors. */
	q->kern->once_tn(A, to - from, rows, w->t, A, h + from, E, 0, w->dw_t + from, E);
	for (int i = from; i < to; i++)
		for (int j = 0; j < A; j++)
			dw[i * A + j] += w->dw_t[(size_t)j * E + i];
	for (int j = 0; j < A && from == 0; j++) {
		double sum = 0;

		for (int r = 0; r < rows; r++)
			sum += w->dout_t[(size_t)r * A + j];
		du[j] += (real)sum;
	}
}
