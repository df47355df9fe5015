/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helper: a rank that computes with rank 0's trainer (share.h). */
#ifndef MIUST_HELPER_H
#define MIUST_HELPER_H

#include "engine/data/corpus.h"
#include "engine/num/par.h"
#include "engine/num/ranks.h"

struct helper;
/*
 * Settings are those that rank 0 has opened its trainer with, the corpus has the same utterances;
 * all arguments stay the caller's, and in place. NULL: there is no memory for the model.
 */
struct helper *helper_open(const struct ranks *r, const struct settings *s, struct corpus *c,
			   struct par *par, struct err *e);
/* Do what rank 0 says, until its trainer is closed. An error of a batch is told to rank 0. */
void helper_run(struct helper *h);
void helper_close(struct helper *h); /* NULL is ignored */

#endif
