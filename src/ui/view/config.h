/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config: view 6, every setting, its value, and when a change takes effect. */
#ifndef MIUST_UI_CONFIG_H
#define MIUST_UI_CONFIG_H

#include "ui/state/ui.h"

struct config_view { /* what the user has chosen */
	char find[64];
	int row, top;
};
static inline struct config_view *config_view(const struct ui *u)
{
	return u->state[VIEW_CONFIG];
}

#endif
