/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One utterance through the model, with attention and with parts silenced. */
#include "app/lab/work_private.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/model/weights.h"

#include <stdlib.h>
#include <string.h>

void work_close_looker(struct work_run *run)
{
	if (run->looker.fold < 0)
		return;
	model_close(&run->looker.model);
	norm_free(&run->looker.norm);
	run->looker.fold = -1;
}

static int session_file(const struct work_run *run, int fold, const char *name, char *out, size_t n)
{
	return snprintf(out, n, "%s/fold-%d/%s",
			run->job.session.dir[0] ? run->job.session.dir : run->session, fold,
			name) < (int)n
		       ? 0
		       : -1;
}

static const char *name_of(bool last)
{
	return last ? "last weights" : "kept checkpoint";
}

/* As `miust eval` does: what does not fit the settings is refused, or said (`say`). */
static int check_weights(struct work_run *run, const struct weights_file *weights, int fold,
			 bool last, bool say, struct err *e)
{
	char data[ROSTER_HASH], text[512];
	struct weights_meta here;
	struct str what = {0};

	roster_hash(&run->job.lab->corpus, &run->job.set, data);
	weights_meta_of(&here, &run->job.set, data, fold, 0);
	if (weights_differ(&weights->meta, &here, WEIGHTS_REFUSED, &what)) {
		err_set(e, "the %s of fold %d was trained with %s; restore that in config.yml",
			name_of(last), fold, what.s);
	} else if (weights_differ(&weights->meta, &here, WEIGHTS_NOTED, &what) && say) {
		snprintf(text, sizeof text, "the %s of fold %d was trained with %s", name_of(last),
			 fold, what.s);
		work_send_text(run, EVENT_SAY, 0, true, text);
	}
	weights_meta_free(&here);
	str_free(&what);
	return e->status ? -1 : 0;
}

/* 0: written by version 0.1, and not tested yet: the screen knows from its rows. */
static int epoch_of(const struct work_run *run, const struct weights_file *weights, int fold)
{
	const char *text = weights->meta.text[WEIGHTS_EPOCH];
	const struct results *r = &run->job.results;

	for (int i = 0; !text && i < r->n; i++)
		if (r->fold[i].fold == fold)
			return r->fold[i].best_epoch;
	return text ? atoi(text) : 0;
}

static int load_weights(struct work_run *run, int fold, bool last, const char *path, bool say,
			struct err *e)
{
	struct looker *l = &run->looker;
	struct weights_file weights;
	int failed;

	work_close_looker(run);
	l->file = file_stamp(path);
	if (weights_open(&weights, path, e))
		return -1;
	l->epoch = epoch_of(run, &weights, fold);
	failed = check_weights(run, &weights, fold, last, say, e) ||
		 model_load(&l->model, &run->job.set, &weights, run->job.par, e);
	weights_close(&weights);
	if (failed)
		return -1;
	l->fold = fold;
	l->last = last;
	return 0;
}

/* Weights of a fold that is not being trained here, as the folder has them now: kept, or
 * `last`. Another program may replace the file at any moment. */
static int open_looker(struct work_run *run, int fold, bool last, struct err *e)
{
	struct looker *l = &run->looker;
	bool same = l->fold == fold && l->last == last;
	char path[PATH_LEN * 2];
	struct file_stamp now;
	int failed = 1;

	if (session_file(run, fold, last ? "last.safetensors" : "best.safetensors", path,
			 sizeof path) ||
	    !file_exists(path))
		return err_set(e, "fold %d has no kept checkpoint yet", fold);
	now = file_stamp(path);
	if (same && file_stamp_same(&now, &l->file))
		return 0;
	for (int tries = 0; tries < 3 && failed; tries++) { /* it may be replaced in between */
		err_clear(e);
		failed = load_weights(run, fold, last, path, !same, e);
	}
	if (failed)
		return -1;
	session_file(run, fold, "normalize.safetensors", path, sizeof path);
	if (run->job.set.exp.normalize != NORMALIZE_NONE &&
	    norm_load(&l->norm, path, &run->job.set, e))
		goto fail;
	return 0;
fail:
	work_close_looker(run);
	return -1;
}

