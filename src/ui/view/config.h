/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config: view 6, every setting, its value, what the next run will have of it, and when a
 * change takes effect.
 */
#ifndef MIUST_UI_CONFIG_H
#define MIUST_UI_CONFIG_H

#include "ui/state/ui.h"

struct config_view { /* what the user has chosen */
	char find[64];
	int row, top;
	bool next; /* the column of the next run, not that of the value */
};
static inline struct config_view *config_view(const struct ui *u)
{
	return u->state[VIEW_CONFIG];
}

#endif
