/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/option.h"

#include "base/near.h"
#include "base/str.h"
#include "engine/data/relabel.h"
#include "engine/model/loss.h"

#include <string.h>

static const char *const iemocap_labels[] = {"ang", "hap", "neu", "sad", NULL};
static const char *const meld_labels[] = {"anger",   "disgust", "fear",     "joy",
					  "neutral", "sadness", "surprise", NULL};

/* Which layout the data has: the IEMOCAP folder or three lists, not both. */
static int resolve_layout(struct settings *s, struct err *e)
{
	const struct {
		const char *key, *path;
	} list[] = {{"exp.train_csv", s->exp.train_csv},
		    {"exp.dev_csv", s->exp.dev_csv},
		    {"exp.test_csv", s->exp.test_csv}};
	const char *given = NULL, *missing = NULL;

	for (int i = 0; i < 3; i++) {
		if (*list[i].path)
			given = list[i].key;
		else if (!missing)
			missing = list[i].key;
	}
	if (*s->exp.iemocap_csv && given)
		return err_set(
			e,
			"exp.iemocap_csv: given together with %s; keep either the IEMOCAP folder "
			"or the lists exp.train_csv, exp.dev_csv, exp.test_csv",
			given);
	if (!*s->exp.iemocap_csv && !given)
		return err_set(e, "exp.iemocap_csv: missing; give the folder of the IEMOCAP lists, "
				  "or exp.train_csv, exp.dev_csv and exp.test_csv");
	if (given && missing)
		return err_set(e,
			       "%s: missing; %s needs exp.train_csv, exp.dev_csv and "
			       "exp.test_csv together",
			       missing, given);
	s->layout = given ? LAYOUT_LISTS : LAYOUT_IEMOCAP;
	if (!*s->exp.audio_dir)
		return err_set(e, "exp.audio_dir: missing; give the folder of the speech features");
	if (!*s->exp.text_dir)
		return err_set(e, "exp.text_dir: missing; give the folder of the text features");
	if (s->layout == LAYOUT_LISTS &&
	    (s->exp.protocol == PROTOCOL_HOLDOUT || s->exp.protocol == PROTOCOL_SESSION))
		return err_set(e, "exp.protocol: holdout and session divide the sessions of "
				  "exp.iemocap_csv; lists have a dev list: set reference or fixed");
	return 0;
}

static int resolve_labels(struct settings *s, struct err *e)
{
	const char *const *label = s->layout == LAYOUT_IEMOCAP ? iemocap_labels : meld_labels;

	if (!s->exp.nlabels) {
		for (; *label; label++) {
			if (option_add_label(s, *label, strlen(*label), e))
				return -1;
		}
	}
	if (s->exp.nlabels < 2)
		return err_set(e, "exp.labels: expected 2 labels or more; found '%s' alone",
			       s->exp.labels[0]);
	if (!s->model.num_classes)
		s->model.num_classes = s->exp.nlabels;
	if (s->model.num_classes != s->exp.nlabels)
		return err_set(e,
			       "model.num_classes: %d, but exp.labels has %d labels; set them to "
			       "agree, or leave model.num_classes out",
			       s->model.num_classes, s->exp.nlabels);
	return 0;
}

static bool is_label(const struct settings *s, const char *label)
{
	for (int i = 0; i < s->exp.nlabels; i++)
		if (strcmp(s->exp.labels[i], label) == 0)
			return true;
	return false;
}

static int refuse_target(const struct settings *s, const char *from, const char *to, struct err *e)
{
	const struct label_map *m = &s->exp.map;
	const char *near = relabel_near(s, to);
	struct str known = {0}, advice = {0};

	if (near_distance(to, LABEL_DROP) <= 1)
		near = LABEL_DROP;
	for (int i = 0; i < s->exp.nlabels; i++)
		str_addf(&known, "%s%s", i ? ", " : "", s->exp.labels[i]);
	for (int i = 0; i < m->n; i++)
		if (strcmp(m->at[i].from, to) == 0 && strcmp(from, to) != 0)
			str_addf(&advice, "a label is mapped once: give %s=%s", from, m->at[i].to);
	if (!advice.len && near)
		str_addf(&advice, "did you mean %s?", near);
	err_set(e, "exp.map: %s: expected drop or one of %s (exp.labels); found '%s'%s%s", from,
		known.s, to, advice.len ? "; " : "", str_text(&advice));
	str_free(&known);
	str_free(&advice);
	return -1;
}

/* Each target of exp.map is a class, or drops the row. */
static int check_map(const struct settings *s, struct err *e)
{
	const struct label_map *m = &s->exp.map;
	bool drops_class = is_label(s, LABEL_DROP);

	for (int i = 0; i < m->n; i++) {
		const char *from = m->at[i].from, *to = m->at[i].to;

		if (strcmp(to, LABEL_DROP) == 0 && drops_class)
			return err_set(
				e,
				"exp.map: %s: %s leaves rows out, but exp.labels has a class "
				"of that name; rename the class",
				from, to);
		if (strcmp(to, LABEL_DROP) != 0 && !is_label(s, to))
			return refuse_target(s, from, to, e);
	}
	return 0;
}

