/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ranks: what a step takes that several ranks share: `make bench-ranks`.
 *
 *	ranks GBIT...             in one process: what each rank computes, and what a step would
 *	                          take over links of so many Gb/s
 *	mpirun -n N ranks         a step, and its exchanges, measured
 *	mpirun -n N ranks GBIT... a step over such links, measured: each exchange here takes as long
 *	                          as its bytes would
 *
 * The published settings, IEMOCAP's lengths, batch 128, one thread a rank.
 */
#include "app/config/option.h"
#include "app/config/setting.h"
#include "app/lab/bench.h"
#include "base/clock.h"
#include "bench/median.h"
#include "bench/training.h"
#include "mpi_ranks.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 128, MICROBATCHES = 4, ROUNDS = 5 };

struct step {
	struct settings set;
	struct corpus corpus;
	float *values;
	struct par *par;
	struct training of;
};

static int step_open(struct step *s, int microbatches, struct err *e)
{
	memset(s, 0, sizeof *s);
	options_preset(&s->set);
	strcpy(s->set.exp.iemocap_csv, "/");
	strcpy(s->set.exp.audio_dir, "/");
	strcpy(s->set.exp.text_dir, "/");
	if (setting_assign(&s->set, "train.padding=masked", e) || options_resolve(&s->set, e))
		return -1;
	s->set.train.batch_size = BATCH;
	s->set.train.microbatches = microbatches;
	s->values = bench_corpus(&s->corpus, &s->set, BATCH, 1, 1);
	s->par = par_new(1, e);
	return !s->par || training_open(&s->of, &s->set, &s->corpus, s->par, e) ? -1 : 0;
}

static void step_close(struct step *s)
{
	training_close(&s->of);
	par_free(s->par);
	free(s->values);
	free(s->corpus.utt);
}

/* Seconds that encoder and heads take on this rank, and the rest of a step. */
static int step_do(struct step *s, double *shared, double *rest, struct err *e)
{
	struct model *m = &s->of.model;
	size_t z = (size_t)BATCH * (size_t)m->encoder.z_width * sizeof(real);
	double start = clock_seconds(), middle;

	if (training_take(&s->of, 0, e))
		return -1;
	memset(m->z, 0, z); /* predict: what the others would send */
	memset(m->dz, 0, z);
	if (m->ranks) {
		memset(m->zp, 0, z);
		m->ranks->broadcast(m->ranks->ctx, m->params.w, m->params.total * sizeof(real));
	}
	training_passes(&s->of);
	middle = clock_seconds();
	if (!m->ranks || m->ranks->rank == 0)
		training_update(&s->of);
	*shared = middle - start;
	*rest = clock_seconds() - middle;
	return 0;
}

static int step_time(struct step *s, double *shared, double *rest, struct err *e)
{
	double a[ROUNDS + 1], b[ROUNDS + 1];

	for (int i = 0; i <= ROUNDS; i++) /* the first warms up */
		if (step_do(s, &a[i], &b[i], e))
			return -1;
	*shared = median(a + 1, ROUNDS);
	*rest = median(b + 1, ROUNDS);
	return 0;
}

/* ---- one process: what each rank would compute ---- */

/* Gradients go in as many swaps as they have spans, first those above the lowest layers: when the
 * first of these and the first of the others was to go. */
struct spans {
	int early, swaps; /* of this step */
	double began[2];
};

static void say_nothing(void *ctx, void *data, size_t bytes)
{
	struct spans *s = ctx;

	s->swaps = 0;
	(void)data;
	(void)bytes;
}

static void gather_nothing(void *ctx, void *all, const size_t *from)
{
	(void)ctx;
	(void)all;
	(void)from;
}

static void swap_nothing(void *ctx, const void *out, const size_t *out_from, void *in,
			 const size_t *in_from)
{
	struct spans *s = ctx;

	if (s->swaps == 0 || s->swaps == s->early)
		s->began[s->swaps == s->early] = clock_seconds();
	s->swaps++;
	(void)out;
	(void)out_from;
	(void)in;
	(void)in_from;
}

struct computed {
	double shared; /* seconds of the slowest rank */
	double window; /* of it: what is left to form when the first gradients go */
};

