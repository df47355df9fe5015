/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue: the runs that wait, in the file `queue` of a folder of sessions.
 *
 *	# comments and empty lines are kept
 *	demo-20260104-120000
 *	seeds 3 lr-sweep/lr=0.001
 *	/elsewhere/my run
 *
 * One run a line: its session's folder, from the queue's own folder on or absolute,
 * and how many seeds (--seeds), if more than one. The file is for people too: it may be
 * written by hand while nothing changes it. A folder whose name begins with `#`, `seeds ` or a
 * space is written ./NAME, one that ends with a space NAME/.
 *
 * A run that waits is a session like any other: a folder with config.yml, and data.csv
 * if its data was read (queue_create.h). config.yml is there before the line, so a crash in
 * between leaves a session that can be resumed.
 *
 * Any number of programs may work on one queue. A run is claimed by its session's lock
 * (session_claim, or `claim` of job_options): who does not get it passes on to the next.
 *
 *	while (queue_next(folder, &passed, 0, &run, &found, e) == 0 && found) {
 *		... job_open with {.session = run.dir, .seeds = run.seeds, .resume, .claim} ...
 *		finished or diverged: queue_remove(folder, run.dir, NULL, e)
 *		stopped as asked:     it stays, and so does what it has done
 *		else:                 queue_pass(&passed, run.dir, e->text)
 *	}
 *
 * Changes are made under flock(2) on `queue.lock` beside it, held for the moment, and the
 * file is replaced as a whole. Neither is written through a symbolic link. Reading needs
 * no lock. All functions that change it are safe from any thread.
 */
#ifndef MIUST_QUEUE_H
#define MIUST_QUEUE_H

#include "app/config/config.h"
#include "base/err.h"

#include <stdbool.h>

#define QUEUE_FOLDER "sessions" /* where the programs keep it, below the current folder */

struct queue_run {
	char dir[PATH_LEN];  /* the session's folder: FOLDER/NAME, or as written if absolute */
	char name[PATH_LEN]; /* as in the line */
	char key[PATH_LEN];  /* absolute: two lines are of one run if it is the same */
	int seeds;           /* 1 or more */
	long line;           /* from 1 */
};

struct queue {
	char folder[PATH_LEN];
	struct queue_run *run; /* [n] in order, each session once; it is there */
	int n;
	char **fault; /* [nfaults] "FILE:LINE: ..." of lines that are none of these */
	int nfaults;
};

/* The file as it is now; without one there are no runs. Lines at fault are said in
 * q->fault and hide no other. An error only if the file cannot be read. */
int queue_read(struct queue *q, const char *folder, struct err *e);
/* Say what is wrong with its lines, each in one call. */
void queue_say_faults(const struct queue *q, void (*say)(void *ctx, const char *text), void *ctx);
void queue_free(struct queue *q); /* safe on zeroed memory, and twice */
/* By its name, its folder, or the end of its name after a slash if no other has it. NULL:
 * there is none, *e says which names are near. */
const struct queue_run *queue_find(const struct queue *q, const char *name, struct err *e);

/* How many seeds its line has; 0 if it has none that can be read. */
int queue_seeds(const char *folder, const char *dir);
/* The end of its name after the last slash, if no other run's ends so; else its name. */
const char *queue_short(const struct queue *q, const struct queue_run *r);

enum queue_end { QUEUE_LAST, QUEUE_FIRST };

/* Queue a session that is there. An error if it is in the queue already. */
int queue_add(const char *folder, const char *dir, int seeds, enum queue_end end, struct err *e);
/* Several, in their order and in one change: all or none. */
int queue_add_all(const char *folder, const char *const *dir, int n, int seeds, enum queue_end end,
		  struct err *e);
/* Remove every line of this session, which need not be there any more. *was (may be
 * NULL): there was one. */
int queue_remove(const char *folder, const char *dir, bool *was, struct err *e);
/* Move it by so many runs, to the front if negative; no further than to the end of the queue:
 * INT_MIN makes it the first, INT_MAX the last. An error if it is not in the queue. */
int queue_move(const char *folder, const char *dir, int by, struct err *e);

enum queue_state {
	QUEUE_WAITS,    /* nothing was trained */
	QUEUE_BEGUN,    /* stopped or broken off: it goes on where it was */
	QUEUE_WRITTEN,  /* a program trains it now, this one or another */
	QUEUE_FINISHED, /* all is trained: only the line is left */
};
/* *who: of QUEUE_WRITTEN, "process 123 on HOST since TIME", or "". */
enum queue_state queue_state(const struct queue_run *r, char *who, size_t n);
const char *queue_state_word(enum queue_state s); /* "waits", "begun", ... */

/* The runs that this program has given up on, each with why. Start with {0}. */
struct queue_passed {
	struct queue_pass {
		char key[PATH_LEN], dir[PATH_LEN];
		char *why;
	} * at;
	int n;
};
void queue_pass(struct queue_passed *p, const char *dir, const char *why);
bool queue_is_passed(const struct queue_passed *p, const struct queue_run *r);
void queue_passed_free(struct queue_passed *p); /* safe on zeroed memory, and twice */

/* Of the runs that nobody writes and that are not passed over (`passed` may be NULL): the first, or
 * after `skip` of them, from the first on again where there are fewer. It may be finished already
 * (session_finished): then session_settle, and its line is to be removed; training it would do
 * nothing either, but needs its data. Another program may claim it before this one does. */
int queue_next(const char *folder, const struct queue_passed *passed, int skip,
	       struct queue_run *run, bool *found, struct err *e);

#endif
