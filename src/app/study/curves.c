/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/curves.h"

#include "base/mem.h"
#include "engine/train/evaluate.h"

#include <math.h>
#include <stdlib.h>

double step_value(const struct step_row *row, int curve)
{
	switch (curve) {
	case STEP_LOSS:
		return row->loss;
	case STEP_GRAD:
		return row->grad_norm;
	case STEP_LR:
		return row->lr;
	default:
		return row->term[curve - STEP_TERM];
	}
}

double epoch_value(const struct epoch_row *row, int curve)
{
	switch (curve) {
	case EPOCH_CE:
		return row->val_loss;
	case EPOCH_WF1:
		return row->val.wf1;
	case EPOCH_WA:
		return row->val.wa;
	default:
		return row->val.ua;
	}
}

enum term curve_term(int i)
{
	for (int aligns = 0; aligns < 2; aligns++)
		for (int t = 0; t < TERMS; t++)
			if (loss_term[t].aligns == aligns && i-- == 0)
				return (enum term)t;
	BUG("no term %d", i);
}

/* ---- folds ---- */

static void make_room(struct curve_folds *s, int more)
{
	size_t n = (size_t)s->n + (size_t)more;

	s->at = mem_grow(s->at, n, sizeof(struct fold_run *));
	s->y = mem_grow(s->y, n, sizeof(double));
}

void curve_folds_add(struct curve_folds *s, const struct run *r, int fold, bool all)
{
	make_room(s, r->nfolds);
	for (int i = 0; i < r->nfolds; i++) {
		const struct fold_run *f = &r->fold[i];

		if (all ? f->nsteps > 0 || f->nepochs > 0 : f->fold == fold)
			s->at[s->n++] = f;
	}
}

struct curve_folds curve_folds(const struct run *r, int fold, bool all)
{
	struct curve_folds s = {0};

	curve_folds_add(&s, r, fold, all);
	return s;
}

struct curve_folds curve_fold(const struct fold_run *f)
{
	struct curve_folds s = {0};

	make_room(&s, 1);
	s.at[s.n++] = f;
	return s;
}

void curve_folds_free(struct curve_folds *s)
{
	free(s->at);
	free(s->y);
	*s = (struct curve_folds){0};
}

const struct fold_run *curve_most_steps(const struct curve_folds *s)
{
	const struct fold_run *most = s->at[0];

	for (int i = 1; i < s->n; i++)
		if (s->at[i]->nsteps > most->nsteps)
			most = s->at[i];
	return most;
}

const struct fold_run *curve_most_epochs(const struct curve_folds *s)
{
	const struct fold_run *most = s->at[0];

	for (int i = 1; i < s->n; i++)
		if (s->at[i]->nepochs > most->nepochs)
			most = s->at[i];
	return most;
}

double curve_step(const struct curve_folds *s, int i, int curve, double *sd)
{
	double mean;
	int n = 0;

	for (int j = 0; j < s->n; j++)
		if (i < s->at[j]->nsteps)
			s->y[n++] = step_value(&s->at[j]->step[i], curve);
	mean_sd(s->y, n, &mean, sd);
	return mean;
}

/* The next epoch after `after` that any of the folds has; 0: none has. */
static int next_epoch(const struct curve_folds *s, int *row, int after)
{
	int next = 0;

	for (int j = 0; j < s->n; j++) {
		const struct fold_run *f = s->at[j];

		while (row[j] < f->nepochs && f->epoch[row[j]].epoch <= after)
			row[j]++;
		if (row[j] < f->nepochs && (!next || f->epoch[row[j]].epoch < next))
			next = f->epoch[row[j]].epoch;
	}
	return next;
}

struct curve curve_epochs(const struct curve_folds *s, int curve)
{
	struct curve c = {0};
	int *row = mem_alloc((size_t)s->n, sizeof *row), epoch = 0;
	size_t most = 0;

