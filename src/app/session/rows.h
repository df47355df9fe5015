/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows: steps.csv, epochs.csv and health.csv, tables of numbers that grow line by line.
 *
 * A table of columns says name and place of each number; header, writer and
 * reader are loops over it. Only whole lines count: a last line without its
 * newline was torn by a crash and is passed over.
 */
#ifndef MIUST_ROWS_H
#define MIUST_ROWS_H

#include "base/file.h"
#include "base/str.h"
#include "engine/train/record.h"

enum { FOLD_MAX = 999999, EPOCH_MAX = 1000000, STEP_MAX = 1000000000 }; /* what a file may say */

struct column {
	const char *name;
	bool integer; /* int, else double */
	size_t at;    /* offset in the row */
	double min, max;
	bool or_nan;      /* NaN too; an infinity only if it is min or max */
	const char *rule; /* "epochs count from 1" */
};

struct columns {
	struct column at[3 + 1 + 2 * HEALTH_GROUPS + HEALTH_PAIRS]; /* the most that any has */
	int n;
	size_t size;   /* of a row */
	size_t number; /* offset of what counts the rows of a fold from 1: step or epoch */
	bool sparse;   /* not every number has a row */
};

struct columns rows_of_steps(void);  /* of struct step_row */
struct columns rows_of_epochs(void); /* of struct epoch_row */
struct columns rows_of_health(void); /* of struct health_row; not of every step */

void rows_header(const struct columns *c, struct str *out); /* with its newline */
void rows_line(const struct columns *c, const void *row, struct str *out);
double rows_number(double x); /* as a row that is read has it */
/* All rows of a file, to be freed; none if there is no file. A wrong header or
 * row, or a number out of its range, is an error with file and line. Row i stands
 * in line i + 2. */
int rows_read(const struct columns *c, const char *path, void **row, int *n, struct err *e);
/* How far a file has been read. Zeroed: not at all. */
struct rows_place {
	struct file_stamp file; /* as it was then */
	int64_t end;            /* bytes up to the end of the last whole row */
	long lines;
	int n;          /* rows */
	char last[256]; /* the bytes before the end */
	size_t nlast;
};
/*
 * The rows that have been added since *at, which moves on to their end. It begins at the
 * file's start again, and *again says so, where the file is not the one that was read: it has
 * been replaced, or cut (also if it has grown since: other bytes end where the last row did). So
 * what is known and what comes are together the rows of the file, without looking at what is
 * known. As rows_read, a torn last line is passed over until it is whole; no file has no rows.
 */
int rows_read_on(const struct columns *c, const char *path, struct rows_place *at, bool *again,
		 void **row, int *n, struct err *e);
/* Are loss, terms and gradient norm of a step numbers? A fold's last that is not ended it. */
bool rows_finite(const struct step_row *r);
/* The last whole row of a file: 1. 0: there is none. Reads its end alone. */
int rows_last(const struct columns *c, const char *path, void *row, struct err *e);
/*
 * The header and the rows of a fold up to number `last`, as text; rows of other
 * folds are passed over. Once row `last` has been read, whatever follows is dropped
 * unread, as a power loss may leave anything there. Before that, a wrong row is an
 * error; in a table that is sparse, where row `last` may not exist, it is dropped with all
 * that follows. Without the file the header alone.
 */
int rows_keep(const struct columns *c, const char *path, int fold, int last, struct str *out,
	      struct err *e);
/* Make the file hold that and no more; it is replaced atomically, and not touched if
 * it does so already. *lost (may be NULL): how many of the rows 1 to `last` it lacks. */
int rows_cut(const struct columns *c, const char *path, int fold, int last, int *lost,
	     struct err *e);

#endif
