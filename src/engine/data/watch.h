/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch: are the feature files of a corpus still what they were at its opening?
 *
 * They are mapped, so a file that somebody cuts is read as zeros (in its last
 * page) or raises SIGBUS (mapped.h). Sizes and times are asked of the system,
 * nothing is read.
 */
#ifndef MIUST_WATCH_H
#define MIUST_WATCH_H

#include "engine/data/corpus.h"

/* -1 names the first file of the utterances utt[0..n-1] (NULL: 0..n-1) that has
 * become shorter: its last values may have been read as zeros. */
int watch_whole(const struct corpus *c, const int *utt, int n, struct err *e);

/* Is each path still the file that was opened, and has it not been written to since, or
 * since watch_written was asked last? */
bool watch_same(const struct corpus *c);

/* How many files have been written to in place since they were opened, or since
 * this was asked last; *first is the path of one of them, the corpus's. */
int watch_written(const struct corpus *c, const char **first);

#endif
