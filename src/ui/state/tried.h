/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tried: the answer to `try` as a page over the view (app/lab/tried.h).
 *
 * A row per loss term, for their weighted sum, the gradient's norm and the size of the update:
 * now, on the same batch after the step with the old value, after it with the tried one, and
 * the difference of these two. Fits 40 columns. A sweep has a row per value, and a
 * curve of the loss over the values above them, where the present one is marked.
 */
#ifndef MIUST_UI_TRIED_H
#define MIUST_UI_TRIED_H

#include "ui/state/ui.h"

/* Takes the answer. */
void tried_open(struct ui *u, struct tried *t);

#endif
