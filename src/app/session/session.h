/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session: the folder a run leaves behind.
 *
 * Layout and formats: README, "Session folder". Every file is replaced
 * atomically or appended to whole lines; numbers are %.9g. A session is
 * locked (flock on DIR/lock, an empty file that stays) while a program writes
 * it; reading needs no lock. `root` is the session folder, `dir` the folder of
 * this run in it: root itself, root/seed-S or root/branches/NAME.
 */
#ifndef MIUST_SESSION_H
#define MIUST_SESSION_H

#include "app/config/config.h"
#include "app/session/predictions.h"
#include "engine/data/corpus.h"
#include "engine/train/record.h"

#include <stdio.h>

struct session {
	char root[PATH_LEN], dir[PATH_LEN];
	int lock;             /* fd, held from open to close; -1: reading only */
	FILE *steps, *epochs; /* open for appending during a run */
	FILE *commands;
};

bool session_exists(const char *root); /* a folder with a config.yml */
/* Does the file (or the one a link leads to) lie in a session's folder, at any
 * depth? It is named in `root`. */
bool session_around(const char *path, char *root, size_t n);
/* Make the folder (parents too) with config.yml. A folder that holds a session
 * is an error that names --resume; one that is empty, or in which a killed
 * session_create stored nothing yet, is used. So `--resume` is
 * session_exists(root) ? session_resume() : session_create(). */
int session_create(struct session *s, const char *root, const struct settings *set, struct err *e);
/* With what config.yml is to tell of the data. */
int session_create_origin(struct session *s, const char *root, const struct settings *set,
			  const struct origin *o, struct err *e);
/* Take a session that this process has created, and in which nothing was trained,
 * back: empty its folder again. */
int session_discard(struct session *s, struct err *e);
/* Open one to go on with it: locks it, removes what killed writers left and
 * reads its config.yml into *set. One in which only config.yml was stored is
 * fine; a folder that does not exist or is no session is an error. */
int session_resume(struct session *s, const char *root, struct settings *set, struct err *e);
/* Look only: no lock, nothing changed. */
int session_read(struct session *s, const char *root, struct settings *set, struct err *e);
/* An error if the session has been deleted or moved: DIR/lock is no longer the
 * file that is held. Nothing is checked when only reading. */
int session_check_held(const struct session *s, struct err *e);
/* Refuse a session in which a file or folder that is written is a symbolic link;
 * session_resume does so before anything is changed. */
int session_refuse_links(const char *root, struct err *e);
void session_close(struct session *s); /* safe on zeroed memory, and twice */

/*
 * Delete a session's folder for good: the whole of it (dir = root), or the folder of a
 * seed or branch in it. An error if another program writes the session, or if
 * `dir` has no config.yml. That goes last, so that what is half deleted is seen
 * as a session still. Links are removed, not followed.
 */
int session_delete(const char *root, const char *dir, struct err *e);
/* Hold its lock while it is moved or deleted: *lock is to be closed, -1 if none was
 * ever made. An error if another program writes it. */
int session_hold(const char *root, int *lock, struct err *e);

/*
 * Which data the folder's run has (origin.h).
 *
 * session_origin reads settings and origin from its config.yml. session_store_config
 * and session_store_roster make config.yml and data.csv (the roster's text) hold what
 * is given; a file that does is not touched. session_data_changes appends to *out what is different
 * in the corpus from the data.csv of `then`, which has another hash; or, if there is no such
 * data.csv, that this cannot be said. session_remark adds a comment to commands.log, while no run
 * has it open.
 */
int session_origin(const struct session *s, struct settings *set, struct origin *o, struct err *e);
int session_store_config(const struct session *s, const struct settings *set,
			 const struct origin *o, struct err *e);
int session_store_roster(const struct session *s, const struct str *roster, struct err *e);
int session_data_changes(const struct session *s, const struct origin *then, const struct corpus *c,
			 const struct settings *set, struct str *out, struct err *e);
int session_remark(const struct session *s, const char *text, struct err *e);

/* The session's folder once more, to run in. Shares the lock of `parent`. */
int session_share(struct session *s, const struct session *parent, struct err *e);
/* The same session's folder for another seed: root/seed-S, made if missing
 * with its own config.yml; shares the lock of `parent`. */
int session_seed(struct session *s, const struct session *parent, const struct settings *set,
		 struct err *e);

/* A new folder sessions/NAME-YYYYMMDD-HHMMSS, with -2, -3 ... if taken. It is
 * made here, empty, so that programs started in the same second differ. */
int session_new_name(char *out, size_t n, const char *config_path, struct err *e);

/* "DIR/NAME" and "DIR/fold-F/NAME", whose folder is made. Unless the session is
 * open for reading only, the name is about to be written: it is an error if it
 * is a symbolic link (a session is written in its own folder, which may itself
 * be named by a link), and session_check_held is asked. */
int session_path(const struct session *s, const char *name, char *out, size_t n, struct err *e);
int session_fold_path(const struct session *s, int fold, const char *name, char *out, size_t n,
		      struct err *e);

/*
 * Open steps.csv and epochs.csv (and commands.log) for appending. First drop
 * every row at or after (fold, epoch, step): rows of that fold with step >=
 * `step` or epoch >= `epoch` (epochs.csv); of another fold the rows after its
 * stored state, or, if it has none and is not in done[0..ndone-1], all. What
 * lies after the last row that is kept is dropped whatever it is (rows_cut).
 * Headers are written if the files are new. commands.log is repaired (its torn
 * end) but never cut. May be called again (after a rewind).
 *
 * Each row goes to the system whole, so a killed program loses none and others
 * can follow the files; session_sync puts them on the disk. Sync before the
 * state file is written: then every row before a stored position is there. After an
 * error the run must stop; the next session_begin repairs the file.
 */
int session_begin(struct session *s, int fold, int epoch, int step, const int *done, int ndone,
		  struct err *e);
int session_step(struct session *s, const struct step_row *r, struct err *e);
int session_epoch(struct session *s, const struct epoch_row *r, struct err *e);
int session_sync(struct session *s, struct err *e); /* flush and fsync both */

/* Read whole rows back; a torn last line is passed over, a wrong one is an
 * error with file and line. free() the arrays. */
int session_steps(const struct session *s, struct step_row **row, int *n, struct err *e);
int session_epochs(const struct session *s, struct epoch_row **row, int *n, struct err *e);

#endif
