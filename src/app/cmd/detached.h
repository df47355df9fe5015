/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detached: a run that trains in a process of its own, which no terminal ends.
 *
 * The process is this program once more, as `miust train ...` or `miust queue run ...`
 * (so ps shows it), whatever has become of the program's file meanwhile. It has a session of
 * its own (setsid) and is nobody's child that would have to be waited for. Until its first
 * fold begins, all it says comes to whoever has started it, so that a mistake is told there; then
 * that, and what it says from then on, is appended to output.txt in the session's folder.
 *
 * On the other side: main calls detached_main if detached_asked, train.c the rest.
 */
#ifndef MIUST_DETACHED_H
#define MIUST_DETACHED_H

#include "app/hook/hook.h"
#include "app/lab/job.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

#define DETACHED_OUTPUT "output.txt"

enum detached_state {
	DETACHED_STARTS, /* reads its config and its data */
	DETACHED_TRAINS, /* and holds the lock of its fold */
	DETACHED_ENDED,  /* before that */
};

struct detached { /* start with {0} */
	enum detached_state state;
	pid_t pid;  /* 0: none was started */
	int output; /* open while it starts */
	int status; /* DETACHED_ENDED: its exit status; 0: there was nothing left to train */
	char session[PATH_LEN]; /* DETACHED_TRAINS: its folder */
	struct str said;        /* lines; those of DETACHED_ENDED end with why */
};

/* What it is to train. */
struct detached_run {
	struct job_options job;    /* config, or else session to go on with; fold, seeds, skip_bad,
				    * threads. One that is queued goes on as `queue run` has it */
	int folds;                 /* so many at once, if it is not queued; 0: one */
	const struct hooks *hooks; /* NULL: none. Programs go with it; no bell rings there */
	const char *handed;        /* how it goes on (work_hand_over), or NULL */
};

/* -1: the session is in the queue here, which trains one fold at a time. */
int detached_check_folds(const struct job_options *o, int folds, struct err *e);
/* Returns at once. An error in a program whose main has not called detached_asked: started
 * again, that would do something else. */
int detached_start(struct detached *d, const struct detached_run *run, struct err *e);
/* Poll d->output while it starts, and call this when it is readable: never waits. */
void detached_turn(struct detached *d);
/* Until it no longer starts. What it says is printed as it comes; INT, QUIT and TERM are passed
 * on to it, HUP ends us alone. -1: it has ended, and e->status says how; the text is what
 * it said last, which is not printed. */
int detached_wait(struct detached *d, struct err *e);
/* Why it has ended: the last line it has said. */
void detached_why(const struct detached *d, char *text, size_t n);
void detached_free(struct detached *d); /* the process goes on; safe twice */

/* ---- in the process itself ---- */

bool detached_asked(void); /* is this the process that was started so? */
bool detached_is(void);    /* once detached_main has been called */
int detached_main(int argc, char **argv);
char *detached_handed(void); /* free() it; NULL: nothing, or this is not that process */
/* Said before that: output.txt has it too. */
void detached_keep(const char *text);
/* The first fold has begun: whoever has started us is told so. */
void detached_begun(const char *session);

#endif
