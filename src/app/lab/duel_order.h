/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * duel_order: a duel as people ask for it, and the folders of its two sides.
 *
 *	A B [for N]				two runs: names of branches of the run, `main` for
 *						the run that they left, or sessions' folders
 *	KEY=V1,V2 [at EPOCH:STEP] [for N]	two branches, made where the run is now or was
 *						there, each with the setting from its first own
 *						step on
 *
 * for N epochs at most. KEY may be short (option_find_short).
 */
#ifndef MIUST_DUEL_ORDER_H
#define MIUST_DUEL_ORDER_H

#include "app/config/option.h"
#include "app/session/changes.h"
#include "app/session/session_branch.h"

#define DUEL_ARGS "A B|KEY=V1,V2 [at EPOCH:STEP] [for N]"

enum { DUEL_TEXT = 512 };

struct duel_order {
	const struct option *o; /* KEY; NULL: two runs */
	const char *word[2];    /* A and B, or V1 and V2; in `text` */
	struct rewind at;       /* epoch 0: where the run is now */
	int epochs;             /* 0: not said */
	char text[DUEL_TEXT];   /* cut into words */
};

/* A line without spaces around it. The order must stay where it is. */
int duel_order(struct duel_order *o, const char *args, struct err *e);

struct duel_sides {
	int fold; /* that both train */
	char dir[2][PATH_LEN];
	char name[2][BRANCH_NAME + 1];
};

/*
 * Find the two runs, or make the two branches of the fold of a run, `session_dir`. Of two runs
 * `fold` may be DUEL_ANY: it is then the one with which both go on, or one of them, if the other
 * has begun it too. An error if one of them is not a session, or both are the same, or they are not
 * trained on the same batches, or not in one fold, or one has nothing left to train in it; then no
 * branch is left that has been made here.
 */
enum { DUEL_ANY = -1 };
int duel_sides(struct duel_sides *s, const struct duel_order *o, const char *session_dir, int fold,
	       void (*say)(void *ctx, const char *text), void *ctx, struct err *e);
/* What duel_sides would refuse of two branches while the run still trains; of two runs nothing. */
int duel_order_check(const struct duel_order *o, const char *session_dir, int fold, struct err *e);
/* Can a side be trained here? An error if another program does; `dir` is not open here. */
int duel_may_train(const char *dir, const char *name, struct err *e);

#endif
