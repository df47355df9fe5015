/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One utterance through the model, with attention and with parts silenced. */
#include "app/lab/work_private.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/model/weights.h"

#include <stdlib.h>
#include <string.h>

void work_close_looker(struct work *w)
{
	if (w->looker.fold < 0)
		return;
	model_close(&w->looker.model);
	norm_free(&w->looker.norm);
	w->looker.fold = -1;
}

static int session_file(const struct work *w, int fold, const char *name, char *out, size_t n)
{
	return snprintf(out, n, "%s/fold-%d/%s",
			w->job.session.dir[0] ? w->job.session.dir : w->session, fold,
			name) < (int)n
		       ? 0
		       : -1;
}

/* As `miust eval` does: what does not fit the settings is refused, or said. */
static int check_weights(struct work *w, const struct weights_file *weights, int fold,
			 struct err *e)
{
	char data[ROSTER_HASH], text[512];
	struct weights_meta here;
	struct str what = {0};

	roster_hash(&w->job.corpus, &w->job.set, data);
	weights_meta_of(&here, &w->job.set, data, fold, 0);
	if (weights_differ(&weights->meta, &here, WEIGHTS_REFUSED, &what)) {
		err_set(e,
			"the kept checkpoint of fold %d was trained with %s; put that back into "
			"config.yml",
			fold, what.s);
	} else if (weights_differ(&weights->meta, &here, WEIGHTS_NOTED, &what)) {
		snprintf(text, sizeof text, "the kept checkpoint of fold %d was trained with %s",
			 fold, what.s);
		work_send_text(w, EVENT_SAY, 0, true, text);
	}
	weights_meta_free(&here);
	str_free(&what);
	return e->status ? -1 : 0;
}

/* The kept checkpoint of a fold that is not being trained. */
static int open_looker(struct work *w, int fold, struct err *e)
{
	struct looker *l = &w->looker;
	struct weights_file weights;
	char path[PATH_LEN * 2];
	int failed;

	if (l->fold == fold)
		return 0;
	work_close_looker(w);
	if (session_file(w, fold, "best.safetensors", path, sizeof path) || !file_exists(path))
		return err_set(e, "fold %d has no kept checkpoint yet", fold);
	if (model_open(&l->model, &w->job.set, w->job.par, e))
		return -1;
	l->fold = fold;
	if (weights_open(&weights, path, e))
		goto fail;
	failed = check_weights(w, &weights, fold, e) || weights_load(&weights, &l->model.params, e);
	weights_close(&weights);
	if (failed)
		goto fail;
	session_file(w, fold, "normalize.safetensors", path, sizeof path);
	if (w->job.set.exp.normalize != NORMALIZE_NONE && norm_load(&l->norm, path, &w->job.set, e))
		goto fail;
	return 0;
fail:
	work_close_looker(w);
	return -1;
}

/* The main head's logits of the batch's utterance with a part silenced. */
static int look_through(struct work *w, struct model *m, const struct norm *norm, int utt,
			enum knock knock, struct err *e)
{
	struct batch *b = &w->batch;

	if (batch_take(b, &w->job.corpus, &w->job.set, norm, &utt, 1, BATCH_EVAL, e) ||
	    model_ready(m, b, false, e))
		return -1;
	if (knock == KNOCK_TEXT)
		memset(b->text.x, 0, (size_t)b->text.rows * (size_t)b->text.dim * sizeof(real));
	if (knock == KNOCK_AUDIO)
		memset(b->audio.x, 0, (size_t)b->audio.rows * (size_t)b->audio.dim * sizeof(real));
	for (int i = 0; i < CROSSES; i++)
		m->encoder.cross[i].silent =
			knock >= KNOCK_HEAD ? 1u << ((int)knock - KNOCK_HEAD) : 0;
	model_forward(m, b);
	for (int i = 0; i < CROSSES; i++)
		m->encoder.cross[i].silent = 0;
	return 0;
}

static float *floats(const real *x, size_t n)
{
	float *y = mem_alloc(n, sizeof *y);

	for (size_t i = 0; i < n; i++)
		y[i] = (float)x[i];
	return y;
}

static void copy_look(struct look_result *l, const struct model *m, const struct batch *b)
{
	l->L = b->text.len[0];
	l->T = b->audio.len[0];
	l->classes = m->classes;
	l->heads = m->encoder.npools > ATTS1 ? m->encoder.cross[0].heads : 0;
	for (int h = 0; h < HEADS; h++)
		for (int c = 0; c < m->classes; c++)
			l->logits[h][c] = (float)model_logits(m, (enum head)h)[c];
	for (int p = 0; p < m->encoder.npools; p++)
		l->weights[p] =
			floats(model_pool_weights(m, b, p, 0), (size_t)pool_seqs(b, p)->len[0]);
	for (int x = 0; x < CROSSES && l->heads; x++)
		l->cross[x] = floats(model_cross_weights(m, x, 0),
				     (size_t)l->heads * (size_t)l->L * (size_t)l->T);
}

static int kept_epoch(const struct results *r, int fold)
{
	for (int i = 0; i < r->n; i++)
		if (r->fold[i].fold == fold)
			return r->fold[i].best_epoch;
	return 0; /* not tested yet: the screen knows from its rows */
}

struct look_result *work_look_at(struct work *w, const struct request *r, struct err *e)
{
	struct trainer *t = &w->job.trainer;
	bool training = t->corpus && t->state.fold == r->fold;
	bool swap = training && r->kept && t->state.best_epoch > 0;
	struct model *m = training ? &t->model : &w->looker.model;
	const struct norm *norm = training ? &t->norm : &w->looker.norm;
	struct look_result *l;
	real *kept = NULL;

	if (!w->corpus_ready || r->utt < 0 || r->utt >= w->job.corpus.n) {
		err_set(e, "the features are not at hand");
		return NULL;
	}
	if (!training && open_looker(w, r->fold, e))
		return NULL;
	if (swap) {
		kept = m->params.w;
		m->params.w = t->state.array[ARRAY_KEPT];
	}
	l = mem_alloc(1, sizeof *l);
	*l = (struct look_result){.utt = r->utt, .fold = r->fold, .knock = r->knock};
	l->kept = swap || !training;
	l->step = training && !swap && !t->state.ended ? t->state.in_epoch : 0;
	l->epoch = !training ? kept_epoch(&w->job.results, r->fold)
		   : swap    ? t->state.best_epoch
			     : t->state.epoch;
	l->knocks = KNOCK_HEAD + (m->encoder.npools > ATTS1 ? m->encoder.cross[0].heads : 0);
	if (l->knocks > KNOCKS_MAX)
		l->knocks = KNOCKS_MAX;
	/* The one asked for comes last: its arrays are still in the workspace. */
	for (int i = 0; i <= l->knocks && !e->status; i++) {
		enum knock k = i < l->knocks ? (enum knock)i : r->knock;

		if (look_through(w, m, norm, r->utt, k, e))
			break;
		for (int c = 0; c < m->classes; c++)
			l->knocked[k][c] = (float)model_logits(m, HEAD_MAIN)[c];
	}
	if (!e->status)
		copy_look(l, m, &w->batch);
	if (swap)
		m->params.w = kept;
	if (e->status) {
		look_free(l);
		return NULL;
	}
	return l;
}
