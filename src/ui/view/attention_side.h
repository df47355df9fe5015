/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention_side: what is next to the maps of view 5. What the main head
 * says with a part of the model silenced, how narrowly each head looks, and
 * small maps of every head.
 */
#ifndef MIUST_ATTENTION_SIDE_H
#define MIUST_ATTENTION_SIDE_H

#include "ui/view/attention_map.h"

/* A table from the first row on, the heads' focus below it. */
void attention_side_draw(struct canvas *c, const struct attention_scene *s);
/* The same in one row: nothing, text, audio and the head that matters most. */
void attention_knock_draw(struct canvas *row, const struct attention_scene *s);
/* A title and a small map of each head: words → seconds, then seconds → words. */
void attention_thumbs_draw(struct canvas *c, const struct attention_scene *s);

#endif
