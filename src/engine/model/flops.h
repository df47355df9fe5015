/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flops: the arithmetic a training step needs, as papers count it.
 *
 * Multiplications and additions of the products only: LSTMs (input and
 * recurrent), cross attention, heads; forward, and the backward that is needed
 * (no gradient of the features). Gates, softmax, pooling, loss and optimizer are
 * not counted, nor is anything twice. Lengths are those of the batch, so under
 * masked padding this is the useful work and under reference padding what the
 * padding asks for.
 */
#ifndef MIUST_FLOPS_H
#define MIUST_FLOPS_H

#include "engine/model/model.h"

double flops_train(const struct model *m, const struct batch *b);
/* What of flops_train belongs to each phase; the heads are in none. */
void flops_phases(const struct model *m, const struct batch *b, double flop[PHASES]);

#endif
