/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the tour share. */
#ifndef MIUST_UI_TOUR_PRIVATE_H
#define MIUST_UI_TOUR_PRIVATE_H

#include "ui/view/tour.h"

/* tour_model.c: the stops that look at the model, struct tour_stop's `see` */
bool tour_see_curves(struct ui *u, bool over, struct str *say);
bool tour_see_missing_class(struct ui *u, bool over, struct str *say);
extern const char tour_misled[]; /* the filter of: */
bool tour_see_misled(struct ui *u, bool over, struct str *say);
bool tour_see_utterance(struct ui *u, bool over, struct str *say);
bool tour_see_burst(struct ui *u, bool over, struct str *say);

/* Take back what the stops have left: a filter, a search, two jobs. */
void tour_tidy(struct ui *u);

/* A console command, which is known to be possible here. */
void tour_run(struct ui *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The history of the validation part in the fold shown, if it has at least so many
 * epochs; else NULL. */
const struct history *tour_validated(const struct ui *u, int epochs);

#endif
