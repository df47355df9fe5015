/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trainer leaves on the disk, and goes on from: weights and state. */
#include "engine/train/train.h"

#include "base/mem.h"
#include "engine/model/weights.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int save_weights(const struct trainer *t, const real *values, int epoch, const char *path,
			struct err *e)
{
	struct weights_meta meta;
	int failed;

	weights_meta_of(&meta, &t->set, t->data, t->fold, epoch);
	failed = weights_save(&t->model.params, values, &meta, path, e);
	weights_meta_free(&meta);
	return failed;
}

int trainer_save_best(const struct trainer *t, const char *path, struct err *e)
{
	BUG_ON(t->best_epoch == 0);
	return save_weights(t, t->best_weights, t->best_epoch, path, e);
}

int trainer_save_last(const struct trainer *t, const char *path, struct err *e)
{
	return save_weights(t, t->model.params.w, t->epoch, path, e);
}

static const char state_format[] = "miust state 1";

/* Numbers of the state file, by place in its arrays. */
enum { AT_FOLD, AT_EPOCH, AT_IN_EPOCH, AT_STEP, AT_ENDED, AT_RIGHT, AT_BEST, AT_OPTIM, POSITIONS };
enum { SUM_LOSS, BEST_WA, BEST_UA, BEST_WF1, BEST_MACRO, SUMS };

int trainer_save(const struct trainer *t, const char *path, struct err *e)
{
	const struct params *p = &t->model.params;
	struct st_writer *w = st_new();
	int64_t at[POSITIONS] = {
		[AT_FOLD] = t->fold,       [AT_EPOCH] = t->epoch,       [AT_IN_EPOCH] = t->in_epoch,
		[AT_STEP] = t->step,       [AT_ENDED] = t->ended,       [AT_RIGHT] = t->right,
		[AT_BEST] = t->best_epoch, [AT_OPTIM] = t->optim.steps,
	};
	double sum[SUMS] = {
		[SUM_LOSS] = t->loss_sum, [BEST_WA] = t->best.wa,          [BEST_UA] = t->best.ua,
		[BEST_WF1] = t->best.wf1, [BEST_MACRO] = t->best.macro_f1,
	};
	int64_t positions = POSITIONS, sums = SUMS, words = RNG_WORDS, one = 1;
	int64_t n = t->split.n[PART_TRAIN];
	struct weights_meta meta;

	weights_meta_of(&meta, &t->set, t->data, t->fold, t->epoch);
	weights_meta_put(&meta, state_format, w);
	weights_meta_free(&meta);
	st_add(w, "position", ST_I64, 1, &positions, at);
	st_add(w, "sums", ST_F64, 1, &sums, sum);
	st_add(w, "generator", ST_U32, 1, &words, t->rng.word);
	st_add(w, "generator.next", ST_U32, 1, &one, &t->rng.next);
	st_add(w, "order", ST_U32, 1, &n, t->order);
	params_put(p, p->w, "weights/", w);
	params_put(p, t->optim.v, "square/", w);
	if (t->optim.m)
		params_put(p, t->optim.m, "mean/", w);
	if (t->best_epoch > 0)
		params_put(p, t->best_weights, "best/", w);
	return st_write(w, path, e);
}

/* A run cannot change its classes or its model on the way; shapes would not tell. */
static int check_same_run(const struct trainer *t, const struct st_file *f, struct err *e)
{
	struct weights_meta had, here;
	struct str what = {0};
	int failed;

	if (weights_meta_read(&had, f, e))
		return -1;
	weights_meta_of(&here, &t->set, t->data, t->fold, t->epoch);
	failed = weights_differ(&had, &here, WEIGHTS_RUN, &what)
			 ? err_set(e,
				   "%s: trained with %s; put that back into the session's "
				   "config.yml, or start a new session",
				   f->path, what.s)
			 : 0;
	weights_meta_free(&had);
	weights_meta_free(&here);
	str_free(&what);
	return failed;
}

/* Each of n rows once. */
static int check_order(const uint32_t *order, int64_t n, const char *path, struct err *e)
{
	bool *seen = mem_alloc((size_t)n, sizeof *seen);
	int failed = 0;

	for (int64_t i = 0; i < n && !failed; i++) {
		if (order[i] >= (uint64_t)n || seen[order[i]])
			failed = err_set(e, "%s: the order names row %u of %lld%s", path, order[i],
					 (long long)n, order[i] < (uint64_t)n ? " twice" : "");
		else
			seen[order[i]] = true;
	}
	free(seen);
	return failed;
}

/* This epoch's order, of a training part that may have had other rows. */
static const uint32_t *stored_order(const struct trainer *t, const struct st_file *f, int64_t *n,
				    struct err *e)
{
	const int64_t any = -1;
	const uint32_t *order = st_need(f, "order", ST_U32, 1, &any, e);

	if (!order)
		return NULL;
	*n = st_find(f, "order")->dim[0];
	if (*n != t->split.n[PART_TRAIN] && !t->other_data) {
		err_set(e,
			"%s: fold %d had %lld training utterances when this was stored, now it has "
			"%d; put the data back, or go on with the data as it is with --accept-data",
			f->path, t->fold, (long long)*n, t->split.n[PART_TRAIN]);
		return NULL;
	}
	return order;
}

