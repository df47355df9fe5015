/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_rollback: the fold that is being run goes back by itself when its loss spikes, if there
 * is a rule (rollback.h; the job's hook `rollback`).
 *
 * A spike is known by the rows of the fold alone, so a resumed run knows it too: one that the
 * log has not answered when a kill or a stop came is answered then. The line of the log says
 * `spike` or `diverged`, and those after it what has changed; a replay does the same without a
 * rule, and while a log has rewinds to come no rule goes back. The uses are counted in the log of
 * the fold. Whatever fails is said, and the run goes on where it was, or diverges as it would have.
 */
#ifndef MIUST_JOB_ROLLBACK_H
#define MIUST_JOB_ROLLBACK_H

#include "app/lab/job.h"

/* The fold's rows have been opened: what is known of its losses. */
int job_rollback_open(struct job *j, struct err *e);
/* A step is done; `repeats`: one that the parent of a branch did too, which nothing answers. */
void job_rollback_step(struct job *j, const struct step_row *r, bool repeats);
/*
 * Between two steps, after what the log has to say. 1: the run has gone back. 0: it goes on.
 * -1: with EXIT_STOPPED it was called back, and is where it was; asked again it tries again.
 * Else it cannot go on (j->lost).
 */
int job_rollback(struct job *j, struct err *e);
/* The same of a step that diverged, or of an evaluation after that step: the weights are those of
 * before. */
int job_rollback_diverged(struct job *j, const struct step_row *r, struct err *e);

#endif
