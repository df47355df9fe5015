/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe: one utterance through a model, whole or with a part of it ablated.
 *
 * What the model answers then lies in it until something else goes through:
 * model_logits, and model_pool_weights and model_cross_weights of probe.batch,
 * utterance 0. A model that is being trained may be probed between two steps; its
 * weights are not changed.
 */
#ifndef MIUST_PROBE_H
#define MIUST_PROBE_H

#include "engine/model/model.h"

/* What is left out: all features of a modality (they are 0), or one head of both cross
 * attentions (it gives 0). */
enum ablation { ABLATE_NOTHING, ABLATE_TEXT, ABLATE_AUDIO, ABLATE_HEAD /* + its number */ };

struct probe {
	/* the caller's */
	struct model *model;
	struct corpus *corpus;
	const struct settings *set;
	const struct norm *norm; /* NULL: features as they are */
	real *weights;           /* to compute with, laid out as params.w; NULL: the model's own */

	struct batch batch; /* the utterance, alone; probe_free */
};

int probe_ablations(const struct model *m); /* from ABLATE_NOTHING on, heads included */
/* -1: its features cannot be read or are not finite, or memory is short. */
int probe_forward(struct probe *p, int utt, int ablation, struct err *e);
void probe_free(struct probe *p); /* the batch; safe on zeroed memory */

#endif
