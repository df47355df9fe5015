/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * class_weight: how much an utterance counts in a cross-entropy, by its class.
 *
 *	none		each counts 1
 *	balanced	n / (C n_c): all classes count the same together
 *	sqrt		its square root, halfway to balanced
 *	a map		as given, 1 where it names no weight
 *
 * of the n utterances of the fold's training part, n_c of the class and C classes
 * (scikit-learn's "balanced"). A class that is absent there weighs 0 under balanced
 * and sqrt. The cross-entropy is torch.nn.CrossEntropyLoss(weight=w): the weighted
 * sum divided by the sum of the batch's weights (loss.h). Only training is weighted:
 * val_loss, figures and the choice of a checkpoint are not.
 */
#ifndef MIUST_CLASS_WEIGHT_H
#define MIUST_CLASS_WEIGHT_H

#include "engine/data/settings.h"

/* w[s->exp.nlabels] for a training part with count[c] utterances of class c. False, and
 * 1 everywhere: there are none. */
bool class_weights(const struct settings *s, const int *count, double *w);

#endif
