/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twins: rows that are the same utterance, or look like it.
 */
#ifndef MIUST_TWINS_H
#define MIUST_TWINS_H

#include "engine/data/columns.h"
#include "engine/data/corpus.h"

/* Do two of the rows share a stem but not the folder, as corpora do that number
 * the clips of each speaker? */
bool twins_by_folder(const struct row_name *name, int n);

/* twin[i]: index of the first row with the same folder and stem, -1 for that
 * row itself. */
void twins_in_list(const struct row_name *name, int n, int *twin);

/*
 * Add to *p utterances that two lists have, or one list under two names: one
 * feature file (also by links), or one IEMOCAP id in two sessions. A test
 * utterance that is trained on as well is a warning.
 */
void twins_in_corpus(const struct corpus *c, const struct settings *s, struct problems *p);

#endif
