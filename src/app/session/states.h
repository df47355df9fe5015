/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * states: the stored states of a fold, to go back to.
 *
 *	fold-F/states/STEP.state    the state after STEP steps (states_file.c)
 *	fold-F/states/STEP.best     its kept weights, if any; a link to best.safetensors of then
 *	fold-F/states/STEP.pin      empty: a branch begins there, so it is not thinned out
 *
 * A file is whole or not there, and is never changed: it may be linked to, and readers
 * need no lock. What its bytes do not vouch for (length and checksum) is passed over,
 * never trusted. Nothing that trains depends on them: a session goes on without.
 *
 * After a rewind or a kill the files past the fold's position are removed (states_cut),
 * so that all that are there lie in the past of state.safetensors.
 */
#ifndef MIUST_STATES_H
#define MIUST_STATES_H

#include "app/session/session.h"
#include "engine/train/state.h"

enum { STORED_NAME = 64 };

struct stored {
	int epoch, in_epoch, step; /* as in struct state */
	int rewinds;
	bool ended; /* the epoch's evaluation is done */
	int best_epoch;
	int64_t bytes;          /* of its file, which is without the kept weights */
	bool pinned;            /* a branch begins there */
	char name[STORED_NAME]; /* of `save NAME`, "" */
};

struct stored_list { /* by step */
	struct stored *at;
	int n;
};

/* Those with a whole head and the right length; of a fold without any, none. */
int states_list(struct stored_list *l, const char *session_dir, int fold, struct err *e);
void stored_free(struct stored_list *l); /* safe on zeroed memory, and twice */
/* The one of that name in the list, or NULL. */
const struct stored *stored_named(const struct stored_list *l, const char *name);

/*
 * The newest whole one with at most `step` steps, into a copy (empty before; `like` is a
 * state of the same run). Those that are damaged are passed over and said, if `say` is not
 * NULL. -1: there is none.
 */
int states_load(struct state *out, const struct state *like, const char *session_dir, int fold,
		int step, void (*say)(void *ctx, const char *text), void *ctx, struct err *e);

/* Is there one of this step, by its head? */
bool states_has(const char *session_dir, int fold, int step);
/* The step of the nearest one after `step` (by > 0) or before it, by the names of the files
 * alone; -1: there is none. */
int states_beside(const char *session_dir, int fold, int step, int by);

/* The weights alone of the one of `step`, to look through. */
struct stored_weights {
	const struct params *layout; /* the caller's, as is what follows */
	real *values;                /* [layout->total], cleared before */
	struct stored of;
	struct weights_meta meta; /* weights_meta_free */
};
/* -1: it is damaged, or not there; the meta is empty then, and values may be anything. */
int states_weights(struct stored_weights *w, const char *session_dir, int fold, int step,
		   struct err *e);

/* Those after `step` go, with their pins. */
int states_cut(const char *session_dir, int fold, int step, struct err *e);
/* Those up to `step` in another session's folder too: hard links, where there are none
 * copies. The newest of them is what a branch begins with. */
int states_link(const char *from_dir, const char *to_dir, int fold, int step, struct err *e);
/* A branch begins at the stored state of `step`, or no longer. */
int states_pin(const char *session_dir, int fold, int step, bool pinned, struct err *e);

/* A name that may be given: begins with a letter; letters, digits, '.', '_' and '-'. */
int states_check_name(const char *name, struct err *e);

/*
 * The writer of a fold that this process has taken: one thread that writes copies of the
 * state, in the order in which they were taken, while training goes on. At most one is
 * being written and one waits; who comes with a third waits for room. The calls come from
 * one thread; *s stays the caller's, and open until states_close.
 *
 * A checkpoint is what a fold goes on from (session.h): best.safetensors if its epoch is
 * the best, last.safetensors, state.safetensors. Where one fails the run has to end, and
 * nothing more is written. A stored state that fails is passed over.
 */
struct states;
/* budget: bytes of stored states in the run's folder, 0: none. NULL: *e. */
struct states *states_open(const struct session *s, int fold, int64_t budget, struct err *e);
/* A stored state; name: "", or that of `save NAME`: an error if another step has it, or
 * without memory for a copy. */
int states_put(struct states *w, const struct state *now, const char *name, struct err *e);
/* A checkpoint, whose rows are on the disk, and a stored state of the same copy. -1: this or
 * an earlier one cannot be written. */
int states_checkpoint(struct states *w, const struct state *now, bool stored, struct err *e);
/* -1: an earlier one could not. idle: all that were given are written; may be NULL. */
int states_check(struct states *w, bool *idle, struct err *e);
int states_flush(struct states *w, struct err *e); /* the same, once all are written */
/* Has a stored state failed? Told once for failures in a row, in *why. */
bool states_failed(struct states *w, struct err *why);
void states_close(struct states *w); /* once all are written; NULL: nothing */

/* A checkpoint at once, by the caller. */
int states_checkpoint_now(const struct session *s, const struct state *now, struct err *e);

#endif
