/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench: how near to this machine's limit training runs.
 *
 * The limit is BLAS's SGEMM, measured in the same run with the same threads, in
 * turn with the batches: what else the machine does then meets both.
 * The corpus is made in the shape of IEMOCAP, in memory or in files: frames
 * log-normal (5.22, 0.63) up to 1,706, words log-normal (2.04, 0.96) up to 98,
 * correlated 0.9.
 */
#ifndef MIUST_BENCH_H
#define MIUST_BENCH_H

#include "engine/train/train.h"

/* Where the time of some batches went. */
struct bench_parts {
	double seconds, data, heads, optimizer;
	double phase[PHASES]; /* thread-seconds */
	double flop[PHASES];
};

struct bench {
	struct settings set;
	int threads;
	double flop, seconds; /* of the measured batches */
	double peak;          /* FLOP/s of SGEMM on all threads in these seconds */
	double round;         /* seconds of a round over the corpus: the median */
	long frames, words;   /* useful ones in them */
	int batches;
	struct bench_parts parts;
};

/* A corpus without files: ids are empty, labels in turn, lengths times `longer`.
 * Returns the random values that all features are taken from; free() them and
 * c->utt. */
float *bench_corpus(struct corpus *c, const struct settings *s, int n, double longer,
		    uint64_t seed);

/*
 * The same shape as files: DIR/csv/Session{1..5}.csv, DIR/text/..., DIR/audio/...
 * and DIR/bench.yml, the published settings with correct masks; for check and
 * train to be timed on. 5,531 utterances take about 4 GB.
 */
int bench_write(const char *dir, int n, struct err *e);

/*
 * Train over the corpus's utterances in batches: whole rounds over all of it,
 * the first of them to warm up (`warm`), then at least `rounds` (up to
 * BENCH_ROUNDS) and `min_seconds`. What the parts take is timed in the same
 * batches or in a round of its own afterwards: a small model spends 3 % of its
 * time on being watched.
 */
enum { BENCH_ROUNDS = 64 };
enum bench_watch { WATCH_NOTHING, WATCH_AFTERWARDS, WATCH_TOO };
int bench_run(struct bench *b, struct corpus *c, struct par *par, bool warm, int rounds,
	      double min_seconds, enum bench_watch watch, struct err *e);
/* The parts as lines of a table on stdout. */
void bench_table(const struct bench_parts *p, int threads);

#endif