/* The slowest of n, each alone; what the others would send is missing, and takes no time. */
static int slowest(struct step *s, int n, struct computed *c, struct err *e)
{
	const struct model *m = &s->of.model;
	struct params_range above[STACKS + 1];
	struct spans spans = {.early = encoder_ranges_above(&m->encoder, &m->params, above)};

	*c = (struct computed){0};
	for (int rank = 0; rank < n; rank++) {
		struct ranks r = {.rank = rank,
				  .n = n,
				  .ctx = &spans,
				  .broadcast = say_nothing,
				  .gather = gather_nothing,
				  .swap = swap_nothing};
		double here, rest;

		s->of.model.ranks = &r;
		if (step_time(s, &here, &rest, e))
			return -1;
		if (here > c->shared)
			*c = (struct computed){here, spans.began[1] - spans.began[0]};
	}
	s->of.model.ranks = NULL;
	return 0;
}

static double weights_of(const struct step *s)
{
	return (double)(s->of.model.params.total * sizeof(real));
}

/* Of gradients, through the busiest link: between all, and to rank 0 (microbatch.h). */
static double gradients_of(const struct step *s, int n)
{
	return 2.0 * (n - 1) / n * weights_of(s);
}

/* Bytes that pass the busiest link in turn: weights down, gradients, z up and dz down. */
static double bytes_of(const struct step *s, int n)
{
	double z = (double)BATCH * s->of.model.encoder.z_width * sizeof(real);
	double part = (double)(n - 1) / n;

	return weights_of(s) * (n == 2 ? 1 : 2 * part) + gradients_of(s, n) + part * z + z;
}

/* The share of the gradients that are not of the stacks' lowest layers. */
static double above_lowest(const struct step *s)
{
	const struct params *p = &s->of.model.params;
	struct params_range above[STACKS + 1];
	int n = encoder_ranges_above(&s->of.model.encoder, p, above);
	size_t values = 0;

	for (int i = 0; i < n; i++)
		values += above[i].to - above[i].from;
	return (double)values / (double)p->total;
}

/* A line: speed-up over one process, with cores that are so many times as fast together. The
 * gradients above the lowest layers are on their way while those are formed. */
static void line(const struct step *s, double one, const struct computed c[2], double rest,
		 double faster, double gbit)
{
	if (gbit > 0)
		printf("over %3g Gb/s           ", gbit);
	else
		printf("links without limits   ");
	for (int i = 0; i < 2; i++) {
		double byte = gbit > 0 ? 8 / (gbit * 1e9) : 0; /* seconds */
		double early = above_lowest(s) * gradients_of(s, 2 << i) * byte;
		double step = (c[i].shared + rest) / faster + bytes_of(s, 2 << i) * byte -
			      fmin(early, c[i].window / faster);

		printf(" %10.2f", one / faster / step);
	}
	printf("\n");
}

static int predict(int n, char **gbit, struct err *e)
{
	static const double faster[] = {1, 13.8}; /* one thread a rank, 16: doc/speed.md */
	struct step whole, parts;
	double one, one_rest, apart, rest;
	struct computed c[2];

	if (step_open(&whole, 1, e) || step_open(&parts, MICROBATCHES, e) ||
	    step_time(&whole, &one, &one_rest, e) || step_time(&parts, &apart, &rest, e) ||
	    slowest(&parts, 2, &c[0], e) || slowest(&parts, 4, &c[1], e))
		return -1;
	one += one_rest;
	printf("published settings, batch %d: a step of one process %.3f s, in %d microbatches "
	       "%.3f s (%.3f)\n",
	       BATCH, one, MICROBATCHES, apart + rest, one / (apart + rest));
	printf("weights %.1f MB; a step moves %.1f MB through a link with 2 ranks, %.1f with 4\n",
	       weights_of(&parts) / 1e6, bytes_of(&parts, 2) / 1e6, bytes_of(&parts, 4) / 1e6);
	printf("%.0f %% of the gradients are on their way while the lowest layers' are formed: "
	       "%.0f and "
	       "%.0f %% of a step\n",
	       100 * above_lowest(&parts), 100 * c[0].window / (c[0].shared + rest),
	       100 * c[1].window / (c[1].shared + rest));
	for (size_t i = 0; i < sizeof faster / sizeof *faster; i++) {
		printf("\ncores that are together %g times as fast:\n%34s %10s\n", faster[i],
		       "2 ranks", "4 ranks");
		line(&parts, one, c, rest, faster[i], 0);
		for (int k = 0; k < n; k++)
			line(&parts, one, c, rest, faster[i], strtod(gbit[k], NULL));
	}
	step_close(&whole);
	step_close(&parts);
	return 0;
}

/* ---- several ranks ---- */

