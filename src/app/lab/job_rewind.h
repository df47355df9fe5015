/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_rewind: the fold that is being run goes back to a step of its past.
 *
 * First in memory alone: the nearest state that is stored, then step after step as they were
 * done, with the settings of then. Until that is there the run may be called back, and nothing
 * has changed. Then, in this order:
 *
 *	1. the present is stored, and kept whole as a branch
 *	2. what the fold is to have is written beside its files: state, weights, rows
 *	3. the rewind is a line of the log (one that the log says is there already), and in the same
 *	   write what is to change there
 *	4. state.safetensors is replaced: from here on the run is back
 *	5. weights, rows, history; stored states after the step go
 *
 * Whatever fails up to 3 leaves the run where it was, without the branch. A kill before 4 leaves
 * the old present: going on, the run comes to the line, if there is one, and goes back again, or
 * else what was kept goes (session_branch_unkeep). After 4 it is as
 * after any kill: what lies after the state is dropped (job_fold.c).
 */
#ifndef MIUST_JOB_REWIND_H
#define MIUST_JOB_REWIND_H

#include "app/lab/job.h"

/*
 * Between two steps. `logged`: the log says so (steer_rewind_due), else it is asked for and
 * to->branch is chosen here. *done (may be NULL) says what has been done. -1: the run is
 * where it was, with EXIT_STOPPED if the hook `rewinding` called it back; but if
 * j->lost.status is set the run cannot go on before it is opened again.
 */
int job_rewind(struct job *j, const struct rewind *to, bool logged, struct rewound *done,
	       struct err *e);
/* The same, asked for, with changes for the step that it goes on with: "set KEY VALUE" each,
 * `then` ends with NULL. */
int job_rewind_changed(struct job *j, const struct rewind *to, const char *const *then,
		       struct rewound *done, struct err *e);
/* Is there such a step in the past of the fold? *to is then as the log has it. */
int job_rewind_check(const struct job *j, struct rewind *to, struct err *e);
/* What a fold that goes on has of a rewind that was killed, and of the future that was left; its
 * state is restored and its log is read. */
int job_rewind_tidy(struct job *j, struct err *e);

#endif
