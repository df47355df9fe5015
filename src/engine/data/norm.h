/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * norm: z-score of the feature columns (exp.normalize: train).
 *
 * Mean and population standard deviation over the feature rows of the fold's
 * training part, summed in double, kept in float32; a deviation of 0 is taken
 * as 1. Applied as (x - mean) / sd in float32 before padding.
 */
#ifndef MIUST_NORM_H
#define MIUST_NORM_H

#include "engine/data/corpus.h"

struct norm {
	int text_dim, audio_dim; /* 0: off, features are used as they are */
	float *text_mean, *text_sd, *audio_mean, *audio_sd;
};

/* From the utterances at[0..n-1]; checks their values on the way. */
int norm_measure(struct norm *m, struct corpus *c, const int *at, int n, const struct settings *s,
		 struct err *e);
void norm_room(struct norm *m, const struct settings *s); /* for such values; they are 0 */
void norm_free(struct norm *m);
/* fold-F/normalize.safetensors: text.mean, text.std, audio.mean, audio.std. */
int norm_save(const struct norm *m, const char *path, struct err *e);
int norm_load(struct norm *m, const char *path, const struct settings *s, struct err *e);

#endif
