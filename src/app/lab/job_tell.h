/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_tell: what has happened to a run, told to its hook `happened`, each time
 * once. Used by the files of job.
 */
#ifndef MIUST_JOB_TELL_H
#define MIUST_JOB_TELL_H

#include "app/lab/job.h"

/* Of an evaluated epoch, which may be the best so far: told once its files are stored. */
void job_tell_epoch(struct job *j, const struct epoch_row *r);
void job_tell_stored(struct job *j); /* they are */
void job_tell_fold(struct job *j, const struct fold_row *r);
void job_tell_spike(struct job *j, const struct step_row *r, const char *why);
void job_tell_diverged(struct job *j, const struct step_row *r, const struct err *why);
/* A seed has results of all folds that were asked for; the run has ended before that,
 * with *e set if it failed. Nothing is told where nothing has been trained since the
 * last end. */
void job_tell_finished(struct job *j);
void job_tell_ended(struct job *j, const struct err *e);

#endif
