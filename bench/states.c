/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stored states cost on the disk, and to pack: `make bench-states`.
 *
 *	states pack CONFIG SESSION [KEY=VALUE...]
 *		train, and try each way to pack on the state of every epoch's end, array by
 *		array: bytes, and MB/s of one core
 *	states store CONFIG SESSION [KEY=VALUE...]
 *		train, and at each epoch's end store checkpoint and state again, ten times:
 *		seconds of the processor, all of it and what training waits for
 */
#include "app/lab/job.h"
#include "app/session/states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

enum { BLOCK = 1 << 18 };

static const struct way {
	const char *name;
	bool other, shuffled; /* xor with the state before; bytes of a value apart */
	int level;            /* of zstd; 0: as it is; -1: 1, and only sign and exponent */
} ways[] = {
	{"plain", false, false, 0},           {"zstd -1", false, false, 1},
	{"shuffled, -1", false, true, 1},     {"shuffled, -3", false, true, 3},
	{"top bytes, -1", false, true, -1},   {"xor, -1", true, false, 1},
	{"xor, shuffled, -1", true, true, 1}, {"xor, shuffled, -3", true, true, 3},
};
enum { WAYS = sizeof ways / sizeof *ways };

static struct totals {
	double seconds[WAYS];
	int64_t bytes[WAYS][ARRAYS_STORED], plain[ARRAYS_STORED];
	int64_t kept_same, kept_before; /* bytes of kept weights that are also elsewhere */
	int states;
} total;
static struct state before;
static ZSTD_CCtx *context;

/* Of this processor: others may be at work. */
static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void shuffle(uint8_t *to, const uint8_t *from, size_t n)
{
	size_t values = n / 4;

	for (size_t i = 0; i < values; i++)
		for (size_t k = 0; k < 4; k++)
			to[k * values + i] = from[4 * i + k];
}

static int64_t pack(const struct way *way, const uint8_t *now, const uint8_t *then, size_t n)
{
	static uint8_t other[BLOCK], apart[BLOCK], out[2 * BLOCK];
	int64_t bytes = 0;

	for (size_t at = 0; at < n; at += BLOCK) {
		size_t part = n - at < BLOCK ? n - at : BLOCK;
		const uint8_t *in = now + at;

		for (size_t i = 0; way->other && i < part; i++)
			other[i] = in[i] ^ then[at + i];
		if (way->other)
			in = other;
		if (way->shuffled)
			shuffle(apart, in, part);
		if (way->shuffled)
			in = apart;
		if (way->level < 0)
			bytes += (int64_t)(part / 4 * 3 +
					   ZSTD_compressCCtx(context, out, sizeof out,
							     in + part / 4 * 3, part / 4, 1));
		else if (way->level)
			bytes += (int64_t)ZSTD_compressCCtx(context, out, sizeof out, in, part,
							    way->level);
		else
			memcpy(out, in, part), bytes += (int64_t)part;
	}
	return bytes;
}

static void measure(const struct state *s)
{
	size_t n = s->layout.total * sizeof(real);

	for (int k = 0; k < ARRAYS_STORED; k++) {
		if (!s->array[k] || (k == ARRAY_KEPT && s->best_epoch == 0))
			continue;
		total.plain[k] += (int64_t)n;
		for (int i = 0; i < WAYS; i++) {
			double start = seconds();

			total.bytes[i][k] += pack(&ways[i], (const uint8_t *)s->array[k],
						  (const uint8_t *)before.array[k], n);
			total.seconds[i] += seconds() - start;
		}
	}
	if (s->best_epoch == s->epoch)
		total.kept_same += (int64_t)n;
	else if (s->best_epoch > 0)
		total.kept_before += (int64_t)n;
	total.states++;
}

static void epoch(void *ctx, struct job *j, const struct epoch_row *r, const struct predictions *p)
{
	struct err e = {0};

	(void)ctx, (void)r, (void)p;
	if (before.order)
		measure(&j->trainer.state);
	if (state_copy(&before, &j->trainer.state, &e))
		exit(1);
}

