/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stops of the tour at what the model does. */
#include "ui/view/tour_private.h"

#include "app/demo/demo.h"
#include "app/study/num.h"
#include "base/util.h"
#include "ui/view/attention_look.h"
#include "ui/view/order.h"

#include <math.h>
#include <string.h>

/* The model has found a part of an utterance if that gets so many times its even share. */
#define FOUND 1.5

enum { PATIENCE = 8 }; /* epochs that a stop waits for */

/* What is misunderstood by the words alone, and not by the voice. */
const char tour_misled[] = "says_text!=true & says_audio=true & pred=true";

/* ---- 1: the curves ---- */

static const char *went(double from, double to)
{
	return to < from ? "fell" : to > from ? "rose" : "stayed";
}

bool tour_see_curves(struct ui *u, bool over, struct str *say)
{
	const struct fold_run *f = ui_fold(u);
	const struct epoch_row *first, *last;
	char a[NUM_LEN], b[NUM_LEN];

	if (!tour_validated(u, over ? 1 : 2))
		return false;
	tour_run(u, "view 1");
	first = &f->epoch[0];
	last = &f->epoch[f->nepochs - 1];
	str_addf(say, "After %d epoch%s the training loss %s from %s to %s", last->epoch,
		 last->epoch == 1 ? "" : "s", went(first->train_loss, last->train_loss),
		 num_value(a, first->train_loss), num_value(b, last->train_loss));
	if (isfinite(first->val.wa) && isfinite(last->val.wa))
		str_addf(say, " and WA on validation %s from %s to %s",
			 went(first->val.wa, last->val.wa), num_value(a, first->val.wa),
			 num_value(b, last->val.wa));
	str_add(say, over ? "." : "; the run pauses while you look.");
	return true;
}

/* ---- 2: a class that is never predicted ---- */

static int64_t column(const struct confusion *m, int c)
{
	int64_t n = 0;

	for (int t = 0; t < m->classes; t++)
		n += m->count[t][c];
	return n;
}

static int64_t row(const struct confusion *m, int c)
{
	int64_t n = 0;

	for (int p = 0; p < m->classes; p++)
		n += m->count[c][p];
	return n;
}

/* A class that occurs and is never predicted, or -1. */
static int never_predicted(const struct confusion *m)
{
	for (int c = 0; c < m->classes; c++)
		if (column(m, c) == 0 && row(m, c) > 0)
			return c;
	return -1;
}

/* The class that most utterances of class c are taken for, -1: all are right. */
static int taken_for(const struct confusion *m, int c)
{
	int most = -1;

	for (int p = 0; p < m->classes; p++)
		if (p != c && m->count[c][p] > (most < 0 ? 0 : m->count[c][most]))
			most = p;
	return most;
}

/* The epoch in which a class is never predicted: the second if there is one then, else
 * the first there is. Its matrix; -1: in none. */
static int epoch_without(const struct history *h, int *epoch, struct confusion *m)
{
	int c = -1;

	for (int i = -1; i < h->epochs && c < 0; i++) {
		*epoch = i < 0 ? 2 : h->epoch[i];
		history_confusion(h, *epoch, HEAD_MAIN, m);
		c = confusion_total(m) ? never_predicted(m) : -1;
	}
	return c;
}

static void say_commonest(const struct ui *u, int epoch, const struct confusion *m, struct str *say)
{
	int worst = -1, as = -1;

	for (int c = 0; c < m->classes; c++) {
		int p = taken_for(m, c);

		if (p >= 0 && (worst < 0 || m->count[c][p] > m->count[worst][as])) {
			worst = c;
			as = p;
		}
	}
	if (worst < 0)
		str_addf(say,
			 "Epoch %d: every utterance of the validation part is right, so all "
			 "counts are on the diagonal.",
			 epoch);
	else
		str_addf(
			say,
			"Epoch %d: rows are what is true, columns what is predicted. The commonest "
			"mistake takes %s for %s, %lld of %lld.",
			epoch, ui_label(u, worst), ui_label(u, as), (long long)m->count[worst][as],
			(long long)row(m, worst));
}

