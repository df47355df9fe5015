/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_delete: a session that goes, for good.
 */
#ifndef MIUST_SESSION_DELETE_H
#define MIUST_SESSION_DELETE_H

#include "app/session/session.h"

/*
 * Delete a session's folder: the whole of it (dir = root), or the folder of a
 * seed or branch in it. An error if another program writes the session, or if
 * `dir` has no config.yml. That goes after all but the lock, so that what is half deleted
 * is seen as a session still. Links are removed, not followed.
 */
int session_delete(const char *root, const char *dir, struct err *e);
/* Hold its lock alone while it is moved or deleted: *lock is to be closed, -1 if none
 * was ever made. An error that says who, if another program writes it. */
int session_hold(const char *root, int *lock, struct err *e);
/* Hold it for a moment to add a few words: alone if nobody writes the session, else with
 * those who do. *lock as above. */
int session_join_writers(const char *root, int *lock, struct err *e);
/* Take a session that this process has created, and in which nothing was trained,
 * back: empty its folder again. An error if another program writes it by now, or has
 * stored a fold's state in it. */
int session_discard(struct session *s, struct err *e);

#endif