static bool has_file(const struct work_run *run, int fold, const char *name)
{
	char path[PATH_LEN * 2];

	return session_file(run, fold, name, path, sizeof path) == 0 && file_exists(path);
}

/* The current weights of a fold that another program trains are those of its last epoch's end;
 * those of one that was stopped before any were kept are all it has. */
static bool looks_at_last(const struct work_run *run, const struct request *r)
{
	return !r->kept && has_file(run, r->fold, "last.safetensors") &&
	       (work_trains_elsewhere(run, r->fold) || !has_file(run, r->fold, "best.safetensors"));
}

static float *floats(const real *x, size_t n)
{
	float *y = x ? mem_alloc(n, sizeof *y) : NULL;

	for (size_t i = 0; x && i < n; i++)
		y[i] = (float)x[i];
	return y;
}

static void copy_look(struct look_result *l, const struct model *m, const struct batch *b)
{
	l->L = b->text.len[0];
	l->T = b->audio.len[0];
	l->classes = m->classes;
	l->heads = model_heads(m);
	for (int h = 0; h < HEADS; h++)
		for (int c = 0; c < m->classes; c++)
			l->logits[h][c] = (float)model_logits(m, (enum head)h)[c];
	for (int p = 0; p < POOLS; p++)
		l->weights[p] =
			floats(model_pool_weights(m, b, p, 0), (size_t)pool_seqs(b, p)->len[0]);
	for (int x = 0; x < CROSSES && l->heads; x++)
		l->cross[x] = floats(model_cross_weights(m, x, 0),
				     (size_t)l->heads * (size_t)l->L * (size_t)l->T);
}

/* Whose weights the utterance goes through: the fold's that trains, its kept
 * checkpoint, or another fold's. */
static void choose_model(struct work_run *run, const struct request *r, struct look_result *l)
{
	struct trainer *t = &run->job.trainer;
	const struct state *s = &t->state;
	bool training = t->corpus && s->fold == r->fold;
	bool kept = training && r->kept && s->best_epoch > 0;

	run->probe.model = training ? &t->model : &run->looker.model;
	run->probe.norm = training ? &t->norm : &run->looker.norm;
	run->probe.weights = kept ? s->array[ARRAY_KEPT] : NULL;
	run->probe.corpus = &run->job.lab->corpus;
	run->probe.set = &run->job.set;
	l->kept = kept || (!training && !run->looker.last);
	if (training)
		l->step = !kept && !s->ended ? s->in_epoch : 0;
	else
		l->step = run->looker.last ? work_stored_step(run, r->fold) : 0;
	l->epoch = !training ? run->looker.epoch : kept ? s->best_epoch : s->epoch;
}

struct look_result *work_look_at(struct work_run *run, const struct request *r, struct err *e)
{
	const struct trainer *t = &run->job.trainer;
	struct look_result *l;

	if (!run->corpus || r->utt < 0 || r->utt >= run->job.lab->corpus.n) {
		err_set(e, "the features are not at hand");
		return NULL;
	}
	if (!(t->corpus && t->state.fold == r->fold) &&
	    open_looker(run, r->fold, looks_at_last(run, r), e))
		return NULL;
	l = mem_alloc(1, sizeof *l);
	*l = (struct look_result){.utt = r->utt, .fold = r->fold, .knock = r->knock};
	choose_model(run, r, l);
	l->knocks = probe_ablations(run->probe.model);
	if (l->knocks > KNOCKS_MAX)
		l->knocks = KNOCKS_MAX;
	/* The one asked for comes last: its arrays are still in the workspace. */
	for (int i = 0; i <= l->knocks; i++) {
		int k = i < l->knocks ? i : (int)r->knock;

		if (probe_forward(&run->probe, r->utt, k, e)) {
			look_free(l);
			return NULL;
		}
		for (int c = 0; c < run->probe.model->classes; c++)
			l->knocked[k][c] = (float)model_logits(run->probe.model, HEAD_MAIN)[c];
	}
	copy_look(l, run->probe.model, &run->probe.batch);
	return l;
}
