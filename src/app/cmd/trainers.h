/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trainers: the programs that train a session, found by the locks of its folds, which name
 * their sockets too (session_lock.h).
 */
#ifndef MIUST_TRAINERS_H
#define MIUST_TRAINERS_H

#include "app/control/client.h"

/* A connection to the one that trains the session, or fold `fold` of it (-1: any), and its
 * process in *pid; client_close it. NULL: nobody trains it (EXIT_NOBODY), several do, or it
 * cannot be asked from here. Waits for a moment where one is just between two folds. */
struct client *trainer_find(const char *session, int fold, long *pid, struct err *e);

#endif
