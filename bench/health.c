/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a measurement of the layers' health costs: `make bench-health`.
 *
 *	health CONFIG SESSION PAIRS [KEY=VALUE...]
 *		train fold 1, and measure each of PAIRS steps of a whole batch: seconds of the
 *		processor for the step and for its measurement, the copy of the weights before it
 *		too; and every how many steps one takes at most 2 % of the time
 */
#include "bench/median.h"

#include "app/lab/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PAIRS_MAX = 100 };

static int pairs, n;
static double step[PAIRS_MAX], measured[PAIRS_MAX], ratio[PAIRS_MAX];
static struct err failed;

/* Of this processor: others may be at work. */
static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int pair(struct trainer *t, struct health *h)
{
	struct health_row measurement;
	struct step_row row;
	double at[4];

	at[0] = seconds();
	if (health_before(h, t, &failed))
		return -1;
	at[1] = seconds();
	if (trainer_step(t, &row, &failed) != STEP_DONE)
		return -1;
	at[2] = seconds();
	if (health_after(h, t, &measurement, &failed))
		return -1;
	at[3] = seconds();
	if (t->step_utt < t->set.train.batch_size) /* what is left of an epoch */
		return 0;
	step[n] = at[2] - at[1];
	measured[n] = at[3] - at[2] + at[1] - at[0];
	ratio[n] = measured[n] / step[n];
	n++;
	return 0;
}

/* In place of the run: its first steps, of which the first pair only warms up. */
static enum job_go between(void *ctx, struct job *j)
{
	struct health h = {0};
	bool warm = true;

	(void)ctx;
	while (n < pairs) {
		trainer_epoch_begin(&j->trainer);
		if (pair(&j->trainer, &h))
			break;
		if (warm && n == 1)
			n = 0, warm = false;
		if (trainer_epoch_full(&j->trainer)) /* the same utterances again */
			j->trainer.state.in_epoch = 0;
	}
	health_free(&h);
	return JOB_STOP;
}

int main(int argc, char **argv)
{
	const struct job_hooks hooks = {.between = between};
	struct job_options o;
	struct err e = {0};
	const int fold = 1;
	struct job j;
	double r;

	pairs = argc > 3 ? atoi(argv[3]) : 0;
	if (pairs < 1 || pairs > PAIRS_MAX) {
		fprintf(stderr, "usage: health CONFIG SESSION PAIRS [KEY=VALUE...]\n");
		return 2;
	}
	o = (struct job_options){.config = argv[1],
				 .session = argv[2],
				 .set = (const char *const *)argv + 4,
				 .nset = argc - 4,
				 .fold = &fold,
				 .nfolds = 1};
	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e) || failed.status) {
		fprintf(stderr, "health: %s\n", failed.status ? failed.text : e.text);
		return 1;
	}
	job_close(&j);
	r = median(ratio, n);
	printf("a step %.2f s of CPU, a measurement %.2f s: %.2f steps (%.2f to %.2f, %d pairs); "
	       "2 %% from train.health: %.0f on, 50: %.2f %%\n",
	       median(step, n), median(measured, n), r, ratio[0], ratio[n - 1], n, ceil(r / 0.02),
	       100 * r / 50);
	return 0;
}
