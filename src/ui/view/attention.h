/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention: view 5, who looks at whom. Its parts:
 *
 *	attention_scene.c where its parts are, and what is drawn
 *	attention_map.c   the two maps, their read-out
 *	attention_side.c  what is beside them
 *	attention_epoch.c whose weights are shown
 *	attention_look.c  a look as the study room's arithmetic takes it
 *	attention.c       head row, empty states, commands; the view
 */
#ifndef MIUST_UI_ATTENTION_H
#define MIUST_UI_ATTENTION_H

#include "app/study/attention.h"
#include "ui/state/ui.h"

struct attention_view {  /* what the user has chosen */
	int head;        /* 0..heads-1, HEAD_MEAN, HEAD_MAX */
	bool by_row;     /* scale */
	int word, frame; /* cursor */
	int top;         /* scroll of words */
	enum {
		DIFFERENCE_OFF,
		DIFFERENCE_MORE, /* ridges show one sign at a time */
		DIFFERENCE_LESS
	} difference;             /* to attention_view(u)->then */
	struct look_result *then; /* of an earlier epoch, owned; NULL: none */
};
static inline struct attention_view *attention_view(const struct ui *u)
{
	return u->state[VIEW_ATTENTION];
}

#endif
