/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lists: which lists a corpus has.
 */
#ifndef MIUST_LISTS_H
#define MIUST_LISTS_H

#include "engine/data/corpus.h"

/* The names and paths of the lists that `s` names, into c->list: train, dev and test,
 * or Session1 to SessionN, N being the largest that is there. */
void lists_name(struct corpus *c, const struct settings *s);
/* One list, named "list", for a trained model. */
void lists_name_new(struct corpus *c, const char *path);
/* Sessions are 1 to N; what else there is to say of them. A list that is missing among
 * them is an error of its own (opening.h). */
void lists_check(const struct corpus *c, const struct settings *s, struct problems *p);

#endif
