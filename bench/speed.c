/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast training is, and how that grows: with the batch, the lengths, the
 * threads and the size of the corpus. `make bench` runs it.
 *
 *	speed write DIR N    an IEMOCAP-shaped corpus as files, and DIR/bench.yml
 *	speed drop DIR/...   forget these files' pages: the next reader waits for the disk
 *	speed epoch CONFIG   a training epoch over the files, with the share of the data
 *	speed grow           the tables, on corpora in memory
 *	speed scale [CONFIG] what more cores would give (bench/scale.h): the published settings,
 *	                     those of MELD's batches, the demo; or CONFIG's
 *
 * Everything is compared with SGEMM's peak, measured in turn with the batches
 * (app/lab/bench.h), after a round to warm up. A line of the table is the mean of
 * three rounds; sizes and threads, which are compared with each other, are
 * measured in turn, five times: medians.
 */
#include "app/demo/demo.h"
#include "app/lab/bench.h"
#include "app/config/config.h"
#include "app/config/setting.h"
#include "base/clock.h"
#include "engine/data/problem.h"
#include "engine/data/opening.h"
#include "bench/median.h"
#include "bench/scale.h"

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
	return setting_assign(s, padding, e) || options_resolve(s, e);
}

enum { RUNS = 5, ROUNDS = 3 };

/* One line: the settings, then what they gave. */
static void line(const struct settings *s, int threads, int utterances, double longer,
		 struct err *e)
{
	struct par *par = par_new(threads, e);
	struct bench b = {.set = *s};
	struct corpus c;
	float *values = bench_corpus(&c, s, utterances, longer, 1);
	double gflops, frames;

	if (!par)
		exit(1);
	if (bench_run(&b, &c, par, true, ROUNDS, 0, WATCH_NOTHING, e))
		exit(1);
	gflops = b.flop / b.seconds;
	frames = (double)b.frames / ROUNDS;
	printf("%5d %8.2g %5d %8d %10.0f %9.0f %9.1f %9.1f   %.3f\n", s->train.batch_size, longer,
	       threads, utterances, frames, (double)b.frames / b.seconds, gflops / 1e9,
	       b.peak / 1e9, gflops / b.peak);
	fflush(stdout);
	free(values);
	free(c.utt);
	par_free(par);
}

/* Something to be compared with others: all are measured in turn, so that what
 * else the machine does meets all of them. */
struct point {
	int threads, utterances;
	double frames, seconds, peak; /* medians of RUNS */
};

