/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session: the folder a run leaves behind.
 *
 * Layout and formats: interfaces, "Session folder". Every file is replaced
 * atomically or appended to whole lines; numbers are %.9g. A session is
 * locked (flock on DIR/lock) while a program writes it. `root` is the session
 * folder, `dir` the folder of this run in it: root itself, root/seed-S or
 * root/branches/NAME.
 */
#ifndef MIUST_SESSION_H
#define MIUST_SESSION_H

#include "app/config.h"
#include "engine/corpus.h"
#include "engine/record.h"

#include <stdio.h>

struct session {
	char root[PATH_LEN], dir[PATH_LEN];
	int lock;             /* fd, held from open to close; -1: reading only */
	FILE *steps, *epochs; /* open for appending during a run */
	FILE *commands;
};

/* Make the folder (parents too) with config.yml. An existing folder that
 * holds a session is an error that names --resume; an existing empty one is
 * used. */
int session_create(struct session *s, const char *root, const struct settings *set, struct err *e);
/* Open one to go on with it: locks it and reads its config.yml into *set. A
 * folder killed before anything was stored is fine; one that does not exist
 * or is no session is an error. */
int session_resume(struct session *s, const char *root, struct settings *set, struct err *e);
/* Look only: no lock, nothing changed. */
int session_read(struct session *s, const char *root, struct settings *set, struct err *e);
void session_close(struct session *s);

/* The same session's folder for another seed: root/seed-S, made if missing
 * with its own config.yml; shares the lock of `parent`. */
int session_seed(struct session *s, const struct session *parent, const struct settings *set,
		 struct err *e);

/* Name for a new session below sessions/: NAME-YYYYMMDD-HHMMSS, with -2, -3
 * ... if taken. */
int session_new_name(char *out, size_t n, const char *config_path, struct err *e);

/* "DIR/fold-F/NAME"; makes the fold's folder. */
int session_fold_path(const struct session *s, int fold, const char *name, char *out, size_t n,
		      struct err *e);

/*
 * Open steps.csv and epochs.csv (and commands.log) for appending. First drop
 * every row at or behind (fold, epoch, step): rows of that fold with step >=
 * `step` or epoch >= `epoch` (epochs.csv), rows of folds not in
 * done[0..ndone-1] and not `fold`, and any torn last line. Headers are written
 * if the files are new. commands.log is repaired (torn line) but never cut.
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

/* fold-F/predictions.csv */
int predictions_write(const char *path, const struct predictions *p, const struct corpus *c,
		      const struct settings *s, struct err *e);

#endif
