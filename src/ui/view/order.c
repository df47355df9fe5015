/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/order.h"

#include "base/mem.h"
#include "base/near.h"
#include "ui/view/facts.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct order_slice order_slices[] = {
	{"wrong", "pred!=true", "predicted wrong"},
	{"confident-wrong", "pred!=true & p>0.8", "wrong, and sure of it"},
	{"text-misleads", "pred!=true & pred=says_text & says_audio=true",
	 "the words misled it; the voice alone would have been right"},
	{"audio-misleads", "pred!=true & pred=says_audio & says_text=true",
	 "the voice misled it; the words alone would have been right"},
	{"flipping", "flips>3", "the prediction changed more than three times"},
	{NULL, NULL, NULL},
};

static const struct order_slice *slice_find(const char *name)
{
	for (const struct order_slice *s = order_slices; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static struct expr *parse(const char *condition, struct err *e)
{
	const char *names[UTTERANCE_COLUMNS + 1];

	facts_names(names);
	return expr_parse(condition, names, e);
}

/* ---- what is listed ---- */

static struct expr_value value_of(void *ctx, int name)
{
	return facts_column[name].get(ctx);
}

struct key {
	struct expr_value value;
	int at; /* history's index */
};

static bool unknown(const struct key *k)
{
	return k->value.text ? !k->value.text[0] : isnan(k->value.number);
}

static int ascending(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = unknown(x) - unknown(y);

	if (order == 0 && !unknown(x))
		order = x->value.text ? strcmp(x->value.text, y->value.text)
				      : (x->value.number > y->value.number) -
						(x->value.number < y->value.number);
	return order ? order : x->at - y->at;
}

static int descending(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	/* Turned round, but for what is unknown and what is equal. */
	if (unknown(x) || unknown(y) ||
	    (x->value.text ? strcmp(x->value.text, y->value.text) == 0
			   : x->value.number == y->value.number))
		return ascending(a, b);
	return ascending(b, a);
}

/* Keys of all that pass; returns how many. */
static int collect(const struct ui *u, const struct history *h, struct key *key)
{
	const struct order_slice *slice = slice_find(u->utterances.slice);
	struct err ignored = {0}; /* the built-in slices parse */
	struct expr *within = slice ? parse(slice->condition, &ignored) : NULL;
	int n = 0;

	for (int i = 0; i < h->n; i++) {
		struct facts f = facts_of(u, i);

		if (within && !expr_true(within, value_of, &f))
			continue;
		if (u->utterances.expr && !expr_true(u->utterances.expr, value_of, &f))
			continue;
		key[n++] = (struct key){value_of(&f, u->utterances.sort), i};
	}
	expr_free(within);
	return n;
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
	int all = h ? h->n : 0, before = u->sel.utt;
	struct key *key = mem_alloc((size_t)all, sizeof *key);

	u->utterances.n = h ? collect(u, h, key) : 0;
	qsort(key, (size_t)u->utterances.n, sizeof *key,
	      u->utterances.descending ? descending : ascending);
	free(u->utterances.order);
	u->utterances.order = mem_alloc((size_t)all, sizeof *u->utterances.order);
	for (int i = 0; i < u->utterances.n; i++)
		u->utterances.order[i] = key[i].at;
	free(key);
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
		x = parse(condition, e);
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

static int unknown_slice(const char *name, struct err *e)
{
	struct near near = near_to(name);

	for (const struct order_slice *s = order_slices; s->name; s++)
		near_try(&near, s->name);
	if (near.best)
		return err_usage(e, "no slice '%.40s'; did you mean %s?", name, near.best);
	return err_usage(e, "no slice '%.40s'; try wrong, or - for none", name);
}

int order_slice(struct ui *u, const char *name, struct err *e)
{
	const struct order_slice *s = slice_find(*name ? name : u->utterances.slice);

	if (!*name)
		s = s ? s + 1 : order_slices; /* the last one's next is none */
	else if (!s && strcmp(name, "-") != 0)
		return unknown_slice(name, e);
	snprintf(u->utterances.slice, sizeof u->utterances.slice, "%s",
		 s && s->name ? s->name : "");
	ui_order(u);
	return 0;
}

/* A label as the filter language reads it: quoted where it is no plain word. */
static void put_label(char *out, size_t n, const char *label)
{
	struct err none = {0};
	bool plain = isalpha((unsigned char)*label) && facts_find(label, &none) < 0;
	char quote = strchr(label, '"') ? '\'' : '"';

	for (const char *c = label; *c; c++)
		plain = plain && (isalnum((unsigned char)*c) || *c == '_');
	if (plain)
		snprintf(out, n, "%s", label);
	else
		snprintf(out, n, "%c%s%c", quote, label, quote);
}

char *order_cell(const struct ui *u, int label, int predicted, char *out, size_t n)
{
	char is[LABEL_LEN + 3], as[LABEL_LEN + 3];

	put_label(is, sizeof is, ui_label(u, label));
	put_label(as, sizeof as, ui_label(u, predicted));
	snprintf(out, n, "true=%s & pred=%s", is, as);
	return out;
}
