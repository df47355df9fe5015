/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_ranks: a job whose batches other processes compute with it (engine/train/share.h).
 *
 * Rank 0 has the job, with session, results and all that a user sees. The others read the same
 * data by the settings that it sends, and compute; they write nothing.
 */
#ifndef MIUST_JOB_RANKS_H
#define MIUST_JOB_RANKS_H

#include "app/lab/job.h"
#include "engine/num/ranks.h"

/* Without ranks (j->opt.ranks NULL) the first two do nothing. */
int job_ranks_check(const struct job *j, struct err *e); /* before a session is made */
int job_ranks_begin(struct job *j, struct err *e);       /* the fold whose trainer is open */

void job_ranks_end(const struct ranks *r);  /* rank 0, when its last job is closed */
void job_ranks_help(const struct ranks *r); /* the others; returns once rank 0 has ended */

#endif