bool tour_see_missing_class(struct ui *u, bool over, struct str *say)
{
	const struct history *h = tour_validated(u, over ? 1 : 2);
	struct confusion m;
	int c, epoch, as;

	if (!h)
		return false;
	c = epoch_without(h, &epoch, &m);
	if (c < 0) {
		epoch = h->epoch[h->epochs - 1];
		history_confusion(h, epoch, HEAD_MAIN, &m);
	}
	tour_run(u, "view 2");
	tour_run(u, "part val");
	tour_run(u, "epoch %d", epoch);
	if (c < 0) {
		say_commonest(u, epoch, &m, say);
		return true;
	}
	as = taken_for(&m, c);
	str_addf(say,
		 "Epoch %d: no utterance is predicted as %s. Its column is empty, and of its %lld "
		 "utterances %lld are taken for %s.",
		 epoch, ui_label(u, c), (long long)row(&m, c), (long long)m.count[c][as],
		 ui_label(u, as));
	return true;
}

/* ---- 3: an utterance that the words mislead ---- */

static struct facts facts_at(const struct ui *u, int i)
{
	return order_facts(u, i);
}

/* Of those listed the longest, which has the most to look at; -1: none. */
static int longest(const struct ui *u)
{
	int best = -1, most = -1;

	for (int r = 0; r < order_n(u); r++) {
		const struct utterance *x = ui_utterance(u, order_at(u, r));
		int frames = x ? x->frames.rows : 0;

		if (frames > most) {
			most = frames;
			best = order_at(u, r);
		}
	}
	return best;
}

/* The first words of its text, or its id. */
static void add_words(const struct ui *u, int i, struct str *say)
{
	const struct utterance *x = ui_utterance(u, i);
	char text[40];

	if (x && x->text && *x->text)
		str_addf(say, "\"%s\"", text_cut(text, sizeof text, x->text, 30));
	else
		str_add(say, ui_history(u)->id[i]);
}

/* Does any utterance of the latest epoch fit? Looked for without touching what is shown. */
static bool misleads(const struct ui *u, const struct history *h)
{
	const struct facts_from from = {
		.h = h, .epoch = h->epoch[h->epochs - 1], .set = &u->run.set};

	for (int i = 0; i < h->n; i++) {
		struct facts f = facts_of(&from, i);

		if (f.known && f.says[HEAD_TEXT] != f.label && f.says[HEAD_AUDIO] == f.label &&
		    f.says[HEAD_MAIN] == f.label)
			return true;
	}
	return false;
}

static void say_misled(const struct ui *u, int i, struct str *say)
{
	struct facts f = facts_at(u, i);
	int n = order_n(u);

	str_add(say, "The words of ");
	add_words(u, i, say);
	str_addf(say, " say %s, its voice says %s, which is true, and so does the model: ",
		 ui_label(u, f.says[HEAD_TEXT]), ui_label(u, f.label));
	if (n == 1)
		str_add(say, "the only one that the filter lists.");
	else
		str_addf(say, "one of %d that the filter lists.", n);
}

static void say_first(const struct ui *u, int i, struct str *say)
{
	struct facts f = facts_at(u, i);
	char p[NUM_LEN];

	add_words(u, i, say);
	str_addf(say,
		 " is %s, and the model says %s with %s: the list is sorted by loss, so its "
		 "first row is the worst.",
		 ui_label(u, f.label), ui_label(u, f.says[HEAD_MAIN]),
		 num_value(p, f.p[HEAD_MAIN][f.says[HEAD_MAIN]]));
}

bool tour_see_misled(struct ui *u, bool over, struct str *say)
{
	const struct history *h = tour_validated(u, 1);
	bool some = h && misleads(u, h);
	int i;

	if (!h || (!some && !over && h->epochs < PATIENCE))
		return false;
	tour_run(u, "view 3");
	tour_run(u, "part val");
	tour_run(u, "epoch last");
	tour_run(u, "slice -");
	tour_run(u, "filter %s", some ? tour_misled : "");
	if (!some && (order_of(u)->sort != COLUMN_LOSS || !order_of(u)->descending))
		tour_run(u, "sort loss");
	if (!some && !order_of(u)->descending) /* it was by loss already, the other way round */
		tour_run(u, "sort loss");
	i = some ? longest(u) : order_n(u) > 0 ? order_at(u, 0) : -1;
	if (i < 0)
		return false;
	tour_run(u, "select utterance %s", ui_history(u)->id[i]);
	if (some)
		say_misled(u, i, say);
	else
		say_first(u, i, say);
	return true;
}

