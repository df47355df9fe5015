/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/train.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/data/roster.h"
#include "engine/train/share.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 32-bit outputs: an epoch draws two 64-bit numbers for its loader and order and
 * one for each of two passes over the validation part; the test pass one. */
enum { EPOCH_DRAWS = 8, TEST_DRAWS = 2 };

/* The generator as it is when this fold's model is made: every earlier fold
 * has drawn its weights and trained all its epochs. */
static void seed_fold(struct trainer *t)
{
	int before = t->state.fold - split_fold(t->corpus, 0);
	uint64_t draws =
		t->model.params.draws + (uint64_t)t->set.train.epoch * EPOCH_DRAWS + TEST_DRAWS;

	rng_seed(&t->state.rng, (uint64_t)t->set.exp.seed);
	rng_skip(&t->state.rng, draws * (uint64_t)before);
}

/* Before the first step; the arrays are those at hand. */
static int begin_state(struct trainer *t, int fold, struct err *e)
{
	struct state *s = &t->state;
	char data[ROSTER_HASH];

	*s = (struct state){
		.fold = fold,
		.ended = true,
		.n = t->split.n[PART_TRAIN],
		.best_loss = NAN,
		.array = {[ARRAY_WEIGHTS] = t->model.params.w,
			  [ARRAY_SQUARE] = t->optim.v,
			  [ARRAY_MEAN] = t->optim.m,
			  [ARRAY_KEPT] = mem_try(t->model.params.total * sizeof(real))},
		.layout = t->model.params,
	};
	if (!s->array[ARRAY_KEPT])
		return err_set(e, "the best checkpoint does not fit into memory next to the model");
	s->order = mem_alloc((size_t)s->n, sizeof *s->order);
	plateau_begin(&s->plateau);
	roster_hash(t->corpus, &t->set, data);
	weights_meta_of(&s->meta, &t->set, data, fold, 0);
	return 0;
}

int trainer_open(struct trainer *t, const struct settings *s, struct corpus *c, int fold,
		 struct par *par, struct err *e)
{
	*t = (struct trainer){.set = *s, .corpus = c};
	if (split_make(&t->split, c, s, fold, e))
		goto fail;
	if (s->exp.normalize == NORMALIZE_TRAIN &&
	    norm_measure(&t->norm, c, t->split.at[PART_TRAIN], t->split.n[PART_TRAIN], s, e))
		goto fail;
	if (model_open(&t->model, s, par, e) ||
	    optim_open(&t->optim, (enum optimizer)s->train.optimizer.name, t->model.params.total,
		       e))
		goto fail;
	t->batch_utt = mem_alloc((size_t)s->train.batch_size, sizeof *t->batch_utt);
	for (int i = 0; i < t->split.n[PART_TRAIN]; i++)
		t->count[c->utt[t->split.at[PART_TRAIN][i]].label]++;
	if (begin_state(t, fold, e))
		goto fail;
	seed_fold(t);
	params_init(&t->model.params, &t->state.rng);
	return 0;
fail:
	trainer_close(t);
	return -1;
}

void trainer_close(struct trainer *t)
{
	if (t->model.ranks)
		share_tell(t->model.ranks, SHARE_FOLD_END, 0);
	split_free(&t->split);
	norm_free(&t->norm);
	model_close(&t->model);
	optim_close(&t->optim);
	batch_free(&t->batch);
	free(t->batch_utt);
	free(t->state.order);
	free(t->state.array[ARRAY_KEPT]);
	weights_meta_free(&t->state.meta);
	*t = (struct trainer){0};
}

