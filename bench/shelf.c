/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shelf: what it costs to know thousands of stored runs. `make bench-shelf`.
 *
 *	shelf N		makes N small sessions in the current folder, of one fold with three
 *			epochs each, a tenth of them unfinished, and times
 *
 *	walk	asking the size and times of each of their files, and no more
 *	cold	reading all summaries: there is no cache
 *	warm	opening with one: what view 7 does
 *	lines	the outline of all, sorted, with what differs
 *	watch	one call, while one of them is trained by another process
 *
 * Each is the median of several, processor time; ratios are to the walk, which any
 * program that compares times has to do.
 */
#include "bench/median.h"

#include "app/session/session_rows.h"
#include "app/shelf/outline.h"
#include "base/file.h"
#include "engine/file/json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

enum { TIMES = 7 };

static void die(const struct err *e)
{
	fprintf(stderr, "shelf: %s\n", e->text);
	exit(1);
}

/* One session of the lists' layout, or with `seed` any further one of its kind. */
static void make_first(const char *dir, struct settings *set)
{
	struct epoch_row epoch = {.val = {.wa = 0.5, .ua = 0.5, .wf1 = 0.5}, .seconds = 2};
	struct step_row step = {.loss = 1};
	struct fold_row fold = {.best_epoch = 1};
	struct results r;
	struct session s;
	struct err e = {0};

	options_preset(set);
	snprintf(set->exp.audio_dir, PATH_LEN, "/data/audio");
	snprintf(set->exp.text_dir, PATH_LEN, "/data/text");
	snprintf(set->exp.train_csv, PATH_LEN, "/data/train.csv");
	snprintf(set->exp.dev_csv, PATH_LEN, "/data/dev.csv");
	snprintf(set->exp.test_csv, PATH_LEN, "/data/test.csv");
	set->model.num_classes = 7;
	if (options_resolve(set, &e) || session_create(&s, dir, set, &e) ||
	    session_begin(&s, 0, 1, 1, &e))
		die(&e);
	for (int i = 1; i <= 3; i++) {
		epoch.epoch = step.epoch = step.step = i;
		if (session_step(&s, &step, &e) || session_epoch(&s, &epoch, &e))
			die(&e);
	}
	results_init(&r, set);
	confusion_init(&fold.confusion, 7);
	fold.confusion.count[0][0] = 1;
	results_add(&r, &fold);
	if (session_result(&s, &r, &e))
		die(&e);
	session_close(&s);
	results_free(&r);
}

/* Copies with a learning rate of their own, a week old. */
static void make_all(int n)
{
	static struct settings set;
	char command[512];

	make_first("first", &set);
	for (int i = 0; i < n; i++) {
		snprintf(command, sizeof command,
			 "d=sessions/study-%d/run-%d && mkdir -p ${d%%/*} && cp -r first $d && "
			 "sed -i 's/^\\( *lr: \\).*/\\11e-%d/' $d/config.yml",
			 i / 50, i, 2 + i % 7);
		if (i % 50 == 0) {
			char make[64];

			snprintf(make, sizeof make, "mkdir -p sessions/study-%d", i / 50);
			if (system(make))
				exit(1);
		}
		if (system(command))
			exit(1);
		if (i % 10 == 0) {
			snprintf(command, sizeof command,
				 "sessions/study-%d/run-%d/fold-0/result.json", i / 50, i);
			unlink(command);
		}
	}
	if (system("find sessions -exec touch -h -d '1 week ago' {} + && sleep 3"))
		exit(1);
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void shelf_begin(struct shelf *s)
{
	*s = (struct shelf){0};
	shelf_add(s, "sessions", SHELF_DEEP);
	shelf_read(s);
}

static double time_open(bool cold)
{
	double x[TIMES];

	for (int i = 0; i < TIMES; i++) {
		struct shelf s;
		double at;

		if (cold && system("rm -rf cache"))
			exit(1);
		at = cpu();
		shelf_begin(&s);
		x[i] = cpu() - at;
		shelf_free(&s);
	}
	return median(x, TIMES);
}

static double time_walk(const struct shelf *s)
{
	double x[TIMES];

	for (int i = 0; i < TIMES; i++) {
		double at = cpu();

		for (int k = 0; k < s->n; k++) {
			struct walk w;

			walk_run(&w, s->run[k]->dir);
			walk_free(&w);
		}
		x[i] = cpu() - at;
	}
	return median(x, TIMES);
}

static double time_lines(const struct shelf *s)
{
	struct outline_by by = {.sort.option = -1, .group.option = -1, .falls = true};
	struct outline o = {0};
	struct err e = {0};
	double x[TIMES];

	column_find(&by.sort, "wf1", &e);
	for (int i = 0; i < TIMES; i++) {
		double at = cpu();

		outline_make(&o, s, &by);
		x[i] = cpu() - at;
	}
	outline_free(&o);
	return median(x, TIMES);
}

/* While another process trains a fold: it appends a row before each call. */
static double time_watch(struct shelf *s)
{
	enum { CALLS = 10 * SHELF_ROUND };
	int go[2], done[2];
	double spent = 0;
	char byte = 0;
	pid_t child;

	if (pipe(go) || pipe(done))
		exit(1);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct step_row row = {.epoch = 2};
		struct settings set;
		struct session run;
		struct err e = {0};

		if (session_resume(&run, "sessions/study-0/run-0", &set, &e) ||
		    session_begin(&run, 0, 2, 2, &e))
			die(&e);
		for (row.step = 2; read(go[0], &byte, 1) == 1; row.step++)
			if (session_step(&run, &row, &e) || write(done[1], "", 1) != 1)
				die(&e);
		_exit(0);
	}
	for (int i = 0; i < CALLS; i++) {
		double at;

		if (write(go[1], "", 1) != 1 || read(done[0], &byte, 1) != 1)
			exit(1);
		at = cpu();
		shelf_watch(s);
		spent += cpu() - at;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return spent / CALLS;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 2000;
	double walk, cold, warm, lines, watch;
	char cache[PATH_LEN];
	struct err e = {0};
	struct shelf s;

	json_begin();
	if (path_absolute(cache, sizeof cache, ".", "cache", &e))
		die(&e);
	setenv("XDG_CACHE_HOME", cache, 1);
	make_all(n);
	cold = time_open(true);
	warm = time_open(false);
	shelf_begin(&s);
	walk = time_walk(&s);
	lines = time_lines(&s);
	watch = time_watch(&s);
	printf("%d runs, seconds of a processor (and times the walk)\n", s.n);
	printf("walk   %.4f\n", walk);
	printf("cold   %.4f (%.1f)\n", cold, cold / walk);
	printf("warm   %.4f (%.1f)\n", warm, warm / walk);
	printf("lines  %.4f\n", lines);
	printf("watch  %.5f a call, %.2f %% of a processor at one a second\n", watch, 100 * watch);
	shelf_free(&s);
	return 0;
}
