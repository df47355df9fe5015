/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_state: how far a session's training is, by its files and locks alone.
 * Nothing is changed, locked or waited for.
 */
#ifndef MIUST_SESSION_STATE_H
#define MIUST_SESSION_STATE_H

#include "app/session/session.h"

/* Does a program write it now, this one included? *who becomes "process 123 on HOST since
 * TIME" of one that trains, or "" between two folds. */
bool session_written(const char *root, char *who, size_t n);

/* Has every fold a result, of every one of its first `seeds` seeds? The settings are
 * those of its config.yml; the data need not be there. */
int session_finished(const char *root, int seeds, bool *finished, struct err *e);

#endif