static struct ranks true_ranks;
static double spent[3], waited; /* broadcast, gather, swap */

static double meet(void)
{
	double start = clock_seconds(), now;

	MPI_Barrier(MPI_COMM_WORLD);
	now = clock_seconds();
	waited += now - start;
	return now;
}

static void timed_broadcast(void *ctx, void *data, size_t bytes)
{
	double start = meet();

	true_ranks.broadcast(ctx, data, bytes);
	spent[0] += clock_seconds() - start;
}

static void timed_gather(void *ctx, void *all, const size_t *from)
{
	double start = meet();

	true_ranks.gather(ctx, all, from);
	spent[1] += clock_seconds() - start;
}

static void timed_swap(void *ctx, const void *out, const size_t *out_from, void *in,
		       const size_t *in_from)
{
	double start = meet();

	true_ranks.swap(ctx, out, out_from, in, in_from);
	spent[2] += clock_seconds() - start;
}

/* ---- links of so many Gb/s, made of waiting ---- */

static double link_speed; /* bytes a second */

static void cross_link(size_t bytes)
{
	double seconds = (double)bytes / link_speed;
	struct timespec t = {.tv_sec = (time_t)seconds,
			     .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};

	nanosleep(&t, NULL);
}

static void linked_broadcast(void *ctx, void *data, size_t bytes)
{
	true_ranks.broadcast(ctx, data, bytes);
	cross_link(bytes);
}

static void linked_gather(void *ctx, void *all, const size_t *from)
{
	int n = true_ranks.n;

	true_ranks.gather(ctx, all, from);
	cross_link(from[n] - from[1]); /* all come through rank 0's */
}

static void linked_swap(void *ctx, const void *out, const size_t *out_from, void *in,
			const size_t *in_from)
{
	int n = true_ranks.n, me = true_ranks.rank;
	size_t up = out_from[n] - out_from[0] - (out_from[me + 1] - out_from[me]);
	size_t down = in_from[n] - in_from[0] - (in_from[me + 1] - in_from[me]);

	true_ranks.swap(ctx, out, out_from, in, in_from);
	cross_link(up > down ? up : down);
}

/* Seconds of a step, as rank 0 has it. */
static int step_over(const struct ranks *r, double *seconds, struct err *e)
{
	struct step s;
	double shared, rest;
	int failed = step_open(&s, MICROBATCHES, e);

	s.of.model.ranks = r;
	failed = failed || step_time(&s, &shared, &rest, e);
	if (failed)
		return -1;
	*seconds = shared + rest;
	step_close(&s);
	return 0;
}

static int measure_linked(const char *gbit, struct err *e)
{
	struct ranks linked = true_ranks;
	double seconds;

	link_speed = strtod(gbit, NULL) * 1e9 / 8;
	linked.ctx = &true_ranks;
	linked.broadcast = linked_broadcast;
	linked.gather = linked_gather;
	linked.swap = linked_swap;
	if (step_over(&linked, &seconds, e))
		return -1;
	if (true_ranks.rank == 0)
		printf("%d ranks over %s Gb/s: a step %.3f s\n", true_ranks.n, gbit, seconds);
	return 0;
}

static int measure(struct err *e)
{
	struct ranks timed = true_ranks;
	double seconds, ignored;

	timed.ctx = &true_ranks;
	timed.broadcast = timed_broadcast;
	timed.gather = timed_gather;
	timed.swap = timed_swap;
	if (step_over(&true_ranks, &seconds, e) || step_over(&timed, &ignored, e))
		return -1;
	if (true_ranks.rank == 0)
		printf("%d ranks: a step %.3f s; of one step: weights and dz down %.3f s, z and "
		       "sums up %.3f s, gradients between ranks %.3f s, waiting for the slowest "
		       "%.3f s\n",
		       true_ranks.n, seconds, spent[0] / (ROUNDS + 1), spent[1] / (ROUNDS + 1),
		       spent[2] / (ROUNDS + 1), waited / (ROUNDS + 1));
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int failed;

	mpi_ranks_begin(&true_ranks);
	failed = true_ranks.n == 1 ? predict(argc - 1, argv + 1, &e) : argc == 1 ? measure(&e) : 0;
	for (int i = 1; i < argc && true_ranks.n > 1 && !failed; i++)
		failed = measure_linked(argv[i], &e);
	if (failed) {
		fprintf(stderr, "ranks: %s\n", e.text);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	mpi_ranks_end();
	return failed != 0;
}
