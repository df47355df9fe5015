/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/training.h"

#include "base/mem.h"
#include "base/util.h"

#include <stddef.h>
#include <stdlib.h>

int training_open(struct training *t, const struct settings *s, struct corpus *c, struct par *par,
		  struct err *e)
{
	struct rng r;

	*t = (struct training){.set = s, .corpus = c};
	t->utt = mem_alloc((size_t)c->n, sizeof *t->utt);
	for (int i = 0; i < c->n; i++)
		t->utt[i] = i;
	if (model_open(&t->model, s, par, e) ||
	    optim_open(&t->optim, OPTIMIZER_RMSPROP, t->model.params.total, e))
		return -1;
	rng_seed(&r, 1);
	params_init(&t->model.params, &r);
	return 0;
}

void training_close(struct training *t)
{
	model_close(&t->model);
	optim_close(&t->optim);
	batch_free(&t->batch);
	free(t->utt);
}

int training_take(struct training *t, int i, struct err *e)
{
	int size = t->set->train.batch_size, n = min_int(t->corpus->n - i * size, size);

	return batch_take(&t->batch, t->corpus, t->set, NULL, t->utt + (ptrdiff_t)i * size, n,
			  BATCH_TRAIN, e) ||
			       model_ready(&t->model, &t->batch, true, e)
		       ? -1
		       : 0;
}

void training_passes(struct training *t)
{
	double term[TERMS];

	model_forward(&t->model, &t->batch);
	if (!t->model.ranks || t->model.ranks->rank == 0)
		model_loss(&t->model, &t->batch, t->set, NULL, term);
	model_backward(&t->model, &t->batch);
}

void training_update(struct training *t)
{
	grad_norm(&t->optim, &t->model.params, t->model.par);
	optim_step(&t->optim, &t->model.params, ++t->steps, 1e-5, 1, t->model.par);
}
