/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waiting: a run that is checked, stored as a session in which nothing was trained, and
 * queued.
 *
 * What is stored is what `miust train CONFIG --session DIR --set ...` stores before its
 * first step: config.yml with the hash of the data and the rows left out, then data.csv.
 * So going on with it (--resume) leaves the bytes that command leaves. All is checked
 * before anything is made: settings as a config file is, then lists and headers of
 * the data. Nothing half-made stays. A run that is to follow a commands.log, as with
 * --replay, has its lines in its folds' logs from the beginning.
 */
#ifndef MIUST_WAITING_H
#define MIUST_WAITING_H

#include "app/lab/lab.h"
#include "app/lab/steer.h"
#include "app/queue/queue.h"

struct waiting_asked {
	const char *folder;     /* of sessions and their queue: QUEUE_FOLDER */
	const char *config;     /* a file, a session's folder, or "demo" */
	const char *const *set; /* KEY=VALUE, nset of them */
	int nset;
	int seeds; /* 0 counts as 1 */
	bool skip_bad;
	/* Do not read the data: it is checked when the run begins, and hash and data.csv
	 * are stored then. For a screen that has opened the same data already. */
	bool unread;
	/* A commands.log that it follows, or NULL; an error in it is FILE:LINE. Of data that is
	 * not read here the corpus is needed. */
	const char *replay;
	const struct corpus *corpus;
	void (*say)(void *ctx, const char *text); /* warnings, problems; NULL: nothing is said */
	void *ctx;
};

struct waiting {
	struct settings set;
	struct origin known; /* what the config knows of its data */
	struct lab *lab;     /* held; NULL: the data was not read */
	struct steer steer;  /* of what it follows, if steer.path */
};

/* Read and check; data that `labs` (may be NULL) has is not read again. On failure *w is
 * empty. A wrong assignment is an error of usage. */
int waiting_check(struct waiting *w, const struct waiting_asked *a, struct labs *labs,
		  struct err *e);
void waiting_free(struct waiting *w); /* safe on zeroed memory, and twice */
/* Make the session `root`: its folder is missing or empty. */
int waiting_store(struct waiting *w, const char *root, struct err *e);
/* Take it back, with the folders that were made for it from `made` on ("": none). */
void waiting_undo(const char *root, const char *made);

/* All of it: check, store and queue a run. `session`: its folder, NULL for a new one in
 * the folder of sessions. `dir` becomes its folder. */
int waiting_queue(const struct waiting_asked *a, const char *session, enum queue_end end, char *dir,
		  size_t n, struct err *e);

#endif
