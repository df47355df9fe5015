/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * duel: two runs that are trained in turn, and how they compare.
 *
 * Whose turn it is, what each epoch says, and whether it is over: values alone, without threads
 * and files (work_duel.c has those). Nothing of it is in the folders of the two runs, whose
 * bytes are those of runs that were trained alone.
 *
 * Turns are steps: who has done fewer goes on, the first of them where both have done as many.
 * So at most one of the two computes, they share one place and its threads, and a pause of one is
 * a pause of both at the same step. Who is ahead at first waits until the other is there.
 *
 * A look is an epoch that both have evaluated: figures of the validation part, and McNemar's
 * exact test of the two predictions of it (mcnemar.h). The looks that are planned are the epochs
 * from where both are up to the end of whose fold ends first, or the first so many of them.
 */
#ifndef MIUST_DUEL_H
#define MIUST_DUEL_H

#include "app/session/session_branch.h"
#include "base/str.h"
#include "engine/train/record.h"

struct duel_place {
	int fold, step; /* done in it */
	bool ended;     /* and the epoch has been evaluated */
	int epoch;      /* the next step's */
	int last;       /* epoch of the fold, as planned */
	bool repeats;   /* what its parent did: nothing is compared yet */
};

struct duel_look {
	int epoch;
	double figure[2]; /* that train.select names */
	double loss[2];   /* val_loss, by which the epoch is known from one after a rewind */
	int only[2];      /* utterances that only this one gets right */
	double p, limit;  /* clear if p is below the limit */
};

struct duel_side {
	char name[BRANCH_NAME + 1];
	struct duel_place at;
	bool there; /* between two steps; `at` is known */
	bool ready; /* and it repeats nothing any more */
	bool left;  /* it takes no more turns */
	/* The epoch it has evaluated last; 0: none since it is ready. */
	struct duel_look seen; /* [0] of its arrays */
	int n;
	int *utt;    /* [n] of the validation part */
	bool *right; /* [n] */
};

enum duel_end {
	DUEL_NONE, /* there has been no duel */
	DUEL_ON,
	DUEL_DONE,   /* all looks that were planned */
	DUEL_CLEAR,  /* so says the test */
	DUEL_ENDED,  /* by hand */
	DUEL_BROKEN, /* `why` says what one of them has met */
};

struct duel {
	enum duel_end end;
	char why[1024];
	enum selection select;
	int asked;   /* looks; 0: as many as there are */
	int planned; /* looks; 0: not known yet */
	int fold;    /* that it is of, once that is planned; the sides may go on to the next */
	struct duel_look *look;
	int looks; /* done */
	struct duel_side side[2];
};

/* Instead of the duel before, if any. epochs: how many looks at most, 0: all. */
void duel_begin(struct duel *d, const char *first, const char *second, int epochs);
void duel_free(struct duel *d); /* safe on zeroed memory, and twice */
/* What there is to show, without the sides' predictions; *to is replaced. */
void duel_copy(struct duel *to, const struct duel *from);

/* A side is between two steps. */
void duel_arrive(struct duel *d, int side, const struct duel_place *at);
/* May it do its next step? Asked between two steps, of a duel that is over too. */
bool duel_turn(const struct duel *d, int side);
/* It has evaluated an epoch, by settings that say which figure counts. */
void duel_epoch(struct duel *d, int side, const struct settings *set, const struct epoch_row *row,
		const struct predictions *val);
/* It is over, for what one side has met: "has finished its fold". */
void duel_break(struct duel *d, int side, const char *what);
/* The same, and the side takes no more turns: "was stopped". */
void duel_leave(struct duel *d, int side, const char *what);
void duel_stop(struct duel *d); /* by hand */

/* The last look's figures: the side that leads, -1: neither, or no look. */
int duel_leader(const struct duel *d);
/* "0.42", "3e-05": of p and its limit. */
enum { DUEL_P = 16 };
char *duel_p(char out[DUEL_P], double p);
/* "epoch 7: WA 0.871 : 0.850, Δ +0.021; McNemar 9 : 5, p 0.42, clear at p < 0.0031 (look 7 of
 * 24)" */
void duel_look_text(const struct duel *d, int look, struct str *out);
/* Who leads, by how much and how surely; and why it is over, or that it goes on. */
void duel_text(const struct duel *d, struct str *out);

#endif
