/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utterance: view 4, one utterance through time. */
#ifndef MIUST_UI_UTTERANCE_H
#define MIUST_UI_UTTERANCE_H

#include "ui/state/ui.h"

struct utterance_view { /* what the user has chosen */
	int head;       /* bars of this head: enum head */
	int top;        /* scroll of words */
};
static inline struct utterance_view *utterance_view(const struct ui *u)
{
	return u->state[VIEW_UTTERANCE];
}

#endif
