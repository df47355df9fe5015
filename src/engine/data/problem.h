/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problem: what is wrong with the lists and their features.
 *
 * Collected, not thrown: each has a file, a row and a sentence. Errors make a
 * run refuse; warnings (a test utterance that is trained on) are said by every
 * run, notes by `check` alone.
 *
 * One fault often has many rows, for example a folder that was not extracted.
 * Whoever reports a problem therefore also says what the sentence about many
 * such rows is, and problems_grouped makes one line of them:
 *
 *	9,988 rows: text/...: no such feature file; extract it or correct
 *	exp.text_dir; first: train.csv:2, 3, 4 (text/train_splits/dia0_utt0.npy)
 *
 * and likewise of a fault that several lists have, such as a column that is missing.
 */
#ifndef MIUST_PROBLEM_H
#define MIUST_PROBLEM_H

#include <stdbool.h>

enum problem_kind { PROBLEM_NOTE, PROBLEM_WARNING, PROBLEM_ERROR };

/* What a problem is about, for problem_add. Zero (NULL) is "none". */
struct fault {
	enum problem_kind kind;
	bool value;       /* about feature values (NaN, Inf, zero rows): deep check only */
	const char *list; /* path of the list whose row it is, or that is at fault as a whole */
	long line;        /* that row's line in it, from 1; 0: not about a row */
	const char *file; /* what is at fault if not the list: a feature file, a folder */
	const char *dir;  /* file is DIR/...: about many rows only DIR is named */
	bool brief;       /* whose file it is matters little: one line from two rows on */
	/* What to say of many rows, or of many lists. NULL: the same as of one, without its
	 * file. */
	const char *many;
	/* What to say where even `many` differs nearly from row to row, as unknown
	 * labels do when the wrong column is read. NULL: that cannot be. */
	const char *general;
};

struct problem {
	enum problem_kind kind;
	bool value;
	char *list; /* NULL: not about a row or a list */
	long line;  /* 0: not about a row */
	char *file; /* the list, the feature file, or a folder that is missing */
	char *text; /* "LIST:LINE: [FILE: ]what is wrong; what to do" */
	char *many; /* "[DIR/...: ]what is wrong; what to do" */
	char *general;
	bool lossless; /* `many` says all that matters of `text`, but for the row */
};

struct problems {
	struct problem *at;
	int n, errors; /* n counts all, errors those of PROBLEM_ERROR */
};

/*
 * The sentence is put together from f and `fmt`. Without a line of a list it is
 * `fmt` alone, which then names the file itself. Strings are copied.
 */
void problem_add(struct problems *p, const struct fault *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void problems_free(struct problems *p);

/* Rows with errors: a row with two missing files counts once. */
int problems_rows(const struct problems *p);
int problems_count(const struct problems *p, enum problem_kind kind);

/* One fault and the rows that have it. */
struct problem_group {
	enum problem_kind kind;
	int rows;                    /* 0: not about rows */
	const struct problem *first; /* in the struct problems it was made from */
	char *text;                  /* one sentence, a line */
};

struct problem_groups {
	struct problem_group *at;
	int n;
};

/*
 * Problems by their fault, in the order in which each appeared first. A fault
 * of one row keeps its sentence; up to three rows keep theirs where it says
 * more than the line about all of them would.
 */
struct problem_groups problems_grouped(const struct problems *p);
void problem_groups_free(struct problem_groups *g);

#endif
