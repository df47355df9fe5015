/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * work_folder: the folder of a run that does not train here, and what it says. work_follow.c
 * looks at it, work_folder.c has who holds its folds' locks and what follows from that and from
 * its rows for the snapshot. The run's own thread calls them.
 */
#ifndef MIUST_WORK_FOLDER_H
#define MIUST_WORK_FOLDER_H

#include "app/lab/work_private.h"
#include "app/session/run.h"

/* One fold's lock. */
struct held {
	enum fold_lock how;
	struct lock_owner who;
	int blank; /* looks at which it was held and its line empty, one after the other */
};

struct follow {
	char dir[PATH_LEN];
	struct stat folder; /* it, when it was first looked at */
	bool gone;          /* it is no longer there, or another one */
	struct run run;     /* what its files say; dir "": they could not be read yet */
	struct held *held;  /* [folds] */
	bool *is_held;      /* [folds] */
	int folds;
	int attended;          /* the fold whose trainer comes first */
	struct held trainer;   /* who is followed, of those that train it; pid 0: nobody yet */
	int trains;            /* its fold's place, from 0 */
	int at;                /* the fold that is shown, from 0 */
	bool finished;         /* nothing is left to train */
	struct work_part part; /* of the fold that is shown */
	int part_of;           /* its number; -1: none */
	struct checkpoint {
		int fold; /* -1: none was looked at */
		struct file_stamp file;
		bool known;        /* it could be read, or there is none */
		int epochs, steps; /* as trainer_stored; 0: there is none */
	} stored;                  /* the state from which the fold that is shown goes on */
	int inotify;               /* -1: only the clock counts */
	bool news;                 /* it has said something */
	bool looked;               /* and what is shown follows from it */
	double next, least;        /* clock: when it is looked at again, and not before */
	char error[512];           /* of the last look; "": none */
	bool said;                 /* that error */
};

/* Is it the same program? */
bool folder_same_process(const struct lock_owner *a, const struct lock_owner *b);
/* The folder of the fold in this place. */
void folder_of_fold(const struct follow *f, int i, char out[2 * PATH_LEN]);
/* The locks of all folds; have they changed? */
bool folder_look_at_locks(struct follow *f);
/* The fold that is looked at if another program trains it, else one of the program that was
 * followed before, else the first that is trained; NULL: none. */
const struct held *folder_trained(const struct follow *f);
/* It is stored, nobody trains it, and it waits for whoever steers it here. */
bool folder_waits(const struct work_run *run);
/* Whether anything is left to train, which fold is shown, and what is known of that. */
void folder_choose(struct work_run *run);

#endif
