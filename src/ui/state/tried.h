/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tried: the answer to `try` as a small table over the view.
 *
 * A row per loss term and one for their weighted sum: now, on the same batch after
 * the step with the old value, after it with the tried one, and the difference
 * of these two. Fits 40 columns.
 */
#ifndef MIUST_TRIED_H
#define MIUST_TRIED_H

#include "ui/state/ui.h"

void tried_open(struct ui *u, const struct tried *t);

#endif
