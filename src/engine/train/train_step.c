/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step: its batches through the model, then the optimizer. */
#include "engine/train/train_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/train/class_weight.h"
#include "engine/train/share.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which number is at fault, and as a sentence. */
static enum step_result diverged(const struct trainer *t, const struct step_row *row, struct err *e)
{
	const char *name = "the gradient norm";
	double value = row->grad_norm;
	char number[32];

	if (!isfinite(row->loss)) {
		name = "the loss";
		value = row->loss;
	}
	for (int i = 0; i < TERMS; i++)
		if (!isfinite(row->term[i]) && loss_weight(&t->set, (enum term)i) != 0) {
			name = loss_term[i].column;
			value = row->term[i];
			break;
		}
	snprintf(number, sizeof number, "%.9g", value);
	err_set(e,
		"fold %d, epoch %d, step %d: %s is %s; the weights are those before this step, the "
		"last good checkpoint is kept; try a smaller train.optimizer.lr, train.clip, or "
		"a smaller train.loss weight",
		row->fold, row->epoch, row->step, name, isnan(value) ? "nan" : number);
	e->status = EXIT_DIVERGED;
	return STEP_DIVERGED;
}

static int64_t count_right(const struct trainer *t)
{
	const real *logits = model_logits(&t->model, HEAD_MAIN);
	int classes = t->model.classes;
	int64_t right = 0;

	for (int i = 0; i < t->batch.n; i++, logits += classes) {
		int best = 0;

		for (int c = 1; c < classes; c++)
			if (logits[c] > logits[best])
				best = c;
		right += best == t->batch.label[i];
	}
	return right;
}

static int utterance_at(const struct trainer *t, int place)
{
	return t->split.at[PART_TRAIN][t->state.order[place]];
}

void group_make(const struct trainer *t, int from, int to, struct group *g)
{
	int batch = t->set.train.batch_size;

	*g = (struct group){.from = from, .to = to, .batch = batch};
	g->joint.n = to - from;
	g->joint.batches = (int)(((int64_t)g->joint.n + batch - 1) / batch);
	if (!class_weights(&t->set, t->count, g->class_weight))
		return;
	g->joint.class_weight = g->class_weight;
	for (int i = from; i < to; i++)
		g->joint.weight += g->class_weight[t->corpus->utt[utterance_at(t, i)].label];
}

static void group_of_step(const struct trainer *t, struct group *g)
{
	int n = t->split.n[PART_TRAIN];
	int64_t each = (int64_t)t->set.train.batch_size * t->set.train.accumulate;
	int64_t from = t->state.in_epoch * each;

	group_make(t, (int)from, from + each < n ? (int)(from + each) : n, g);
}

/* The features of the batch after this one, while this one computes: only a hint
 * to the system, so no figure depends on it. */
static void read_ahead(const struct trainer *t, int from)
{
	int to = min_int(t->split.n[PART_TRAIN] - from, t->set.train.batch_size) + from;

	for (int i = from; i < to; i++) {
		const struct utterance *u = &t->corpus->utt[utterance_at(t, i)];

		npy_willneed(&u->words);
		npy_willneed(&u->frames);
	}
}

int group_take(struct trainer *t, const struct group *g, int from, struct err *e)
{
	int n = min_int(g->to - from, g->batch);

	for (int i = 0; i < n; i++)
		t->batch_utt[i] = utterance_at(t, from + i);
	return share_take(&t->model, &t->batch, t->corpus, &t->set, &t->norm, t->batch_utt, n, e);
}

/* All batches through the model: the terms of the step, how many utterances the main head
 * gets right, and, if asked for, the gradients. */
static int run_group(struct trainer *t, const struct group *g, bool backward, double term[TERMS],
		     int64_t *right, struct err *e)
{
	*right = 0;
	for (int i = 0; i < TERMS; i++)
		term[i] = 0;
	for (int k = 0; k < g->joint.batches; k++) {
		int from = g->from + k * g->batch;
		double part[TERMS];

		if (group_take(t, g, from, e))
			return -1;
		if (backward)
			read_ahead(t, from + t->batch.n);
		share_forward(&t->model, &t->batch, k > 0);
		model_loss(&t->model, &t->batch, &t->set, &g->joint, part);
		if (backward)
			share_backward(&t->model, &t->batch, k > 0);
		for (int i = 0; i < TERMS; i++)
			term[i] += part[i];
		*right += count_right(t);
	}
	return 0;
}

enum step_result trainer_step(struct trainer *t, struct step_row *row, struct err *e)
{
	double start = clock_seconds(), scale = 1;
	struct group g;
	int64_t right;
	real square;

