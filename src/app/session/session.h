/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session: the folder a run leaves behind.
 *
 * `root` is the session folder, `dir` the folder of this run in it: root itself,
 * root/seed-S or root/branches/NAME. Every file is replaced atomically or appended to
 * whole lines; numbers are %.9g. Formats: README, "Session folder".
 *
 *	lock                      who writes the session        session_lock.h
 *	config.yml, data.csv      what it was started with      session_data.h
 *	machine                   what it was first trained on  session_machine.h
 *	notes.txt                                               notes.h
 *	fold-F/lock               who writes the fold
 *	fold-F/steps.csv, epochs.csv, commands.log, result.json session_rows.h
 *	fold-F/health.csv         if steps are measured
 *	fold-F/...                weights, state, predictions, history, normalisation
 *	steps.csv, epochs.csv, commands.log, results.json       the join of the folds'
 *
 * Several programs may write a session at once, each its own fold; reading needs
 * no lock.
 *
 * What a crash leaves. config.yml comes first: a folder without it is no session.
 * A live change is in its fold's commands.log, on the disk, before it is in force.
 * At the end of an epoch each line relies on those above it:
 *
 *	1. rows of the fold's steps.csv, health.csv, epochs.csv, history.bin are on the disk
 *	2. best.safetensors, if this epoch is the best
 *	3. last.safetensors
 *	4. state.safetensors: says how far the fold has come
 *	5. the stored state of this step in states/
 *
 * A thread writes 2 to 5 from a copy of the state, one copy after the other, while training
 * goes on (states.h): so the rows may be some steps ahead of the state.
 *
 * A finished fold stores predictions.csv and test.bin, then its state, then its
 * result.json, which says that it is finished; the join comes after it. A kill in
 * between leaves the previous state; going on, all that lies after its rows is
 * dropped, stored states too. The join may be older than the folds: nothing reads it, and the next
 * program that opens the session for writing brings it up to date.
 */
#ifndef MIUST_SESSION_H
#define MIUST_SESSION_H

#include "app/config/config.h"
#include "app/session/predictions.h"
#include "app/session/session_lock.h"
#include "engine/data/corpus.h"
#include "engine/train/record.h"

#include <stdio.h>

/* What to do about a fold whose files are damaged. A session without any fold is taken for
 * one of version 0.1, whose folder has all there is: so its only one is not removed. */
#define SESSION_FOLD_AGAIN \
	"train the fold again (remove its folder first; if it has no other, train a new session)"

struct session {
	char root[PATH_LEN], dir[PATH_LEN];
	int lock;                 /* of root; fd, shared from open to close; -1: reading only */
	int *users;               /* sessions that share it; the last to close lets it go */
	int fold, fold_lock;      /* the fold being written (session_take); fd, 0: none */
	char socket[LOCK_SOCKET]; /* named in its line (session_lock.h), "": none; whoever opens
				   * the session says it before a fold is taken, and it is
				   * handed on to what shares the session */
	FILE *steps, *epochs;     /* of that fold, open for appending */
	FILE *commands;
	FILE *health;                /* from the first row on */
	int lost_steps, lost_epochs; /* rows before the next step that session_begin has missed */
};

bool session_exists(const char *root); /* a folder with a config.yml */
/* May this user write into a run's folder and those of its folds? Who may not can only look. */
int session_check_writable(const char *dir, struct err *e);
/* Does the file (or the one a link leads to) lie in a session's folder, at any
 * depth? It is named in `root`. */
bool session_around(const char *path, char *root, size_t n);
/* Make the folder (parents too) with config.yml. A folder that holds a session
 * is an error (EXIT_THERE) that names --resume; one that is empty, or in which a killed
 * session_create stored nothing yet, is used. Of several programs that do so at once, on
 * several machines too, one makes the session, and the others get the error when it is
 * whole. */
int session_create(struct session *s, const char *root, const struct settings *set, struct err *e);
/* With what config.yml is to tell of the data, and data.csv (NULL: none). */
int session_create_origin(struct session *s, const char *root, const struct settings *set,
			  const struct origin *o, const struct str *roster, struct err *e);
/*
 * Open one to go on with it: locks it and reads its config.yml into *set. Unless
 * another program writes it too, removes what killed writers left, gives the folds of
 * a session of version 0.1 their files, and brings the join up to date. One in which
 * only config.yml was stored is fine; a folder that does not exist or is not a session
 * is an error, and so is one that a program of version 0.1 writes.
 */
int session_resume(struct session *s, const char *root, struct settings *set, struct err *e);
/* The same for a run that is to be trained by one program, whichever it is: an error
 * (EXIT_BUSY) if another program writes the session, any fold of it. */
int session_claim(struct session *s, const char *root, struct settings *set, struct err *e);
/* Look only: no lock, nothing changed. */
int session_read(struct session *s, const char *root, struct settings *set, struct err *e);
/* An error if the session has been deleted or moved: DIR/lock is no longer the
 * file that is held; or the fold that is taken. Nothing is checked when only reading. */
int session_check_held(const struct session *s, struct err *e);
/* Refuse a session in which a file or folder that is written is a symbolic link;
 * session_resume does so before anything is changed. */
int session_refuse_links(const char *root, struct err *e);
/* Ends the fold that is taken; who opened it and is the last to write it brings the join
 * up to date. Safe on zeroed memory, and twice. */
void session_close(struct session *s);

/* The session's folder once more, to run in. Shares the lock of `parent`. */
int session_share(struct session *s, const struct session *parent, struct err *e);
/* The same session's folder for another seed: root/seed-S, made if missing
 * with its own config.yml; shares the lock of `parent`. */
int session_seed(struct session *s, const struct session *parent, const struct settings *set,
		 struct err *e);
/* With what its config.yml is to tell of the data, if it is made here. */
int session_seed_origin(struct session *s, const struct session *parent, const struct settings *set,
			const struct origin *o, struct err *e);

/* Of a file, or of all files below a folder; symbolic links count nothing, and each of a file's
 * n names an n-th. */
int64_t bytes_below(const char *path);

/* A new folder FOLDER/NAME-YYYYMMDD-HHMMSS, with -2, -3 ... if taken; NAME is that of the
 * config's file, or of the session's folder given instead. It is made here, empty, so
 * that programs started in the same second differ. */
int session_new_name(char *out, size_t n, const char *folder, const char *config, struct err *e);

/* "DIR/NAME" and "DIR/fold-F/NAME", whose folder is made. Unless the session is
 * open for reading only, the name is about to be written: it is an error if it
 * is a symbolic link (a session is written in its own folder, which may itself
 * be named by a link), and session_check_held is asked. */
int session_path(const struct session *s, const char *name, char *out, size_t n, struct err *e);
int session_fold_path(const struct session *s, int fold, const char *name, char *out, size_t n,
		      struct err *e);

#endif
