/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/stored_table.h"

#include "app/session/states.h"
#include "app/study/num.h"

#include <stdio.h>

/* The epoch that the last of them keeps the weights of. */
static int best_epoch(const struct stored_list *l)
{
	return l->n ? l->at[l->n - 1].best_epoch : 0;
}

static void add(struct str *out, const struct stored *x, int best)
{
	char place[32], bytes[NUM_LEN];

	snprintf(place, sizeof place, "%d:%d", x->ended ? x->epoch + 1 : x->epoch,
		 x->ended ? 0 : x->in_epoch);
	str_addf(out, "\n%-8s %6d  %9s", place, x->step, num_bytes(bytes, (double)x->bytes));
	if (x->name[0])
		str_addf(out, "  %s", x->name);
	if (x->ended && x->epoch == best)
		str_add(out, "  best epoch");
	if (x->pinned)
		str_add(out, "  a branch begins there");
}

int stored_table(struct str *out, const char *session_dir, int fold, struct err *e)
{
	struct stored_list l = {0};
	int n;

	if (states_list(&l, session_dir, fold, e))
		return -1;
	if (l.n)
		str_addf(out, "%-8s %6s  %9s", "place", "steps", "size");
	for (int i = 0; i < l.n; i++)
		add(out, &l.at[i], best_epoch(&l));
	n = l.n;
	stored_free(&l);
	return n;
}
