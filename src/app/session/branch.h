/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * branch: a run that leaves another at a step, made of its files alone (session_branch.h: where
 * it lies, and what is in it).
 */
#ifndef MIUST_BRANCH_H
#define MIUST_BRANCH_H

#include "app/session/session_branch.h"

/*
 * A branch that leaves the run (its folder `session_dir`) after `step` steps of a fold; 0: at its
 * start. The run may be training meanwhile, here or elsewhere, or be finished; its fold may be.
 * The branch has
 *
 *	folds that are finished and come before this one, whole
 *	of this one the state N that is stored nearest to the step and not after it, with the
 *	rows, the history and the stored states up to N; without any such state, nothing
 *	in its log what is in force at the step
 *
 * and later folds have not begun. Who trains it goes from N to the step first, as the run did
 * (job_repeats). Stored states that are damaged are passed over and said, unless `say` is
 * NULL. Where the branch is to *out.
 */
int branch_make(const char *session_dir, const char *name, int fold, int step, char *out, size_t n,
		void (*say)(void *ctx, const char *text), void *ctx, struct err *e);
/*
 * The same with a setting, "KEY VALUE", that the branch has from its first own step on (or, if the
 * setting takes effect at an epoch's end, from its first own epoch): a line of its log. NULL: none.
 * A factor is one of the value that is in force where it leaves.
 */
int branch_make_set(const char *session_dir, const char *name, int fold, int step, const char *set,
		    char *out, size_t n, void (*say)(void *ctx, const char *text), void *ctx,
		    struct err *e);
/* How many steps the run's rows of a fold have. */
int branch_present(const char *session_dir, int fold, int *step, struct err *e);
/* Where branches of the run lie, and what their branch.yml call it. */
int branch_folder(const char *session_dir, char folder[PATH_LEN], char parent[PATH_LEN],
		  struct err *e);
/* Where a branch of the run would be. */
int branch_path(const char *session_dir, const char *name, char *out, size_t n, struct err *e);
/* The only fold of the run that has begun; an error if there are none or several. */
int branch_fold(const char *session_dir, int *fold, struct err *e);
/* Which step of a fold is position E:S, where so many steps of epoch E are done: 4:0 is the end
 * of epoch 3. An error, if the run's rows do not go so far. */
int branch_step(const char *session_dir, int fold, int epoch, int in_epoch, int *step,
		struct err *e);

#endif
