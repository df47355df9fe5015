/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/cmd/detached.h"
#include "app/cmd/train.h"
#include "app/queue/dispatch.h"
#include "app/session/session_state.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one run, here ---- */

/* In the environment of what dispatch starts, until it has read it: that another program was
 * quicker is then no news, for it is offered the next run. */
#define DISPATCHED "MIUST_DISPATCHED"

static bool is_dispatched(void)
{
	bool is = getenv(DISPATCHED) != NULL;

	unsetenv(DISPATCHED); /* no hook is */
	return is;
}

static int read_run(const char *name, struct queue_run *run, struct err *e)
{
	const struct queue_run *found;
	struct queue q;

	if (queue_read(&q, QUEUE_FOLDER, e))
		return -1;
	found = queue_find(&q, name, e);
	if (found)
		*run = *found;
	queue_free(&q);
	return found ? 0 : -1;
}

static int train_run(const struct args *a, const struct queue_run *run, struct err *e)
{
	const struct job_options o = {.session = run->dir,
				      .seeds = run->seeds,
				      .resume = true,
				      /* else whoever has left it to us looks on meanwhile */
				      .claim = !detached_is(),
				      .threads = a->threads};
	struct err ignored = {0};
	bool complete;
	int failed = train_job(a, &o, true, &complete, e);

	if (complete || (failed && e->status == EXIT_DIVERGED))
		return queue_remove(QUEUE_FOLDER, run->dir, NULL, failed ? &ignored : e) || failed
			       ? -1
			       : 0;
	return failed;
}

/* Only its line is left, and perhaps its joined files. */
static int settle_run(const struct queue_run *run, struct err *e)
{
	if (session_settle(run->dir, e) || queue_remove(QUEUE_FOLDER, run->dir, NULL, e))
		return -1;
	cli_message("%s is finished already; its line in the queue is removed", run->dir);
	return 0;
}

/* A run that another program has is none of ours: that is no failure. */
static int run_one(const struct args *a, struct err *e)
{
	bool finished, dispatched = is_dispatched();
	struct queue_run run;
	int failed;

	if (read_run(a->operand[0], &run, e)) /* of dispatch: another program has finished it */
		return dispatched ? err_said(e) : -1;
	if (session_finished(run.dir, run.seeds, &finished, e))
		return -1;
	failed = finished ? settle_run(&run, e) : train_run(a, &run, e);
	if (!failed || e->status != EXIT_BUSY)
		return failed;
	if (!dispatched)
		cli_message("%s", e->text);
	err_clear(e);
	return 0;
}

/* ---- all of them ---- */

static void print_line(void *ctx, const char *name, const char *text, bool result)
{
	(void)ctx;
	if (!result) {
		cli_message("%s: %s", name, text);
		return;
	}
	printf("%s: %s\n", name, text);
	fflush(stdout);
}

static int say_start(struct err *e)
{
	struct queue q;

	if (queue_read(&q, QUEUE_FOLDER, e))
		return -1;
	queue_say_faults(&q, cli_say, NULL);
	if (q.n == 0)
		cli_message("the queue is empty");
	queue_free(&q);
	return 0;
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

/* What became of them, as message, error and exit status. */
static int conclude(const struct dispatch_end *end, struct err *e)
{
	int failed = end->failed.n, stopped = end->stopped.n;

	for (int i = 0; i < failed; i++)
		cli_message("%s: failed: %s", end->failed.at[i].dir, end->failed.at[i].why);
	for (int i = 0; i < stopped; i++)
		cli_message("%s: %s", end->stopped.at[i].dir, end->stopped.at[i].why);
	if (end->signal) {
		err_set(e, "stopped by %s; %d run%s in the queue; go on with miust queue run",
			process_stop_name(end->signal), end->left, plural(end->left));
		e->status = 128 + end->signal;
		return -1;
	}
	if (failed)
		return err_set(e,
			       "%d run%s failed, %d finished; what is still in the queue is tried "
			       "again by the next miust queue run",
			       failed, plural(failed), end->finished);
	if (stopped)
		return err_set(e,
			       "%d run%s stopped from outside, %d finished; the next miust queue "
			       "run goes on with what is still in the queue",
			       stopped, stopped == 1 ? " was" : "s were", end->finished);
	if (end->diverged) {
		err_set(e, "%d run%s diverged, %d finished", end->diverged, plural(end->diverged),
			end->finished);
		e->status = EXIT_DIVERGED;
		return -1;
	}
	if (end->finished)
		cli_message("%d run%s finished", end->finished, plural(end->finished));
	if (end->left)
		cli_message("%d run%s left to other programs", end->left, plural(end->left));
	return 0;
}

static int run_all(const struct args *a, struct err *e)
{
	struct dispatch d = {
		.folder = QUEUE_FOLDER,
		.program = "/proc/self/exe",
		.jobs = max_int(a->jobs, 1),
		.threads = a->threads > 0 ? a->threads : machine_cores(),
		.line = print_line,
	};
	const char **more = mem_alloc((size_t)a->non * 2 + 1, sizeof *more);
	struct dispatch_end end = {0};
	int failed;

	process_together(&d.place);
	for (int i = 0; i < a->non; i++) {
		more[d.nmore++] = "--on";
		more[d.nmore++] = a->on[i];
	}
	d.more = more;
	setenv(DISPATCHED, "1", 1);
	failed = say_start(e) || dispatch_run(&d, &end, e) || conclude(&end, e);
	queue_passed_free(&end.failed);
	queue_passed_free(&end.stopped);
	free(more);
	return failed ? -1 : 0;
}

static int run(const struct args *a, struct err *e)
{
	if (a->noperands && a->jobs)
		return err_usage(e, "--jobs: NAME is one run alone");
	return a->noperands ? run_one(a, e) : run_all(a, e);
}

const struct command cmd_queue_run = {
	.name = "queue run",
	.operands = "[NAME]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_JOBS, FLAG_THREADS, FLAG_ON, FLAG_NONE},
	.help = "Train what waits, until nothing is left; with NAME that run alone.",
	.more = "Each run trains in a program of its own; --threads are those of all together.\n"
		"Runs that another program trains are left to it, and what is queued meanwhile is\n"
		"trained too. A run that is finished or has diverged leaves the queue; one that\n"
		"fails (its data is gone) stays and is not tried again, and so does one that is\n"
		"stopped from outside (miust control). On INT, TERM, HUP, USR1\n"
		"and USR2 all write a checkpoint and stop; `queue run` goes on there.",
	.run = run,
	.stores = true,
};
