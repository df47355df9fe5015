/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run: training runs on a small corpus, with every number they gave, to
 * compare bit for bit.
 */
#ifndef MIUST_TEST_RUN_H
#define MIUST_TEST_RUN_H

#include "engine/train/train.h"
#include "tests/engine/small.h"

enum { STEPS_MAX = 64 };

static const int three[] = {13, 5, 6}, five[] = {5, 4, 6, 5, 4}; /* list sizes */
static struct small m;
static struct err e;

/* A run's every number. */
struct run {
	struct step_row step[STEPS_MAX];
	struct epoch_row epoch[STEPS_MAX];
	int steps, epochs;
	struct fold_row fold;
	float *w, *v; /* weights and the optimizer's squares at the end */
	size_t total;
};

static inline void run_free(struct run *r)
{
	free(r->w);
	free(r->v);
	memset(r, 0, sizeof *r);
}

/* Go on to the fold's end, or until `until` steps are done in it. */
static inline bool go(struct trainer *t, struct run *r, int until)
{
	while (!trainer_done(t)) {
		struct predictions p;

		trainer_epoch_begin(t);
		while (!trainer_epoch_full(t)) {
			if (t->state.step >= until)
				return true;
			if (r->steps == STEPS_MAX ||
			    trainer_step(t, &r->step[r->steps++], &e) != STEP_DONE) {
				FAIL("%s", e.text);
				return false;
			}
		}
		if (t->state.step >= until)
			return true;
		if (trainer_epoch_end(t, &r->epoch[r->epochs++], &p, &e)) {
			FAIL("%s", e.text);
			return false;
		}
		predictions_free(&p);
	}
	return true;
}

static inline void finish(struct trainer *t, struct run *r)
{
	struct predictions p;

	if (trainer_test(t, &r->fold, &p, &e))
		FAIL("%s", e.text);
	else
		predictions_free(&p);
	r->total = t->model.params.total;
	r->w = malloc(r->total * sizeof *r->w);
	r->v = malloc(r->total * sizeof *r->v);
	memcpy(r->w, t->model.params.w, r->total * sizeof *r->w);
	memcpy(r->v, t->optim.v, r->total * sizeof *r->v);
}

static inline bool whole_run(struct run *r, const struct settings *s, int fold, int threads)
{
	struct par *par = par_new(threads, &e);
	struct trainer t;
	bool ok;

	memset(r, 0, sizeof *r);
	if (!par || trainer_open(&t, s, &m.c, fold, par, &e)) {
		FAIL("%s", e.text);
		par_free(par);
		return false;
	}
	ok = go(&t, r, INT32_MAX);
	if (ok)
		finish(&t, r);
	trainer_close(&t);
	par_free(par);
	return ok;
}

static inline bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static inline bool same_figures(struct figures a, struct figures b)
{
	return same_double(a.wa, b.wa) && same_double(a.ua, b.ua) && same_double(a.wf1, b.wf1) &&
	       same_double(a.macro_f1, b.macro_f1);
}

static inline bool same_step(const struct step_row *a, const struct step_row *b)
{
	for (int i = 0; i < TERMS; i++)
		if (!same_double(a->term[i], b->term[i]))
			return false;
	return a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
	       same_double(a->loss, b->loss) && same_double(a->lr, b->lr) &&
	       same_double(a->grad_norm, b->grad_norm);
}

/* All but seconds. */
static inline bool same_epoch(const struct epoch_row *a, const struct epoch_row *b)
{
	return a->fold == b->fold && a->epoch == b->epoch &&
	       same_double(a->train_loss, b->train_loss) &&
	       same_double(a->train_acc, b->train_acc) && same_double(a->val_loss, b->val_loss) &&
	       same_figures(a->val, b->val);
}

/* The last rows of both runs, and how they ended. */
static inline void check_same(const char *what, const struct run *a, const struct run *b)
{
	int steps = a->steps < b->steps ? a->steps : b->steps;
	int epochs = a->epochs < b->epochs ? a->epochs : b->epochs;

	for (int i = 1; i <= steps; i++)
		if (!same_step(&a->step[a->steps - i], &b->step[b->steps - i])) {
			FAIL("%s: step %d differs", what, a->step[a->steps - i].step);
			break;
		}
	for (int i = 1; i <= epochs; i++)
		if (!same_epoch(&a->epoch[a->epochs - i], &b->epoch[b->epochs - i])) {
			FAIL("%s: epoch %d differs", what, a->epoch[a->epochs - i].epoch);
			break;
		}
	if (a->total != b->total || memcmp(a->w, b->w, a->total * sizeof *a->w) != 0)
		FAIL("%s: the weights differ", what);
	if (a->total != b->total || memcmp(a->v, b->v, a->total * sizeof *a->v) != 0)
		FAIL("%s: the optimizer differs", what);
	CHECK_INT(a->fold.best_epoch, b->fold.best_epoch);
	CHECK(same_figures(a->fold.test, b->fold.test));
	CHECK(memcmp(&a->fold.confusion, &b->fold.confusion, sizeof a->fold.confusion) == 0);
}

#endif
