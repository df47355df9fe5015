/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_store: what the fold being run stores while it trains: its checkpoints, and the
 * states to go back to (states.h). Used by job_fold.c.
 */
#ifndef MIUST_JOB_STORE_H
#define MIUST_JOB_STORE_H

#include "app/lab/job.h"

/* The fold goes on from j->trainer's state: stored states of another future go, and the
 * writer starts. */
int job_store_begin(struct job *j, struct err *e);
/* After a rewind: the same, from where the fold is now. */
int job_store_again(struct job *j, struct err *e);
void job_store_end(struct job *j); /* waits until all is written; safe if there is none */

/* A checkpoint of the rows and the state, with a stored state if `stored` (and if one is stored
 * at this step). Without a writer, after a stop, it is written at once. */
int job_store(struct job *j, bool stored, struct err *e);
/* The state as it is now under a name, for `save NAME`; also after a stop. */
int job_store_named(struct job *j, const char *name, struct err *e);
int job_store_step(struct job *j, struct err *e);  /* after a step: every store.every of them */
int job_store_check(struct job *j, struct err *e); /* -1: a checkpoint could not be written */
/* The same, once all is written; what waits for that is told. */
int job_store_wait(struct job *j, struct err *e);

#endif
