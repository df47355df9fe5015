/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench: how near to this machine's limit training runs.
 *
 * The limit is SGEMM's, measured in the same run with the same threads. The
 * corpus is made in memory in the shape of IEMOCAP: frames log-normal (5.22,
 * 0.63) up to 1,706, words log-normal (2.04, 0.96) up to 98, correlated 0.9.
 */
#ifndef MIUST_BENCH_H
#define MIUST_BENCH_H

#include "engine/train.h"

struct bench {
	struct settings set;
	int utterances;       /* of the made corpus */
	double peak;          /* SGEMM, FLOP/s, all threads */
	double flop, seconds; /* of the measured batches */
	long frames, words;   /* useful ones in them */
	int batches;
	double pack, heads, optimizer; /* seconds */
	double phase[ENCODER_PHASES];
};

/* A corpus without files: ids are empty, labels in turn. Returns the random
 * values all features lie in; free() them and c->utt. */
float *bench_corpus(struct corpus *c, const struct settings *s, int n, uint64_t seed);

double bench_peak(struct par *par); /* FLOP/s of SGEMM, best of some */
/* Train over the corpus's utterances in batches, at least `least` seconds after
 * one batch to warm up. */
int bench_run(struct bench *b, struct corpus *c, struct par *par, double least, struct err *e);

#endif
