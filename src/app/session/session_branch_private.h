/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_branch_private: how a branch is made. For session_branch*.c and branch*.c.
 *
 *	if (branch_new(&b, dir, name, e))
 *		return -1;
 *	... fill b.hidden; on failure branch_drop(&b) ...
 *	return branch_done(&b, name, e);
 */
#ifndef MIUST_SESSION_BRANCH_PRIVATE_H
#define MIUST_SESSION_BRANCH_PRIVATE_H

#include "app/session/session_branch.h"

struct branch_place {
	char folder[PATH_LEN]; /* where branches of the run lie: .../branches */
	char parent[PATH_LEN]; /* the run, as branch.yml has it */
	char root[PATH_LEN];   /* the session around it */
};

struct branch_making {
	struct branch_place place;
	char dir[PATH_LEN];    /* that it is going to have */
	char hidden[PATH_LEN]; /* that it is made in */
	char made[PATH_LEN];   /* the topmost folder made for it, "" if none */
	int lock;              /* of hidden, held alone; -1: none */
};

int branch_place(struct branch_place *p, const char *session_dir, struct err *e);
/* Check the name, not whether it is free, and make the hidden folder. */
int branch_new(struct branch_making *b, const char *session_dir, const char *name, struct err *e);
/* Write the join, and give the branch its name: an error if it is taken. Ends *b in any case. */
int branch_done(struct branch_making *b, const char *name, struct err *e);
void branch_drop(struct branch_making *b); /* without a trace */
/* The same; the error says the name that it was to have. Returns -1. */
int branch_failed(struct branch_making *b, const char *name, struct err *e);
/* The error that says that there is a branch of this name. */
int branch_exists(const struct branch_making *b, const char *name, struct err *e);

/* One that nobody writes goes, all of it at once; if it cannot, it stays. */
void branch_remove(const struct branch_place *p, const char *name);

/* A file NAME, if there is one, from folder to folder: linked, or copied if it grows. */
int branch_share(const char *from, const char *to, const char *name, struct err *e);
/* config.yml, data.csv and machine of the run `dir`. */
int branch_share_head(const struct branch_making *b, const char *dir, struct err *e);
/* A fold with its stored states from a run's folder to another. */
int branch_share_fold(const char *from, const char *to, int fold, struct err *e);
/* branch_set.c: the log of a fold gets a line "set KEY VALUE", from `set` ("KEY VALUE"), for what
 * comes after `step` steps; each: steps an epoch, 0: not known, as its first has not ended. */
int branch_set(const char *dir, int fold, int step, int each, const char *set, struct err *e);
int branch_write_point(const char *dir, const struct branch_point *p, struct err *e);

#endif