static void measure(const struct settings *s, struct point *point, int n, struct err *e)
{
	double seconds[8][RUNS], peak[8][RUNS];

	for (int run = 0; run < RUNS; run++)
		for (int i = 0; i < n; i++) {
			struct par *par = par_new(point[i].threads, e);
			struct bench b = {.set = *s};
			struct corpus c;
			float *values = bench_corpus(&c, s, point[i].utterances, 1, 1);

			if (!par || bench_run(&b, &c, par, true, 1, 0, WATCH_NOTHING, e))
				exit(1);
			seconds[i][run] = b.round;
			peak[i][run] = b.peak;
			point[i].frames = (double)b.frames;
			free(values);
			free(c.utt);
			par_free(par);
		}
	for (int i = 0; i < n; i++) {
		point[i].seconds = median(seconds[i], RUNS);
		point[i].peak = median(peak[i], RUNS);
	}
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

static void grow_with_size(const struct settings *s, int threads, struct err *e)
{
	static const int sizes[] = {64, 128, 192, 256};
	double x[4], y[4];
	struct point p[4];

	for (int i = 0; i < 4; i++)
		p[i] = (struct point){.threads = threads, .utterances = sizes[i]};
	measure(s, p, 4, e);
	for (int i = 0; i < 4; i++) {
		x[i] = p[i].frames;
		y[i] = p[i].seconds;
		printf("an epoch of %6.0f frames: %6.3f s\n", p[i].frames, p[i].seconds);
	}
	printf("time per epoch over its frames: R2 %.4f\n", r_squared(x, y, 4));
}

static void grow_with_threads(const struct settings *s, int threads, struct err *e)
{
	struct point p[8] = {{.threads = 1, .utterances = 128}};
	int n = 1;

	for (int t = 2; t <= threads && n < 8; t *= 2)
		p[n++] = (struct point){.threads = t, .utterances = 128};
	measure(s, p, n, e);
	for (int i = 1; i < n; i++) {
		double gain = p[0].seconds / p[i].seconds, sgemm = p[i].peak / p[0].peak;

		printf("%d threads: training x %.2f, SGEMM x %.2f, ratio %.3f\n", p[i].threads,
		       gain, sgemm, gain / sgemm);
	}
}

static int grow(struct err *e)
{
	static const int batches[] = {32, 64, 128, 256};
	static const double lengths[] = {0.5, 1, 2};
	struct par *all = par_new(0, e);
	int threads = all ? par_threads(all) : 1;
	struct settings s;

	par_free(all);
	puts("batch   length thr  utterances  frames  frames/s  GFLOP/s     SGEMM  fraction");
	if (preset(&s, "train.padding=reference", e))
		return -1;
	line(&s, threads, 128, 1, e);
	puts("    (above: reference padding, its padded arithmetic counted; below: masked)");
	if (preset(&s, "train.padding=masked", e))
		return -1;
	for (int i = 0; i < 4; i++) {
		s.train.batch_size = batches[i];
		line(&s, threads, 256, 1, e);
	}
	s.train.batch_size = 128;
	for (int i = 0; i < 3; i++)
		line(&s, threads, 128, lengths[i], e);
	grow_with_size(&s, threads, e);
	grow_with_threads(&s, threads, e);
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
	failed = bench_run(&b, &c, par, false, 1, 0, WATCH_TOO, e);
	if (!failed) {
		bench_table(&b.parts, b.threads);
		printf("%ld frames in %.2f s: %.1f GFLOP/s of %.1f: %.3f\n", b.frames, b.seconds,
		       b.flop / b.seconds / 1e9, b.peak / 1e9, b.flop / b.seconds / b.peak);
	}
	corpus_close(&c);
	problems_free(&p);
	par_free(par);
	return failed;
}

static int scale_of(const char *name, int batch, int classes, struct err *e)
{
	struct settings s;
	struct corpus c;
	float *values;
	int failed;

	if (preset(&s, "train.padding=masked", e))
		return -1;
	s.train.batch_size = batch;
	s.model.num_classes = classes;
	values = bench_corpus(&c, &s, batch, 1, 1);
	failed = scale_table(name, &s, &c, e);
	free(values);
	free(c.utt);
	return failed;
}

static int scale_config(const char *config, struct err *e)
{
	struct problems p = {0};
	struct settings s;
	struct corpus c;
	char path[PATH_LEN];
	int failed;

	if (demo_find(path, sizeof path, config, e) || config_load(&s, path, NULL, 0, NULL, e) ||
	    corpus_open(&c, &s, CORPUS_HEADERS, &p, e))
		return -1;
	failed = scale_table(config, &s, &c, e);
	corpus_close(&c);
	problems_free(&p);
	return failed;
}

static int scale(const char *config, struct err *e)
{
	if (config)
		return scale_config(config, e);
	return scale_of("published settings, IEMOCAP's lengths", 128, 4, e) ||
	       scale_of("published settings for MELD, IEMOCAP's lengths", 256, 7, e) ||
	       scale_config("demo", e);
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
	else if (strcmp(what, "scale") == 0 && argc <= 3)
		failed = scale(argv[2], &e);
	else
		failed = err_set(&e,
				 "usage: speed write DIR N | drop FILE... | epoch CONFIG | grow | "
				 "scale [CONFIG]");
	if (failed)
		fprintf(stderr, "speed: %s\n", e.text);
	return failed ? 1 : 0;
}
