/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * next_run: what the screen has prepared of a next run (app/config/draft.h).
 *
 * A draft starts from the stored config.yml of the run that is shown, whatever trains
 * and whatever was changed while it did. Each run has a draft of its own, which is there
 * again when the run is shown again; it ends with the program.
 */
#ifndef MIUST_NEXT_RUN_H
#define MIUST_NEXT_RUN_H

#include "app/config/draft.h"
#include "ui/state/ui.h"

/* Why there is nothing to start a draft from, or NULL. */
const char *next_run_refused(const struct ui *u);
/* The settings it starts from: config.yml of the run that is shown; NULL: not known (yet). */
const struct settings *next_run_base(const struct ui *u);
const struct draft *next_run(const struct ui *u); /* of the run shown; empty if there is none */
struct draft *next_run_edit(struct ui *u);        /* made if missing; until the next call */

/* The shown run's settings as they are now: in force, or with every change it has had. NULL:
 * not known (yet). */
const struct settings *next_run_shown(const struct ui *u);

#endif
