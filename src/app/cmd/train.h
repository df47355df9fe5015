/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train: a run in the foreground, as the commands `train` and `queue run` have it: its
 * messages, its signals, its hooks.
 */
#ifndef MIUST_TRAIN_COMMAND_H
#define MIUST_TRAIN_COMMAND_H

#include "app/cmd/cli.h"
#include "app/lab/job.h"

/*
 * Open the run and train it, in a thread of its own (work.h), so that it can be asked and
 * steered meanwhile. The signals that stop a run (process.h) end it after a checkpoint:
 * that is an error, whose status is 128 + the signal. `a` has the hooks. `lines`: a line an
 * epoch, though not more than one a second, and one for the results, instead of a progress
 * line and tables. *complete: all of it is trained.
 */
int train_job(const struct args *a, const struct job_options *o, bool lines, bool *complete,
	      struct err *e);
/*
 * The same with up to `jobs` folds at a time (team.h), each in a thread of its own with its share
 * of the threads. A fold that diverges, or that another program trains, ends for itself; the run
 * has then failed when all others are trained.
 */
int train_folds(const struct args *a, const struct job_options *o, int jobs, struct err *e);

#endif
