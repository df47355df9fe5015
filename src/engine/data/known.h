/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * known: rows of a list that are known to be left out.
 */
#ifndef MIUST_KNOWN_H
#define MIUST_KNOWN_H

#include "engine/data/corpus.h"
#include "engine/file/table.h"

/*
 * as[i] = the known row that row i of list `part` is, or NULL; id[i] is that
 * row's id, NULL if it is too broken to have one. A known row is found by line
 * and id, or by its id alone if the lines have moved: then the last row with
 * that id is meant, the others were read.
 */
void known_find(const struct known_row *known, int nknown, const char *part, const struct table *t,
		char *const *id, const struct known_row **as);

#endif
