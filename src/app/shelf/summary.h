/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary: one stored run in a few lines: what became of it, its figures, its settings.
 *
 * All of it is read from the files of the run's folder; nothing is locked or written.
 */
#ifndef MIUST_SUMMARY_H
#define MIUST_SUMMARY_H

#include "app/session/session_lock.h"
#include "app/shelf/texts.h"
#include "app/shelf/walk.h"
#include "engine/train/metrics.h"

/* What a run is doing, or what became of it; of several the first says most. */
enum shelf_state {
	SHELF_TRAINS,
	SHELF_PAUSED,
	SHELF_ELSEWHERE,
	SHELF_UNSEEN,
	SHELF_DIVERGED,
	SHELF_BROKEN_OFF,
	SHELF_DAMAGED,
	SHELF_STOPPED,
	SHELF_QUEUED,
	SHELF_FINISHED,
	SHELF_STATES
};
extern const struct shelf_word {
	const char *mark, *word; /* "✓", "finished" */
	const char *help;        /* a sentence */
} shelf_words[SHELF_STATES];

struct summary {
	char *why;             /* it cannot be read, and so has no figures; NULL: it can */
	const char **value;    /* [option_count] in the texts, as option_text has them */
	enum shelf_state rest; /* what it is while nobody trains it and no queue has it */
	int folds, done;       /* planned, finished */
	int fold; /* that is trained, or with which it goes on (session_state.h); -1: none */
	int epoch, epochs; /* evaluated in it; planned for each fold */
	struct fold_epoch {
		int fold, epoch, epochs; /* evaluated, planned */
	} * begun_fold; /* [nbegun] all that are under way; NULL: not known (from the cache) */
	int nbegun;
	double best; /* what train.select names, of its kept epoch; NaN: none, not known */
	int best_epoch;
	struct figures mean, sd; /* of the finished folds' test parts; NaN: none */
	double seconds;          /* of all its epochs */
	int64_t begun;           /* since 1970, seconds */
	int64_t seed;
	char protocol[16];
	bool optimistic;
	char *note; /* all of them, a line each; "" */
	int notes;
	char *tags; /* a line each; "" */
	bool archived, pruned;
};

/* Cannot fail: a run that cannot be read has `why`, and its state is damaged. *w is of
 * the same folder. summary_free it. */
void summary_read(struct summary *x, const char *dir, const struct walk *w, struct texts *texts);
void summary_free(struct summary *x); /* safe on zeroed memory, and twice */

/* How far a fold is that is under way; NULL: no epoch is evaluated, or it is not known. */
const struct fold_epoch *summary_epoch(const struct summary *x, int fold);
/* The figure that `best` is of (enum selection). */
enum selection summary_select(const struct summary *x);

/* A fold that somebody trains. */
struct held {
	int fold;
	struct lock_owner who; /* host "": not known */
};
/* Those among the folds of a run's folder: [*n], for the caller to free; NULL: none. *unseen: a
 * fold without a result has a lock that this user may not read. */
struct held *summary_held(const char *dir, const int *fold, int nfolds, int *n, bool *unseen);

#endif
