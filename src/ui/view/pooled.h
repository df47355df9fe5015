/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pooled: what the six poolings take from an utterance's words and seconds.
 *
 * Each is a group with its title in the first row. Bars of words share one
 * scale, profiles of seconds another, so the three can be compared; each ends at
 * the largest weight, but at least at twice the even share. A pooling that is
 * near even (heat.h) is dim and has a ~. One the model does not have is `–`.
 */
#ifndef MIUST_POOLED_H
#define MIUST_POOLED_H

#include "ui/state/ui.h"

/* Att1, Att11, Atts1: a row per word from word `from` on, its weights, and
 * bars of `bar` columns (0: none). note: a row below that explains the bars. */
void pooled_words(struct canvas *c, const struct ui *u, const struct look_result *l, int from,
		  int word_cols, int bar, bool note);
/* Words shown on a canvas of this many rows. */
int pooled_rows(int rows, bool note, int words);

/* Att2, Att22, Attt2 over one axis of seconds. titles: a row above each with
 * its name and peak; else the name is at its right. room: columns of the
 * first row for its title and the scale. */
void pooled_seconds(struct canvas *c, const struct look_result *l, bool titles, int room);

#endif
