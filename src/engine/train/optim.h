/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * optim: RMSprop and AdamW as PyTorch computes them, on flat arrays.
 *
 *	RMSprop  v = 0.99 v + 0.01 g^2;  w -= lr g / (sqrt(v) + 1e-8)
 *	AdamW    w -= lr 0.01 w;  m = 0.9 m + 0.1 g;  v = 0.999 v + 0.001 g^2;
 *	         w -= lr m^ / (sqrt(v^) + 1e-8), ^: divided by 1 - beta^step
 *
 * (model specification, "Training".)
 */
#ifndef MIUST_OPTIM_H
#define MIUST_OPTIM_H

#include "engine/num/par.h"
#include "engine/model/params.h"
#include "engine/data/settings.h"

struct optim {
	enum optimizer name;
	size_t total;
	real *v;        /* [total] mean of g^2 */
	real *m;        /* [total] mean of g; NULL for RMSprop */
	double *square; /* scratch for grad_norm, by block */
};

int optim_open(struct optim *o, enum optimizer name, size_t total, struct err *e);
void optim_close(struct optim *o);
/* L2 norm of all gradients, in double. */
double grad_norm(struct optim *o, const struct params *p, struct par *par);
/* The step-th step (from 1) with rate lr; gradients are multiplied by `scale` (clipping)
 * first. */
void optim_step(struct optim *o, struct params *p, int64_t step, double lr, double scale,
		struct par *par);

/* How far weights went, over one or more ranges of them: sums of squares. */
struct update {
	double moved, size; /* of the differences; of the weights before */
};
void update_add(struct update *u, const real *now, const real *before, size_t n);
double update_log(const struct update *u); /* log10 of |update| / |weights| */

#endif
