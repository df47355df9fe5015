/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the worker shows of itself: its figures, computed from known ones, and
 * that they are written under the lock only.
 */
#include "app/lab/work_private.h"

#include "app/session/run.h"
#include "base/clock.h"
#include "temp.h"
#include "test.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

static struct work_run *watched; /* lies in `mapping` */
static void *mapping;
static size_t mapped;

/* ---- figures ---- */

/* A worker without its thread: IEMOCAP's five folds, of which fold 2 is trained
 * in 10 epochs of 4 steps. */
static struct work_run *idle_worker(void)
{
	static struct lab lab = {.corpus = {.layout = LAYOUT_IEMOCAP, .nlists = 5}};
	struct work_run *run = calloc(1, sizeof *run);
	struct work *w = calloc(1, sizeof *w);
	struct trainer *t = &run->job.trainer;

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&run->asked, NULL);
	w->ring = calloc(RING, sizeof *w->ring);
	w->run = calloc(1, sizeof(struct work_run *));
	w->run[w->runs++] = run;
	run->work = w;
	run->id = WORK_FIRST;
	run->wake = -1;
	run->looker.fold = -1;
	run->rate = run->epoch_began = NAN;
	run->job.lab = &lab;
	t->corpus = &lab.corpus;
	t->state.fold = 2;
	t->split.n[PART_TRAIN] = 13;
	t->set.train.batch_size = 4;
	t->set.train.accumulate = t->set.train.microbatches = 1;
	t->set.train.epoch = 10;
	return run;
}

static void end(struct work_run *run)
{
	struct work *w = run->work;
	struct event e;

	w->pipe[0] = w->pipe[1] = -1;
	while (work_next(w, &e))
		event_free(&e);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&run->asked);
	free(w->ring);
	free(w->run);
	free(w);
	if (run == watched)
		munmap(mapping, mapped);
	else
		free(run);
}

/* The position in fold 2: `steps` of 4 of an epoch are done. */
static void at(struct work_run *run, int epoch, int steps, bool ended)
{
	run->job.trainer.state.epoch = epoch;
	run->job.trainer.state.in_epoch = steps;
	run->job.trainer.state.ended = ended;
}

static void epoch_took(struct work_run *run, double seconds)
{
	struct predictions none = {0};
	struct epoch_row row = {
		.fold = 2, .epoch = run->job.trainer.state.epoch, .seconds = seconds};

	work_hooks.epoch(run, &run->job, &row, &none);
}

static double eta(struct work_run *run)
{
	struct snapshot s;

	work_show(run, WORK_RUN);
	work_snapshot(run->work, run->id, &s);
	return s.eta;
}

/* Folds 3, 4 and 5 are to come: 30 epochs. */
TEST(eta_is_in_seconds)
{
	struct fold_row finished[2] = {{.fold = 1}, {.fold = 4}};
	struct work_run *run = idle_worker();

	run->job.results.fold = finished;
	run->job.results.n = 1;
	at(run, 1, 0, false);
	CHECK(isnan(eta(run)));
	at(run, 1, 4, true);
	epoch_took(run, 60);
	CHECK_NEAR(eta(run), (9 + 30) * 60, 1e-9);
	at(run, 2, 0, false);
	CHECK_NEAR(eta(run), (9 + 30) * 60, 1e-9);
	at(run, 2, 1, false);
	CHECK_NEAR(eta(run), (8.75 + 30) * 60, 1e-9);
	at(run, 2, 4, false); /* evaluating */
	CHECK_NEAR(eta(run), (8 + 30) * 60, 1e-9);
	at(run, 10, 4, true);
	CHECK_NEAR(eta(run), 30 * 60, 1e-9);
	run->job.trainer.state.fold = 5; /* which the run went on with: 2, 3 and 4 come after it */
	CHECK_NEAR(eta(run), 30 * 60, 1e-9);
	run->job.trainer.state.fold = 2;
	run->job.results.n = 2; /* trained out of turn, and one of those before */
	CHECK_NEAR(eta(run), 20 * 60, 1e-9);
	end(run);
}

TEST(eta_follows_the_last_epochs)
{
	struct fold_row finished[4] = {{.fold = 1}, {.fold = 2}, {.fold = 3}, {.fold = 4}};
	struct work_run *run = idle_worker();

	run->job.results.fold = finished;
	run->job.results.n = 4;
	run->job.trainer.state.fold = 5;
	at(run, 9, 4, true);
	epoch_took(run, 100);
	CHECK_NEAR(eta(run), 100, 1e-9);
	epoch_took(run, 200);
	CHECK_NEAR(eta(run), 130, 1e-9);
	epoch_took(run, 30);
	CHECK_NEAR(eta(run), 100, 1e-9);
	run->epoch_began -= 100000; /* what was stored meanwhile takes time, too */
	epoch_took(run, 30);
	CHECK_NEAR(eta(run), 0.7 * 100 + 0.3 * 100000, 1000);
	end(run);
}

/* Utterances a second: 30 of them in 4 seconds and what this test takes. */
TEST(rate_is_per_second)
{
	struct work_run *run = idle_worker();
	struct step_row row = {.fold = 2, .epoch = 1, .step = 1, .loss = 0.5};
	double began = clock_seconds(), most;
	struct snapshot s;

	run->job.trainer.step_utt = 30;
	run->step_started = began - 4;
	work_hooks.step(run, &run->job, &row);
	most = 4 + clock_seconds() - began;
	work_show(run, WORK_RUN);
	work_snapshot(run->work, run->id, &s);
	CHECK(s.rate <= 30.0 / 4 && s.rate >= 30 / most);
	CHECK_NEAR(s.loss, 0.5, 1e-12);
	end(run);
}

