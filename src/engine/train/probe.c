/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/probe.h"

#include <string.h>

int probe_ablations(const struct model *m)
{
	return ABLATE_HEAD + model_heads(m);
}

static void clear_features(const struct seqs *s)
{
	memset(s->x, 0, (size_t)s->rows * (size_t)s->dim * sizeof *s->x);
}

int probe_forward(struct probe *p, int utt, int ablation, struct err *e)
{
	struct model *m = p->model;
	struct batch *b = &p->batch;
	real *own;

	BUG_ON(ablation < 0 || ablation >= probe_ablations(m));
	if (batch_take(b, p->corpus, p->set, p->norm, &utt, 1, BATCH_EVAL, e) ||
	    model_ready(m, b, false, e))
		return -1;
	if (ablation == ABLATE_TEXT)
		clear_features(&b->text);
	if (ablation == ABLATE_AUDIO)
		clear_features(&b->audio);
	if (ablation >= ABLATE_HEAD)
		model_ablate_head(m, ablation - ABLATE_HEAD);
	own = model_weights(m, p->weights ? p->weights : m->params.w);
	model_forward(m, b);
	model_weights(m, own);
	model_ablate_head(m, -1);
	return 0;
}

void probe_free(struct probe *p)
{
	batch_free(&p->batch);
}
