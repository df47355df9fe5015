/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lanes: sequences cut into ranges of about equal work, that threads go through side by side.
 *
 * A lane is some sequences that follow one another by length (their ranks, seqs.h), so its
 * rows lie together in each step. A step costs what its rows do and as much again as
 * LANE_STEP rows, for the recurrent weights that pass by. A few long sequences therefore
 * make a lane, and many short ones. On average a lane has LANE_ROWS rows a step or more:
 * narrower ones cost more than the threads that they would keep busy gain.
 */
#ifndef MIUST_LANES_H
#define MIUST_LANES_H

#include "engine/data/seqs.h"

enum { LANES_MAX = 64, LANE_STEP = 3, LANE_ROWS = 2 };

/* Cut into `want` lanes at most: lane i has the ranks first[i]..first[i+1]-1, and the first lanes
 * the longest sequences. Returns how many: 1 at least. */
int lanes_cut(const struct seqs *s, int want, int first[LANES_MAX + 1]);
/* Into `want` lanes, however narrow they become; 1 to LANES_MAX and to s->n. Of s, n, len and rank
 * are read. */
int lanes_even(const struct seqs *s, int want, int first[LANES_MAX + 1]);

#endif
