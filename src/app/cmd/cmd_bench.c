/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/config/setting.h"
#include "app/demo/demo.h"
#include "app/lab/bench.h"
#include "engine/num/gemm.h"
#include "engine/num/kern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { UTTERANCES = 256 };

/* The published settings with correct masks, unless a CONFIG says otherwise. */
static int settings(struct settings *s, const struct args *a, struct err *e)
{
	char path[PATH_LEN];

	if (a->noperands)
		return demo_find(path, sizeof path, a->operand[0], e) ||
				       config_load(s, path, a->set, a->nset, NULL, e)
			       ? -1
			       : 0;
	options_preset(s);
	s->train.padding = PADDING_MASKED;
	strcpy(s->exp.iemocap_csv, "/");
	strcpy(s->exp.audio_dir, "/");
	strcpy(s->exp.text_dir, "/");
	for (int i = 0; i < a->nset; i++)
		if (setting_assign(s, a->set[i], e))
			return -1;
	return options_resolve(s, e);
}

static void print(const struct bench *b)
{
	struct rusage use;
	char blas[256];

	getrusage(RUSAGE_SELF, &use);
	gemm_name(blas, sizeof blas);
	printf("%d batches of %d, %s padding, %d thread%s\n", b->batches, b->set.train.batch_size,
	       b->set.train.padding == PADDING_MASKED ? "masked" : "reference", b->threads,
	       b->threads == 1 ? "" : "s");
	printf("  %ld frames, %ld words, %.2f s\n\n", b->frames, b->words, b->seconds);
	bench_table(&b->parts, b->threads);
	printf("\nkernels: %s\n", kern_best()->name);
	printf("blas: %s\n", blas);
	if (gemm_is_outdated())
		printf("This OpenBLAS does not know the processor and does not use its AVX2 units; "
		       "a newer one would be several times as fast.\n");
	printf("frames_per_second: %.0f\n", (double)b->frames / b->seconds);
	printf("gflop_per_second: %.1f\n", b->flop / b->seconds / 1e9);
	printf("sgemm_gflop_per_second: %.1f\n", b->peak / 1e9);
	printf("peak_memory_mb: %.0f\n", (double)use.ru_maxrss / 1024);
	printf("fraction_of_sgemm_peak: %.3f\n", b->flop / b->seconds / b->peak);
}

static int run(const struct args *a, struct err *e)
{
	struct bench b = {.threads = 1};
	struct corpus c;
	struct par *par;
	float *values;
	int failed;

	if (settings(&b.set, a, e))
		return -1;
	par = par_new(a->threads, e);
	if (!par)
		return -1;
	values = bench_corpus(&c, &b.set, UTTERANCES, 1, 1);
	failed = bench_run(&b, &c, par, true, 1, 6, WATCH_AFTERWARDS, e);
	if (!failed)
		print(&b);
	free(values);
	free(c.utt);
	par_free(par);
	return failed;
}

const struct command cmd_bench = {
	.name = "bench",
	.operands = "[CONFIG]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_SET, FLAG_THREADS, FLAG_NONE},
	.help = "Training speed, as a fraction of this machine's SGEMM peak.",
	.more = "Without CONFIG: the published model with masked padding, on utterances made\n"
		"in memory with IEMOCAP's lengths. The peak is measured alternately with\nthe "
		"batches, on the same threads.",
	.run = run,
};
