/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/schedule.h"

#include <math.h>

/* Defaults of ReduceLROnPlateau: what counts as better, and as a change of the rate. */
static const double THRESHOLD = 1e-4, EPS = 1e-8;

void plateau_begin(struct plateau *p)
{
	*p = (struct plateau){.best = INFINITY, .scale = 1};
}

void plateau_epoch(struct plateau *p, const struct settings *s, int epoch, double val_loss)
{
	double base = s->train.optimizer.lr, lower = p->scale * s->train.plateau.factor;

	if (s->train.schedule != SCHEDULE_PLATEAU || epoch <= s->train.warmup)
		return;
	if (val_loss < p->best * (1 - THRESHOLD)) {
		p->best = val_loss;
		p->bad = 0;
	} else {
		p->bad++;
	}
	if (p->bad <= s->train.plateau.patience)
		return;
	p->bad = 0;
	if (base * p->scale - base * lower > EPS)
		p->scale = lower;
}

double schedule_rate(const struct settings *s, int epoch, const struct plateau *p)
{
	double base = s->train.optimizer.lr;
	int warmup = s->train.warmup, epochs = s->train.epoch - warmup;
	int e = (epoch > 0 ? epoch - 1 : 0) - warmup;

	if (e < 0)
		return base * (e + 1 + warmup) / warmup;
	/* train.epoch may have been lowered within the epoch: the schedule's end, not
	 * the cosine's way back up. */
	if (e > epochs)
		e = epochs;
	switch (s->train.schedule) {
	case SCHEDULE_CONSTANT:
		return base;
	case SCHEDULE_LINEAR:
		return base * (1 - (double)e / epochs);
	case SCHEDULE_PLATEAU:
		return base * p->scale;
	default:
		return base * (1 + cos(M_PI * e / epochs)) / 2;
	}
}
