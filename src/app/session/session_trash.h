/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_trash: deleted sessions, until the trash is emptied.
 *
 * A session goes to the folder .trash beside it, so on the same file system: one
 * rename(2), before which or after which a crash leaves all there is.
 *
 *	.trash/NAME         the session's folder, as it was
 *	.trash/NAME.from    where it lay, from the folder that holds .trash on:
 *	                    "demo-20260104-120000", "demo-20260104-120000/seed-7"
 *
 * NAME is the folder's name, of a seed or branch SESSION.seed-7 or
 * SESSION.BRANCH; where that is taken, -2, -3 ... follows. NAME.from is made
 * first and removed last; without it NAME itself says where the folder lay.
 */
#ifndef MIUST_SESSION_TRASH_H
#define MIUST_SESSION_TRASH_H

#include "app/config/config.h"
#include "base/err.h"

#include <stdint.h>

struct trash_entry {
	char dir[PATH_LEN];  /* where it is: BESIDE/.trash/NAME */
	char from[PATH_LEN]; /* where it lay: BESIDE/demo-20260104-120000/seed-7 */
	const char *name;    /* NAME, in dir */
	size_t below;        /* from[below] on is what NAME.from says */
	int64_t bytes;       /* of its files; -1: not known */
};

struct trash {
	struct trash_entry *at; /* by name */
	int n;
	int64_t bytes; /* of all */
};

/* Move a session (dir = root), or a seed's or branch's folder in it, to the trash;
 * its new place to out. Refused as session_delete refuses. */
int session_trash(const char *root, const char *dir, char *out, size_t n, struct err *e);

/* Add what is in the trash of a folder of sessions; without one nothing is. */
void trash_read(struct trash *t, const char *beside);
void trash_names(struct trash *t, const char *beside); /* the same without their bytes */
void trash_free(struct trash *t);                      /* safe on zeroed memory, and twice */
const struct trash_entry *trash_find(const struct trash *t, const char *name); /* or NULL */

/* Put it back where it lay, also a branch while the run it left is trained. What lies there now is
 * never replaced. */
int trash_restore(const struct trash_entry *x, struct err *e);
/* Delete it for good, as session_delete does. What a branch is deleted with is branch_trash.h's. */
int trash_remove(const struct trash_entry *x, struct err *e);

#endif
