/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steer: what a run is told while it runs.
 *
 * One list holds it: commands.log of the seed's folder. A change is written
 * there, and on the disk, before it is in force; --replay is copied into it
 * before the first step; a resumed run follows it again. So whatever stops the
 * run, and wherever it goes on, each step is done with the settings of the run
 * that was not stopped. Applied in the order of (fold, step), and within one
 * step in the order of the file.
 *
 * Used by job.c between two steps; people call job_command (job.h).
 */
#ifndef MIUST_STEER_H
#define MIUST_STEER_H

#include "app/lab/job.h"

/* --replay: read and checked against settings and corpus, before anything is
 * stored. Errors are FILE:LINE. */
int steer_open(struct job *j, struct err *e);
/* A seed begins or goes on, with j->base and j->session: read its log, and copy
 * --replay into it. A session that has begun without one of the changes of
 * --replay is an error: they cannot be made in its past. */
int steer_begin(struct job *j, struct err *e);
/* Changes that earlier folds were given; before trainer_open. */
int steer_fold(struct job *j, int fold, struct err *e);
/* Changes due before the next step; *go becomes JOB_FOLD where the log ends
 * the fold. */
int steer_due(struct job *j, enum job_go *go, struct err *e);
/* The person ends the fold here: log it. */
int steer_end_fold(struct job *j, struct err *e);
void steer_close(struct job *j);

#endif
