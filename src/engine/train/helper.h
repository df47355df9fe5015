/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * helper: a rank that computes with rank 0's trainer (share.h).
 */
#ifndef MIUST_HELPER_H
#define MIUST_HELPER_H

#include "engine/data/corpus.h"
#include "engine/num/par.h"
#include "engine/num/ranks.h"

/*
 * Do what rank 0 says, until its trainer is closed. The settings are those that it has opened the
 * trainer with, the corpus has the same utterances. par: the caller's. -1: there is no memory
 * for the model, and rank 0 has not been told: ask share_agree.
 */
struct helper;
struct helper *helper_open(const struct ranks *r, const struct settings *s, struct corpus *c,
			   struct par *par, struct err *e);
void helper_run(struct helper *h);
void helper_close(struct helper *h); /* NULL is ignored */

#endif
