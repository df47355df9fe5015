/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_branch: a branch of the fold that is being run (branch.h), which its log records:
 *
 *	at FOLD EPOCH STEP branch NAME E:S
 *
 * It changes no figure of the run. A run that follows the log makes the branch there too.
 */
#ifndef MIUST_JOB_BRANCH_H
#define MIUST_JOB_BRANCH_H

#include "app/lab/job.h"
#include "app/session/session_branch.h"

struct branch_order {
	char name[BRANCH_NAME + 1];
	struct rewind at; /* epoch 0: where the run is now */
};

/* "NAME" or "NAME E:S", as after the word branch. */
int branch_order(struct branch_order *o, const char *args, struct err *e);
/* Between two steps. *at becomes the position. Where the run is now, its state is stored first. */
int job_branch(struct job *j, const struct branch_order *o, struct rewind *at, struct err *e);
/* A line of the log that is due; one that is there already is fine, and if it cannot be made that
 * is said. */
void job_branch_due(struct job *j, const struct change *c);

#endif