static int64_t least_memory(const struct trainer *t)
{
	const struct encoder *c = &t->model.encoder;
	size_t largest = 0, beside = model_beside(&t->model, t->set.train.batch_size);
	int words = 1, frames = 1; /* so far, where training pads to the longest */

	for (int part = 0; part < PARTS; part++)
		for (int i = 0; i < t->split.n[part]; i++) {
			const struct utterance *u = &t->corpus->utt[t->split.at[part][i]];
			bool train = part == PART_TRAIN;
			bool pads = train && t->set.train.padding == PADDING_REFERENCE;
			size_t bytes;

			if (!pads)
				words = frames = 1;
			words = max_int(u->words.rows, words);
			frames = max_int(u->frames.rows, frames);
			bytes = chunk_bytes_of(c, words, frames, train);
			largest = max_size(bytes, largest);
		}
	return chunk_held(&t->set, t->model.params.total) + (int64_t)(beside + largest);
}

static int longest_first(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

/* Bytes of a step over the longest texts and the longest sounds of the training part. */
static size_t longest_batch(const struct trainer *t)
{
	int n = t->split.n[PART_TRAIN], batch = min_int(n, t->set.train.batch_size);
	int *words = mem_alloc((size_t)n, sizeof *words);
	int *frames = mem_alloc((size_t)n, sizeof *frames);
	bool pads = t->set.train.padding == PADDING_REFERENCE;
	size_t bytes;

	for (int i = 0; i < n; i++) {
		const struct utterance *u = &t->corpus->utt[t->split.at[PART_TRAIN][i]];

		words[i] = u->words.rows;
		frames[i] = u->frames.rows;
	}
	qsort(words, (size_t)n, sizeof *words, longest_first);
	qsort(frames, (size_t)n, sizeof *frames, longest_first);
	for (int i = 1; i < batch && pads; i++) {
		words[i] = words[0];
		frames[i] = frames[0];
	}
	bytes = chunk_bytes_all(&t->model.encoder, words, frames, batch, true);
	free(words);
	free(frames);
	return bytes;
}

struct trainer_memory trainer_memory(const struct trainer *t)
{
	size_t total = t->model.params.total, room = chunk_room(&t->set, total);
	size_t beside = model_beside(&t->model, t->set.train.batch_size);
	int64_t batch = (int64_t)(min_size(longest_batch(t), room) + beside);
	int64_t held = chunk_held(&t->set, total), least = least_memory(t);
	int64_t most = held + batch > least ? held + batch : least;

	return (struct trainer_memory){.least = least, .most = most + held - PROGRAM_BYTES};
}

int trainer_steps_of(const struct settings *s, int n)
{
	int64_t each = (int64_t)s->train.batch_size * s->train.accumulate;

	return (int)((n + each - 1) / each);
}

int trainer_steps_per_epoch(const struct trainer *t)
{
	return trainer_steps_of(&t->set, t->split.n[PART_TRAIN]);
}

bool trainer_epoch_full(const struct trainer *t)
{
	return t->state.in_epoch >= trainer_steps_per_epoch(t);
}

bool trainer_done(const struct trainer *t)
{
	if (!t->state.ended)
		return false;
	if (t->state.epoch >= t->set.train.epoch)
		return true;
	return t->set.train.patience > 0 && t->state.best_epoch > 0 &&
	       t->state.epoch - t->state.best_epoch >= t->set.train.patience;
}

double trainer_rate(const struct trainer *t)
{
	return schedule_rate(&t->set, t->state.epoch, &t->state.plateau);
}

void trainer_draw_order(struct trainer *t)
{
	struct rng order;
	uint64_t seed;

	rng_u64(&t->state.rng); /* the loader's worker seed, unused */
	seed = rng_u64(&t->state.rng) & ~(UINT64_C(1) << 63);
	rng_seed(&order, seed);
	rng_order(&order, t->state.order, t->split.n[PART_TRAIN]);
}

void trainer_epoch_begin(struct trainer *t)
{
	if (!t->state.ended)
		return;
	trainer_draw_order(t);
	t->state.epoch++;
	t->state.in_epoch = 0;
	t->state.loss_sum = 0;
	t->state.right = 0;
	t->state.seconds = 0;
	t->state.ended = false;
}

int trainer_evaluate(struct trainer *t, const int *utt, int n, struct predictions *p, struct err *e)
{
	return evaluate(&t->model, t->corpus, &t->set, &t->norm, utt, n, &t->stop, p, e);
}

/* Weights that a last step drove to Inf answer NaN, which an argmax takes for
 * class 0: that must neither become the best epoch nor a result. */
static int check_answers(const struct trainer *t, const struct predictions *p, struct err *e)
{
	for (int i = 0; i < p->n; i++)
		for (int k = 0; k < HEADS * p->classes; k++)
			if (!isfinite(predictions_at(p, i, HEAD_MAIN)[k])) {
				err_set(e,
					"fold %d, epoch %d: the model's answer for utterance %s is "
					"not a number: the weights have grown too large, or the "
					"features are; try a smaller train.optimizer.lr or "
					"train.clip",
					t->state.fold, t->state.epoch,
					t->corpus->utt[p->utt[i]].id);
				e->status = EXIT_DIVERGED;
				return -1;
			}
	return 0;
}

static void keep_if_best(struct trainer *t, const struct epoch_row *row, const struct confusion *m)
{
	struct state *s = &t->state;
	struct epoch_row best = {.epoch = s->best_epoch, .val = s->best, .val_loss = s->best_loss};

	if (!selection_keeps(&t->set, row, s->best_epoch > 0 ? &best : NULL,
			     selection_by_ua(&t->set, m)))
		return;
	s->best_epoch = s->epoch;
	s->best = row->val;
	if (t->set.train.select == SELECT_LOSS)
		s->best_loss = row->val_loss;
	memcpy(s->array[ARRAY_KEPT], t->model.params.w, t->model.params.total * sizeof(real));
}

int trainer_epoch_end(struct trainer *t, struct epoch_row *row, struct predictions *p,
		      struct err *e)
{
	double start = clock_seconds();
	struct confusion m;

	BUG_ON(t->state.ended || !trainer_epoch_full(t));
	if (trainer_evaluate(t, t->split.at[PART_VAL], t->split.n[PART_VAL], p, e))
		return -1;
	if (check_answers(t, p, e)) {
		predictions_free(p);
		return -1;
	}
	rng_u64(&t->state.rng); /* the accuracy pass */
	rng_u64(&t->state.rng); /* the loss pass */
	predictions_confusion(p, HEAD_MAIN, &m);
	t->state.seconds += clock_seconds() - start;
	*row = (struct epoch_row){
		.fold = t->state.fold,
		.epoch = t->state.epoch,
		.train_loss = t->state.loss_sum / t->state.in_epoch,
		.train_acc = (double)t->state.right / t->split.n[PART_TRAIN],
		.val_loss = predictions_loss(p, HEAD_MAIN),
		.val = confusion_figures(&m),
		.seconds = t->state.seconds,
	};
	keep_if_best(t, row, &m);
	plateau_epoch(&t->state.plateau, &t->set, row->epoch, row->val_loss);
	t->state.ended = true;
	t->state.seconds = 0; /* no clock in the state of a whole epoch: equal runs, equal bytes */
	return 0;
}

int trainer_test(struct trainer *t, struct fold_row *row, struct predictions *p, struct err *e)
{
	real *now;
	int failed;

	BUG_ON(t->state.best_epoch == 0);
	now = model_weights(&t->model, t->state.array[ARRAY_KEPT]);
	failed = trainer_evaluate(t, t->split.at[PART_TEST], t->split.n[PART_TEST], p, e);
	model_weights(&t->model, now);
	if (failed)
		return -1;
	if (check_answers(t, p, e)) {
		predictions_free(p);
		return -1;
	}
	*row = (struct fold_row){.fold = t->state.fold, .best_epoch = t->state.best_epoch};
	predictions_confusion(p, HEAD_MAIN, &row->confusion);
	row->test = confusion_figures(&row->confusion);
	return 0;
}
