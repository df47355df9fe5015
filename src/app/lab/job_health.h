/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_health: the measurements of a run's steps (engine/train/health.h), in fold-F/health.csv.
 *
 * Every train.health-th step of the fold is measured, so a fold that goes on, and one that is
 * trained again, measures the same steps. Steps that are done again on the way back (rewind) or
 * only tried are not.
 */
#ifndef MIUST_JOB_HEALTH_H
#define MIUST_JOB_HEALTH_H

#include "app/lab/job.h"

/* Before a step: is it measured? It is not if there is no memory for that, which is said once
 * a fold. */
bool job_health_begin(struct job *j);
/* After the step, and after its row: the row of the measurement, and the hook. */
int job_health_end(struct job *j, struct err *e);
void job_health_close(struct job *j); /* with the fold */

#endif
