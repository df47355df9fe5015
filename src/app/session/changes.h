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
#include "base/str.h"

#include <stddef.h>
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

/* What a power loss may have left at the end is passed over if `torn_ok`: see
 * changes_whole. */
int changes_read(struct changes *c, const char *path, bool torn_ok, struct err *e);
/* The length of a log without such an end: a line without its newline, and lines
 * with control characters, as a hole of zeros. */
size_t changes_whole(const char *text, size_t len);
void changes_free(struct changes *c);
/* Its line of the log, with the newline; was: "" leaves the comment out. */
void change_line(struct str *out, const struct change *c, const char *was);
int change_write(FILE *f, int fold, int epoch, int step, const char *command, const char *was,
		 struct err *e); /* flushes and fsyncs */

#endif
