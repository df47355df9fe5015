/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/duel.h"

#include "app/study/mcnemar.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/train/evaluate.h"
#include "engine/train/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a value ---- */

static void free_side(struct duel_side *s)
{
	free(s->utt);
	free(s->right);
}

void duel_free(struct duel *d)
{
	free_side(&d->side[0]);
	free_side(&d->side[1]);
	free(d->look);
	*d = (struct duel){0};
}

void duel_begin(struct duel *d, const char *first, const char *second, int epochs)
{
	duel_free(d);
	d->end = DUEL_ON;
	d->asked = epochs;
	str_fit(d->side[0].name, sizeof d->side[0].name, first);
	str_fit(d->side[1].name, sizeof d->side[1].name, second);
}

void duel_copy(struct duel *to, const struct duel *from)
{
	struct duel_look *look = mem_grow(to->look, (size_t)from->looks, sizeof *look);

	if (from->looks)
		memcpy(look, from->look, (size_t)from->looks * sizeof *look);
	to->look = NULL;
	duel_free(to);
	*to = *from;
	to->look = look;
	for (int i = 0; i < 2; i++) {
		to->side[i].utt = NULL;
		to->side[i].right = NULL;
	}
}

/* ---- turns ---- */

static void end(struct duel *d, enum duel_end how)
{
	if (d->end == DUEL_ON)
		d->end = how;
}

/* Both are where something can be compared: what is planned? */
static void plan(struct duel *d)
{
	const struct duel_place *a = &d->side[0].at, *b = &d->side[1].at;
	int first = max_int(a->epoch, b->epoch), last = min_int(a->last, b->last);

	if (a->fold != b->fold) {
		snprintf(d->why, sizeof d->why,
			 "%s is in fold %d and %s in fold %d, and a duel is of one fold",
			 d->side[0].name, a->fold, d->side[1].name, b->fold);
		end(d, DUEL_BROKEN);
		return;
	}
	d->fold = a->fold;
	d->planned = last - first + 1;
	if (d->planned <= 0) {
		d->planned = 0;
		snprintf(d->why, sizeof d->why, "no epoch is left that both are to train");
		end(d, DUEL_BROKEN);
	} else if (d->asked > 0) {
		d->planned = min_int(d->planned, d->asked);
	}
}

void duel_arrive(struct duel *d, int side, const struct duel_place *at)
{
	struct duel_side *s = &d->side[side];

	s->at = *at;
	s->there = true;
	s->ready |= !at->repeats;
	if (d->end == DUEL_ON && !d->planned && d->side[0].ready && d->side[1].ready)
		plan(d);
}

/* Below, at or above 0: a comes before b, ... */
static int compare(const struct duel_place *a, const struct duel_place *b)
{
	if (a->fold != b->fold)
		return a->fold - b->fold;
	return a->step != b->step ? a->step - b->step : a->ended - b->ended;
}

bool duel_turn(const struct duel *d, int side)
{
	const struct duel_side *s = &d->side[side], *other = &d->side[!side];
	int ahead;

	if (!s->there || s->left || other->left)
		return true;
	if (!other->there)
		return false;
	ahead = compare(&s->at, &other->at);
	return ahead < 0 || (ahead == 0 && side == 0);
}

void duel_break(struct duel *d, int side, const char *what)
{
	if (d->end == DUEL_ON)
		snprintf(d->why, sizeof d->why, "%s %s", d->side[side].name, what);
	end(d, DUEL_BROKEN);
}

void duel_leave(struct duel *d, int side, const char *what)
{
	d->side[side].left = true;
	duel_break(d, side, what);
}

void duel_stop(struct duel *d)
{
	end(d, DUEL_ENDED);
}

/* ---- looks ---- */

static void remember(struct duel_side *s, const struct settings *set, const struct epoch_row *row,
		     const struct predictions *val)
{
	s->seen = (struct duel_look){.epoch = row->epoch};
	s->seen.figure[0] = selection_figure(set, &row->val, row->val_loss);
	s->seen.loss[0] = row->val_loss;
	s->n = val->n;
	s->utt = mem_grow(s->utt, (size_t)val->n, sizeof *s->utt);
	s->right = mem_grow(s->right, (size_t)val->n, sizeof *s->right);
	for (int i = 0; i < val->n; i++) {
		s->utt[i] = val->utt[i];
		s->right[i] = predicted_class(predictions_at(val, i, HEAD_MAIN), val->classes) ==
			      val->label[i];
	}
}

static bool same_utterances(const struct duel_side *a, const struct duel_side *b)
{
	return a->n == b->n && memcmp(a->utt, b->utt, (size_t)a->n * sizeof *a->utt) == 0;
}

