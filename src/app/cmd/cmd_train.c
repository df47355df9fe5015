/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/lab/job.h"
#include "app/cmd/hooked.h"
#include "app/cmd/progress.h"
#include "app/cmd/train.h"
#include "base/clock.h"
#include "base/plain.h"
#include "base/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The signal that asked us to stop; a second one ends the program at once, and so
 * does the first while the config and the data are read: nobody asks then, and
 * there is nothing to store. */
static volatile sig_atomic_t stop_signal, reading;

static void on_signal(int number)
{
	static const char said[] = "miust: stopped while reading the data\n";
	ssize_t ignored = reading ? write(STDERR_FILENO, said, sizeof said - 1) : 0;

	(void)ignored;
	if (reading || stop_signal)
		_exit(128 + number);
	stop_signal = number;
}

static void catch_signals(void)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&a.sa_mask);
	for (int i = 0; i < PROCESS_STOPS; i++) {
		int number = process_stops[i].number;
		struct sigaction old;

		/* nohup, and a shell's background, ignore some on purpose. */
		if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(number, &a, NULL);
	}
}

/* What is said while the run goes on. */
struct watch {
	struct progress line;
	bool begun;
	double since; /* seconds; 0: no step yet */
	int64_t seen; /* utterances since then */
	bool lines;   /* a line an epoch, and one for the results */
	double last;  /* when a line was written */
	struct hooks hooks;
};

static void say(void *ctx, const char *text)
{
	struct watch *w = ctx;

	progress_wipe(&w->line);
	cli_message("%s", text);
}

/* Once, when the first fold begins. */
static void begin_fold(void *ctx, struct job *j)
{
	struct watch *w = ctx;
	int fold, epoch, step;
	char text[PATH_LEN + 128];

	if (w->begun)
		return;
	w->begun = true;
	job_position(j, &fold, &epoch, &step);
	if (j->results.n > 0 || step > 1)
		snprintf(text, sizeof text,
			 "session %s goes on before epoch %d, step %d of fold %d", j->session.dir,
			 epoch, step, fold);
	else
		snprintf(text, sizeof text, "session %s", j->session.dir);
	say(ctx, text);
	if (protocol_optimistic(&j->set))
		say(ctx, "exp.protocol reference validates on the test session, as published: "
			 "its figures are optimistic");
}

static enum job_go between(void *ctx, struct job *j)
{
	struct watch *w = ctx;

	(void)j;
	hooked_turn(&w->hooks, say, w);
	return stop_signal ? JOB_STOP : JOB_GO;
}

static bool stopping(void *ctx)
{
	struct watch *w = ctx;

	hooked_turn(&w->hooks, say, w);
	return stop_signal != 0;
}

static void step(void *ctx, struct job *j, const struct step_row *r)
{
	struct watch *w = ctx;
	const struct trainer *t = &j->trainer;
	double now = clock_seconds();
	struct str text = {0};

	if (w->since == 0)
		w->since = now;
	else
		w->seen += t->step_utt;
	if (!progress_due(&w->line, now))
		return;
	str_addf(&text, "fold %d  epoch %d/%d  step %d/%d  loss %.3f", r->fold, r->epoch,
		 t->set.train.epoch, t->state.in_epoch, trainer_steps_per_epoch(t), r->loss);
	if (t->state.best_epoch > 0)
		str_addf(&text, "  %s %.3f@%d", selection_label[t->set.train.select],
			 selection_figure(&t->set, &t->state.best, t->state.best_loss),
			 t->state.best_epoch);
	if (w->seen > 0)
		str_addf(&text, "  %.0f utterances/s", (double)w->seen / (now - w->since));
	progress_show(&w->line, text.s);
	str_free(&text);
}

static void fold(void *ctx, struct job *j, const struct fold_row *r, const struct predictions *p)
{
	char text[256];

	(void)p;
	snprintf(text, sizeof text, "fold %d: best epoch %d of %d, test WA %.4f UA %.4f WF1 %.4f",
		 r->fold, r->best_epoch, j->trainer.state.epoch, r->test.wa, r->test.ua,
		 r->test.wf1);
	say(ctx, text);
}

static void changed(void *ctx, struct job *j, const struct change *c)
{
	char text[512];

	(void)j;
	snprintf(text, sizeof text, "before step %d of fold %d: %s", c->step, c->fold, c->command);
	say(ctx, text);
}

static void happened(void *ctx, struct job *j, const struct happening *x)
{
	struct watch *w = ctx;

	(void)j;
	hooks_happened(&w->hooks, x);
}

static void epoch(void *ctx, struct job *j, const struct epoch_row *r, const struct predictions *p)
{
	struct watch *w = ctx;
	double now = clock_seconds();
	char text[256];

	(void)p;
	if (!w->lines || now - w->last < 1)
		return;
	w->last = now;
	snprintf(text, sizeof text, "fold %d  epoch %d/%d  loss %.3f  WA %.3f  kept epoch %d",
		 r->fold, r->epoch, j->trainer.set.train.epoch, r->val_loss, r->val.wa,
		 j->trainer.state.best_epoch);
	say(ctx, text);
}

