/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results: results.json of a session, and result.json of each of its folds.
 *
 * results.json: {folds: [{fold, best_epoch, test_wa, test_ua, test_wf1, test_macro_f1,
 * confusion}], mean, std, pooled, protocol, optimistic, seed, version,
 * machine}. mean and std are objects of the four figures over the folds (std:
 * n-1, null for one fold); pooled are the figures of the summed confusion, and
 * the matrix itself. The figures keep their names (test_wa ...) in all four.
 *
 * fold-F/result.json is written when the fold is finished, and is what says so: the
 * fold's object, and protocol, optimistic, seed, version, machine beside it.
 * results.json is the join of these (session_join.c); its version and machine are
 * those of the last fold.
 *
 * The confusion matrices are the truth: figures are computed from them when a
 * fold is added and when a file is read, so that a resumed run, which reads
 * figures of 9 digits, writes the same bytes as one that was never stopped.
 */
#ifndef MIUST_RESULTS_H
#define MIUST_RESULTS_H

#include "base/err.h"
#include "engine/train/record.h"

#include <stdio.h>

struct results {
	int n;
	struct fold_row *fold;   /* [n], ascending */
	struct figures mean, sd; /* filled by results_add, as are the two below */
	struct figures pooled;
	struct confusion pooled_confusion;
	char protocol[16];
	bool optimistic;
	int64_t seed;
	char version[32], machine[256];
};

void results_init(struct results *r, const struct settings *s);    /* no folds */
void results_copy(struct results *to, const struct results *from); /* *to is not freed before */
void results_free(struct results *r); /* safe on zeroed memory, and twice */
/* Replaces an equal fold; its figures are those of its confusion. */
void results_add(struct results *r, const struct fold_row *f);
bool results_has(const struct results *r, int fold);
/* A file that holds the same already is not touched. */
int results_write(const struct results *r, const char *path, struct err *e);
int results_read(struct results *r, const char *path, struct err *e); /* *r is empty before */
/* One fold of them as a file of its own. Reading adds it; protocol and so on become
 * what the file says. */
int result_write(const struct results *r, int fold, const char *path, struct err *e);
int result_read(struct results *r, int fold, const char *path, struct err *e);
/* Version and machine are this program's again, after others were read: for a fold that
 * was trained here. */
void results_here(struct results *r);
/* Protocol, seed, version and so on of others. */
void results_head(struct results *r, const struct results *from);
/* An error, at `path`, if what was read has folds or classes that a run with these
 * settings cannot have. */
int results_fit(const struct results *r, const struct settings *s, int folds, const char *path,
		struct err *e);
/* The same for one fold, named in a line of a file (0: no line). `folds`: how many the
 * data has. */
int fold_check(const struct settings *s, int folds, int fold, const char *path, long line,
	       struct err *e);
/* The table people read at the end of a run, 80 columns: best epoch and figures
 * of each fold, mean ± sd, pooled figures, the pooled confusion matrix and each
 * class's figures with their labels; and a sentence if the protocol is
 * optimistic. */
void results_print(const struct results *r, const struct settings *s, FILE *f);
/* Its matrix alone: counts with labels, rows are true classes. */
void confusion_print(const struct confusion *m, const struct settings *s, FILE *f);

#endif
