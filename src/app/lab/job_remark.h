/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_remark: what is worth saying of a fold's data, once. Used by job_fold.c.
 */
#ifndef MIUST_JOB_REMARK_H
#define MIUST_JOB_REMARK_H

#include "app/lab/job.h"

/* Files that were written to in place may have been read half old, half new, and for a moment as
 * zeros: nobody can tell. */
void job_remark_written(struct job *j);
/* Rows of the fold that were there once: nothing makes them again. */
void job_remark_lost(const struct job *j);
/* train.memory is what the user may rely on; where it cannot be kept. More than the machine has,
 * in bytes, is refused: -1. */
int job_remark_memory(const struct job *j, int64_t machine, struct err *e);
/* What the classes weigh beside how many utterances have them, where it matters. That none counts
 * is a mistake: -1. */
int job_remark_weights(const struct job *j, struct err *e);

#endif
