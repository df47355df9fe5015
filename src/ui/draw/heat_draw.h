/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heat_draw: attention (heat.h) as colours or ridges, and bars.
 *
 * In 256 colours the levels are HEAT_STEPS backgrounds, elsewhere the eight
 * ridges ▁▂▃▄▅▆▇█; level 0 is a space. Weights that are near even are drawn dim,
 * in the lowest third of the colours.
 */
#ifndef MIUST_HEAT_DRAW_H
#define MIUST_HEAT_DRAW_H

#include "app/study/heat.h"
#include "ui/term/cell.h"

/* Rows of the map from `first` on, frames from column 0; k as heat_factor; each `high`
 * rows of the canvas: ridges have so many times their levels then. */
void heat_draw(struct canvas *c, const struct heat *h, int first, int k, int high);
/* What changed from `then` to `now` (same shape): blue less, orange more, blank
 * below a tenth of the scale's end, which is the largest difference, but at
 * least the even share. Ridges show one sign: +1 or -1. */
void heat_difference(struct canvas *c, const struct heat *now, const struct heat *then, int first,
		     int k, int high, int sign);
/* The scale as HEAT_STEPS cells; returns the column after it. */
int heat_legend(struct canvas *c, int row, int col, enum role role);

/* A profile over frames (pooling weights, marginals) that fills the canvas from
 * its last row up; max <= 0: its own maximum. Blank up to `even`. */
void ridge_draw(struct canvas *c, enum role role, const float *v, int frames, int k, double even,
		double max);

/* A bar of at most `width` cells, in halves: `━━━╸`. What is above 0 shows at
 * least `╸`. Returns the column after the field. */
int bar_draw(struct canvas *c, int row, int col, int width, enum role role, double share);
/* The same over two rows, where the screen has half blocks. */
int bar_draw_thick(struct canvas *c, int row, int col, int width, enum role role, double share);

#endif
