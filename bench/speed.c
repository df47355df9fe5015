/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast training is, and how that grows: with the batch, the lengths, the
 * threads and the size of the corpus. `make bench` runs it; a few minutes.
 *
 *	speed write DIR N    an IEMOCAP-shaped corpus as files, and DIR/bench.yml
 *	speed drop DIR/...   forget these files' pages: the next reader waits for the disk
 *	speed epoch CONFIG   a training epoch over the files, with the share of the data
 *	speed grow           the tables, on corpora in memory
 *
 * Everything is compared with SGEMM's peak of the same run, measured before and
 * after each line. Medians of five rounds after one to warm up.
 */
#include "app/bench.h"
#include "app/config.h"
#include "base/clock.h"
#include "engine/problem.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int preset(struct settings *s, const char *padding, struct err *e)
{
	options_preset(s);
	strcpy(s->exp.iemocap_csv, "/");
	strcpy(s->exp.audio_dir, "/");
	strcpy(s->exp.text_dir, "/");
	return option_assign(s, padding, e) || options_resolve(s, e);
}

enum { RUNS = 5 };

/* One line: the settings, then what they gave. Returns seconds per round. */
static double line(const struct settings *s, int threads, int utterances, double longer,
		   double *gflops, double *peak, struct err *e)
{
	struct par *par = par_new(threads, e);
	struct bench b = {.set = *s};
	struct corpus c;
	float *values = bench_corpus(&c, s, utterances, longer, 1);
	double before, frames;

	if (!par)
		exit(1);
	before = bench_peak(par);
	if (bench_run(&b, &c, par, true, RUNS, 0, e))
		exit(1);
	*peak = fmax(before, bench_peak(par));
	*gflops = b.flop / RUNS / b.round;
	frames = (double)b.frames / RUNS;
	printf("%5d %8.2g %5d %8d %10.0f %9.0f %9.1f %9.1f   %.3f\n", s->train.batch_size, longer,
	       threads, utterances, frames, frames / b.round, *gflops / 1e9, *peak / 1e9,
	       *gflops / *peak);
	fflush(stdout);
	free(values);
	free(c.utt);
	par_free(par);
	return b.round;
}

/* Share of the variance that a straight line of y over x explains. */
static double r_squared(const double *x, const double *y, int n)
{
	double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;

	for (int i = 0; i < n; i++) {
		mx += x[i] / n;
		my += y[i] / n;
	}
	for (int i = 0; i < n; i++) {
		xx += (x[i] - mx) * (x[i] - mx);
		xy += (x[i] - mx) * (y[i] - my);
		yy += (y[i] - my) * (y[i] - my);
	}
	return xy * xy / (xx * yy);
}

static int grow(struct err *e)
{
	static const int batches[] = {32, 64, 128, 256}, sizes[] = {128, 256, 384, 512};
	static const double lengths[] = {0.5, 1, 2};
	struct par *all = par_new(0, e);
	int threads = all ? par_threads(all) : 1;
	double gflops, peak, one, one_peak, x[4], y[4];
	struct settings s;

	par_free(all);
	puts("batch   length thr  utterances  frames  frames/s  GFLOP/s     SGEMM  fraction");
	if (preset(&s, "train.padding=reference", e))
		return -1;
	line(&s, threads, 128, 1, &gflops, &peak, e);
	puts("    (above: reference padding, its padded arithmetic counted; below: masked)");
	if (preset(&s, "train.padding=masked", e))
		return -1;
	line(&s, threads, 384, 1, &gflops, &peak, e);
	for (int i = 0; i < 4; i++) {
		s.train.batch_size = batches[i];
		line(&s, threads, 256, 1, &gflops, &peak, e);
	}
	s.train.batch_size = 128;
	for (int i = 0; i < 3; i++)
		line(&s, threads, 128, lengths[i], &gflops, &peak, e);
	for (int i = 0; i < 4; i++) {
		x[i] = sizes[i]; /* frames go with utterances; a line through either */
		y[i] = line(&s, threads, sizes[i], 1, &gflops, &peak, e);
	}
	printf("time per epoch over its size: R2 %.4f\n", r_squared(x, y, 4));
	line(&s, 1, 128, 1, &one, &one_peak, e);
	for (int n = 2; n <= threads; n *= 2) {
		line(&s, n, 128, 1, &gflops, &peak, e);
		printf("%d threads: training x %.2f, SGEMM x %.2f, ratio %.3f\n", n, gflops / one,
		       peak / one_peak, gflops / one / (peak / one_peak));
	}
	return 0;
}

static int epoch(const char *path, struct err *e)
{
	struct par *par = par_new(0, e);
	struct problems p = {0};
	struct bench b = {.threads = 1};
	double start = clock_seconds();
	struct corpus c;
	int failed;

	if (!par || config_load(&b.set, path, NULL, 0, NULL, e) ||
	    corpus_open(&c, &b.set, CORPUS_HEADERS, &p, e))
		return -1;
	printf("%d utterances opened in %.2f s\n", c.n, clock_seconds() - start);
	b.peak = bench_peak(par);
	failed = bench_run(&b, &c, par, false, 1, 0, e);
	b.peak = fmax(b.peak, bench_peak(par));
	if (!failed) {
		bench_table(&b);
		printf("%ld frames in %.2f s: %.1f GFLOP/s of %.1f: %.3f\n", b.frames, b.seconds,
		       b.flop / b.seconds / 1e9, b.peak / 1e9, b.flop / b.seconds / b.peak);
	}
	corpus_close(&c);
	problems_free(&p);
	par_free(par);
	return failed;
}

static int drop(int n, char **path, struct err *e)
{
	for (int i = 0; i < n; i++) {
		int fd = open(path[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return err_set(e, "%s cannot be opened", path[i]);
		fdatasync(fd); /* only clean pages can be forgotten */
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	const char *what = argc > 1 ? argv[1] : "";
	int failed;

	if (strcmp(what, "write") == 0 && argc == 4)
		failed = bench_write(argv[2], atoi(argv[3]), &e);
	else if (strcmp(what, "drop") == 0)
		failed = drop(argc - 2, argv + 2, &e);
	else if (strcmp(what, "epoch") == 0 && argc == 3)
		failed = epoch(argv[2], &e);
	else if (strcmp(what, "grow") == 0)
		failed = grow(&e);
	else
		failed = err_set(&e,
				 "usage: speed write DIR N | drop FILE... | epoch CONFIG | grow");
	if (failed)
		fprintf(stderr, "speed: %s\n", e.text);
	return failed ? 1 : 0;
}
