/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schedule: the learning rate of an epoch, from the base rate.
 *
 * The first W = train.warmup epochs rise, base (e + 1) / W for e = 0 ... W - 1. What
 * follows is counted from there, e = 0 ... E - 1 with E = train.epoch - W:
 *
 *	cosine		base (1 + cos(pi e / E)) / 2
 *	constant	base
 *	linear		base (1 - e / E)
 *	plateau		base times a scale, which starts at 1: torch.optim.lr_scheduler's
 *			ReduceLROnPlateau on val_loss, with train.plateau.factor and
 *			train.plateau.patience and its defaults for the rest. It sees
 *			the epochs after the warm-up.
 */
#ifndef MIUST_SCHEDULE_H
#define MIUST_SCHEDULE_H

#include "engine/data/settings.h"

struct plateau {
	double best;  /* lowest val_loss, as far as it counts; Inf before the first */
	double scale; /* of the rate */
	int bad;      /* epochs since that were not better */
};

void plateau_begin(struct plateau *p);
/* The epoch, from 1, is over. Nothing under another schedule. */
void plateau_epoch(struct plateau *p, const struct settings *s, int epoch, double val_loss);

/* In the epoch, from 1. */
double schedule_rate(const struct settings *s, int epoch, const struct plateau *p);

#endif
