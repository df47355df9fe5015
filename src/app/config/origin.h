/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * origin: the data a session was started with.
 *
 * Its config.yml keeps the hash of data.csv (`data:`) and the rows that were
 * left out (`left_out:`); data.csv (roster.h) keeps every utterance. So a run
 * that is resumed knows whether its data has changed, and where.
 */
#ifndef MIUST_ORIGIN_H
#define MIUST_ORIGIN_H

#include "engine/data/roster.h"

struct origin {                 /* start with {0} */
	char hash[ROSTER_HASH]; /* of data.csv; "" if not known (first version) */
	struct known_row *left; /* [nleft] rows left out; all strings are ours */
	int nleft;
};

/* The origin of an open corpus. *o is empty before. */
void origin_of(struct origin *o, const struct corpus *c, const struct settings *s);
void origin_add(struct origin *o, const char *part, long line, const char *id, const char *why);
void origin_free(struct origin *o); /* empty again */

/*
 * How the data.csv at `path` differs from the corpus, appended to *out as a part
 * of a sentence: rows of each list, ids, labels, words, frames, each with how
 * many rows and the first three of them; "the order of the rows" if it is only
 * that, "" if nothing. An error if `path` cannot be read as a data.csv.
 */
int origin_changes(const char *path, const struct corpus *c, const struct settings *s,
		   struct str *out, struct err *e);

#endif
