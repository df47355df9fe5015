/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/order.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct facts_from facts_from(const struct ui *u)
{
	const struct history *h = ui_history(u);
	bool mapped = h && u->corpus && u->map.of == h->id;

	return (struct facts_from){.h = h,
				   .epoch = ui_epoch(u),
				   .set = &u->run.set,
				   .corpus = mapped ? u->corpus : NULL,
				   .row = mapped ? u->map.row : NULL};
}

struct facts order_facts(const struct ui *u, int i)
{
	struct facts_from from = facts_from(u);

	return facts_of(&from, i);
}

/* Keep the selected utterance, and its line on the screen. */
static void follow(struct ui *u)
{
	struct order *o = order_of(u);
	int line = o->row - o->top, row = -1;

	for (int i = 0; i < o->n && row < 0; i++)
		if (o->order[i] == u->sel.utt)
			row = i;
	if (row < 0)
		row = o->row < o->n ? o->row : o->n - 1;
	o->row = row > 0 ? row : 0;
	o->top = o->row > line ? o->row - line : 0;
	if (o->n > 0)
		u->sel.utt = o->order[o->row];
}

void order_make(struct ui *u)
{
	struct order *o = order_of(u);
	const struct history *h = ui_history(u);
	struct listing by = {
		.slice = o->slice, .filter = o->expr, .sort = o->sort, .descending = o->descending};
	struct facts_from from = facts_from(u);
	int before = u->sel.utt;

	free(o->order);
	o->order = mem_alloc(h ? (size_t)h->n : 0, sizeof *o->order);
	o->n = h ? listing_make(&by, &from, o->order) : 0;
	o->made_for.load = u->loads;
	o->made_for.epoch = ui_epoch(u);
	o->made_for.epochs = h ? h->epochs : 0;
	o->made_for.fold = u->sel.fold;
	o->made_for.test = u->sel.test;
	follow(u);
	if (u->sel.utt != before)
		ui_want_look(u);
}

/* Another epoch shown alone does not sort again: rows stay where they are. */
void order_refresh(struct ui *u)
{
	const struct order *o = order_of(u);
	const struct history *h = ui_history(u);

	if (o->made_for.load == u->loads && o->made_for.epochs == (h ? h->epochs : 0) &&
	    o->made_for.fold == u->sel.fold && o->made_for.test == u->sel.test)
		return;
	order_make(u);
	ui_want_look(u);
}

void order_begin(void *order)
{
	struct order *o = order;

	o->sort = COLUMN_LOSS;
	o->descending = true;
}

void order_end(void *order)
{
	struct order *o = order;

	expr_free(o->expr);
	free(o->order);
}

bool order_stale(const struct ui *u)
{
	const struct order *o = order_of(u);

	return o->order && o->made_for.epoch != ui_epoch(u);
}

int order_n(const struct ui *u)
{
	const struct order *o = order_of(u);
	const struct history *h = ui_history(u);

	return o->order ? o->n : h ? h->n : 0;
}

int order_at(const struct ui *u, int row)
{
	const struct order *o = order_of(u);

	return o->order ? o->order[row] : row;
}

/* ---- commands ---- */

int order_filter(struct ui *u, const char *condition, struct err *e)
{
	struct order *o = order_of(u);
	struct expr *x = NULL;

	if (strlen(condition) >= sizeof o->filter)
		return err_usage(e, "the filter is longer than %zu bytes", sizeof o->filter - 1);
	if (condition[strspn(condition, " \t")]) {
		x = listing_parse(condition, e);
		if (!x)
			return -1;
	}
	expr_free(o->expr);
	o->expr = x;
	snprintf(o->filter, sizeof o->filter, "%s", x ? condition : "");
	order_make(u);
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
	struct order *o = order_of(u);
	int at = *column ? facts_find(column, e) : (int)next_column(o->sort);

	if (at < 0)
		return -1;
	if (*column || !order_stale(u)) {
		bool again = at == (int)o->sort;

		o->descending = again ? !o->descending : !facts_column[at].text;
		o->sort = (enum utterance_column)at;
	}
	order_make(u);
	return 0;
}

int order_slice(struct ui *u, const char *name, struct err *e)
{
	struct order *o = order_of(u);
	const struct slice *s = slice_find(*name ? name : o->slice);

	if (!*name)
		s = s ? s + 1 : slices; /* the last one's next is none */
	else if (!s && strcmp(name, "-") != 0)
		return slice_unknown(name, e);
	snprintf(o->slice, sizeof o->slice, "%s", s && s->name ? s->name : "");
	order_make(u);
	return 0;
}