/* ---- 4: one utterance over the epochs ---- */

bool tour_see_utterance(struct ui *u, bool over, struct str *say)
{
	const struct history *h = ui_history(u);
	char from[NUM_LEN], to[NUM_LEN];
	struct facts_from then = {.h = h, .set = &u->run.set};
	struct facts first, now;
	struct err ignored = {0};
	int c;

	(void)over;
	if (!h || u->sel.utt < 0 || u->sel.utt >= h->n)
		return false;
	if (strcmp(order_of(u)->filter, tour_misled) == 0) /* may lose it with the next epoch */
		order_filter(u, "", &ignored);
	tour_run(u, "view 4");
	then.epoch = h->epoch[0];
	first = facts_of(&then, u->sel.utt);
	now = facts_at(u, u->sel.utt);
	c = now.label;
	str_addf(say,
		 "The probability of each class by epoch: %s, which is true, %s from %s to %s. "
		 "Beside it is what words and voice alone say.",
		 ui_label(u, c), went(first.p[HEAD_MAIN][c], now.p[HEAD_MAIN][c]),
		 num_value(from, first.p[HEAD_MAIN][c]), num_value(to, now.p[HEAD_MAIN][c]));
	return true;
}

/* ---- 5: the burst in the heat map ---- */

/* What of the weight that reaches z is on frames from..to - 1, and their share of all. */
static double share(const struct attention *a, int from, int to)
{
	double in = 0, all = 0;

	for (int f = 0; f < a->frames; f++) {
		all += a->frame[0][f];
		in += f >= from && f < to ? a->frame[0][f] : 0;
	}
	return all > 0 ? in / all : 0;
}

/* The 0.4 s that most of it is on, or a third of what there is. */
static void densest(const struct attention *a, int *from, int *to)
{
	int width = max_int(min_int(FRAMES_PER_SECOND * 2 / 5, a->frames / 3), 1);
	double most = -1;

	for (int f = 0; f + width <= a->frames; f++) {
		double x = share(a, f, f + width);

		if (x > most) {
			most = x;
			*from = f;
			*to = f + width;
		}
	}
}

/* A part of the utterance, and what of the attention it gets. */
struct found {
	bool known; /* it is where the demo's burst is; else where most of the attention is */
	int from, to;
	double in, even; /* its share of the attention, and of the frames */
};

static struct found find_burst(const struct ui *u, const struct attention *a)
{
	const char *id = ui_history(u)->id[u->sel.utt];
	double start, end;
	struct found f = {.known = demo_burst(u->run.set.exp.audio_dir, id, &start, &end)};

	if (f.known) {
		f.from = clamp_int((int)lround(start * FRAMES_PER_SECOND), 0, a->frames);
		f.to = clamp_int((int)lround(end * FRAMES_PER_SECOND), f.from, a->frames);
	} else {
		densest(a, &f.from, &f.to);
	}
	f.in = share(a, f.from, f.to);
	f.even = (double)(f.to - f.from) / a->frames;
	return f;
}

static bool is_found(const struct found *f)
{
	return f->in > FOUND * f->even;
}

static void say_burst(const struct found *f, struct str *say)
{
	char x[NUM_LEN], y[NUM_LEN];

	str_addf(say,
		 "%s from %.2f to %.2f s: these %s of the frames get %s of the attention that "
		 "reaches z%s.",
		 f->known ? "This voice has its emotion in a burst"
			  : "The words look most at what is",
		 (double)f->from / FRAMES_PER_SECOND, (double)f->to / FRAMES_PER_SECOND,
		 num_percent(y, f->even, 0), num_percent(x, f->in, 0),
		 !f->known || is_found(f) ? "" : ", so the model has not found it yet");
}

/* It waits until the model has found the burst, but not for ever. */
bool tour_see_burst(struct ui *u, bool over, struct str *say)
{
	const struct look_result *l = ui_seen_plain(u);
	struct attention_weights w;
	struct attention a;
	struct found f;
	bool see;

	if (!attention_there(l))
		return false;
	w = attention_of(l);
	attention_make(&a, &w, HEAD_MEAN);
	f = find_burst(u, &a);
	see = over || !f.known || is_found(&f) || ui_history(u)->epochs >= PATIENCE;
	attention_free(&a);
	if (see) {
		tour_run(u, "view 5");
		say_burst(&f, say);
	}
	return see;
}
