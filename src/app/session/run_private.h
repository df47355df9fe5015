/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_private: what reading a run shares. run_seen.c says what the files of a folder are,
 * run_read.c reads those that have changed, run.c has the rows.
 */
#ifndef MIUST_RUN_PRIVATE_H
#define MIUST_RUN_PRIVATE_H

#include "app/session/rows.h"
#include "app/session/run.h"

/* Files of a fold. */
enum fold_part { STEPS, EPOCHS, COMMANDS, RESULT, HISTORY, DESCRIBED, TEST, HEALTH, FOLD_PARTS };
/* Files of the folder; those from ROOT_STEPS on count in a session of version 0.1 only. */
enum root_part {
	CONFIG,
	DATA,
	NOTES,
	ROOT_STEPS,
	ROOT_EPOCHS,
	ROOT_COMMANDS,
	ROOT_RESULTS,
	ROOT_PARTS
};

struct fold_seen {
	struct file_stamp part[FOLD_PARTS];
	struct rows_place steps, health; /* how far they have been read */
};

struct run_seen {
	bool old; /* session_is_old */
	struct file_stamp root[ROOT_PARTS];
	int folds;
	struct fold_seen fold[]; /* [folds] */
};

struct run_seen *run_seen_new(int folds); /* none of them has been read; free() it */
/* How they are now. Settings and data, by which all else is read, stay as they were. */
struct run_seen *run_seen_now(const struct run *r, const struct session *s);
void run_seen_root(struct file_stamp *out, const struct session *s, enum root_part part);

/* A change's two effects: on the settings in force, and as a mark of its fold. */
void run_set_change(struct settings *set, const struct change *c);
void run_mark_branches(struct run *r, const struct session *s); /* its rows are known */
void run_mark_change(struct run *r, const struct change *c);
/* The i-th of a log, as a mark or as what its fold began with. */
void run_place_change(struct run *r, const struct changes *c, int i);
void run_forget_marks(struct fold_run *f);

int run_last_fold(const struct run *r); /* that has been begun; 0: none */
void run_drop_empty(struct run *r);     /* folds of which nothing is known */

/* ---- of a fold, whose rows are all there ---- */

void run_fold_length(struct fold_run *f);                         /* steps_per_epoch */
void run_fold_best(struct fold_run *f, const struct settings *s); /* best_epoch */
void run_fold_free(struct fold_run *f);

#endif
