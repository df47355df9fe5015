/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/cmd/train.h"
#include "app/session/collect.h"
#include "app/session/session_state.h"
#include "base/process.h"

#include <stdio.h>

static const struct ranks *ranks; /* the program's; NULL: this process alone */

void train_with(const struct ranks *r)
{
	ranks = r;
}

/* A session that is finished needs its data for nothing more, and nothing is written: its figures
 * are printed. */
static bool print_if_finished(const struct job_options *o, const struct err *e)
{
	struct err ignored = {0};
	struct collected c = {0};
	bool finished = false;

	if ((e->status != EXIT_DATA && e->status != EXIT_CLOSED) ||
	    session_finished(o->session, o->seeds > 0 ? o->seeds : 1, &finished, &ignored))
		return false;
	finished = finished && collect_session(&c, o->session, o->seeds, &ignored) == 0;
	for (int i = 0; i < o->nfolds && finished; i++)
		finished = results_has(&c.run[0].results, o->fold[i]);
	if (finished) {
		cli_message("%s", e->text);
		cli_message("session %s is finished: these are its figures", o->session);
		collected_print(&c, stdout);
	}
	collected_free(&c);
	return finished;
}

/* mpirun starts any program as often as is asked for, and these know nothing of each other. */
static void explain_mpirun(struct err *e)
{
	struct err told = {.status = e->status};
	int n = process_together(NULL);

	if (ranks || n == 1 || (e->status != EXIT_THERE && e->status != EXIT_BUSY))
		return;
	snprintf(told.text, sizeof told.text,
		 "%.*s (%d of these programs were started together; one run on several ranks is "
		 "what miust-mpi trains)",
		 (int)sizeof told.text - 160, e->text, n);
	*e = told;
}

/* Each makes a session of its own, unless it is told which fold or session is its. */
static void warn_of_mpirun(const struct args *a)
{
	int place, n = process_together(&place);

	if (!ranks && n > 1 && place == 0 && !a->session && !a->nfolds)
		cli_message("%d of these programs were started together, and each trains all of "
			    "it; one run on several ranks is what miust-mpi trains",
			    n);
}

/* Whoever goes on without --seeds goes on with the first. */
static void remind_of_seeds(const struct args *a)
{
	int n = a->seeds ? 1 : session_seeds(a->session);
	struct err ignored = {0};
	bool finished = true;

	if (n > 1 && session_finished(a->session, n, &finished, &ignored) == 0 && !finished)
		cli_message("%s has begun %d seeds, and this was the first; --seeds %d goes on "
			    "with all",
			    a->session, n, n);
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
		.ranks = ranks,
		.rank_threads = a->threads,
		.threads = a->threads,
		.max_steps = a->max_steps,
	};
	bool complete;

	if (a->resume && a->resume_or_start)
		return err_usage(e, "--resume and --resume-or-start: give one of them");
	if (ranks && a->jobs > 1)
		return err_usage(e,
				 "--jobs %d: folds at once are for one process; ranks share the "
				 "batches of one fold",
				 a->jobs);
	if (!o.config && !(a->resume && o.session))
		return err_usage(e, "CONFIG is missing; only --session DIR --resume needs none");
	warn_of_mpirun(a);
	if ((a->jobs > 1 ? train_folds(a, &o, a->jobs, e)
			 : train_job(a, &o, false, &complete, e)) == 0) {
		if (o.resume)
			remind_of_seeds(a);
		return 0;
	}
	if (o.resume && print_if_finished(&o, e)) {
		err_clear(e);
		return 0;
	}
	explain_mpirun(e);
	if (e->status == EXIT_STOPPED) /* it has not done what it was started for */
		e->status = EXIT_FAILED;
	return -1;
}

const struct command cmd_train = {
	.name = "train",
	.operands = "[CONFIG]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_SESSION, FLAG_SET, FLAG_FOLD, FLAG_SEEDS, FLAG_JOBS,
				     FLAG_RESUME, FLAG_RESUME_OR_START, FLAG_ACCEPT_DATA,
				     FLAG_REPLAY, FLAG_SKIP_BAD, FLAG_THREADS, FLAG_MAX_STEPS,
				     FLAG_ON, FLAG_NONE},
	.help = "Train every fold, test the kept checkpoints, print the figures.",
	.more = "CONFIG is a YAML file, a session's folder for the settings in it, or the word\n"
		"demo for the built-in corpus. All results are in the session folder. On "
		"INT,\nTERM, HUP, USR1 and USR2 it writes a checkpoint there and stops; --session "
		"DIR\n--resume continues as if nothing had happened. --resume-or-start is the "
		"same\n"
		"for the first start and all later ones; so several programs may start at once,\n"
		"each with its --fold (doc/cluster.md). With --jobs N so many folds train at a\n"
		"time, each with its share of the threads; the session is the same, byte for\n"
		"byte. HOOK is what the console's `on` takes (doc/hooks.md).",
	.run = run,
	.stores = true,
};
