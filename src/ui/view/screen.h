/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen: all that is seen. Tabs, the view, status, keys or console, overlay.
 */
#ifndef MIUST_UI_SCREEN_H
#define MIUST_UI_SCREEN_H

#include "ui/state/ui.h"

void screen_draw(const struct ui *u, struct canvas *c);

#endif
