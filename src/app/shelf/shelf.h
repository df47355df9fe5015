/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shelf: which sessions lie in a folder, and what each of them is.
 *
 *	FOLDER/SESSION			a session: its first run
 *	FOLDER/STUDY/VARIANT		a session of a study; studies may lie in one another
 *	SESSION/seed-S			another run of it
 *	.../branches/NAME		a branch of the run around it
 *
 *	struct shelf s = {0};
 *	shelf_add(&s, "sessions", SHELF_DEEP);
 *	shelf_read(&s);			all of it, from the cache where that is still true
 *	... s.run[0 .. s.n - 1] ...
 *	shelf_watch(&s);		now and then: what has changed since
 *	shelf_free(&s);
 *
 * Looking changes nothing in the folders: no lock is taken and no file written there.
 * A folder that cannot be read is empty. Names that begin with a dot are passed over.
 *
 * What watching costs: each time the folders' own times and the runs that somebody trains,
 * and of all others a part, so that a few calls look at each (walk.h: quick).
 */
#ifndef MIUST_SHELF_H
#define MIUST_SHELF_H

#include "app/session/session_trash.h"
#include "app/shelf/cache.h"

#include <time.h>

enum shelf_depth {
	SHELF_ONE,      /* the folder is a session itself */
	SHELF_FLAT,     /* sessions lie in it */
	SHELF_DEEP = 3, /* and in studies in it, one in another */
};
enum { SHELF_ROUND = 6 }; /* so many calls of shelf_watch look at every run */

/* Pointers to a run stay until it is gone. */
struct shelf_run {
	char *root, *dir;         /* the session's folder, and this run's in it, to open them by */
	const char *path;         /* in dir: from the folder of sessions on */
	char *study;              /* "lr sweep", "a/b"; "": none */
	struct shelf_run *around; /* the session's first run, of a branch the run in whose folder
				   * it lies; NULL: it is a session's first run */
	bool branch;
	char *left; /* of a branch: the folder of the run that it left; NULL: not known */
	struct summary x;
	enum shelf_state state; /* as the files, locks and queue say */
	struct held *held;      /* [nheld] its folds that somebody trains */
	int nheld;
	bool unseen;    /* this user may not read who trains one, if anybody does */
	int queued;     /* its place in the queue, from 1; 0: none */
	int64_t bytes;  /* of its files */
	char begun[20]; /* x.begun in local time: "2026-01-04 12:00" */
	bool archived;  /* it, or its session */

	int picked; /* for whoever shows it: its place in the order of picking, from 1; 0: not */

	/* shelf.c's own */
	uint64_t whole, quick;
	dev_t dev;
	ino_t ino;
	int *fold, nfolds, place;
	bool read, gone;
	enum shelf_state says;
};

struct shelf_place {
	char *dir;
	enum shelf_depth depth;
	struct cache cache; /* not of SHELF_ONE */
};

struct shelf_folder { /* of sessions or studies, or that may become one */
	char *dir;
	struct timespec changed;
	ino_t ino;
};

struct shelf {
	struct shelf_run **run; /* [n] by dir; what lies in a run follows it */
	int n;
	unsigned long changes; /* counts them */

	/* shelf.c's own */
	struct shelf_place *place;
	int nplaces, next, known;
	struct shelf_folder *folder; /* [nfolders] */
	int nfolders;
	struct texts texts;
};

/* A folder that may come to be later. One that lies in another is not listed twice. */
void shelf_add(struct shelf *s, const char *dir, enum shelf_depth depth);
void shelf_read(struct shelf *s);
bool shelf_watch(struct shelf *s); /* has anything changed? */
/* The runs that wait, by the folders of their sessions in the order of the queue. */
void shelf_queue(struct shelf *s, const char *const *dir, int n);
/* What this program says of a run that it trains: trains, paused, diverged. */
void shelf_says(struct shelf *s, struct shelf_run *r, enum shelf_state says);
/* Add what was deleted from its folders (session_trash.h). */
void shelf_trash(const struct shelf *s, struct trash *t);
void shelf_free(struct shelf *s); /* and the cache is saved; safe on zeroed memory, and twice */

/* By its folder as it is opened, or by dir's path below the folder of sessions; NULL: none. */
struct shelf_run *shelf_find(const struct shelf *s, const char *name);
struct shelf_run *shelf_root(struct shelf_run *r); /* the session's first run */
/* How many programs train its folds; it may be fewer than folds are held. */
int shelf_holders(const struct shelf_run *r);

#endif
