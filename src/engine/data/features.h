/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * features: the two matrices of an utterance, opened and checked.
 */
#ifndef MIUST_FEATURES_H
#define MIUST_FEATURES_H

#include "engine/file/npy.h"
#include "engine/data/problem.h"
#include "engine/data/settings.h"

/* "DIR/FEATURE.npy"; free() it. */
char *features_path(const struct settings *s, enum modality m, const char *feature);
const char *features_dir(const struct settings *s, enum modality m);
const char *features_dir_key(enum modality m); /* "exp.text_dir", "exp.audio_dir" */

enum features_how {
	FEATURES_DEEP = 1,    /* scan the values too */
	FEATURES_TRAINED = 2, /* for a trained model: its width is not to be changed */
};
/*
 * Open DIR/FEATURE.npy. Whatever is wrong with it is added to *p as a problem
 * of row `line` of `list`. how: of enum features_how.
 */
void features_open(struct npy *a, const struct settings *s, enum modality m, const char *feature,
		   const char *list, long line, unsigned how, struct problems *p);

/* NULL if all values are finite, else a sentence about the first that is not,
 * without the file's name; free() it. */
char *features_not_finite(const struct npy *a);

#endif