/* Each head of the cross attention takes an equal share of the states' width. */
static int check_heads(const struct settings *s, const char *key, int hidden, struct err *e)
{
	if (!s->model.cross_attention || 2 * hidden % s->model.num_heads == 0)
		return 0;
	return err_set(e,
		       "model.num_heads: %d does not divide 2 x %s = %d; choose a number of heads "
		       "that does",
		       s->model.num_heads, key, 2 * hidden);
}

/* Vectors of two modalities are compared value by value, if the loss does so at all. */
static int check_alignments(const struct settings *s, struct err *e)
{
	struct str keys = {0};
	bool weighted = false;
	int failed = 0;

	for (int t = 0; t < TERMS; t++) {
		const struct loss_term *l = &loss_term[t];

		if (!l->aligns || pool_modality(l->pair[0]) == pool_modality(l->pair[1]))
			continue;
		weighted |= loss_weight(s, (enum term)t) != 0;
		str_addf(&keys, "%s%s", keys.len ? " and " : "", l->key);
	}
	if (weighted && s->model.hidden_size1 != s->model.hidden_size2)
		failed = err_set(
			e,
			"model.hidden_size2: %d differs from model.hidden_size1 = %d, and vectors "
			"of different width cannot be aligned; make them equal, or set %s to 0",
			s->model.hidden_size2, s->model.hidden_size1, keys.s);
	str_free(&keys);
	return failed;
}

static int resolve_model(struct settings *s, struct err *e)
{
	if (!s->model.head)
		s->model.head = s->layout == LAYOUT_IEMOCAP ? 64 : 128;
	if (s->train.loss.form == FORM_AUTO)
		s->train.loss.form = s->layout == LAYOUT_IEMOCAP ? FORM_SQUARED : FORM_NORM;
	if (s->model.direction != 2)
		return err_set(e, "model.direction: %d, but the model is bidirectional; set 2",
			       s->model.direction);
	if (check_heads(s, "model.hidden_size1", s->model.hidden_size1, e) ||
	    check_heads(s, "model.hidden_size2", s->model.hidden_size2, e))
		return -1;
	return check_alignments(s, e);
}

/* A weight's label is a class, and some class counts. */
static int check_class_weight(const struct settings *s, struct err *e)
{
	const struct class_weight *w = &s->train.class_weight;
	int zeros = 0;

	for (int i = 0; i < w->n; i++) {
		struct near n = near_to(w->label[i]);
		bool known = false;

		for (int c = 0; c < s->exp.nlabels; c++) {
			near_try(&n, s->exp.labels[c]);
			known |= strcmp(s->exp.labels[c], w->label[i]) == 0;
		}
		if (!known)
			return err_set(e, "train.class_weight: '%s' is not one of exp.labels%s%s%s",
				       w->label[i], n.best ? "; did you mean " : "",
				       n.best ? n.best : "; `miust check` lists them",
				       n.best ? "?" : "");
		zeros += w->weight[i] == 0;
	}
	if (zeros == s->exp.nlabels)
		return err_set(e, "train.class_weight: all classes weigh 0, so there would be "
				  "nothing to learn; give one of them more");
	return 0;
}

/* Which checkpoint is kept. Under the protocol fixed it is the last, whatever is set: what
 * a config says besides its default must not be ignored in silence. */
static int check_selection(const struct settings *s, struct err *e)
{
	const char *key = s->train.select != SELECT_WA            ? "train.select"
			  : s->train.select_from != 1             ? "train.select_from"
			  : s->train.min_delta != 0               ? "train.min_delta"
			  : s->train.schedule == SCHEDULE_PLATEAU ? "train.schedule"
								  : NULL;

	if (s->exp.protocol == PROTOCOL_FIXED && key)
		return err_set(e,
			       "%s: exp.protocol: fixed has no validation part to go by and keeps "
			       "the last epoch; leave %s out, or choose another protocol",
			       key, key);
	if (s->train.select_from > s->train.epoch)
		return err_set(
			e,
			"train.select_from: %d is beyond the last epoch (train.epoch: %d), so "
			"no checkpoint would be kept; set %d or less",
			s->train.select_from, s->train.epoch, s->train.epoch);
	if (s->train.warmup >= s->train.epoch)
		return err_set(
			e,
			"train.warmup: %d leaves no epoch for the schedule (train.epoch: %d); "
			"set %d or less",
			s->train.warmup, s->train.epoch, s->train.epoch - 1);
	return 0;
}

int options_resolve(struct settings *s, struct err *e)
{
	struct settings r = *s;

	if (resolve_layout(&r, e) || resolve_labels(&r, e) || check_map(&r, e) ||
	    check_class_weight(&r, e) || check_selection(&r, e) || resolve_model(&r, e))
		return -1;
	*s = r;
	return 0;
}
