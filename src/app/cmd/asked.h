/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asked: what eval and predict are asked to open, as given on the command line. */
#ifndef MIUST_ASKED_H
#define MIUST_ASKED_H

#include "app/cmd/cli.h"
#include "app/lab/trained.h"

/* A trained model with its data; its texts remain those of `a`. */
static inline struct trained_options asked_trained(const struct args *a)
{
	return (struct trained_options){
		.config = a->operand[0],
		.weights = a->weights,
		.list = a->list,
		.audio = a->audio,
		.text = a->text,
		.seed = a->seed,
		.set = a->set,
		.nset = a->nset,
		.fold = a->fold,
		.nfolds = a->nfolds,
		.part = (enum part)a->split,
		.threads = a->threads,
		.skip_bad = a->skip_bad,
		.anyway = a->anyway,
		.say = cli_say,
	};
}

#endif
