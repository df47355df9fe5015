/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * selection: which checkpoint of a fold is kept (train.select).
 *
 * The one with the highest figure on the validation part (the lowest val_loss under
 * `loss`), better than the one before by more than train.min_delta, strictly, so that
 * equal figures keep the earlier epoch; none before epoch train.select_from. `wa` is as
 * published (model specification, "Training"): where train.min_delta is 0, equal WA
 * goes by higher UA. UA is not a number in the published program where the validation
 * part lacks a class, so that under its protocol, `reference`, equal WA then keeps the
 * earlier epoch. UA is over the classes that are present, macro F1 over those present
 * or predicted (metrics.h).
 *
 * Under the protocol `fixed` nothing is selected: the last epoch is kept.
 */
#ifndef MIUST_SELECTION_H
#define MIUST_SELECTION_H

#include "engine/train/record.h"

extern const char *const selection_name[];            /* as users write it: "wa" ... */
extern const char *const selection_label[SELECTIONS]; /* as the screen says it: "WA" ... */

/* The figure that decides; NaN if nothing validates. */
double selection_figure(const struct settings *s, const struct figures *val, double val_loss);

/* Whether equal WA goes by UA, for a validation part like this. */
bool selection_by_ua(const struct settings *s, const struct confusion *val);
/* Whether `now` is kept where `best` has been; NULL: nothing has. Of rows the epoch, the
 * figures and val_loss count. */
bool selection_keeps(const struct settings *s, const struct epoch_row *now,
		     const struct epoch_row *best, bool by_ua);

#endif