/* ---- to store ---- */

enum { TIMES = 10 };

static struct costs {
	double take, checkpoint, both; /* seconds of the processor, in all */
	int times;
} cost;

static double thread_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void store_again(struct job *j, bool stored, double *all, double *waits)
{
	struct err e = {0};
	double start = seconds(), own = thread_seconds();

	if (states_checkpoint(j->states, &j->trainer.state, stored, &e))
		exit(1);
	*waits += thread_seconds() - own;
	if (states_flush(j->states, &e))
		exit(1);
	*all += seconds() - start;
}

static void epoch_stored(void *ctx, struct job *j, const struct epoch_row *r,
			 const struct predictions *p)
{
	double ignored = 0;
	struct err e = {0};

	(void)ctx, (void)r, (void)p;
	if (states_flush(j->states, &e))
		exit(1);
	for (int i = 0; i < TIMES; i++) {
		store_again(j, false, &cost.checkpoint, &ignored);
		store_again(j, true, &cost.both, &cost.take);
	}
	cost.times += TIMES;
}

static void print_costs(void)
{
	printf("an epoch's checkpoint: %.3f s of the processor; with a stored state %.3f s, of "
	       "which "
	       "training waits for %.3f s\n",
	       cost.checkpoint / cost.times, cost.both / cost.times, cost.take / cost.times);
}

static void print(void)
{
	static const char *const array[] = {"weights", "square", "mean", "kept"};
	double plain = 0;

	for (int k = 0; k < ARRAYS_STORED; k++)
		plain += (double)total.plain[k];
	printf("%d states, each of %.1f MB: ", total.states, plain / total.states / 1e6);
	for (int k = 0; k < ARRAYS_STORED; k++)
		printf("%s %.1f ", array[k], (double)total.plain[k] / total.states / 1e6);
	printf("\nkept weights that are also those of the state: %.0f %%, of an older one: %.0f "
	       "%%\n",
	       100 * (double)total.kept_same / (double)total.plain[ARRAY_KEPT],
	       100 * (double)total.kept_before / (double)total.plain[ARRAY_KEPT]);
	printf("%-20s %8s %6s %6s %6s %6s %8s\n", "", "MB", "of it", "weigh.", "square", "kept",
	       "MB/s");
	for (int i = 0; i < WAYS; i++) {
		double bytes = 0;

		for (int k = 0; k < ARRAYS_STORED; k++)
			bytes += (double)total.bytes[i][k];
		printf("%-20s %8.2f %6.3f", ways[i].name, bytes / total.states / 1e6,
		       bytes / plain);
		for (int k = 0; k < ARRAYS_STORED; k++)
			if (k != ARRAY_MEAN)
				printf(" %6.3f",
				       (double)total.bytes[i][k] / (double)total.plain[k]);
		printf(" %8.0f\n", plain / total.seconds[i] / 1e6);
	}
}

int main(int argc, char **argv)
{
	bool packs = argc > 1 && strcmp(argv[1], "pack") == 0;
	const struct job_hooks hooks = {.epoch = packs ? epoch : epoch_stored};
	struct job_options o = {0};
	struct err e = {0};
	struct job j;
	int fold = 1;

	if (argc < 4 || (!packs && strcmp(argv[1], "store") != 0)) {
		fprintf(stderr, "usage: states pack|store CONFIG SESSION [KEY=VALUE...]\n");
		return 2;
	}
	o = (struct job_options){.config = argv[2],
				 .session = argv[3],
				 .set = (const char *const *)argv + 4,
				 .nset = argc - 4};
	if (getenv("FOLD")) {
		fold = atoi(getenv("FOLD"));
		o.fold = &fold;
		o.nfolds = 1;
	}
	context = ZSTD_createCCtx();
	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e)) {
		fprintf(stderr, "states: %s\n", e.text);
		return 1;
	}
	job_close(&j);
	if (packs)
		print();
	else
		print_costs();
	state_free(&before);
	ZSTD_freeCCtx(context);
	return 0;
}
