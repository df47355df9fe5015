/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One utterance through the model, with attention and with parts silenced. */
#include "app/lab/work_private.h"

#include "app/session/states.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/model/weights.h"

#include <stdlib.h>
#include <string.h>

void work_close_looker(struct work_run *run)
{
	struct looker *l = &run->looker;

	if (l->fold < 0)
		return;
	if (l->has_model)
		model_close(&l->model);
	norm_free(&l->norm);
	free(l->weights);
	*l = (struct looker){.fold = -1};
}

static const char *folder_of(const struct work_run *run)
{
	return run->job.session.dir[0] ? run->job.session.dir : run->session;
}

static int session_file(const struct work_run *run, int fold, const char *name, char *out, size_t n)
{
	return snprintf(out, n, "%s/fold-%d/%s", folder_of(run), fold, name) < (int)n ? 0 : -1;
}

static bool has_file(const struct work_run *run, int fold, const char *name)
{
	char path[PATH_LEN * 2];

	return session_file(run, fold, name, path, sizeof path) == 0 && file_exists(path);
}

/* As `miust eval` does: what does not fit the settings is refused, or said (`say`). A file of
 * another fold is trained on what this one tests. */
static int check_weights(struct work_run *run, const struct weights_meta *had, int fold,
			 const char *name, bool say, struct err *e)
{
	char data[ROSTER_HASH], text[512];
	struct weights_meta here;
	struct str what = {0};

	roster_hash(&run->job.lab->corpus, &run->job.set, data);
	weights_meta_of(&here, &run->job.set, data, fold, 0);
	if (weights_differ(had, &here, WEIGHTS_BIT(FOLD), &what)) {
		err_set(e, "the %s of fold %d was trained as fold %s; put the file of fold %d back",
			name, fold, had->text[WEIGHTS_FOLD], fold);
	} else if (weights_differ(had, &here, WEIGHTS_REFUSED, &what)) {
		err_set(e, "the %s of fold %d was trained with %s; restore that in config.yml",
			name, fold, what.s);
	} else if (weights_differ(had, &here, WEIGHTS_NOTED | WEIGHTS_SPLIT, &what) && say) {
		snprintf(text, sizeof text, "the %s of fold %d was trained with %s", name, fold,
			 what.s);
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
	failed = check_weights(run, &weights.meta, fold, last ? "last weights" : "kept checkpoint",
			       say, e) ||
		 model_load(&l->model, &run->job.set, &weights, run->job.par, e);
	weights_close(&weights);
	if (failed)
		return -1;
	l->fold = fold;
	l->has_model = true;
	l->of = last ? LOOKER_LAST : LOOKER_KEPT;
	return 0;
}

/* What the fold's features are normalized with. */
static int load_norm(struct work_run *run, int fold, struct err *e)
{
	char path[PATH_LEN * 2];

	session_file(run, fold, "normalize.safetensors", path, sizeof path);
	if (run->job.set.exp.normalize == NORMALIZE_NONE ||
	    norm_load(&run->looker.norm, path, &run->job.set, e) == 0)
		return 0;
	work_close_looker(run);
	return -1;
}

/* Weights of a fold that is not being trained here, as the folder has them now: kept, or
 * `last`. Another program may replace the file at any moment. */
static int open_looker(struct work_run *run, int fold, bool last, struct err *e)
{
	struct looker *l = &run->looker;
	bool same = l->fold == fold && l->of == (last ? LOOKER_LAST : LOOKER_KEPT);
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
	return failed ? -1 : load_norm(run, fold, e);
}

/* ---- stored states ---- */

/* The weights of a stored state: into memory of their own for the model that trains this
 * fold, else into a model. */
static int load_stored(struct work_run *run, int fold, int step, bool trains, struct err *e)
{
	struct looker *l = &run->looker;
	struct model *m = trains ? &run->job.trainer.model : &l->model;
	struct stored_weights w = {.layout = &m->params};
	char name[64];
	int failed;

	l->fold = fold;
	l->of = LOOKER_STORED;
	if (!trains) {
		if (model_open(m, &run->job.set, run->job.par, e))
			return -1;
		l->has_model = true;
		w.values = m->params.w;
	} else {
		w.values = l->weights = mem_try(m->params.total * sizeof(real));
		if (!l->weights)
			return err_set(e, "out of memory (%zu MB needed)",
				       m->params.total * sizeof(real) >> 20);
		memset(l->weights, 0, m->params.total * sizeof(real));
	}
	snprintf(name, sizeof name, "stored state of step %d", step);
	failed = states_weights(&w, folder_of(run), fold, step, e) ||
		 check_weights(run, &w.meta, fold, name, false, e) ||
		 (!trains && load_norm(run, fold, e));
	weights_meta_free(&w.meta);
	l->stored = w.of;
	return failed ? -1 : 0;
}

static void say_passed_over(struct work_run *run, const char *why)
{
	char *text = str_format("%s; it is passed over", why);

	work_send_text(run, EVENT_SAY, 0, true, text);
	free(text);
}

/* The stored state of that step, or the next one to that side that is whole. */
static int open_stored(struct work_run *run, const struct request *r, bool trains, struct err *e)
{
	struct looker *l = &run->looker;
	const char *dir = folder_of(run);
	struct err last = {0};

	for (int at = r->step; at >= 0; at = states_beside(dir, r->fold, at, r->side)) {
		char name[64], path[PATH_LEN * 2];
		struct file_stamp now;
		struct err why = {0};

		snprintf(name, sizeof name, "states/%d.state", at);
		if (!has_file(run, r->fold, name))
			continue; /* thinned out, or cut off, meanwhile */
		session_file(run, r->fold, name, path, sizeof path);
		now = file_stamp(path);
		if (l->fold == r->fold && l->of == LOOKER_STORED && l->has_model != trains &&
		    file_stamp_same(&now, &l->file))
			return 0;
		work_close_looker(run);
		if (load_stored(run, r->fold, at, trains, &why) == 0) {
			l->file = now;
			return 0;
		}
		work_close_looker(run);
		say_passed_over(run, why.text);
		last = why;
	}
	return last.status ? err_set(e, "%s; no %s state is stored", last.text,
				     r->side > 0 ? "later" : "older")
			   : err_set(e, "the state of step %d is not stored any more", r->step);
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

/* Through the model of the fold that trains. */
static void choose_trained(struct work_run *run, const struct request *r, struct look_result *l)
{
	struct trainer *t = &run->job.trainer;
	const struct state *s = &t->state;
	bool kept = !r->stored && r->kept && s->best_epoch > 0;

	run->probe.model = &t->model;
	run->probe.norm = &t->norm;
	run->probe.weights = r->stored ? run->looker.weights : kept ? s->array[ARRAY_KEPT] : NULL;
	l->kept = kept;
	l->step = !kept && !s->ended ? s->in_epoch : 0;
	l->epoch = kept ? s->best_epoch : s->epoch;
}

/* Whose weights the utterance goes through: the fold's that trains, its kept
 * checkpoint, another fold's, or those of a stored state. */
static void choose_model(struct work_run *run, const struct request *r, bool trains,
			 struct look_result *l)
{
	const struct looker *k = &run->looker;

	run->probe.corpus = &run->job.lab->corpus;
	run->probe.set = &run->job.set;
	if (trains) {
		choose_trained(run, r, l);
	} else {
		run->probe.model = &run->looker.model;
		run->probe.norm = &run->looker.norm;
		run->probe.weights = NULL;
		l->kept = k->of == LOOKER_KEPT;
		l->step = k->of == LOOKER_LAST ? work_stored_step(run, r->fold) : 0;
		l->epoch = k->epoch;
	}
	if (!r->stored)
		return;
	l->stored = true;
	l->at = k->stored.step;
	l->step = k->stored.ended ? 0 : k->stored.in_epoch;
	l->epoch = k->stored.epoch - (!k->stored.ended && !l->step && k->stored.epoch > 0);
}

struct look_result *work_look_at(struct work_run *run, const struct request *r, struct err *e)
{
	const struct trainer *t = &run->job.trainer;
	bool trains = t->corpus && t->state.fold == r->fold;
	struct look_result *l;

	if (!run->corpus || r->utt < 0 || r->utt >= run->job.lab->corpus.n) {
		err_set(e, "the features are not at hand");
		return NULL;
	}
	if (trains && !r->stored)
		work_close_looker(run);
	if (r->stored ? open_stored(run, r, trains, e)
		      : !trains && open_looker(run, r->fold, looks_at_last(run, r), e))
		return NULL;
	l = mem_alloc(1, sizeof *l);
	*l = (struct look_result){.utt = r->utt, .fold = r->fold, .knock = r->knock};
	choose_model(run, r, trains, l);
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
