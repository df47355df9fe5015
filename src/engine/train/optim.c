/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/optim.h"

#include "base/mem.h"
#include "base/util.h"

#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

enum { BLOCK = 1 << 16 }; /* values a task handles */

static int blocks(size_t total)
{
	return (int)((total + BLOCK - 1) / BLOCK);
}

int optim_open(struct optim *o, enum optimizer name, size_t total, struct err *e)
{
	bool adam = params_array_used(ARRAY_MEAN, name);

	*o = (struct optim){.name = name, .total = total};
	o->square = mem_alloc((size_t)blocks(total), sizeof *o->square);
	o->v = mem_try(total * sizeof *o->v);
	o->m = adam ? mem_try(total * sizeof *o->m) : NULL;
	if (!o->v || (adam && !o->m)) {
		optim_close(o);
		return err_set(e, "the optimizer's state (%zu values) does not fit into memory",
			       total);
	}
	memset(o->v, 0, total * sizeof *o->v);
	if (adam)
		memset(o->m, 0, total * sizeof *o->m);
	return 0;
}

void optim_close(struct optim *o)
{
	free(o->v);
	free(o->m);
	free(o->square);
	*o = (struct optim){0};
}

struct step {
	struct optim *o;
	struct params *p;
	int64_t number;
	double lr, scale;
};

static size_t block_end(size_t total, int task)
{
	return min_size(((size_t)task + 1) * BLOCK, total);
}

static void square_block(void *ctx, int task)
{
	const struct step *s = ctx;
	double sum = 0;

	for (size_t i = (size_t)task * BLOCK; i < block_end(s->p->total, task); i++)
		sum += (double)s->p->g[i] * s->p->g[i];
	s->o->square[task] = sum;
}

double grad_norm(struct optim *o, const struct params *p, struct par *par)
{
	struct step s = {.o = o, .p = (struct params *)p};
	double sum = 0;

	par_run(par, blocks(p->total), square_block, &s);
	for (int i = 0; i < blocks(p->total); i++)
		sum += o->square[i];
	return sqrt(sum);
}

static void rmsprop(real *restrict w, const real *restrict g, real *restrict v, size_t n, real lr,
		    real scale)
{
	for (size_t i = 0; i < n; i++) {
		real d = g[i] * scale;

		v[i] = (real)0.99 * v[i] + (real)0.01 * d * d;
		w[i] -= lr * (d / (sqrt(v[i]) + (real)1e-8));
	}
}

static void adamw(real *restrict w, const real *restrict g, real *restrict v, real *restrict m,
		  size_t n, real lr, real rate, real root, real scale)
{
	for (size_t i = 0; i < n; i++) {
		real d = g[i] * scale;

		w[i] *= 1 - lr * (real)0.01;
		m[i] = (real)0.9 * m[i] + (real)0.1 * d;
		v[i] = (real)0.999 * v[i] + (real)0.001 * d * d;
		w[i] -= rate * (m[i] / (sqrt(v[i]) / root + (real)1e-8));
	}
}

static void step_block(void *ctx, int task)
{
	const struct step *s = ctx;
	struct optim *o = s->o;
	size_t at = (size_t)task * BLOCK, n = block_end(o->total, task) - at;
	real *w = s->p->w + at, *g = s->p->g + at;

	if (o->name == OPTIMIZER_RMSPROP) {
		rmsprop(w, g, o->v + at, n, (real)s->lr, (real)s->scale);
	} else {
		double t = (double)s->number;
		double rate = s->lr / (1 - pow(0.9, t)), root = sqrt(1 - pow(0.999, t));

		adamw(w, g, o->v + at, o->m + at, n, (real)s->lr, (real)rate, (real)root,
		      (real)s->scale);
	}
}

void optim_step(struct optim *o, struct params *p, int64_t step, double lr, double scale,
		struct par *par)
{
	struct step s = {.o = o, .p = p, .number = step, .lr = lr, .scale = scale};

	par_run(par, blocks(o->total), step_block, &s);
}

void update_add(struct update *u, const real *now, const real *before, size_t n)
{
	double moved = 0, size = 0;

	for (size_t i = 0; i < n; i++) {
		double d = (double)now[i] - before[i];

		moved += d * d;
		size += (double)before[i] * before[i];
	}
	u->moved += moved;
	u->size += size;
}

double update_log(const struct update *u)
{
	return log10(u->moved / u->size) / 2;
}
