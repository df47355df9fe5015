/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * changes: commands.log, the live changes of a run, replayable.
 *
 *	at FOLD EPOCH STEP set KEY NEW   # was OLD, asked by process PID
 *	at FOLD EPOCH STEP set KEY OLD   # undo, was NEW
 *	at FOLD EPOCH STEP pause|resume|save|eval|fold|stop ...
 *	at FOLD 1 1 begin
 *	at FOLD EPOCH STEP rewind E:S BRANCH [spike|diverged]
 *
 * STEP counts from 1 within the fold and names the step before which the
 * change applies. `#` starts a comment; blank lines are passed over. A comment that begins with
 * `undo` says that the line takes a change back: the last one above it that is in force and not
 * taken back yet. Nothing that is computed depends on that.
 *
 * A change holds in its fold and in the folds after it, but for those that have
 * `begin`: such a fold follows its own lines alone. What it took over from earlier
 * folds when it began are its own lines before `begin`, in the same file, as if a
 * person had given them before its first step. A fold gets the line when it begins
 * (steer.h); a log written by hand needs none.
 *
 * At a rewind the fold went back to S steps of epoch E, whatever came after that became the
 * branch BRANCH, and time goes on from there: of the lines before the rewind those stay in
 * force that were for the steps up to there (and what the fold began with). So the rewinds of a
 * fold cut its lines, in file order, into segments. A state knows how many are in its past
 * (state.h), and a run that follows the log does what the rewinds say, one after the other. Where
 * a rule went back by itself its line says why, and what it changed follows.
 */
#ifndef MIUST_CHANGES_H
#define MIUST_CHANGES_H

#include "base/err.h"
#include "base/str.h"
#include "engine/data/settings.h"

#include <stddef.h>
#include <stdio.h>

struct change {
	int fold, epoch, step;
	char *command; /* "set KEY NEW" */
	long line;     /* in the log */
	long by;       /* the other process that asked for it, -1: its number is not known, 0:
			* none; not read from a log */
	bool undoes;   /* it takes a change back */
};

struct changes {
	struct change *at; /* in file order */
	int n;
};

struct change change_begin(int fold); /* the line of a fold; its command is constant */
bool change_is_begin(const struct change *c);
bool changes_have_begin(const struct changes *c, int fold);
/* Is a setting changed in a fold before this one? */
bool changes_have_earlier(const struct changes *c, int fold);
/* Was at[i] taken over from an earlier fold: is it before its fold's `begin`? In file
 * order or in the order they apply. */
bool changes_taken_over(const struct changes *c, int i);
void changes_add(struct changes *c, const struct change *x); /* a copy, last */
/* Add a copy in the order in which changes apply, (fold, step): after all that apply at its
 * position or before. Where it is now. */
int changes_insert(struct changes *c, const struct change *x);
/* A copy before all others of its fold and of later ones. */
void changes_insert_first(struct changes *c, const struct change *x);
/*
 * What a fold begins with, where *base is the configuration: for each setting that the
 * changes of earlier folds in `c`, which are in the order they apply, have made another,
 * the last of them; then `begin`. As changes of the fold in *begin (changes_free), and as
 * lines of its log after what `lines` holds.
 */
void changes_begin(struct changes *begin, struct str *lines, const struct changes *c, int fold,
		   const struct settings *base);

/* ---- rewinds: changes_rewind.c ---- */

enum { REWIND_BRANCH = 100 };                                    /* longest name: BRANCH_NAME */
enum rewind_why { REWIND_ASKED, REWIND_SPIKE, REWIND_DIVERGED }; /* the last two: rollback.h */
struct rewind {
	int epoch, in_epoch;            /* so many steps of that epoch are done */
	char branch[REWIND_BRANCH + 1]; /* where the future was kept; "": not said */
	enum rewind_why why;            /* but the first only with a branch */
};

/* "E" or "E:S"; false: it is neither. "4" is the end of epoch 3, its evaluation done. */
bool rewind_place(struct rewind *r, const char *text);
/* Steps of the fold done there, of so many an epoch. */
int rewind_step(const struct rewind *r, int each);
bool change_is_rewind(const struct change *c); /* by its first word */
bool change_is_branch(const struct change *c); /* likewise */
int change_rewind(struct rewind *r, const struct change *c, struct err *e);
void rewind_command(struct str *out, const struct rewind *r); /* "rewind 4:1 before-rewind-1" */
int changes_rollbacks(const struct changes *c);               /* rewinds that a rule did */
int changes_rewinds(const struct changes *c, int fold);
/* The changes of the fold that are no longer in force at `r` go. */
void changes_cut(struct changes *c, int fold, const struct rewind *r, int each);
/*
 * What the fold follows with so many rewinds in its past (or as many as there are), in the
 * order they apply and without lines of rewinds; c: in file order. *end becomes the index in
 * `c` of the rewind that comes next, -1: none does. each: steps an epoch, 0: not known, which
 * does not matter as long as no step of the second epoch is done.
 */
void changes_follow(struct changes *out, const struct changes *c, int fold, int rewinds, int each,
		    int *end);

/* What a power loss may have left at the end is passed over if `torn_ok`: see
 * changes_whole. */
int changes_read(struct changes *c, const char *path, bool torn_ok, struct err *e);
/* The length of a log without such an end: a line without its newline, and lines
 * with control characters, as a hole of zeros. */
size_t changes_whole(const char *text, size_t len);
void changes_free(struct changes *c);
void change_by(struct str *out, long by); /* "asked by process 4711" */
/* Its line of the log, with the newline; was: "" leaves the comment out. */
void change_line(struct str *out, const struct change *c, const char *was);
/* Lines into a log that is open: all in one write, then on the disk. */
int changes_write(FILE *f, const struct str *lines, struct err *e);

#endif