	for (int j = 0; j < s->n; j++)
		most += (size_t)s->at[j]->nepochs;
	c.epoch = mem_alloc(most, sizeof *c.epoch);
	c.of = mem_alloc(most, sizeof *c.of);
	c.y = mem_alloc(most, sizeof *c.y);
	c.sd = mem_alloc(most, sizeof *c.sd);
	while ((epoch = next_epoch(s, row, epoch))) {
		int n = 0;

		for (int j = 0; j < s->n; j++) {
			const struct fold_run *f = s->at[j];
			bool there = row[j] < f->nepochs && f->epoch[row[j]].epoch == epoch;
			double y = there ? epoch_value(&f->epoch[row[j]], curve) : NAN;

			if (isfinite(y))
				s->y[n++] = y;
		}
		mean_sd(s->y, n, &c.y[c.n], &c.sd[c.n]);
		c.epoch[c.n] = epoch;
		c.of[c.n++] = n;
	}
	free(row);
	return c;
}

void curve_free(struct curve *c)
{
	free(c->epoch);
	free(c->of);
	free(c->y);
	free(c->sd);
	*c = (struct curve){0};
}

int curve_common(const struct fold_run *a, const struct fold_run *b)
{
	int n = 0;

	while (n < a->nepochs && n < b->nepochs &&
	       a->epoch[n].train_loss == b->epoch[n].train_loss &&
	       a->epoch[n].val.wf1 == b->epoch[n].val.wf1)
		n++;
	return n;
}

double curve_mark(const struct run_mark *m, int steps_per_epoch)
{
	if (m->step > 0 && steps_per_epoch > 0)
		return (m->step - 1.) / steps_per_epoch;
	return m->step > 0 ? m->epoch - 1 : m->epoch;
}

int curve_best(const double *y, int n, bool smallest)
{
	int best = -1;

	for (int i = 0; i < n; i++)
		if (isfinite(y[i]) && (best < 0 || (smallest ? y[i] < y[best] : y[i] > y[best])))
			best = i;
	return best;
}

void ema(const double *y, int n, double keep, double *out)
{
	double mean = 0, weight = 0; /* weight = 1 - keep^points: what the mean lacks of 1 */

	for (int i = 0; i < n; i++) {
		if (!isfinite(y[i])) {
			out[i] = y[i];
			continue;
		}
		mean = keep * mean + (1 - keep) * y[i];
		weight = keep * weight + (1 - keep);
		out[i] = weight > 0 ? mean / weight : y[i];
	}
}

/* ---- time ---- */

struct curve_clock curve_clock(const struct fold_run *f, double first)
{
	struct curve_clock c = {.n = f->nepochs > 0 ? f->nepochs : 1};

	c.end = mem_alloc((size_t)c.n + 1, sizeof *c.end);
	c.end[0] = 0;
	if (f->nepochs == 0)
		c.end[1] = first;
	for (int i = 0; i < f->nepochs; i++)
		c.end[i + 1] = c.end[i] + fmax(f->epoch[i].seconds, 1e-3);
	return c;
}

void curve_clock_free(struct curve_clock *c)
{
	free(c->end);
	*c = (struct curve_clock){0};
}

double curve_clock_seconds(const struct curve_clock *c, double epochs)
{
	int i = (int)fmin(fmax(epochs, 0), c->n - 1);

	return c->end[i] + (epochs - i) * (c->end[i + 1] - c->end[i]);
}

double curve_clock_epochs(const struct curve_clock *c, double seconds)
{
	int i = 0;

	while (i + 1 < c->n && c->end[i + 1] <= seconds)
		i++;
	return i + (seconds - c->end[i]) / (c->end[i + 1] - c->end[i]);
}

/* ---- classes ---- */

void curve_classes(const struct history *h, int utt, enum head head, double *x, double *y)
{
	double p[LABELS_MAX];

	for (int k = 0; k < h->epochs; k++) {
		class_probabilities(history_at(h, h->epoch[k], utt, head), h->classes, p);
		x[k] = h->epoch[k];
		for (int c = 0; c < h->classes; c++)
			y[c * h->epochs + k] = p[c];
	}
}

void curve_class_order(const struct history *h, int utt, enum head head, int epoch, int *order)
{
	int says = predicted_class(history_at(h, epoch, utt, head), h->classes);
	int label = h->label[utt], n = 0;

	order[n++] = label;
	if (says != label)
		order[n++] = says;
	for (int c = 0; c < h->classes; c++)
		if (c != label && c != says)
			order[n++] = c;
}