/* The same of a run that is followed, by its rows: fold 2 of five, of 10 epochs of 4 steps. */
TEST(figures_of_rows_are_in_seconds)
{
	bool held[5] = {false, false, false, true, false}; /* fold 4: another program's */
	struct step_row step[5] = {{.step = 1}, {.step = 2}, {.step = 3}, {.step = 4}, {.step = 5}};
	struct epoch_row epoch[2] = {{.fold = 2, .epoch = 1, .seconds = 60},
				     {.fold = 2, .epoch = 2, .seconds = 160}};
	struct fold_run fold[3] = {
		{.fold = 2, .step = step, .nsteps = 4, .epoch = epoch, .nepochs = 1},
		{.fold = 5, .tested = true},
		{.fold = 1, .tested = true}};
	struct work_part part = {.n = 30, .steps = 4, .held = held};
	struct snapshot s = {0};
	struct run r = {.dir = "none", .folds = 5, .fold = fold, .nfolds = 3};

	r.set.layout = LAYOUT_IEMOCAP;
	r.base.train.epoch = 10;
	for (int i = 0; i < 5; i++) {
		step[i].fold = 2;
		step[i].epoch = 1 + i / 4;
	}
	work_put_rows(&s, &r, 1, &part); /* fold 3 is to come, 5 is finished */
	CHECK_NEAR(s.eta, (9 + 10) * 60, 1e-9);
	CHECK_NEAR(s.rate, 0.5, 1e-12);
	fold[0].nsteps = 5;
	work_put_rows(&s, &r, 1, &part);
	CHECK_NEAR(s.eta, (8.75 + 10) * 60, 1e-9);
	fold[0].nepochs = 2;
	work_put_rows(&s, &r, 1, &part); /* 0.7 of 60 and 0.3 of 160 seconds an epoch */
	CHECK_NEAR(s.eta, (8 + 10) * 90, 1e-9);
	fold[0].nepochs = 0;
	work_put_rows(&s, &r, 1, &part);
	CHECK(isnan(s.eta) && isnan(s.rate));
}

/* ---- the lock ---- */

/*
 * A worker whose snapshot ends where a page does; those of its pages that hold
 * nothing else can be made unwritable. A write there is let through after a
 * look at the lock.
 */
static char *pages;
static size_t npages, page;
static struct sigaction was;
static int writes, unlocked;

static void on_write(int sig, siginfo_t *info, void *context)
{
	char *where = info->si_addr;

	(void)context;
	if (where < pages || where >= pages + npages * page) {
		sigaction(sig, &was, NULL); /* a real one */
		return;
	}
	writes++;
	if (pthread_mutex_trylock(&watched->work->lock) == 0) {
		unlocked++;
		pthread_mutex_unlock(&watched->work->lock);
	}
	mprotect(pages + (size_t)(where - pages) / page * page, page, PROT_READ | PROT_WRITE);
}

static void watch(struct work_run *run)
{
	struct sigaction act = {.sa_sigaction = on_write, .sa_flags = SA_SIGINFO | SA_NODEFER};

	watched = run;
	writes = unlocked = 0;
	sigaction(SIGSEGV, &act, &was);
	mprotect(pages, npages * page, PROT_READ);
}

static void unwatch(void)
{
	mprotect(pages, npages * page, PROT_READ | PROT_WRITE);
	sigaction(SIGSEGV, &was, NULL);
}

static struct work_run *watched_worker(void)
{
	struct work_run *from = idle_worker(), *run;
	size_t end_of_shown = offsetof(struct work_run, shown) + sizeof from->shown;

	page = (size_t)sysconf(_SC_PAGESIZE);
	npages = sizeof from->shown / page;
	mapped = (sizeof *from / page + 3) * page;
	mapping = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapping == MAP_FAILED)
		exit(1);
	run = (struct work_run *)((char *)mapping + (page - end_of_shown % page) % page);
	memcpy(run, from, sizeof *run);
	run->work->run[0] = run;
	pages = (char *)run + end_of_shown - npages * page;
	free(from);
	return run;
}

TEST(errors_are_shown_under_the_lock)
{
	struct work_run *run;
	struct err e = {.status = EXIT_FAILED, .text = "the disk is full"};
	struct step_row row = {.fold = 2, .epoch = 3, .step = 7};
	struct snapshot s;

	if (sizeof s < (size_t)sysconf(_SC_PAGESIZE))
		SKIP("pages are larger than the snapshot");
	run = watched_worker();
	watch(run);
	work_show_error(run, WORK_FAILED, &e);
	unwatch();
	CHECK(writes > 0);
	CHECK_INT(unlocked, 0);
	work_snapshot(run->work, run->id, &s);
	CHECK_STR(s.error, "the disk is full");
	CHECK_INT(s.state, WORK_FAILED);

	run->work->quit = true;
	watch(run);
	CHECK_INT(work_hooks.diverged(run, &run->job, &row, &e), JOB_STOP);
	unwatch();
	CHECK(writes > 0);
	CHECK_INT(unlocked, 0);
	work_snapshot(run->work, run->id, &s);
	CHECK_INT(s.state, WORK_DIVERGED);
	CHECK_INT(s.diverged.step, 7);
	end(run);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
