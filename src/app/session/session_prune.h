/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_prune: what a finished run needs no longer.
 *
 * Of each fold last.safetensors, state.safetensors and states/ go; the kept checkpoint,
 * all rows, figures and predictions stay. A pruned run can be evaluated and compared, not
 * gone on with. Nothing but the files' absence says so: a fold that has a result and no
 * state was pruned. A kill in between leaves files that pruning again removes.
 */
#ifndef MIUST_SESSION_PRUNE_H
#define MIUST_SESSION_PRUNE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* How many bytes of the run `dir` pruning would free; 0: nothing is left to prune. */
int64_t prune_bytes(const char *dir);
/*
 * Prune the run `dir` of the session `root`, its folder alone: seeds and branches are
 * runs of their own. *freed: how many bytes went, also if it fails half-way. Refused if
 * not all of its folds are finished, or while another program writes the session.
 */
int session_prune(const char *root, const char *dir, int64_t *freed, struct err *e);
bool session_pruned(const char *dir); /* does a finished fold have no state? */

#endif
