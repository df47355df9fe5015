/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stored_table: the stored states of a fold (app/session/states.h), as people read them.
 */
#ifndef MIUST_STORED_TABLE_H
#define MIUST_STORED_TABLE_H

#include "base/err.h"
#include "base/str.h"

/* Append a line for each, by step, below a head: the place as `rewind` takes it, steps done,
 * bytes, and why it stays: its name, the best epoch, a branch. Returns how many there are;
 * of none nothing is appended. -1: *e. */
int stored_table(struct str *out, const char *session_dir, int fold, struct err *e);

#endif
