/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/split.h"

#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const part_name[PARTS] = {"train", "val", "test"};

int split_folds(const struct corpus *c)
{
	return c->layout == LAYOUT_LISTS ? 1 : c->nlists;
}

int split_fold(const struct corpus *c, int i)
{
	return c->layout == LAYOUT_LISTS ? 0 : i + 1;
}

bool split_has_fold(const struct corpus *c, int fold)
{
	int first = split_fold(c, 0);

	return fold >= first && fold < first + split_folds(c);
}

int split_no_fold(const struct corpus *c, int fold, struct err *e)
{
	int n = split_folds(c), first = split_fold(c, 0);
	char last[32] = " only";

	if (n > 1)
		snprintf(last, sizeof last, " to %d", split_fold(c, n - 1));
	return err_usage(e, "--fold %d: this corpus has fold%s %d%s", fold, n > 1 ? "s" : "", first,
			 last);
}

bool protocol_optimistic(const struct settings *s)
{
	return s->layout == LAYOUT_IEMOCAP && s->exp.protocol == PROTOCOL_REFERENCE;
}

/* Append a list's utterances to a part; there is room for the whole corpus. */
static void add_list(struct split *sp, enum part part, const struct list *l)
{
	for (int i = 0; i < l->n; i++)
		sp->at[part][sp->n[part]++] = l->first + i;
}

/* ---- hold-out: what of the training part validates ---- */

/*
 * Of n training rows, `total` validate. The classes share them by largest
 * remainder, and in each class a random order's first rows are taken.
 */
static void draw_utterances(const struct corpus *c, const int *train, int n, int total, bool *held,
			    struct rng *rng)
{
	int count[LABELS_MAX] = {0}, share[LABELS_MAX], left = total;
	int64_t rest[LABELS_MAX];
	int *row = mem_alloc((size_t)n, sizeof *row), *order = mem_alloc((size_t)n, sizeof *order);

	for (int i = 0; i < n; i++)
		count[c->utt[train[i]].label]++;
	for (int k = 0; k < LABELS_MAX; k++) {
		share[k] = (int)((int64_t)total * count[k] / n);
		rest[k] = (int64_t)total * count[k] % n;
		left -= share[k];
	}
	for (; left > 0; left--) {
		int max = 0;

		for (int k = 1; k < LABELS_MAX; k++)
			if (rest[k] >= rest[max]) /* ties to the later label */
				max = k;
		share[max]++;
		rest[max] = -1;
	}
	for (int k = 0; k < LABELS_MAX; k++) {
		int rows = 0;

		for (int i = 0; i < n; i++)
			if (c->utt[train[i]].label == k)
				row[rows++] = i;
		rng_order(rng, order, rows);
		for (int i = 0; i < share[k]; i++)
			held[row[order[i]]] = true;
	}
	free(order);
	free(row);
}

struct member {
	const char *unit; /* its speaker or dialogue */
	int row;          /* of the training part */
};

