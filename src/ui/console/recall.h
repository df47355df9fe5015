/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recall: the console's history on the disk.
 *
 * $XDG_STATE_HOME/miust/history, else ~/.local/state/miust/history; one line
 * for each command, oldest first, mode 0600 in a folder of mode 0700. A line is
 * appended by one write, so that several programs can share the file; when it
 * has grown to twice what is kept it is replaced atomically.
 *
 * The lines in memory are readline's.
 */
#ifndef MIUST_RECALL_H
#define MIUST_RECALL_H

#include "base/err.h"

#include <stdbool.h>

enum { RECALL_KEPT = 1000 };

struct recall {
	char *path; /* NULL: nothing is kept */
};

/* Find the file, make its folder, give readline its lines. Without a home
 * nothing is kept, which is not an error. readonly: lines are read, none are kept. */
int recall_open(struct recall *r, bool readonly, struct err *e);
/* Add a line, here and in the file; no empty ones, not one typed just before
 * and none that begins with a space. */
int recall_add(struct recall *r, const char *line, struct err *e);
void recall_close(struct recall *r);

#endif
