/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * err: one sentence for the user about what went wrong.
 *
 * Functions that can fail return 0 or -1 and take a `struct err *`. The sentence
 * says what is wrong and what to do; if it is about a file it starts with
 * FILE:LINE:COLUMN. Nothing is printed here: only `main` and the screen print.
 * The first error stays, so cleanup cannot hide the cause.
 */
#ifndef MIUST_ERR_H
#define MIUST_ERR_H

#include <stdarg.h>
#include <stdbool.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,   /* said in one line */
	EXIT_USAGE = 2,    /* the command line was wrong */
	EXIT_DIVERGED = 3, /* the loss became NaN or Inf */
	EXIT_NOBODY = 4,   /* nobody trains the session that is to be asked */
	EXIT_STOPPED = 5,  /* ended in the middle as asked; queue run NAME alone exits so */
	/* These are EXIT_FAILED to a shell. */
	EXIT_DATA = 6,   /* a session's data is not what it was */
	EXIT_BUSY = 7,   /* another program writes the session */
	EXIT_THERE = 8,  /* a session is there already */
	EXIT_CLOSED = 9, /* a session is there, and this program cannot go on with it */
};

struct err {
	int status; /* enum exit_status; 0 while nothing is wrong */
	char text[2048];
};

/* Each sets the sentence (unless there is one already) and returns -1, so that
 * a failing function ends with `return err_set(e, ...)`. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_usage(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "FILE:LINE:COLUMN: ..."; line and column count from 1, 0 leaves them out. */
int err_at(struct err *e, const char *file, long line, long column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* "PATH: ...: strerror(errno)". */
int err_errno(struct err *e, const char *path, const char *what);

/* What a program exits with that has failed so. */
int err_exit(int status);

/* EXIT_FAILED without a sentence: the results that were printed say it. */
int err_said(struct err *e);

void err_clear(struct err *e);
/* Where the sentence says `from`, the name of a file of ours, it says `to`, which the user knows.
 */
void err_rename(struct err *e, const char *from, const char *to);

/* A broken invariant: our mistake, never the user's. Prints and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define BUG_ON(cond)                      \
	do {                              \
		if (cond)                 \
			BUG("%s", #cond); \
	} while (0)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
