/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * selected: the utterance that views 4 and 5 show, and what they share: the head
 * row, the axis of seconds, the sentence shown in place of what is still
 * missing, and the commands that both answer to.
 */
#ifndef MIUST_SELECTED_H
#define MIUST_SELECTED_H

#include "app/study/num.h"
#include "app/study/facts.h"
#include "ui/state/ui.h"

enum {
	VIEW_FRAME = 3, /* rows around a view: tabs, status, keys */
};

/* What one head says of an utterance. */
struct verdict {
	double p[LABELS_MAX];
	int says; /* the most probable class */
};
struct verdict verdict_of(const struct ui *u, const float *logits);

/* The head row: id, what is silenced, true and predicted class, right or wrong,
 * loss, size, epoch. What does not fit is left out, the size first; that a part
 * is silenced always stays. */
struct selected_head {
	const float *logits; /* of the main head */
	const char *epoch;   /* whose weights: "41", "30 kept", "42:11" */
	enum knock knock;    /* silenced */
	const char *size;    /* "12 words, 4.52 s", or "" */
};
void selected_head(const struct ui *u, struct canvas *row, const struct selected_head *h);

/* Why nothing can be shown of the selected utterance ("predictions appear
 * after epoch 1"), or NULL. */
const char *selected_missing(const struct ui *u, char *out, size_t n);
/* When the model's answer to it will be there; `what` is "attention appears". */
const char *selected_wait(const struct ui *u, const char *what, char *out, size_t n);

/* The epoch of a look's weights; of the kept checkpoint the fold knows it. */
int selected_epoch(const struct ui *u, const struct look_result *l);
/* The same as the screen writes it: "41" at that epoch's end, "42:11" within
 * one, "30 kept", "12 stored". out has NUM_LEN bytes; returned. */
char *selected_weights(char *out, const struct ui *u, const struct look_result *l);

/* Labels of seconds below or above `frames` frames, k to a column, from column
 * 0 of the row on: each at the column of its frame, an `s` at the end, and dots
 * halfway where there is room. cursor: the column of a ▲, -1 for none. Returns
 * the column after all of it, which may be to the right of the last frame. */
int selected_seconds(struct canvas *row, int frames, int k, int cursor);

/* What both views answer to, and why not now (or NULL): the utterance after and
 * before this one in the order of view 3, the kept checkpoint or the current weights. */
int selected_next(struct ui *u, const char *args, struct err *e);
int selected_prev(struct ui *u, const char *args, struct err *e);
int selected_kept(struct ui *u, const char *args, struct err *e);
const char *selected_refused(const struct ui *u);
const char *selected_epoch_refused(const struct ui *u);
const char *selected_kept_refused(const struct ui *u);
#define SELECTED_KEPT_VERB                                                                 \
	{                                                                                  \
		"kept", "", "The kept checkpoint, or the current weights.", selected_kept, \
			selected_kept_refused, NULL, CHANGES_NOTHING                       \
	}

/* "nothing", "text", "audio", "head 2". out has KNOCK_NAME bytes; returned. */
enum { KNOCK_NAME = 16 };
char *knock_name(char *out, enum knock k);

#endif
