/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_branch: runs that left another run at a step.
 *
 * A branch is a complete session with locks of its own, in branches/NAME of the root or
 * seed that it left; a branch of a branch lies beside it. branch.yml in it says where it
 * left:
 *
 *	parent: .	the run's folder, from that of the session: ., seed-54, branches/NAME
 *	fold: 1
 *	epoch: 4	of the step; 0: before the first
 *	in_epoch: 1	steps done in that epoch
 *	step: 29	steps done in the fold
 *
 * Files that are only ever replaced are shared with the run it left (hard links; where there
 * are none, copies), those that grow are copied. A branch is made under a hidden name, and
 * appears whole; what a killed program leaves is removed by whoever next opens the session for
 * writing, or makes a branch there.
 */
#ifndef MIUST_SESSION_BRANCH_H
#define MIUST_SESSION_BRANCH_H

#include "app/session/changes.h"
#include "app/session/session.h"

struct branch_point {
	char parent[PATH_LEN];
	int fold, epoch, in_epoch, step;
};

enum { BRANCH_NAME = 100 }; /* longest name */
/* What a rewind keeps is called so, with a number: "before-rewind-1". */
#define BRANCH_KEPT "before-rewind"
bool session_branch_is_kept(const char *name);

/*
 * The run as it is now, whole, as a branch: fold `fold`, which is being written here and has
 * just been stored (job_save), and all folds that are finished. If a branch of this name was
 * kept at this step before (by a program that was killed after it), that is fine; any other of
 * the name is an error. Of the fold's log it has the lines before the next rewind, the first
 * of those that are not among the state's `rewinds`: a run that repeats a log has not done
 * what comes after it.
 */
int session_branch_keep(const struct session *s, int fold, const char *name, struct err *e);
/*
 * A rewind that was killed, or failed, before its line was in the log has not been, but what it
 * was to leave may be kept: branches that are called as those of rewinds, left this fold where it
 * is now, are the same as its present, and are in no line of its log, go. One with a note, a tag
 * or a branch of its own stays. The fold is held.
 */
void session_branch_unkeep(const struct session *s, int fold, const struct changes *log);
/* Where a run's folder left another; *is_branch: it has a branch.yml. */
int session_branch_point(const char *session_dir, struct branch_point *p, bool *is_branch,
			 struct err *e);
/* The first name STEM-1, STEM-2 ... that no branch has beside or below the run. */
int session_branch_name(const char *session_dir, const char *stem, char *out, size_t n,
			struct err *e);

#endif
