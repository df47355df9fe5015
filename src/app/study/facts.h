/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts: what is known of one utterance at some epoch, and the table of its
 * columns.
 *
 * The same table drives the names of the filter language, the sort keys and
 * the columns of view 3. To add one: an id here, a getter and a row in facts.c.
 */
#ifndef MIUST_FACTS_H
#define MIUST_FACTS_H

#include "app/session/run.h"
#include "app/study/expr.h"

enum { FRAMES_PER_SECOND = 50 };

/* Up to the flips they are columns on the screen. */
enum utterance_column {
	COLUMN_ID,
	COLUMN_TEXT,
	COLUMN_TRUE,
	COLUMN_PRED,
	COLUMN_P,
	COLUMN_LOSS,
	COLUMN_TEXT_SAYS,
	COLUMN_AUDIO_SAYS,
	COLUMN_FLIPS,
	COLUMN_RIGHT,
	COLUMN_EPOCH,
	COLUMN_SPEAKER,
	COLUMN_WORDS,
	COLUMN_SECONDS,
	UTTERANCE_COLUMNS
};

/* What facts are read from: the predictions of a part, and what they are of.
 * Plain pointers, good as long as what they point to. */
struct facts_from {
	const struct history *h;
	int epoch;
	const struct settings *set;  /* names of classes */
	const struct corpus *corpus; /* NULL: not known */
	const int *row;              /* [h->n] of the corpus, -1: not there; NULL as corpus */
};

struct facts {
	struct facts_from from;
	int i; /* of the history's utterances */
	int label;
	bool known;                  /* predicted at this epoch; else the rest is void */
	int says[HEADS];             /* predicted class */
	double p[HEADS][LABELS_MAX]; /* class probabilities */
	double loss;                 /* cross-entropy of the main head */
};

struct facts facts_of(const struct facts_from *from, int i); /* i is one of the history's */
const char *facts_label(const struct settings *set, int c);  /* "neu"; "?": no class */
/* Rows of the history found in the corpus, -1 for one that is not there. Ids are
 * unique in a list only: list 1 is the validation part, 2 the test part. */
void facts_rows(const struct history *h, const struct corpus *c, int list, int *row);

struct facts_column {
	const char *name;    /* in filters and sorts */
	const char *heading; /* in the table; NULL: not shown there */
	bool text;           /* else a number; numbers sort from the largest */
	const char *help;
	struct expr_value (*get)(const struct facts *f); /* number NaN, text "": not known */
};
extern const struct facts_column facts_column[UTTERANCE_COLUMNS];

/* Their names, NULL after the last, for expr_parse. */
void facts_names(const char *names[UTTERANCE_COLUMNS + 1]);
/* Column of a name, or -1 and an error that names the nearest one. */
int facts_find(const char *name, struct err *e);

#endif
