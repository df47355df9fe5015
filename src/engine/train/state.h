/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state: all that changes while a fold is trained, as a value.
 *
 * A trainer has one, `trainer.state`, whose arrays are those it trains with. A
 * copy owns its memory: it can be kept, compared, written to a file, and put
 * into that trainer again or into another one of the same run (trainer_put).
 *
 * Numbers and arrays are each named once, in the tables of state.c and params.h,
 * which drive the file, the comparison and the checks. A clock is neither stored
 * nor compared: equal runs have equal states.
 *
 * The file (safetensors, format "miust state 3" in its metadata, or 4 once the fold has been
 * rewound, beside what weights.h says of the run):
 *
 *	number/NAME      [1] I64, sums and figures F64
 *	generator        [624] U32; generator.next [1] U32
 *	order            [n] U32: this epoch's
 *	weights/TENSOR   float32, also square/ (mean of squared gradients), mean/
 *	                 (of gradients; AdamW), best/ (the kept checkpoint, if any)
 *
 * Files of earlier versions are read too: "miust state 1" has the numbers in two
 * arrays, `position` and `sums`; both it and "miust state 2" lack best_loss and plateau. Those
 * up to 3 lack rewinds.
 */
#ifndef MIUST_STATE_H
#define MIUST_STATE_H

#include "base/rng.h"
#include "engine/model/params.h"
#include "engine/model/weights.h"
#include "engine/train/metrics.h"
#include "engine/train/schedule.h"

struct state { /* a copy starts with {0} */
	/* Numbers: a row of state.c's table each, but for the seconds. */
	int fold;
	int epoch;           /* being trained or last trained, from 1; 0 before the first */
	int in_epoch;        /* steps done in it */
	int step;            /* steps done in the fold */
	bool ended;          /* the epoch's evaluation is done */
	int64_t right;       /* utterances of this epoch's steps that the main head got right */
	double loss_sum;     /* of this epoch's steps */
	int best_epoch;      /* whose weights are kept; 0: none yet */
	struct figures best; /* of that epoch, on the validation part */
	double best_loss;    /* its val_loss, if train.select goes by it; else NaN */
	struct plateau plateau;
	int64_t optim_steps; /* the optimizer's own count */
	int rewinds;         /* in its past: so many rewind lines of the fold's log (changes.h) */
	double seconds;      /* spent in this epoch so far, by this process */

	struct rng rng;
	int n;      /* utterances of the training part */
	int *order; /* [n] of this epoch, indexes into split.at[PART_TRAIN] */

	real *array[ARRAYS_STORED]; /* [layout.total] each; NULL: not used by this optimizer;
				     * the kept weights are valid if best_epoch > 0 */
	struct params layout;       /* names and shapes; no values */
	struct weights_meta meta;   /* which run it belongs to; its epoch is not kept up */
};

/* *to becomes a copy; the memory of an earlier copy is used again where it fits. On
 * failure *to is empty. */
int state_copy(struct state *to, const struct state *from, struct err *e);
void state_free(struct state *s); /* a copy; safe on zeroed memory, and twice */

/* Numbers, generator and values into a state of the same layout (BUG if it is another);
 * the order too, unless it is of another length. */
void state_put(struct state *to, const struct state *from);

/* Append how they differ: "epoch 3 (there 4), weights/st.0.bias". Of arrays the first
 * tensor is named. False: they do not. `seconds`, `rewinds` and what the metadata say are
 * left out, and kept weights where both have none. */
bool state_differ(const struct state *a, const struct state *b, struct str *out);

/* -1 if `s` belongs to another run than `here`: other labels, heads, widths, padding.
 * `name` begins the sentence. */
int state_same_run(const struct state *s, const struct state *here, const char *name,
		   struct err *e);

int state_save(const struct state *s, const char *path, struct err *e);
/* Into a copy, *s, empty before and after an error. It must belong to the run of
 * `like`, and have its tensors; the order may be of another length. */
int state_load(struct state *s, const struct state *like, const char *path, struct err *e);
/* The weights of the kept checkpoint (there is one), and the current ones, as files of their
 * own with what they are trained on (weights.h). */
int state_save_best(const struct state *s, const char *path, struct err *e);
int state_save_last(const struct state *s, const char *path, struct err *e);
/* The file of state_save, to whoever takes its bytes and from who has them (at a multiple of 8;
 * `name` is what sentences call them). */
void state_emit(const struct state *s, st_sink *sink, void *ctx);
int state_load_bytes(struct state *s, const struct state *like, const char *bytes, size_t len,
		     const char *name, struct err *e);
/* The numbers of a file alone; nothing to free. */
int state_load_numbers(struct state *s, const char *path, struct err *e);

#endif
