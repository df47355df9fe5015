/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_state: how far a session's training is, by its files and locks alone.
 * Nothing is changed, locked or waited for, but by session_settle.
 */
#ifndef MIUST_SESSION_STATE_H
#define MIUST_SESSION_STATE_H

#include "app/session/session.h"

/* Does a program write it now, this one included? *who becomes "process 123 on HOST since
 * TIME" of one that trains, or "" between two folds. */
bool session_written(const char *root, char *who, size_t n);
/* Does one train a fold of it? *dir becomes the folder of the run that it is of: root, or a seed's.
 */
bool session_in_training(const char *root, char *dir, size_t n);

/*
 * Of the folds of a run that have no result (`left`, [n], n > 0) the place of the one that comes
 * first for whoever goes on with it: the one that was trained last, if any of them has begun,
 * else the first. The others follow in order. That is when its rows were written; of several with
 * one time (a copy that kept none) it is the first that has begun.
 */
int session_goes_on_with(const char *dir, const int *left, int n);

/* Has every fold a result, of every one of its first `seeds` seeds? The settings are
 * those of its config.yml; the data need not be there. */
int session_finished(const char *root, int seeds, bool *finished, struct err *e);
int session_seeds(const char *root); /* how many have begun: those with a folder, and the first */
/* The joined files of one that is finished may be older than its folds, where a kill came
 * in between: bring them up to date, as going on with it does. The data need not be there.
 * An error (EXIT_BUSY) if another program writes the session. */
int session_settle(const char *root, struct err *e);

#endif