/* "seed 53: test WA 0.8530 ± 0.0670 UA ..." */
static void print_line(const struct job *j)
{
	const struct figures *m = &j->results.mean, *d = &j->results.sd;
	const struct {
		const char *name;
		double mean, sd;
	} part[] = {{"WA", m->wa, d->wa}, {"UA", m->ua, d->ua}, {"WF1", m->wf1, d->wf1}};

	printf("seed %lld: test", (long long)j->set.exp.seed);
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		printf(" %s %.4f", part[i].name, part[i].mean);
		if (j->results.n > 1)
			printf(" ± %.4f", part[i].sd);
	}
	printf("\n");
}

static void seed(void *ctx, struct job *j)
{
	struct watch *w = ctx;

	progress_wipe(&w->line);
	if (w->lines) {
		print_line(j);
	} else {
		if (j->opt.seeds > 1)
			printf("seed %lld\n", (long long)j->set.exp.seed);
		results_print(&j->results, &j->set, stdout);
	}
	fflush(stdout);
}

/* "--session DIR --resume" and what else this run was asked for. */
static char *resume_words(const struct job *j)
{
	struct str b = {0};

	str_add(&b, "--session ");
	str_add_quoted(&b, j->root.root);
	str_add(&b, " --resume");
	for (int i = 0; i < j->opt.nfolds; i++)
		str_addf(&b, " --fold %d", j->opt.fold[i]);
	if (j->opt.seeds > 1)
		str_addf(&b, " --seeds %d", j->opt.seeds);
	return b.s;
}

/* The run ended before its end: by a signal, which is a failure, or as asked. */
static int stopped(const struct job *j, struct err *e)
{
	char *words = resume_words(j);
	int fold_at, epoch, step_at;

	job_position(j, &fold_at, &epoch, &step_at);
	if (stop_signal) {
		err_set(e, "stopped by %s before epoch %d, step %d of fold %d; go on with %s",
			process_stop_name(stop_signal), epoch, step_at, fold_at, words);
		e->status = 128 + stop_signal;
	} else {
		cli_message("stopped after %lld step%s; go on with %s", (long long)j->steps,
			    j->steps == 1 ? "" : "s", words);
	}
	free(words);
	return stop_signal ? -1 : 0;
}

int train_job(const struct args *a, const struct job_options *o, bool lines, bool *complete,
	      struct err *e)
{
	struct watch watch = {.lines = lines};
	struct job_hooks hooks = {
		.ctx = &watch,
		.begin_fold = begin_fold,
		.between = between,
		.stopping = stopping,
		.step = step,
		.epoch = epoch,
		.fold = fold,
		.seed = seed,
		.changed = changed,
		.happened = happened,
		.say = say,
	};
	struct job j;
	int failed;

	*complete = false;
	if (hooked_read(&watch.hooks, a, e))
		return -1;
	if (!lines)
		progress_start(&watch.line, stderr, getenv("TERM"));
	reading = true;
	catch_signals();
	failed = job_open(&j, NULL, o, &hooks, e);
	reading = false;
	if (failed) {
		hooks_free(&watch.hooks);
		return -1;
	}
	failed = job_run(&j, e);
	progress_wipe(&watch.line);
	*complete = !failed && j.complete;
	if (!failed && !j.complete)
		failed = stopped(&j, e);
	job_close(&j);
	hooked_finish(&watch.hooks, say, &watch);
	return failed;
}

static int run(const struct args *a, struct err *e)
{
	const struct job_options o = {
		.config = a->noperands ? a->operand[0] : NULL,
		.session = a->session,
		.set = a->set,
		.nset = a->nset,
		.fold = a->fold,
		.nfolds = a->nfolds,
		.seeds = a->seeds,
		.resume = a->resume || a->resume_or_start,
		.or_start = a->resume_or_start,
		.skip_bad = a->skip_bad,
		.accept_data = a->accept_data,
		.notes = true,
		.replay = a->replay,
		.threads = a->threads,
		.max_steps = a->max_steps,
	};
	bool complete;

	if (a->resume && a->resume_or_start)
		return err_usage(e, "--resume and --resume-or-start: give one of them");
	if (!o.config && !(a->resume && o.session))
		return err_usage(e, "CONFIG is missing; only --session DIR --resume needs none");
	return train_job(a, &o, false, &complete, e);
}

const struct command cmd_train = {
	.name = "train",
	.operands = "[CONFIG]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_SESSION, FLAG_SET, FLAG_FOLD, FLAG_SEEDS, FLAG_RESUME,
				     FLAG_RESUME_OR_START, FLAG_ACCEPT_DATA, FLAG_REPLAY,
				     FLAG_SKIP_BAD, FLAG_THREADS, FLAG_MAX_STEPS, FLAG_ON,
				     FLAG_NONE},
	.help = "Train every fold, test the kept checkpoints, print the figures.",
	.more = "CONFIG is a YAML file, a session's folder for the settings in it, or the word\n"
		"demo for the built-in corpus. All results are in the session folder. On "
		"INT,\nTERM, HUP, USR1 and USR2 it writes a checkpoint there and stops; --session "
		"DIR\n--resume continues as if nothing had happened. --resume-or-start is the same\n"
		"for the first start and all later ones; so several programs may start at once,\n"
		"each with its --fold (doc/cluster.md). HOOK is what the console's `on` takes\n"
		"(doc/hooks.md).",
	.run = run,
	.stores = true,
};
