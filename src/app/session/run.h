/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run: all that a session has recorded, in memory, for screens and reports.
 *
 * Loaded from a session folder (run_load), or grown row by row while it trains
 * (run_add_*). Only plain data, no threads: it belongs to whoever loaded it.
 * Folds appear in ascending order as soon as they have a row.
 */
#ifndef MIUST_RUN_H
#define MIUST_RUN_H

#include "app/session/changes.h"
#include "app/session/history.h"
#include "app/session/notes.h"
#include "app/session/results.h"

enum mark_kind { MARK_KEPT, MARK_SAVED, MARK_CHANGE, MARK_BRANCH, MARK_NOTE, MARK_BROKEN };

/* Something that happened before a step of a fold. */
struct run_mark {
	enum mark_kind kind;
	int epoch, step; /* as commands.log counts */
	char label[64];  /* "lr 3e-4"; "" for none */
};

/* Predictions of one part at one epoch: what views 2-4 look at. */
struct fold_run {
	int fold;
	struct step_row *step; /* ascending */
	int nsteps;
	struct epoch_row *epoch; /* ascending, one per evaluated epoch */
	int nepochs;
	struct health_row *health; /* ascending: of the steps that were measured */
	int nhealth;
	int steps_per_epoch; /* 0: not known yet */
	int best_epoch;      /* kept checkpoint; 0: none */
	double best;         /* as it was read: what train.select names, of it; NaN: none */
	struct history val;  /* the validation part at every epoch; n 0: none */
	bool tested;
	struct fold_row result; /* if tested */
	struct history test;    /* one record, epoch = best_epoch; logits NULL: not known */
	struct run_mark *mark;  /* ascending */
	int nmarks;
	struct run_mark *taken; /* changes of earlier folds that it began with, as they were made */
	int ntaken;
	bool began; /* its log says what those are; else they are all that earlier folds have */
};

enum { RUN_NAME = 64 };

struct run {
	char dir[PATH_LEN];
	char name[RUN_NAME];   /* last part of the folder, without a date behind it */
	char branch[RUN_NAME]; /* "main", the branch's name, or seed-S */
	struct settings set;   /* in force in its last fold: as stored and every change since */
	struct settings base;  /* as stored in config.yml */
	int folds;             /* of its data (session_folds) */
	struct fold_run *fold; /* [nfolds]; moves when one is added */
	int nfolds;            /* folds with rows */
	struct results results;
	struct notes notes;    /* all; those with a position are marks of their fold too */
	bool predictions;      /* are read */
	struct run_seen *seen; /* the files as they were when they were read; NULL: none were */
};

/* Everything the folder holds; a torn last row is passed over, missing files
 * are empty, and predictions of an epoch without a row are left out. Others may write
 * meanwhile. On failure *r is empty. */
int run_load(struct run *r, const char *dir, struct err *e);
/* The same without the predictions, which are most of it: for curves and tables. */
int run_load_rows(struct run *r, const char *dir, struct err *e);
/*
 * Bring a run that was loaded up to what its files say now: as if it were loaded again, but only
 * what has changed is read. *news says what that was (0: nothing); pointers into the run are
 * then no longer good. -1: something could not be read. That is left as it was (predictions
 * are left out) and tried again by the next call; all else is up to date.
 */
enum { RUN_NEW_ROWS = 1, RUN_NEW_EPOCHS = 2 /* rows of epochs, or predictions */ };
int run_refresh(struct run *r, unsigned *news, struct err *e);
void run_free(struct run *r); /* safe on zeroed memory */
/* A run's name and branch by its folder alone. */
void run_names(const char *dir, char name[RUN_NAME], char branch[RUN_NAME]);

int run_fold_number(const struct run *r, int i); /* of the i-th fold of its data, from 0 */

/* The settings in force at the fold's last step. Returns how many changes wait for a later one;
 * *last, if any, is the command of the last of them, to be freed. */
int run_settings(const struct run *r, int fold, struct settings *set, char **last);

struct fold_run *run_fold(struct run *r, int fold);             /* made if missing */
const struct fold_run *run_find(const struct run *r, int fold); /* or NULL */

/* What is there already is replaced: a reloaded folder may hold rows whose
 * events are still under way. */
void run_add_step(struct run *r, const struct step_row *s);
void run_add_health(struct run *r, const struct health_row *h);
/* p: predictions of the validation part (copied); ids and labels come from the
 * corpus at the fold's first epoch. */
void run_add_epoch(struct run *r, const struct epoch_row *row, const struct predictions *p,
		   const struct corpus *c, bool best);
void run_add_result(struct run *r, const struct fold_row *row, const struct predictions *test,
		    const struct corpus *c);
void run_add_change(struct run *r, const struct change *c);
void run_add_note(struct run *r, const struct note *x); /* copied */
void run_add_mark(struct run *r, int fold, enum mark_kind kind, int epoch, int step,
		  const char *label);

#endif
