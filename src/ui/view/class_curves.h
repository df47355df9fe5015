/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * class_curves: how probable one head found each class of the selected
 * utterance, by epoch.
 *
 * y labels at the left, names of the classes after the curves' ends, below a
 * row of epochs with marks where the run was changed, branched, or its
 * checkpoint kept. The epoch shown is a cursor unless it is the latest.
 */
#ifndef MIUST_CLASS_CURVES_H
#define MIUST_CLASS_CURVES_H

#include "ui/state/ui.h"

/* There must be predictions of the selected utterance (selected_missing). */
void class_curves_draw(struct canvas *c, const struct ui *u, enum head head, int gutter_cols,
		       int label_cols);

#endif