	BUG_ON(t->state.ended || trainer_epoch_full(t));
	*row = (struct step_row){
		.fold = t->state.fold, .epoch = t->state.epoch, .step = t->state.step + 1};
	row->lr = trainer_rate(t);
	group_of_step(t, &g);
	if (run_group(t, &g, true, row->term, &right, e))
		return STEP_FAILED;
	row->loss = loss_sum(&t->set, row->term);
	row->grad_norm = grad_norm(&t->optim, &t->model.params, t->model.par);
	if (t->set.train.clip > 0 && row->grad_norm > t->set.train.clip)
		scale = t->set.train.clip / (row->grad_norm + 1e-6);
	/* A finite gradient may still be too large for its square, which the
	 * optimizer keeps: Inf there would hold the weight still for good. */
	square = (real)(scale * row->grad_norm * scale * row->grad_norm);
	if (!isfinite(row->loss) || !isfinite(row->grad_norm) || !isfinite(square))
		return diverged(t, row, e);
	optim_step(&t->optim, &t->model.params, t->state.optim_steps + 1, row->lr, scale,
		   t->model.par);

	t->state.optim_steps++;
	t->state.in_epoch++;
	t->state.step++;
	t->state.loss_sum += row->loss;
	t->state.right += right;
	t->state.seconds += clock_seconds() - start;
	t->step_utt = g.joint.n;
	return STEP_DONE;
}

/* ---- trying ---- */

void try_room_free(struct try_room *r)
{
	state_free(&r->was);
	free(r->weights);
	*r = (struct try_room){0};
}

static int make_room(struct try_room *r, const struct trainer *t, struct err *e)
{
	if (!r->weights)
		r->weights = mem_try(t->model.params.total * sizeof(real));
	if (!r->weights)
		return err_set(e, "a copy of the weights does not fit into memory");
	return state_copy(&r->was, &t->state, e);
}

/* The next step, and its batches once more after it, if they are looked at. */
static enum step_result look_at_step(struct trainer *t, struct try_room *r, struct step_row *before,
				     struct tried_step *after, struct err *e)
{
	size_t total = t->model.params.total;
	enum step_result result;
	struct update u = {0};
	struct group g;
	int64_t right;

	group_of_step(t, &g);
	memcpy(r->weights, t->model.params.w, total * sizeof(real));
	result = trainer_step(t, before, e);
	*after = (struct tried_step){.row = *before, .update = NAN};
	if (result != STEP_DONE)
		return result;
	update_add(&u, t->model.params.w, r->weights, total);
	after->update = update_log(&u);
	if (run_group(t, &g, false, after->row.term, &right, e))
		return STEP_FAILED;
	after->row.loss = loss_sum(&t->set, after->row.term);
	return STEP_DONE;
}

static enum step_result try_step(struct trainer *t, const struct try_plan *p,
				 struct tried_steps *out, struct err *e)
{
	bool first = out->steps == 0, last = out->steps == p->steps - 1;
	struct step_row before = {0};
	enum step_result result;

	trainer_epoch_begin(t);
	/* Training may end where an epoch does. */
	if (first || last || t->state.in_epoch == trainer_steps_per_epoch(t) - 1)
		result = look_at_step(t, p->room, &before, &out->last, e);
	else
		result = trainer_step(t, &before, e);
	if (first)
		out->before = before;
	if (result == STEP_DIVERGED) /* which shows in its row */
		out->last = (struct tried_step){.row = before, .update = NAN};
	if (first)
		out->first = out->last;
	return result;
}

static int stopped(const struct trainer *t, struct err *e)
{
	err_set(e, "the try was ended in fold %d, epoch %d", t->state.fold, t->state.epoch);
	e->status = EXIT_STOPPED;
	return -1;
}

/* The epoch is over: what the next one does depends on its evaluation. */
static int end_tried_epoch(struct trainer *t, struct err *e)
{
	struct predictions val = {0};
	struct epoch_row row;
	int failed = trainer_epoch_end(t, &row, &val, e);

	predictions_free(&val);
	return failed;
}

/* From here on; nothing is put back. */
static int try_steps(struct trainer *t, const struct try_plan *p, struct tried_steps *out,
		     struct err *e)
{
	for (; out->steps < p->steps && !out->diverged; out->steps += !out->diverged) {
		if (p->stop.asked && p->stop.asked(p->stop.ctx))
			return stopped(t, e);
		if (!t->state.ended && trainer_epoch_full(t) && end_tried_epoch(t, e)) {
			if (e->status != EXIT_DIVERGED)
				return -1;
			out->diverged = true;
			break;
		}
		if (trainer_done(t))
			break;
		if (p->due)
			p->due(p->ctx, t);
		switch (try_step(t, p, out, e)) {
		case STEP_FAILED:
			return -1;
		case STEP_DIVERGED:
			out->diverged = true;
			break;
		case STEP_DONE:
			break;
		}
	}
	if (out->diverged)
		err_clear(e);
	return 0;
}

int trainer_try(struct trainer *t, const struct try_plan *p, struct tried_steps *out, struct err *e)
{
	struct settings own = t->set;
	struct evaluate_stop stop = t->stop;
	int step_utt = t->step_utt, failed;

	*out = (struct tried_steps){0};
	if (make_room(p->room, t, e))
		return -1;
	t->set = *p->set;
	t->stop = p->stop;
	failed = try_steps(t, p, out, e);
	t->set = own;
	t->stop = stop;
	t->step_utt = step_utt;
	state_put(&t->state, &p->room->was);
	return failed;
}
