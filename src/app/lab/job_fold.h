/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_fold: one fold of a run, from its first step to the test of its kept
 * checkpoint, and what it stores on the way. Used by job.c.
 */
#ifndef MIUST_JOB_FOLD_H
#define MIUST_JOB_FOLD_H

#include "app/lab/job.h"

/* Begin the fold, or go on from its state, and run it to its end or until it is
 * stopped; *go becomes what ended it. After a stop the trainer stays open. */
int job_run_fold(struct job *j, int fold, enum job_go *go, struct err *e);
void job_close_fold(struct job *j); /* safe if none is open */
/* Rows and history of the fold, open for what comes after its state: what they have of that is
 * cut off. */
int job_open_rows(struct job *j, struct err *e);

#endif
