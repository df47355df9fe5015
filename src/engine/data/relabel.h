/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relabel: what the label of a row counts as (exp.labels, exp.map).
 *
 * A label is looked up in exp.map once: with {a: b, b: c} a row with a is one of
 * class b, a row with b one of class c. What is not in exp.map is what it says.
 */
#ifndef MIUST_RELABEL_H
#define MIUST_RELABEL_H

#include "engine/data/settings.h"

#define LABEL_DROP "drop" /* as a target: the row is left out, as if it were not in its list */

enum { RELABEL_UNKNOWN = -1, RELABEL_DROPPED = -2 };

/* Index into exp.labels, or one of the above. *entry (may be NULL): index into
 * exp.map, -1 if it does not have the label. */
int relabel(const struct settings *s, const char *label, int *entry);
/* The class that may be meant by a label that is none: a near word, or one that begins
 * alike (happy, hap); NULL: none. */
const char *relabel_near(const struct settings *s, const char *label);

#endif