static int by_unit_and_row(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = strcmp(x->unit, y->unit);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

/*
 * Whole units (speakers, dialogues) validate: a random order of them, taken as
 * long as they fit into `total` rows, but at least one. Never all: total < n.
 */
static int draw_units(const struct corpus *c, const int *train, int n, int total, bool *held,
		      struct rng *rng, bool speaker, struct err *e)
{
	struct member *m = mem_alloc((size_t)n, sizeof *m);
	int *first =
		mem_alloc((size_t)n + 1, sizeof *first); /* unit u: m[first[u]..first[u+1]-1] */
	int *order = mem_alloc((size_t)n, sizeof *order);
	int units = 0, unknown = 0, status = -1;

	for (int i = 0; i < n; i++) {
		const struct utterance *u = &c->utt[train[i]];

		m[i] = (struct member){speaker ? u->speaker : u->dialogue, i};
		unknown += m[i].unit[0] == '\0';
	}
	if (unknown > 0) {
		err_set(e,
			"exp.holdout_unit %s: %d of %d training utterances have none; name the "
			"column (exp.speaker) or choose another unit",
			speaker ? "speaker" : "dialogue", unknown, n);
		goto out;
	}
	qsort(m, (size_t)n, sizeof *m, by_unit_and_row);
	for (int i = 0; i < n; i++)
		if (i == 0 || strcmp(m[i].unit, m[i - 1].unit) != 0)
			first[units++] = i;
	first[units] = n;
	if (units < 2) {
		err_set(e,
			"exp.holdout_unit %s: the training part has only one, \"%s\", and nothing "
			"would be left to train; choose another unit",
			speaker ? "speaker" : "dialogue", m[0].unit);
		goto out;
	}
	rng_order(rng, order, units);
	for (int k = 0, taken = 0; k < units; k++) {
		int u = order[k], size = first[u + 1] - first[u];

		if (k > 0 && taken + size > total)
			break;
		taken += size;
		for (int i = first[u]; i < first[u + 1]; i++)
			held[m[i].row] = true;
	}
	status = 0;
out:
	free(order);
	free(first);
	free(m);
	return status;
}

/* Move the rows held out from the training to the validation part. */
static int hold_out(struct split *sp, const struct corpus *c, const struct settings *s, int fold,
		    struct err *e)
{
	int *train = sp->at[PART_TRAIN], n = sp->n[PART_TRAIN], kept = 0, status = 0;
	int total = (int)floor(s->exp.holdout * n);
	bool *held;
	struct rng rng;

	if (total < 1 || total >= n)
		return err_set(e,
			       "exp.holdout %g of %d training utterances is %d; expected at least "
			       "one, and one left to train",
			       s->exp.holdout, n, total);
	held = mem_alloc((size_t)n, sizeof *held);
	rng_seed_own(&rng, (uint64_t)s->exp.seed, fold, "holdout");
	if (s->exp.holdout_unit == UNIT_UTTERANCE)
		draw_utterances(c, train, n, total, held, &rng);
	else
		status = draw_units(c, train, n, total, held, &rng,
				    s->exp.holdout_unit == UNIT_SPEAKER, e);
	for (int i = 0; i < n; i++) {
		if (held[i])
			sp->at[PART_VAL][sp->n[PART_VAL]++] = train[i];
		else
			train[kept++] = train[i];
	}
	sp->n[PART_TRAIN] = kept;
	free(held);
	return status;
}

/* ---- the two layouts ---- */

static int split_sessions(struct split *sp, const struct corpus *c, const struct settings *s,
			  int fold, struct err *e)
{
	int sessions = c->nlists, test = fold - 1, val = -1;

	if (fold < 1 || fold > sessions)
		return err_set(e, "fold %d; expected 1 to %d, one for each session", fold,
			       sessions);
	if (s->exp.protocol == PROTOCOL_SESSION)
		val = fold % sessions;
	else if (s->exp.protocol == PROTOCOL_REFERENCE)
		val = test; /* as published, and optimistic */
	for (int i = 0; i < sessions; i++)
		if (i != test && i != val)
			add_list(sp, PART_TRAIN, &c->list[i]);
	if (sp->n[PART_TRAIN] == 0)
		return err_set(e,
			       "exp.protocol %s of %d session%s leaves none to train on; "
			       "it needs %d or more",
			       protocol_name[s->exp.protocol], sessions, sessions == 1 ? "" : "s",
			       s->exp.protocol == PROTOCOL_SESSION ? 3 : 2);
	add_list(sp, PART_TEST, &c->list[test]);
	if (val >= 0)
		add_list(sp, PART_VAL, &c->list[val]);
	if (s->exp.protocol == PROTOCOL_HOLDOUT)
		return hold_out(sp, c, s, fold, e);
	return 0;
}

static int split_lists(struct split *sp, const struct corpus *c, const struct settings *s, int fold,
		       struct err *e)
{
	if (fold != 0)
		return err_set(e, "fold %d; train, dev and test lists have one fold, number 0",
			       fold);
	if (s->exp.protocol == PROTOCOL_HOLDOUT || s->exp.protocol == PROTOCOL_SESSION)
		return err_set(e,
			       "exp.protocol %s is for IEMOCAP's sessions; with train, dev and "
			       "test lists choose reference (validates on the dev list) or fixed",
			       s->exp.protocol == PROTOCOL_HOLDOUT ? "holdout" : "session");
	add_list(sp, PART_TRAIN, &c->list[0]);
	if (s->exp.protocol == PROTOCOL_REFERENCE)
		add_list(sp, PART_VAL, &c->list[1]);
	add_list(sp, PART_TEST, &c->list[2]);
	return 0;
}

int split_make(struct split *sp, const struct corpus *c, const struct settings *s, int fold,
	       struct err *e)
{
	int status;

	memset(sp, 0, sizeof *sp);
	for (int k = 0; k < PARTS; k++)
		sp->at[k] = mem_alloc((size_t)c->n, sizeof *sp->at[k]);
	status = c->layout == LAYOUT_IEMOCAP ? split_sessions(sp, c, s, fold, e)
					     : split_lists(sp, c, s, fold, e);
	if (status != 0)
		split_free(sp);
	return status;
}

void split_free(struct split *sp)
{
	for (int k = 0; k < PARTS; k++)
		free(sp->at[k]);
	memset(sp, 0, sizeof *sp);
}
