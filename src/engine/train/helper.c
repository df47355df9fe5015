/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/helper.h"

#include "base/mem.h"
#include "engine/data/watch.h"
#include "engine/train/evaluate.h"
#include "engine/train/share.h"

#include <stdlib.h>

struct helper {
	const struct ranks *ranks;
	const struct settings *set;
	struct corpus *corpus;
	struct model model;
	struct batch batch;
	struct norm norm; /* of rank 0's fold */
	int *utt;
};

struct helper *helper_open(const struct ranks *r, const struct settings *s, struct corpus *c,
			   struct par *par, struct err *e)
{
	struct helper *h = mem_alloc(1, sizeof *h);

	*h = (struct helper){.ranks = r, .set = s, .corpus = c};
	if (model_open(&h->model, s, par, e)) {
		free(h);
		return NULL;
	}
	h->model.ranks = r;
	if (s->exp.normalize == NORMALIZE_TRAIN)
		norm_room(&h->norm, s);
	return h;
}

void helper_close(struct helper *h)
{
	if (!h)
		return;
	model_close(&h->model);
	batch_free(&h->batch);
	norm_free(&h->norm);
	free(h->utt);
	free(h);
}

static void hear_utterances(struct helper *h, int n)
{
	h->utt = mem_grow(h->utt, (size_t)n + 1, sizeof *h->utt);
	share_utterances(h->ranks, h->utt, n);
	share_norm(h->ranks, &h->norm);
}

/* What is wrong rank 0 is told by share_agree. */
static void take(struct helper *h, int n)
{
	struct err e = {0};
	int failed;

	hear_utterances(h, n);
	failed = batch_take(&h->batch, h->corpus, h->set, &h->norm, h->utt, n, BATCH_TRAIN, &e) ||
		 model_ready(&h->model, &h->batch, true, &e) ||
		 watch_whole(h->corpus, h->utt, n, &e); /* this machine may see other files */
	if (share_features(h->ranks, h->corpus, h->utt, n, &e))
		failed = -1;
	share_agree(h->ranks, failed, &e);
}

static void evaluate_part(struct helper *h, int n)
{
	struct predictions p;
	struct err e = {0};

	hear_utterances(h, n);
	share_weights(&h->model);
	if (evaluate(&h->model, h->corpus, h->set, &h->norm, h->utt, n, NULL, &p, &e) == 0)
		predictions_free(&p);
}

void helper_run(struct helper *h)
{
	for (;;) {
		struct share_order o = share_listen(h->ranks);

		switch (o.kind) {
		case SHARE_BATCH:
			take(h, o.n);
			break;
		case SHARE_FORWARD:
			if (o.n)
				share_weights(&h->model);
			model_forward(&h->model, &h->batch);
			break;
		case SHARE_BACKWARD:
			model_backward_add(&h->model, &h->batch);
			break;
		case SHARE_EVALUATE:
			evaluate_part(h, o.n);
			break;
		case SHARE_FOLD_END:
			return;
		case SHARE_FOLD:
		case SHARE_END:
			BUG("a fold that has not ended");
		}
	}
}
