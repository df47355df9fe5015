/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/order.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct facts_from facts_from(const struct ui *u)
{
	const struct history *h = ui_history(u);
	bool mapped = h && u->corpus && u->utterances.mapped == h->id;

	return (struct facts_from){.h = h,
				   .epoch = ui_epoch(u),
				   .set = &u->run.set,
				   .corpus = mapped ? u->corpus : NULL,
				   .row = mapped ? u->utterances.corpus_row : NULL};
}

struct facts order_facts(const struct ui *u, int i)
{
	struct facts_from from = facts_from(u);

	return facts_of(&from, i);
}

/* Keep the selected utterance, and its line on the screen. */
static void follow(struct ui *u)
{
	int line = u->utterances.row - u->utterances.top, row = -1;

	for (int i = 0; i < u->utterances.n && row < 0; i++)
		if (u->utterances.order[i] == u->sel.utt)
			row = i;
	if (row < 0)
		row = u->utterances.row < u->utterances.n ? u->utterances.row : u->utterances.n - 1;
	u->utterances.row = row > 0 ? row : 0;
	u->utterances.top = u->utterances.row > line ? u->utterances.row - line : 0;
	if (u->utterances.n > 0)
		u->sel.utt = u->utterances.order[u->utterances.row];
}

void ui_order(struct ui *u)
{
	const struct history *h = ui_history(u);
	struct listing by = {.slice = u->utterances.slice,
			     .filter = u->utterances.expr,
			     .sort = u->utterances.sort,
			     .descending = u->utterances.descending};
	struct facts_from from = facts_from(u);
	int before = u->sel.utt;

	free(u->utterances.order);
	u->utterances.order = mem_alloc(h ? (size_t)h->n : 0, sizeof *u->utterances.order);
	u->utterances.n = h ? listing_make(&by, &from, u->utterances.order) : 0;
	u->utterances.made_for_epoch = ui_epoch(u);
	u->utterances.made_for_epochs = h ? h->epochs : 0;
	u->utterances.made_for_fold = u->sel.fold;
	u->utterances.made_for_test = u->sel.test;
	follow(u);
	if (u->sel.utt != before)
		ui_want_look(u);
}

bool order_stale(const struct ui *u)
{
	return u->utterances.order && u->utterances.made_for_epoch != ui_epoch(u);
}

int order_n(const struct ui *u)
{
	const struct history *h = ui_history(u);

	return u->utterances.order ? u->utterances.n : h ? h->n : 0;
}

int order_at(const struct ui *u, int row)
{
	return u->utterances.order ? u->utterances.order[row] : row;
}

/* ---- commands ---- */

int order_filter(struct ui *u, const char *condition, struct err *e)
{
	struct expr *x = NULL;

	if (strlen(condition) >= sizeof u->utterances.filter)
		return err_usage(e, "the filter is longer than %zu bytes",
				 sizeof u->utterances.filter - 1);
	if (condition[strspn(condition, " \t")]) {
		x = listing_parse(condition, e);
		if (!x)
			return -1;
	}
	expr_free(u->utterances.expr);
	u->utterances.expr = x;
	snprintf(u->utterances.filter, sizeof u->utterances.filter, "%s", x ? condition : "");
	ui_order(u);
	return 0;
}

static enum utterance_column next_column(enum utterance_column c)
{
	do
		c = (c + 1) % UTTERANCE_COLUMNS;
	while (!facts_column[c].heading);
	return c;
}

int order_sort(struct ui *u, const char *column, struct err *e)
{
	int at = *column ? facts_find(column, e) : (int)next_column(u->utterances.sort);

	if (at < 0)
		return -1;
	if (*column || !order_stale(u)) {
		bool again = at == (int)u->utterances.sort;

		u->utterances.descending =
			again ? !u->utterances.descending : !facts_column[at].text;
		u->utterances.sort = (enum utterance_column)at;
	}
	ui_order(u);
	return 0;
}

int order_slice(struct ui *u, const char *name, struct err *e)
{
	const struct slice *s = slice_find(*name ? name : u->utterances.slice);

	if (!*name)
		s = s ? s + 1 : slices; /* the last one's next is none */
	else if (!s && strcmp(name, "-") != 0)
		return slice_unknown(name, e);
	snprintf(u->utterances.slice, sizeof u->utterances.slice, "%s",
		 s && s->name ? s->name : "");
	ui_order(u);
	return 0;
}
