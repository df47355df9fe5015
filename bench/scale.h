/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scale: how a training step would be shared out on a machine with more cores than this one.
 *
 * Each task of a step is timed on one thread; then the tasks of each par_run are dealt out to P
 * workers as par does it: in their order, each to the worker that is free first, and the next
 * run begins when all are done. What lies between two runs is one thread's. Tasks are cut as
 * for P threads, and a worker is as fast as this core alone: caches and memory that many
 * cores share are not in it.
 */
#ifndef MIUST_SCALE_H
#define MIUST_SCALE_H

#include "engine/data/corpus.h"

/* A table for these settings and a step of the corpus's first batch, to stdout. */
int scale_table(const char *name, const struct settings *s, struct corpus *c, struct err *e);

#endif
