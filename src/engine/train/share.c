/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/share.h"

#include "base/machine.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void broadcast(const struct ranks *r, const void *data, size_t bytes)
{
	if (bytes)
		r->broadcast(r->ctx, (void *)(size_t)data, bytes); /* rank 0's stays as it is */
}

void share_tell(const struct ranks *r, enum share_kind kind, int n)
{
	struct share_order o;

	memset(&o, 0, sizeof o);
	o.kind = kind;
	o.n = n;
	broadcast(r, &o, sizeof o);
}

struct share_order share_listen(const struct ranks *r)
{
	struct share_order o;

	r->broadcast(r->ctx, &o, sizeof o);
	return o;
}

void share_utterances(const struct ranks *r, const int *utt, int n)
{
	broadcast(r, utt, (size_t)n * sizeof *utt);
}

void share_norm(const struct ranks *r, const struct norm *m)
{
	size_t text = (size_t)m->text_dim * sizeof *m->text_mean;
	size_t audio = (size_t)m->audio_dim * sizeof *m->audio_mean;

	broadcast(r, m->text_mean, text);
	broadcast(r, m->text_sd, text);
	broadcast(r, m->audio_mean, audio);
	broadcast(r, m->audio_sd, audio);
}

void share_weights(const struct model *m)
{
	broadcast(m->ranks, m->params.w, m->params.total * sizeof *m->params.w);
}

int share_features(const struct ranks *r, struct corpus *c, const int *utt, int n, struct err *e)
{
	uint64_t *hash;
	int other = -1;

	if (!r)
		return 0;
	hash = mem_alloc((size_t)n + 1, sizeof *hash);
	for (int i = 0; i < n && r->rank == 0; i++)
		hash[i] = utterance_hash(c, utt[i]);
	broadcast(r, hash, (size_t)n * sizeof *hash);
	for (int i = 0; i < n && other < 0; i++)
		if (hash[i] != utterance_hash(c, utt[i]))
			other = utt[i];
	free(hash);
	if (other < 0)
		return 0;
	return err_at(
		e, c->list[c->utt[other].list].path, c->utt[other].line, 0,
		"utterance %s: its features are not those of rank 0; give all machines the same "
		"files",
		c->utt[other].id);
}

/* Whose sentence it is. */
static void sign(const struct ranks *r, struct err *e)
{
	struct err told = {.status = e->status};
	char host[128];

	machine_host(host, sizeof host);
	snprintf(told.text, sizeof told.text, "rank %d on %s: %.*s", r->rank, host,
		 (int)sizeof told.text - 160, e->text);
	*e = told;
}

int share_agree(const struct ranks *r, int failed, struct err *e)
{
	size_t flag[RANKS_MAX + 1], text[RANKS_MAX + 1];
	int says[RANKS_MAX] = {0}, first = 0;
	struct err why[2] = {{0}, {0}}; /* rank 0's, and of the first that failed */

	if (!r)
		return failed;
	says[r->rank] = failed != 0;
	for (int i = 0; i <= r->n; i++)
		flag[i] = (size_t)i * sizeof *says;
	r->gather(r->ctx, says, flag);
	while (first < r->n && !says[first])
		first++;
	broadcast(r, &first, sizeof first);
	if (first == r->n)
		return 0;
	if (first > 0) {
		for (int i = 0; i <= r->n; i++)
			text[i] = i == 0 ? 0 : sizeof *why * (size_t)(1 + (i > first));
		if (r->rank == first) {
			sign(r, e);
			why[1] = *e;
		}
		r->gather(r->ctx, why, text);
		if (r->rank == 0)
			*e = why[1];
	}
	return -1;
}

int share_take(struct model *m, struct batch *b, struct corpus *c, const struct settings *s,
	       const struct norm *norm, const int *utt, int n, struct err *e)
{
	int failed;

	if (m->ranks) {
		share_tell(m->ranks, SHARE_BATCH, n);
		share_utterances(m->ranks, utt, n);
		share_norm(m->ranks, norm);
	}
	failed = batch_take(b, c, s, norm, utt, n, BATCH_TRAIN, e) || model_ready(m, b, true, e);
	if (share_features(m->ranks, c, utt, n, e))
		failed = -1;
	return share_agree(m->ranks, failed, e) ? -1 : 0;
}

void share_forward(struct model *m, struct batch *b, bool same)
{
	if (m->ranks) {
		share_tell(m->ranks, SHARE_FORWARD, !same);
		if (!same)
			share_weights(m);
	}
	model_forward(m, b);
}

void share_backward(struct model *m, struct batch *b, bool add)
{
	if (m->ranks)
		share_tell(m->ranks, SHARE_BACKWARD, b->n);
	if (add)
		model_backward_add(m, b);
	else
		model_backward(m, b);
}