/* Of another number of rows: the steps done stay done, the others see the rows
 * there are now in an order drawn now. */
static void fit_to_data(struct trainer *t)
{
	int steps = trainer_steps_per_epoch(t);

	if (t->in_epoch > steps)
		t->in_epoch = steps;
	if (t->right > t->split.n[PART_TRAIN])
		t->right = t->split.n[PART_TRAIN];
	if (!t->ended)
		trainer_draw_order(t);
}

static int restore(struct trainer *t, const struct st_file *f, struct err *e)
{
	struct params *p = &t->model.params;
	int64_t positions = POSITIONS, sums = SUMS, words = RNG_WORDS, one = 1;
	int64_t n = 0;
	const char *format = st_meta(f, "format");
	const int64_t *at;
	const double *sum;
	const uint32_t *word, *next, *order;

	if (!format || strcmp(format, state_format) != 0)
		return err_set(e,
			       "%s: its format is \"%s\", expected \"%s\": not a state this "
			       "version wrote; delete it to start the fold again",
			       f->path, format ? format : "", state_format);
	if (check_same_run(t, f, e))
		return -1;
	at = st_need(f, "position", ST_I64, 1, &positions, e);
	sum = st_need(f, "sums", ST_F64, 1, &sums, e);
	word = st_need(f, "generator", ST_U32, 1, &words, e);
	next = st_need(f, "generator.next", ST_U32, 1, &one, e);
	order = stored_order(t, f, &n, e);
	if (!at || !sum || !word || !next || !order)
		return -1;
	if (at[AT_FOLD] != t->fold || *next > RNG_WORDS || at[AT_EPOCH] < 0 ||
	    at[AT_EPOCH] > INT_MAX || at[AT_BEST] < 0 || at[AT_BEST] > at[AT_EPOCH] ||
	    at[AT_IN_EPOCH] < 0 ||
	    (n == t->split.n[PART_TRAIN] && at[AT_IN_EPOCH] > trainer_steps_per_epoch(t)) ||
	    at[AT_IN_EPOCH] > at[AT_STEP] || at[AT_STEP] < 0 || at[AT_STEP] > INT_MAX ||
	    at[AT_ENDED] < 0 || at[AT_ENDED] > 1 || at[AT_RIGHT] < 0 || at[AT_RIGHT] > n ||
	    at[AT_OPTIM] < 0 || !isfinite(sum[SUM_LOSS]))
		return err_set(e,
			       "%s: not a state of fold %d of this run; delete it to start "
			       "the fold again",
			       f->path, t->fold);
	if (at[AT_EPOCH] > 0 && check_order(order, n, f->path, e))
		return -1;
	if (params_get(p, p->w, "weights/", f, e) || params_get(p, t->optim.v, "square/", f, e) ||
	    (t->optim.m && params_get(p, t->optim.m, "mean/", f, e)) ||
	    (at[AT_BEST] > 0 && params_get(p, t->best_weights, "best/", f, e)))
		return -1;

	t->epoch = (int)at[AT_EPOCH];
	t->in_epoch = (int)at[AT_IN_EPOCH];
	t->step = (int)at[AT_STEP];
	t->ended = at[AT_ENDED] != 0;
	t->right = at[AT_RIGHT];
	t->best_epoch = (int)at[AT_BEST];
	t->optim.steps = at[AT_OPTIM];
	t->loss_sum = sum[SUM_LOSS];
	t->seconds = 0; /* not stored: equal runs leave equal states */
	t->best = (struct figures){sum[BEST_WA], sum[BEST_UA], sum[BEST_WF1], sum[BEST_MACRO]};
	memcpy(t->rng.word, word, sizeof t->rng.word);
	t->rng.next = *next;
	if (n != t->split.n[PART_TRAIN])
		fit_to_data(t);
	else
		for (int64_t i = 0; i < n; i++)
			t->order[i] = (int)order[i];
	return 0;
}

int trainer_restore(struct trainer *t, const char *path, struct err *e)
{
	struct st_file f;
	int failed;

	if (st_open(&f, path, e))
		return -1;
	failed = restore(t, &f, e);
	st_close(&f);
	return failed;
}

int trainer_stored(const char *path, int *epochs, int *steps, struct err *e)
{
	int64_t positions = POSITIONS;
	const int64_t *at;
	struct st_file f;

	if (st_open(&f, path, e))
		return -1;
	at = st_need(&f, "position", ST_I64, 1, &positions, e);
	if (at && (at[AT_EPOCH] < 0 || at[AT_EPOCH] > INT_MAX || at[AT_STEP] < 0 ||
		   at[AT_STEP] > INT_MAX)) {
		err_at(e, path, 0, 0, "its position is out of range");
		at = NULL;
	}
	if (at) {
		*epochs = (int)at[AT_EPOCH] - (at[AT_EPOCH] > 0 && !at[AT_ENDED]);
		*steps = (int)at[AT_STEP];
	}
	st_close(&f);
	return at ? 0 : -1;
}
