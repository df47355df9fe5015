/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * changes: commands.log, the live changes of a run, replayable.
 *
 *	at FOLD EPOCH STEP set KEY NEW   # was OLD
 *	at FOLD EPOCH STEP pause|resume|save|eval|fold|stop ...
 *
 * STEP counts from 1 within the fold and names the step before which the
 * change applies. `#` starts a comment; blank lines are passed over.
 */
#ifndef MIUST_CHANGES_H
#define MIUST_CHANGES_H

#include "base/err.h"

#include <stdio.h>

struct change {
	int fold, epoch, step;
	char *command; /* "set KEY NEW" */
	long line;     /* in the log */
};

struct changes {
	struct change *at; /* in file order */
	int n;
};

/* A torn last line (no newline) is passed over if `torn_ok`. */
int changes_read(struct changes *c, const char *path, bool torn_ok, struct err *e);
void changes_free(struct changes *c);
int change_write(FILE *f, int fold, int epoch, int step, const char *command, const char *was,
		 struct err *e); /* was: "" leaves the comment out; flushes and fsyncs */

#endif
