/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_private: the folds' folders and files. For session*.c and branch.c.
 */
#ifndef MIUST_SESSION_PRIVATE_H
#define MIUST_SESSION_PRIVATE_H

#include "app/session/session_rows.h"

#define SESSION_STEPS    "steps.csv"
#define SESSION_EPOCHS   "epochs.csv"
#define SESSION_HEALTH   "health.csv"
#define SESSION_COMMANDS "commands.log"
#define SESSION_DATA     "data.csv"
#define SESSION_RESULT   "result.json" /* of a fold */
#define SESSION_RESULTS  "results.json"
#define SESSION_BRANCHES "branches" /* the folder of them */
#define SESSION_BRANCH   "branch.yml"

struct fold_list {
	int *at; /* ascending, each once */
	int n;
};

void folds_add(struct fold_list *l, int fold);
void folds_read(struct fold_list *l, const char *dir); /* add those that have a folder */
void folds_free(struct fold_list *l);

/* "DIR/fold-F/NAME", which need not be there; "" ends at "fold-F". */
int fold_file(const char *dir, int fold, const char *name, char *out, size_t n, struct err *e);
bool fold_has(const char *dir, int fold, const char *name);
/* An error if the fold has begun and has no commands.log, which its first step makes: what was
 * changed in it is then not known. */
int fold_check_log(const char *dir, int fold, struct err *e);
/* session_own.c: an error if NAME of the fold that is written is no longer the file `fd`. */
int session_check_open(const struct session *s, int fd, const char *name, struct err *e);
/* May the folder's own files have rows that no fold has? So in a session of version
 * 0.1: a fold has no file of its own, or no fold has a folder. */
bool folder_counts(const char *dir, const struct fold_list *l);

/* Has the fold begun, an earlier one changes in `c`, and its own log no `begin`? It began
 * before those changes were made, so they are not its own. */
bool fold_lacks_begin(const char *dir, int fold, const struct changes *c);

/* session_join.c: what opening for writing does, with the lock held alone, to a
 * session's folder and those of its seeds. session_needs_adoption changes nothing; *missing
 * becomes the path of the first file that a fold lacks. */
bool session_needs_adoption(const char *root, char *missing, size_t n);
int session_adopt_all(const char *root, struct err *e);
int session_join_all(const char *root, struct err *e);
bool session_trained(const char *root); /* has any fold a state? */

/* session_state.c: is a fold of the session, or of one of its seeds, written now; which, and
 * by whom ("" if that is not known)? */
bool session_fold_written(const char *root, int *fold, char *who, size_t n);

/* session_branch.c: remove what killed programs left of branches of a session and of its seeds
 * that they were making. Those that are being made are left alone. */
void session_branches_tidy(const char *root);

/* Whose lock covers the run `dir` of the session `root`: a branch has its own. */
const char *session_lock_of(const char *root, const char *dir);
/* An error if another program writes a branch in the run's folder, or in a seed's in it. */
int session_branches_free(const char *dir, struct err *e);

/* session_delete.c: a name in an open folder (path, for errors), with all below it; no
 * link is followed, and one that is not there is fine. */
int session_remove(int folder, const char *name, const char *path, struct err *e);

#endif