static void look(struct duel *d)
{
	const struct duel_side *a = &d->side[0], *b = &d->side[1];
	struct duel_look x = {.epoch = a->seen.epoch,
			      .figure = {a->seen.figure[0], b->seen.figure[0]},
			      .loss = {a->seen.loss[0], b->seen.loss[0]}};

	for (int i = 0; i < a->n; i++) {
		x.only[0] += a->right[i] && !b->right[i];
		x.only[1] += b->right[i] && !a->right[i];
	}
	x.p = mcnemar_p(x.only[0], x.only[1]);
	x.limit = mcnemar_limit(d->looks + 1, d->planned);
	d->look = mem_grow(d->look, (size_t)d->looks + 1, sizeof *d->look);
	d->look[d->looks++] = x;
	if (x.p < x.limit)
		end(d, DUEL_CLEAR);
	else if (d->looks == d->planned)
		end(d, DUEL_DONE);
}

void duel_epoch(struct duel *d, int side, const struct settings *set, const struct epoch_row *row,
		const struct predictions *val)
{
	struct duel_side *s = &d->side[side], *other = &d->side[!side];

	if (d->end != DUEL_ON || !s->ready)
		return;
	d->select = (enum selection)set->train.select;
	remember(s, set, row, val);
	if (!d->planned || other->seen.epoch != row->epoch)
		return;
	if (val->n > 0 && same_utterances(s, other)) {
		look(d);
		return;
	}
	snprintf(d->why, sizeof d->why, "%s",
		 val->n ? "the two do not validate on the same utterances"
			: "no utterances are held out for validation, so there is nothing to "
			  "compare");
	end(d, DUEL_BROKEN);
}

/* ---- in words ---- */

int duel_leader(const struct duel *d)
{
	const struct duel_look *x = d->looks ? &d->look[d->looks - 1] : NULL;
	double ahead;

	if (!x || !(fabs(x->figure[0] - x->figure[1]) > 0))
		return -1;
	ahead = x->figure[0] - x->figure[1];
	return (d->select == SELECT_LOSS ? -ahead : ahead) < 0;
}

char *duel_p(char out[DUEL_P], double p)
{
	snprintf(out, DUEL_P, "%.2g", p > 1e-300 ? p : 1e-300); /* early limits are below that */
	return out;
}

void duel_look_text(const struct duel *d, int look, struct str *out)
{
	const struct duel_look *x = &d->look[look];
	char p[DUEL_P], limit[DUEL_P];

	str_addf(out,
		 "epoch %d: %s %.3f : %.3f, Δ %+.3f; McNemar %d : %d, p %s, clear at p < %s (look "
		 "%d of %d)",
		 x->epoch, selection_label[d->select], x->figure[0], x->figure[1],
		 x->figure[0] - x->figure[1], x->only[0], x->only[1], duel_p(p, x->p),
		 duel_p(limit, x->limit), look + 1, d->planned);
}

static void add_standing(const struct duel *d, struct str *out)
{
	const struct duel_look *x = &d->look[d->looks - 1];
	const char *label = selection_label[d->select];
	char p[DUEL_P], limit[DUEL_P];
	int leads = duel_leader(d);

	if (leads < 0)
		str_addf(out, "%s and %s are level: %s %.3f at epoch %d", d->side[0].name,
			 d->side[1].name, label, x->figure[0], x->epoch);
	else
		str_addf(out, "%s leads %s by %.3f: %s %.3f to %.3f at epoch %d",
			 d->side[leads].name, d->side[!leads].name,
			 fabs(x->figure[0] - x->figure[1]), label, x->figure[leads],
			 x->figure[!leads], x->epoch);
	leads = leads < 0 ? 0 : leads;
	str_addf(out, "; McNemar %d : %d, p %s: %s (look %d of %d needs p < %s).", x->only[leads],
		 x->only[!leads], duel_p(p, x->p), x->p < x->limit ? "clear" : "not clear",
		 d->looks, d->planned, duel_p(limit, x->limit));
}

void duel_text(const struct duel *d, struct str *out)
{
	if (d->looks)
		add_standing(d, out);
	else
		str_addf(out, "%s and %s: no epoch is compared yet.", d->side[0].name,
			 d->side[1].name);
	switch (d->end) {
	case DUEL_NONE:
		break;
	case DUEL_ON:
		str_add(out, " The duel goes on.");
		break;
	case DUEL_DONE:
		str_addf(out, " The duel is over: %s done.",
			 d->planned == 1 ? "its one epoch is" : "all its epochs are");
		break;
	case DUEL_CLEAR:
		str_add(out, " The duel is over: the difference is clear.");
		break;
	case DUEL_ENDED:
		str_add(out, " The duel is over: it was ended by hand.");
		break;
	case DUEL_BROKEN:
		str_addf(out, " The duel is over: %s.", d->why);
		break;
	}
}
