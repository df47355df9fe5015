/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * style: what the user may choose about how the screen is drawn.
 *
 * Both change the state alone (u->look, u->mouse); the loop lets the terminal
 * follow (term_follow) before the next frame.
 */
#ifndef MIUST_UI_STYLE_H
#define MIUST_UI_STYLE_H

#include "ui/state/ui.h"

/* Words, each of which chooses one thing: dark light, viridis cividis grey,
 * braille block ascii. None: says what is in force. */
int style_command(struct ui *u, const char *args, struct err *e);
/* on, off; "": the other one. */
int style_mouse(struct ui *u, const char *args, struct err *e);

#endif
