/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_kept: which kept checkpoints (fold-F/best.safetensors) a session has.
 */
#ifndef MIUST_SESSION_KEPT_H
#define MIUST_SESSION_KEPT_H

#include "base/err.h"
#include "engine/data/settings.h"

struct session_kept {
	int64_t seed;
	char dir[PATH_LEN]; /* the session's, or DIR/seed-S */
	int *fold;          /* [nfolds] ascending; at least one */
	int nfolds;
};

struct session_kept_list {       /* start with {0} */
	struct session_kept *at; /* the session's own seed first, the others ascending */
	int n;
};

/* Those of the session at `root`, which has the settings `set`. */
int session_kept(struct session_kept_list *l, const char *root, const struct settings *set,
		 struct err *e);
void session_kept_free(struct session_kept_list *l); /* safe on zeroed memory */

#endif
