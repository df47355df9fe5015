/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What views 2 to 5 show, chosen by name. */
#include "ui/console/complete.h"
#include "ui/view/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* select fold N | utterance ID | latest: the shared selection. */
static int run_select(struct ui *u, const char *args, struct err *e)
{
	struct order *o = order_of(u);
	const struct history *h;

	if (strncmp(args, "fold ", 5) == 0) {
		int fold = atoi(args + 5);

		if (!run_find(&u->run, fold))
			return err_set(e, "fold %s has no rows yet", args + 5);
		u->sel.fold = fold;
		u->sel.fold_chosen = true;
		u->sel.stored = false;
		u->sel.epoch = 0;
		u->sel.utt = -1;
		return 0;
	}
	if (strcmp(args, "latest") == 0) {
		u->sel.fold_chosen = false;
		u->sel.epoch = 0;
		return 0;
	}
	if (strncmp(args, "utterance ", 10) != 0)
		return err_set(e, "select fold N, select utterance ID, or select latest");
	h = ui_history(u);
	for (int i = 0; h && i < h->n; i++)
		if (strcmp(h->id[i], args + 10) == 0) {
			u->sel.utt = i;
			for (int k = 0; k < o->n; k++)
				if (o->order[k] == i)
					o->row = k;
			ui_want_look(u);
			return 0;
		}
	return err_set(e, "no utterance %s in this part of fold %d", args + 10, u->sel.fold);
}

static void complete_utterance(struct ui *u, const struct words *w, struct completions *c)
{
	const struct history *h = ui_history(u);

	(void)w;
	for (int i = 0; h && i < h->n; i++)
		snprintf(complete_add(c, h->id[i])->when, sizeof c->at->when, "%s",
			 ui_label(u, h->label[i]));
	complete_sort(c);
}

const struct verb select_verbs[] = {
	{"select", "fold N|utterance ID|latest", "Choose what views 2 to 5 show.", run_select,
	 ui_no_run, complete_utterance, CHANGES_NOTHING},
	{0},
};
