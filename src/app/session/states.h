/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * states: the stored states of a fold, to go back to.
 *
 *	fold-F/states/STEP.state    the state after STEP steps (states_file.c)
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
	int64_t bytes;          /* of the file */
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
 * The writer of a fold that this process has taken: one thread that stores copies while
 * training goes on. At most one is being written and one waits; states_put waits for room.
 * The calls come from one thread.
 */
struct states;
/* budget: bytes. *s stays the caller's and open until states_close. NULL: *e. */
struct states *states_open(const struct session *s, int fold, int64_t budget, struct err *e);
/*
 * Take a copy of `now`, to be stored under its step; name: "" or that of `save NAME`, an
 * error if another step has it. -1 also if an earlier one could not be stored: said once,
 * until one could again; the new one is tried all the same.
 */
int states_put(struct states *w, const struct state *now, const char *name, struct err *e);
/* All of them are on the disk, or *e says what is not. */
int states_flush(struct states *w, struct err *e);
void states_close(struct states *w); /* waits for what is being stored; NULL: nothing */

#endif
