/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train: one fold, step by step.
 *
 * The caller owns the loop, so that a script, a screen and a test drive the
 * same engine and can look, change and stop between any two steps:
 *
 *	trainer_open(&t, ...);             // or trainer_restore after it
 *	while (!trainer_done(&t)) {
 *		trainer_epoch_begin(&t);   // nothing if inside an epoch
 *		while (!trainer_epoch_full(&t))
 *			trainer_step(&t, &row, e);
 *		trainer_epoch_end(&t, &epoch, &predictions, e);
 *	}
 *	trainer_test(&t, &fold, &predictions, e);
 *
 * Draws, order and arithmetic: model specification, "Training" and "Random
 * numbers". Live settings (rate, loss and class weights, clip, schedule, patience,
 * epochs) may be changed in `set` between two steps.
 */
#ifndef MIUST_TRAIN_H
#define MIUST_TRAIN_H

#include "engine/data/split.h"
#include "engine/train/evaluate.h"
#include "engine/train/optim.h"
#include "engine/train/selection.h"
#include "engine/train/state.h"

struct trainer {
	struct settings set;   /* a copy: live */
	struct corpus *corpus; /* the caller's, as are model.par and model.ranks, whom trainer_close
				  tells */
	struct split split;
	struct norm norm;
	struct model model;
	struct optim optim;
	struct batch batch;
	struct evaluate_stop stop; /* the caller's: asked within evaluations */
	bool other_data;           /* the caller's: may restore a state of other data */

	struct state state;    /* its arrays are those of model and optim, and the kept weights */
	int *batch_utt;        /* [batch_size] corpus indexes of the batch at hand */
	int count[LABELS_MAX]; /* utterances of each class in the training part */
	int step_utt;          /* utterances of the last step */
};

enum step_result { STEP_FAILED = -1, STEP_DONE = 0, STEP_DIVERGED = 1 };

/* Weights drawn as the published program would have them at this fold: every earlier
 * fold has run s->train.epoch epochs. Changes made since the configuration belong into
 * t->set afterwards. */
int trainer_open(struct trainer *t, const struct settings *s, struct corpus *c, int fold,
		 struct par *par, struct err *e);
void trainer_close(struct trainer *t);

/* Bytes. */
struct trainer_memory {
	int64_t least; /* the train.memory that all chunks fit into: what the most demanding
			* utterance of the fold asks for, alone; with less, such ones go beyond it
			*/
	int64_t most;  /* what the fold may take: a batch of its longest utterances, or all that
			* train.memory lets batches have, and a copy of all weights for who stores
			* them */
};
/* It looks at all utterances: once a fold. */
struct trainer_memory trainer_memory(const struct trainer *t);

/* Steps of an epoch over n utterances; a step takes train.accumulate batches, the last one
 * what is left. */
int trainer_steps_of(const struct settings *s, int n);
int trainer_steps_per_epoch(const struct trainer *t);
bool trainer_epoch_full(const struct trainer *t); /* all batches of the epoch are done */
bool trainer_done(const struct trainer *t);       /* planned epochs, or patience spent */
double trainer_rate(const struct trainer *t);     /* in force for the next step */

void trainer_epoch_begin(struct trainer *t);
/* The order of the training part that comes next; two 64-bit draws. */
void trainer_draw_order(struct trainer *t);
/*
 * One step: train.accumulate batches, one after the other, as if they were one (loss.h),
 * then the optimizer. STEP_DIVERGED: the loss, one of its terms or the gradient norm is
 * NaN or Inf, or the (clipped) gradient too large for its square; the row says which, *e says it in
 * a sentence with fold, epoch and step, and weights, optimizer and position are those before the
 * step.
 */
enum step_result trainer_step(struct trainer *t, struct step_row *row, struct err *e);

/* ---- a try: the next steps with other live settings; nothing is kept ---- */

struct tried_step {
	/* As steps.csv would have it, but its terms and their sum are those on its batches after
	 * the step. One that diverges: as before it. */
	struct step_row row;
	double update; /* log10 of |update| / |weights|, over all weights; NaN: none was made */
};
struct tried_steps {
	int steps;              /* made; fewer than asked for if training ends, or one diverges */
	bool diverged;          /* in the step after those, or in the evaluation after them */
	struct step_row before; /* the first: the terms on its batches as they are now */
	struct tried_step first, last; /* the one that diverged is the last */
};
/* Copies of the state and of the weights, which come on top of train.memory. Zeroed at first;
 * may serve several tries of one trainer. */
struct try_room {
	struct state was;
	real *weights;
};
struct try_plan {
	const struct settings *set;
	int steps; /* 1 or more */
	/* Before each step; may change t->set. NULL: it stays. */
	void (*due)(void *ctx, struct trainer *t);
	void *ctx;
	/* Asked before each step, and within evaluations: true ends it with EXIT_STOPPED. */
	struct evaluate_stop stop;
	struct try_room *room;
};
/*
 * From the present state, epochs' ends with their evaluations included, so that what
 * is tried with the settings in force is what the run will do. Between two steps; not if
 * trainer_done. State, settings and all else are as before afterwards, also on error.
 */
int trainer_try(struct trainer *t, const struct try_plan *p, struct tried_steps *out,
		struct err *e);
void try_room_free(struct try_room *r); /* safe on zeroed memory, and twice */

/* Evaluate the validation part; *p is the caller's to free (empty under
 * `fixed`). Keeps the weights if this epoch is the best so far: see
 * t->state.best_epoch. An answer that is NaN or Inf fails with EXIT_DIVERGED and
 * keeps nothing; so does trainer_test. Both may end with EXIT_STOPPED (t->stop)
 * and leave everything as before. */
int trainer_epoch_end(struct trainer *t, struct epoch_row *row, struct predictions *p,
		      struct err *e);
/* The kept checkpoint on the test part; the model keeps its current weights. */
int trainer_test(struct trainer *t, struct fold_row *row, struct predictions *p, struct err *e);
/* Evaluate other utterances or another part with the current weights. */
int trainer_evaluate(struct trainer *t, const int *utt, int n, struct predictions *p,
		     struct err *e);

/*
 * Go on from a copied state (state_copy of t->state, of this trainer or another one of
 * the same run and fold). If the training part has another number of utterances than it
 * had, that is an error, or, with t->other_data, the epoch goes on in a new order. An
 * error changes nothing. Settings are not part of it.
 */
int trainer_put(struct trainer *t, const struct state *s, struct err *e);

/* The weights of the kept checkpoint, and the current ones, with what they are
 * trained on (weights.h). */
int trainer_save_best(const struct trainer *t, const char *path, struct err *e);
int trainer_save_last(const struct trainer *t, const char *path, struct err *e);
/* All that an exact resume needs, in one file (state.h); and trainer_put of it. */
int trainer_save(const struct trainer *t, const char *path, struct err *e);
int trainer_restore(struct trainer *t, const char *path, struct err *e);
/* How far a stored state has come: whole epochs and steps of its fold. */
int trainer_stored(const char *path, int *epochs, int *steps, struct err *e);

#endif
