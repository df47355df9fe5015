/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problem: what is wrong with the lists and their features.
 *
 * Collected, not thrown: each has a file, a row and a sentence. Errors make a
 * run refuse, notes do not.
 */
#ifndef MIUST_PROBLEM_H
#define MIUST_PROBLEM_H

#include <stdbool.h>

enum problem_kind { PROBLEM_NOTE, PROBLEM_ERROR };

struct problem {
	enum problem_kind kind;
	bool value; /* about feature values (NaN, Inf, zero rows): deep check only */
	char *file; /* the list, the feature file, or a folder that is missing */
	long line;  /* row of the list the problem belongs to (file line, from 1); 0: none */
	char *text; /* "LIST:LINE: [FEATURE FILE: ]what is wrong; what to do" */
};

struct problems {
	struct problem *at;
	int n, errors; /* n counts all, errors those of PROBLEM_ERROR */
};

/* Copies the strings. */
void problem_add(struct problems *p, enum problem_kind kind, bool value, const char *file,
		 long line, const char *text);
void problems_free(struct problems *p);

#endif
