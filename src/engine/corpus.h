/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corpus: the lists of utterances and their features.
 *
 * Layouts (interfaces, "Data"): IEMOCAP has lists 0..4 = Session1..5, the
 * lists layout (MELD) has 0 = train, 1 = dev, 2 = test. Utterances stand in
 * list order, each list in file order. Opening reads the lists and every
 * feature file's header; feature values are read when first used.
 *
 * Faults are collected, not thrown: each has a file, a row and a sentence.
 * Errors make a run refuse, notes do not.
 */
#ifndef MIUST_CORPUS_H
#define MIUST_CORPUS_H

#include "base/err.h"
#include "engine/npy.h"
#include "engine/settings.h"

#include <stdint.h>

struct utterance {
	char *id;          /* unique within its list */
	char *text;        /* UTF-8 as in the list */
	char *speaker;     /* "" if unknown */
	char *dialogue;    /* id up to its last underscore part; MELD: the dia number */
	int label;         /* index into settings exp.labels */
	int list;          /* index into corpus.list */
	long line;         /* in that list's file, from 1 */
	struct npy words;  /* text features [L, text_feat_dim] */
	struct npy frames; /* audio features [T, audio_feat_dim] */
	uint8_t checked;   /* values known to be finite (set on first reading) */
};

struct list {
	char *path;
	char name[16]; /* "Session1".."Session5", "train", "dev", "test" */
	int first, n;  /* its utterances */
};

enum problem_kind { PROBLEM_NOTE, PROBLEM_ERROR };

struct problem {
	enum problem_kind kind;
	bool value; /* about feature values (NaN, Inf, zero rows): deep check only */
	char *file; /* the list, or the feature file */
	long line;  /* row of the list the problem belongs to (file line, from 1) */
	char *text; /* "FILE:LINE[:COLUMN]: what is wrong; what to do" */
};

struct problems {
	struct problem *at;
	int n, errors; /* n counts all, errors those of PROBLEM_ERROR */
};

struct corpus {
	enum layout layout;
	struct utterance *utt;
	int n;
	struct list list[LISTS_MAX];
	int nlists;
	int left_out; /* rows left out by skip_bad */
};

enum corpus_how {
	CORPUS_HEADERS = 0,  /* lists and headers */
	CORPUS_DEEP = 1,     /* every value too */
	CORPUS_SKIP_BAD = 2, /* leave rows with errors out; implies a deep look */
};

/*
 * Read the lists and headers that `s` names. All problems found are appended
 * to *p (owned by the caller, problems_free). Returns -1 with a sentence only
 * if nothing can be said about rows (a list missing or not readable, no such
 * column, an empty list); rows with errors are not in the corpus. Without
 * CORPUS_SKIP_BAD the caller refuses when p->errors > 0.
 */
int corpus_open(struct corpus *c, const struct settings *s, unsigned how, struct problems *p,
		struct err *e);
void corpus_close(struct corpus *c);
void problems_free(struct problems *p);

/* Check the values of one utterance once; -1 names file, row and column of
 * the first NaN or Inf. Not thread-safe for the same utterance. */
int utterance_check(struct corpus *c, int i, struct err *e);

#endif
