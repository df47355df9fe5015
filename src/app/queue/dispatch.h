/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dispatch: works on a queue, each run in a program of its own.
 *
 * A child is `PROGRAM queue run --threads N MORE... -- FOLDER`, which trains that run,
 * says what it does line by line, and removes its line from the queue when it is finished or has
 * diverged. So a run that crashes takes no other with it, and one that was begun here is
 * gone on with by anybody. Runs that others train are left alone. Lines that are added
 * meanwhile are taken too, at the latest a second later.
 *
 * A child is in a process group of its own: what the terminal sends comes to us alone, and
 * is passed on. If we die, each child gets TERM, and so stores a checkpoint.
 */
#ifndef MIUST_DISPATCH_H
#define MIUST_DISPATCH_H

#include "app/queue/queue.h"

#include <signal.h>

struct dispatch {
	const char *folder;      /* of the queue */
	const char *program;     /* this one: a path */
	const char *const *more; /* [nmore] options for every run */
	int nmore;
	int jobs,
		threads; /* runs at once; threads of all together: each has its share, 1 at least */
	int place; /* among programs that are started together, from 0: each begins with other runs
		    */
	/* A line of a run: of its standard output (a result), or a message. */
	void (*line)(void *ctx, const char *name, const char *text, bool result);
	void *ctx;
};

struct dispatch_end {
	int finished, diverged;      /* runs */
	int left;                    /* in the queue */
	int signal;                  /* that stopped us; 0: none */
	struct queue_passed failed;  /* to be freed, as the next */
	struct queue_passed stopped; /* from outside, each alone; the others go on */
};

/* Until no run is left that could be trained here, or until a signal of process.h stops us:
 * then until all children have stopped. While it works it takes those signals and
 * CHLD. An error only if the queue cannot be read or no child be started; the
 * children are stopped first, and *end says what was done. */
int dispatch_run(const struct dispatch *d, struct dispatch_end *end, struct err *e);

#endif
