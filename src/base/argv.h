/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * argv: the words of a line, cut as a POSIX shell cuts them.
 *
 * Spaces separate words. 'Single quotes' keep all between them as it is; in "double
 * quotes" a backslash keeps " and \ as they are, elsewhere any character. That is all:
 * $, *, `, |, > and ; are characters like any other.
 */
#ifndef MIUST_ARGV_H
#define MIUST_ARGV_H

#include "base/err.h"
#include "base/str.h"

struct argv { /* start with {0} */
	int n;
	char **word; /* [n], then NULL; NULL while n is 0 */
};

/* *a is empty before, and after an error: a quote that is not closed, a backslash at the
 * end. */
int argv_read(struct argv *a, const char *line, struct err *e);
void argv_add(struct argv *a, const char *word);
void argv_copy(struct argv *to, const struct argv *from); /* *to is empty before */
/* Append the line that argv_read reads back as these words. */
void argv_line(const struct argv *a, struct str *out);
void argv_free(struct argv *a); /* empty again */

#endif
