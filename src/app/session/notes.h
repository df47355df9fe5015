/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notes: notes.txt, what people have to say about a run.
 *
 *	at FOLD EPOCH STEP TEXT
 *
 * One note a line, UTF-8, in the order written: said of EPOCH, its mark stands
 * before STEP of the fold. Whatever does not begin so is a note without a position, so that
 * the file may be edited by hand; empty lines are passed over. A line without its
 * end (torn by a full disk, or by hand) is a note too. Notes change no figure
 * and are no part of the bytes that equal runs share.
 */
#ifndef MIUST_NOTES_H
#define MIUST_NOTES_H

#include "base/err.h"

struct note {
	int fold, epoch, step; /* epoch 0: no position */
	char *text;            /* one line, without control characters */
};

struct notes {
	struct note *at; /* in file order */
	int n;
};

/* Those of a run's folder; without the file there are none. An error only if it
 * cannot be read. */
int notes_read(struct notes *n, const char *dir, struct err *e);
void notes_free(struct notes *n); /* safe on zeroed memory, and twice */

/* Append one; it is on the disk when this returns. A symbolic link or what is not
 * a regular file is not written to. The caller holds the session's lock. */
int note_add(const char *dir, const struct note *x, struct err *e);

#endif
