/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * weights: a file of weights that says how they were trained.
 *
 * best, last and state carry as safetensors metadata what shapes cannot say. All
 * values are texts; labels is a JSON list in the order of the classes. Files of
 * the first version, and those of PyTorch, have none of it.
 *
 *	format      "miust weights 1" (state.safetensors: state.h)
 *	labels, heads (0: no cross attention), padding, normalize,
 *	text_feat_dim, audio_feat_dim
 *	fold, epoch, data (the roster's hash), version (of the program)
 *	protocol, seed, holdout, holdout_unit: with fold and data, which
 *	            utterances were trained on
 */
#ifndef MIUST_WEIGHTS_H
#define MIUST_WEIGHTS_H

#include "base/str.h"
#include "engine/model/params.h"
#include "engine/data/settings.h"

enum weights_key {
	WEIGHTS_LABELS,
	WEIGHTS_FOLD,
	WEIGHTS_EPOCH,
	WEIGHTS_HEADS,
	WEIGHTS_PADDING,
	WEIGHTS_NORMALIZE,
	WEIGHTS_TEXT,
	WEIGHTS_AUDIO,
	WEIGHTS_DATA,
	WEIGHTS_VERSION,
	WEIGHTS_PROTOCOL,
	WEIGHTS_SEED,
	WEIGHTS_HOLDOUT,
	WEIGHTS_HOLDOUT_UNIT,
	WEIGHTS_KEYS
};

/* Sets of keys, for weights_differ. */
#define WEIGHTS_BIT(key) (1u << WEIGHTS_##key)
enum {
	/* with any of these different the answers mean nothing */
	WEIGHTS_REFUSED =
		WEIGHTS_BIT(LABELS) | WEIGHTS_BIT(HEADS) | WEIGHTS_BIT(TEXT) | WEIGHTS_BIT(AUDIO),
	/* and with these, less than one may think */
	WEIGHTS_NOTED = WEIGHTS_BIT(PADDING) | WEIGHTS_BIT(NORMALIZE) | WEIGHTS_BIT(DATA) |
			WEIGHTS_BIT(VERSION),
	/* what a run cannot change on its way */
	WEIGHTS_RUN = WEIGHTS_REFUSED | WEIGHTS_BIT(PADDING) | WEIGHTS_BIT(NORMALIZE),
	/* what decides, with the fold, which utterances train */
	WEIGHTS_SPLIT = WEIGHTS_BIT(PROTOCOL) | WEIGHTS_BIT(SEED) | WEIGHTS_BIT(HOLDOUT) |
			WEIGHTS_BIT(HOLDOUT_UNIT),
};

struct weights_meta {
	char *text[WEIGHTS_KEYS]; /* owned; NULL: not said */
};

/* What weights trained so say. data: the roster's hash; NULL, if nobody knows
 * what they were trained on, leaves out data, epoch and version. */
void weights_meta_of(struct weights_meta *m, const struct settings *s, const char *data, int fold,
		     int epoch);
/* What a file says; an error if its labels are not a list of texts. */
int weights_meta_read(struct weights_meta *m, const struct st_file *f, struct err *e);
void weights_meta_put(const struct weights_meta *m, const char *format, struct st_writer *w);
void weights_meta_copy(struct weights_meta *to, const struct weights_meta *from); /* *to is new */
void weights_meta_set_epoch(struct weights_meta *m, int epoch);
bool weights_meta_is_empty(const struct weights_meta *m);
void weights_meta_free(struct weights_meta *m); /* safe on zeroed memory, and twice */

/* Append what of `keys` both say, and say differently:
 * "exp.labels a,b (here b,a), model.num_heads 2 (here 4)". Of the version only
 * the first number counts. False: nothing differs. */
bool weights_differ(const struct weights_meta *had, const struct weights_meta *here, unsigned keys,
		    struct str *out);
/* The fold, and into *s what decides its split; what is not said stays. False:
 * the fold is not said, or something is not what this version writes. */
bool weights_trained_on(const struct weights_meta *m, struct settings *s, int *fold);

struct weights_file {
	struct st_file f;
	struct weights_meta meta;
	const char *prefix; /* of all names: "", or "module." of PyTorch's DataParallel */
};

/* Refuses, with the file to take instead, the other files of a fold's folder. */
int weights_open(struct weights_file *w, const char *path, struct err *e);
void weights_close(struct weights_file *w); /* safe on zeroed memory, and twice */
/* What the metadata and the shapes say of the model, into *s: exp.labels, exp.normalize and
 * model.*; an error if that is not all of it. Whether they fit is model_load's question. */
int weights_settings(const struct weights_file *w, struct settings *s, struct err *e);
/* Into p->w. Checks every name and shape first. */
int weights_load(const struct weights_file *w, struct params *p, struct err *e);
/* `values`: p->w or another array of the same layout. m NULL: without metadata. */
int weights_save(const struct params *p, const real *values, const struct weights_meta *m,
		 const char *path, struct err *e);

#endif
