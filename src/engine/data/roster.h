/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * roster: which utterances a corpus has, as a table.
 *
 * The text of a session's data.csv: "part,id,label,words,frames", a row for
 * each utterance in the order of the corpus; part is its list's name, words and
 * frames are the rows of its features. Neither paths nor times: data that moved
 * has the same roster. Rows that were left out are not in it.
 */
#ifndef MIUST_ROSTER_H
#define MIUST_ROSTER_H

#include "base/str.h"
#include "engine/data/corpus.h"

enum { ROSTER_HASH = 33 }; /* 32 hexadecimal digits and the NUL */

/* Appended to *out, RFC 4180, lines ending with LF. */
void roster_text(const struct corpus *c, const struct settings *s, struct str *out);
/* XXH3, 128 bits, of that text. */
void roster_hash(const struct corpus *c, const struct settings *s, char out[ROSTER_HASH]);
/* The same of a text at hand. */
void roster_text_hash(const char *text, size_t len, char out[ROSTER_HASH]);

#endif
