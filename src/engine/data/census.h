/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * census: how many rows of each class the lists have, those with errors too,
 * and what is known about the corpora of this field.
 */
#ifndef MIUST_CENSUS_H
#define MIUST_CENSUS_H

#include "base/str.h"
#include "engine/data/corpus.h"

/* "class  train  dev  test  all": a row for each class and one for all; nothing
 * if no row has a known label. */
void census_table(const struct corpus *c, const struct settings *s, struct str *out);
/* The same of the labels as they are in the lists, before exp.map, each with what it counts
 * as; nothing without exp.map. */
void census_labels(const struct corpus *c, const struct settings *s, struct str *out);

/* Notes: a class that a list lacks, a label of exp.map that no list has. */
void census_note(const struct corpus *c, const struct settings *s, struct problems *p);

/*
 * One line, without its end, that says which of the usual conventions the
 * counts match (IEMOCAP's four classes, MELD official or as published), or
 * that a corpus of that kind and size matches none; nothing of other corpora.
 */
void census_convention(const struct corpus *c, const struct settings *s, struct str *out);

/* What is wrong with a clip of MELD of this name in this list, or NULL. */
const char *census_known_clip(enum layout layout, int list, const char *stem);

#endif
