/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/listing.h"

#include "base/mem.h"
#include "base/near.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- conditions ---- */

const struct slice slices[] = {
	{"wrong", "pred!=true", "predicted wrong"},
	{"confident-wrong", "pred!=true & p>0.8", "wrong, and sure of it"},
	{"text-misleads", "pred!=true & pred=says_text & says_audio=true",
	 "the words misled it; the voice alone would have been right"},
	{"audio-misleads", "pred!=true & pred=says_audio & says_text=true",
	 "the voice misled it; the words alone would have been right"},
	{"flipping", "flips>3", "the prediction changed more than three times"},
	{NULL, NULL, NULL},
};

const struct slice *slice_find(const char *name)
{
	for (const struct slice *s = slices; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

int slice_unknown(const char *name, struct err *e)
{
	struct near near = near_to(name);

	for (const struct slice *s = slices; s->name; s++)
		near_try(&near, s->name);
	if (near.best)
		return err_usage(e, "no slice '%.40s'; did you mean %s?", name, near.best);
	return err_usage(e, "no slice '%.40s'; try wrong, or - for none", name);
}

struct expr *listing_parse(const char *condition, struct err *e)
{
	const char *names[UTTERANCE_COLUMNS + 1];

	facts_names(names);
	return expr_parse(condition, names, e);
}

/* A label as the filter language reads it: quoted where it is not a plain word. */
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

char *listing_cell(const struct settings *set, int label, int predicted, char *out, size_t n)
{
	char is[LABEL_LEN + 3], as[LABEL_LEN + 3];

	put_label(is, sizeof is, facts_label(set, label));
	put_label(as, sizeof as, facts_label(set, predicted));
	snprintf(out, n, "true=%s & pred=%s", is, as);
	return out;
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

	/* Reversed, but for what is unknown and what is equal. */
	if (unknown(x) || unknown(y) ||
	    (x->value.text ? strcmp(x->value.text, y->value.text) == 0
			   : x->value.number == y->value.number))
		return ascending(a, b);
	return ascending(b, a);
}

/* Keys of all that pass; returns how many. */
static int collect(const struct listing *l, const struct facts_from *from, struct key *key)
{
	const struct slice *slice = slice_find(l->slice);
	struct err ignored = {0}; /* the built-in slices parse */
	struct expr *within = slice ? listing_parse(slice->condition, &ignored) : NULL;
	int n = 0;

	for (int i = 0; i < from->h->n; i++) {
		struct facts f = facts_of(from, i);

		if (within && !expr_true(within, value_of, &f))
			continue;
		if (l->filter && !expr_true(l->filter, value_of, &f))
			continue;
		key[n++] = (struct key){value_of(&f, (int)l->sort), i};
	}
	expr_free(within);
	return n;
}

int listing_make(const struct listing *l, const struct facts_from *from, int *order)
{
	struct key *key = mem_alloc((size_t)from->h->n, sizeof *key);
	int n = collect(l, from, key);

	qsort(key, (size_t)n, sizeof *key, l->descending ? descending : ascending);
	for (int i = 0; i < n; i++)
		order[i] = key[i].at;
	free(key);
	return n;
}
