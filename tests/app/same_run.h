/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * same_run: are two runs in memory equal, whatever way they were read? "", or what differs.
 */
#ifndef MIUST_TEST_SAME_RUN_H
#define MIUST_TEST_SAME_RUN_H

#include "app/config/option.h"
#include "app/session/run.h"

#include <stdio.h>
#include <string.h>

static inline bool same_double(double a, double b)
{
	return a == b || (a != a && b != b);
}

static inline bool same_step(const struct step_row *a, const struct step_row *b)
{
	bool same = a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
		    same_double(a->loss, b->loss) && same_double(a->lr, b->lr) &&
		    same_double(a->grad_norm, b->grad_norm);

	for (int t = 0; t < TERMS; t++)
		same = same && same_double(a->term[t], b->term[t]);
	return same;
}

static inline bool same_epoch(const struct epoch_row *a, const struct epoch_row *b)
{
	return a->fold == b->fold && a->epoch == b->epoch &&
	       same_double(a->train_loss, b->train_loss) && same_double(a->val_loss, b->val_loss) &&
	       same_double(a->val.wa, b->val.wa) && same_double(a->val.ua, b->val.ua) &&
	       same_double(a->val.wf1, b->val.wf1) && same_double(a->seconds, b->seconds);
}

static inline bool same_health(const struct health_row *a, const struct health_row *b)
{
	bool same = a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
		    a->sample == b->sample;

	for (int i = 0; i < HEALTH_GROUPS; i++)
		same = same && same_double(a->update[i], b->update[i]) &&
		       same_double(a->gradient[i], b->gradient[i]);
	for (int i = 0; i < HEALTH_PAIRS; i++)
		same = same && same_double(a->cosine[i], b->cosine[i]);
	return same;
}

static inline bool same_history(const struct history *a, const struct history *b)
{
	size_t size = (size_t)a->n * HEADS * (size_t)a->classes;

	if (a->epochs != b->epochs || a->n != b->n || a->classes != b->classes)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->label[i] != b->label[i] || strcmp(a->id[i], b->id[i]) != 0)
			return false;
	for (int i = 0; i < a->epochs; i++)
		if (a->epoch[i] != b->epoch[i] ||
		    memcmp(a->logits + (size_t)i * size, b->logits + (size_t)i * size,
			   size * sizeof *a->logits) != 0)
			return false;
	return true;
}

static inline const char *fold_difference(const struct fold_run *a, const struct fold_run *b)
{
	if (a->fold != b->fold || a->nsteps != b->nsteps || a->nepochs != b->nepochs ||
	    a->nhealth != b->nhealth)
		return "how many rows";
	for (int i = 0; i < a->nhealth; i++)
		if (!same_health(&a->health[i], &b->health[i]))
			return "a measurement";
	for (int i = 0; i < a->nsteps; i++)
		if (!same_step(&a->step[i], &b->step[i]))
			return "a step";
	for (int i = 0; i < a->nepochs; i++)
		if (!same_epoch(&a->epoch[i], &b->epoch[i]))
			return "an epoch";
	if (a->steps_per_epoch != b->steps_per_epoch)
		return "steps_per_epoch";
	if (a->best_epoch != b->best_epoch)
		return "best_epoch";
	if (a->tested != b->tested ||
	    (a->tested &&
	     memcmp(&a->result.confusion, &b->result.confusion, sizeof a->result.confusion) != 0))
		return "the result";
	if (!same_history(&a->val, &b->val))
		return "predictions";
	if (!same_history(&a->test, &b->test))
		return "the test part's predictions";
	if (a->nmarks != b->nmarks)
		return "how many marks";
	for (int i = 0; i < a->nmarks; i++)
		if (a->mark[i].kind != b->mark[i].kind || a->mark[i].epoch != b->mark[i].epoch ||
		    a->mark[i].step != b->mark[i].step ||
		    strcmp(a->mark[i].label, b->mark[i].label) != 0)
			return "a mark";
	return "";
}

static inline const char *run_difference(const struct run *a, const struct run *b)
{
	static char text[96];

	if (a->nfolds != b->nfolds)
		return "how many folds";
	for (int i = 0; i < a->nfolds; i++) {
		const char *d = fold_difference(&a->fold[i], &b->fold[i]);

		snprintf(text, sizeof text, "fold %d: %s", a->fold[i].fold, d);
		if (*d)
			return text;
	}
	for (int i = 0; i < option_count; i++)
		if (!option_equal(&a->set, &b->set, &option_table[i]))
			return option_table[i].key;
	if (a->results.n != b->results.n ||
	    !same_double(a->results.mean.wf1, b->results.mean.wf1) ||
	    !same_double(a->results.sd.wf1, b->results.sd.wf1))
		return "the results";
	if (a->notes.n != b->notes.n)
		return "how many notes";
	for (int i = 0; i < a->notes.n; i++)
		if (strcmp(a->notes.at[i].text, b->notes.at[i].text) != 0)
			return "a note";
	return "";
}

#endif
