/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/settings.h"

#include <stddef.h>

const char *const protocol_name[] = {"reference", "holdout", "session", "fixed", NULL};
const char *const holdout_unit_name[] = {"utterance", "speaker", "dialogue", NULL};
const char *const normalize_name[] = {"none", "train", NULL};
const char *const padding_name[] = {"reference", "masked", NULL};

double settings_step(const struct settings *s)
{
	return (double)s->train.batch_size * s->train.accumulate;
}
