/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_rows: what a run's folder has recorded, fold by fold.
 *
 * Each fold has files of its own, written by one program at a time (session_lock.h):
 *
 *	fold-F/steps.csv, epochs.csv, commands.log, result.json
 *
 * and health.csv, if steps are measured (train.health): nothing relies on it.
 * steps.csv, epochs.csv, commands.log and results.json of the folder are the join of the others
 * in fold order, for people and scripts. It is brought up to date when a fold ends,
 * when a run stops, and when a program opens or leaves the session; while other
 * programs write folds of the session, the last to leave does it. Nothing here reads
 * the join.
 *
 * A session of version 0.1 has the folder's files alone. It is read as it is; opening
 * it for writing gives each fold its files (session_join.c). A fold without a file
 * of its own is looked up in the folder's.
 */
#ifndef MIUST_SESSION_ROWS_H
#define MIUST_SESSION_ROWS_H

#include "app/session/changes.h"
#include "app/session/results.h"
#include "app/session/session.h"

/*
 * Writing a fold. session_take locks fold-F, whose folder is made, and removes what
 * killed writers left in it; a fold that is being written ends first. An error if
 * another program has it. session_release closes the files and ends the lock.
 */
int session_take(struct session *s, int fold, struct err *e);
void session_release(struct session *s); /* safe if none is taken */
/* An error that says who, if another program writes this fold of the session's folder
 * `dir`. Nothing is locked. */
int session_check_free(const char *dir, int fold, struct err *e);

/*
 * Open the fold's steps.csv and epochs.csv (and commands.log) for appending; takes the
 * fold if it is not. First drop its rows from `step` and `epoch` (epochs.csv) on, whatever
 * they are (rows_cut), those of health.csv too; lost_steps and lost_epochs are then how many
 * of those before the files lack. Headers are written if the files are new; health.csv is made with
 * its first row, and there is none without a row. commands.log is repaired (its torn end) but never
 * cut. May be called again (after a rewind).
 *
 * Each row goes to the system whole, so a killed program loses none and others
 * can follow the files; session_sync puts them on the disk. Sync before the
 * state file is written: then every row before a stored position is there. After an
 * error the run must stop; the next session_begin repairs the file.
 */
int session_begin(struct session *s, int fold, int epoch, int step, struct err *e);
int session_step(struct session *s, const struct step_row *r, struct err *e);
int session_epoch(struct session *s, const struct epoch_row *r, struct err *e);
int session_health(struct session *s, const struct health_row *r, struct err *e);
int session_sync(struct session *s, struct err *e); /* flush and fsync all */
/* The fold that is taken is finished: its result.json, from these results. */
int session_result(struct session *s, const struct results *r, struct err *e);

/* Of the fold's log, whether it is open or not: how long it is; and cut to that, where a line
 * that was added since is not to be: it was torn, or what it says has not happened. */
int session_log_end(struct session *s, int fold, int64_t *end, struct err *e);
int session_log_cut(struct session *s, int fold, int64_t end, struct err *e);
/* Append whole lines to the log of a fold, while it is not open; a fold that is not
 * taken is, for the moment. Its torn end is repaired first. */
int session_log(struct session *s, int fold, const struct str *lines, struct err *e);
/* The same before all that the log has: what the fold begins with. */
int session_log_first(struct session *s, int fold, const struct str *lines, struct err *e);
/* A comment, in the same way. */
int session_remark(struct session *s, int fold, const char *text, struct err *e);

/*
 * Reading, in fold order: rows as they were written, changes in the order of their
 * file. A torn last line is passed over; a wrong one, or one of a fold that the
 * settings do not have, is an error with file and line. free() the arrays,
 * changes_free, results_free. *r holds protocol and seed even without a fold.
 *
 * A fold that has begun follows its own changes alone (changes.h). Where an earlier fold
 * has changes and this one's log lacks `begin`, nobody had changed anything when it began:
 * session_changes says `begin` first among its changes, and the next join writes it into
 * its log.
 */
int session_steps(const struct session *s, const struct settings *set, struct step_row **row,
		  int *n, struct err *e);
int session_epochs(const struct session *s, const struct settings *set, struct epoch_row **row,
		   int *n, struct err *e);
int session_changes(const struct session *s, const struct settings *set, struct changes *c,
		    struct err *e);
/* The same without lines of rewinds and what is no longer in force after them: what each fold
 * follows as its state is stored. In file order, or that in which they apply. */
int session_in_force(const struct session *s, const struct settings *set, struct changes *c,
		     struct err *e);
int session_results(const struct session *s, const struct settings *set, struct results *r,
		    struct err *e);
struct rows_place; /* rows.h */
/* Of one fold what its own steps.csv has had added since *at (rows_read_on), and all that its
 * epochs.csv has; without these files nothing. */
int session_fold_steps(const struct session *s, int fold, struct rows_place *at, bool *again,
		       struct step_row **row, int *n, struct err *e);
int session_fold_epochs(const struct session *s, int fold, struct epoch_row **row, int *n,
			struct err *e);
/* As session_fold_steps, of its health.csv. */
int session_fold_health(const struct session *s, int fold, struct rows_place *at, bool *again,
			struct health_row **row, int *n, struct err *e);
/* Has it rows that no fold has a file of its own for? So in a session of version 0.1. */
bool session_is_old(const struct session *s);
/* The file that has the fold's part of NAME: "DIR/fold-F/NAME", or "DIR/NAME". */
int session_part(const struct session *s, int fold, const char *name, char *out, size_t n,
		 struct err *e);
bool session_begun(const struct session *s); /* has any fold been opened for rows? */
/* Does another program train the fold now: has it the lock, and no result yet? */
bool session_trains_elsewhere(const struct session *s, int fold);

/* Bring the join of s->dir up to date, if nobody else writes the session. */
int session_join(struct session *s, struct err *e);

#endif
