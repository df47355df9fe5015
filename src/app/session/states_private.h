/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * states_private: the file of a stored state. For states*.c.
 */
#ifndef MIUST_STATES_PRIVATE_H
#define MIUST_STATES_PRIVATE_H

#include "app/session/states.h"

#define STATES_FOLDER "states"

/* "DIR/fold-F/states/STEP.state", or of another end. */
int states_path(const char *session_dir, int fold, int step, const char *end, char *out, size_t n,
		struct err *e);
/* The steps that have a file, whatever is in it: ascending, free(). */
int states_steps(const char *session_dir, int fold, int **step, int *n, struct err *e);

/* With all that belongs to it. */
int states_remove(const char *session_dir, int fold, int step, struct err *e);

/* states_file.c. Atomically. The kept weights are not in it. */
int states_file_write(const struct state *s, const char *name, const char *path, struct err *e);
/* What its head says; -1 if that, or the file's length, is damaged. */
int states_file_head(struct stored *out, const char *path, struct err *e);
/* It has to be that of fold and step; `best` has the kept weights. */
int states_file_load(struct state *out, const struct state *like, const char *path,
		     const char *best, int fold, int step, struct err *e);
/* states_weights of these two files. */
int states_file_weights(struct stored_weights *w, const char *path, const char *best, int fold,
			int step, struct err *e);

/*
 * states_thin.c: which states go where there is too little room. Of a sequence in time, those
 * that leave the smallest gap for their age, so that the newest are dense and older ones
 * ever sparser.
 */
struct states_thin {
	int fold, step;
	double start, at, end; /* of its fold in time, steps of all folds on end; its own */
	int64_t bytes;         /* that it has alone */
	uint64_t shared;       /* the inode of a file that others have too; 0: none */
	int64_t shared_bytes;
	bool keep; /* never goes */
	bool gone; /* the answer */
};
/* Marks the fewest that have to go; false: those that are kept do not fit. The last one is
 * kept too. */
bool states_thin(struct states_thin *x, int n, int64_t budget);

/* What those that are not gone take, each shared file once. */
int64_t states_thin_bytes(const struct states_thin *x, int n);

/* states_room.c: the stored states of a run's folder, within their budget. Of one thread. */
struct states_room {
	const struct session *session;
	int fold;
	int64_t budget;
	int best_epoch;         /* whose weights best.safetensors has */
	struct states_thin *at; /* [n] all that are stored, in time */
	int n;
	bool known;  /* they have been read */
	bool beyond; /* it has been said that what is kept does not fit */
};
void states_room_open(struct states_room *r, const struct session *s, int fold, int64_t budget);
void states_room_close(struct states_room *r);
/* Store a state, and let others go if there is too little room. An error: it is not stored;
 * or, once, that what is kept does not fit: it is. */
int states_room_store(struct states_room *r, const struct state *s, const char *name,
		      struct err *e);

#endif
