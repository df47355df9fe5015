/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training: the steps of a trainer, part by part, without its epochs. */
#ifndef MIUST_BENCH_TRAINING_H
#define MIUST_BENCH_TRAINING_H

#include "engine/model/model.h"
#include "engine/train/optim.h"

struct training {
	const struct settings *set;
	struct corpus *corpus;
	struct model model;
	struct optim optim;
	struct batch batch;
	int64_t steps;
	int *utt;
};

/* Settings, corpus and par stay the caller's. training_close in any case. */
int training_open(struct training *t, const struct settings *s, struct corpus *c, struct par *par,
		  struct err *e);
void training_close(struct training *t);

/* A step: the i-th batch of the corpus, both passes, the optimizer. */
int training_take(struct training *t, int i, struct err *e);
void training_passes(struct training *t);
void training_update(struct training *t);

#endif
