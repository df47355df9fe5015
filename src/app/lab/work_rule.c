/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule by which a run goes back when its loss spikes. */
#include "app/lab/work_private.h"

#include "base/str.h"

bool work_on_rollback(void *ctx, struct rollback *rule)
{
	struct work_run *run = ctx;

	pthread_mutex_lock(&run->work->lock);
	*rule = run->rule;
	pthread_mutex_unlock(&run->work->lock);
	return rule->back;
}

void work_rollback(struct work *w, const struct rollback *rule)
{
	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < w->runs; i++) {
		w->run[i]->rule = *rule;
		w->run[i]->rule_own = false;
	}
	pthread_mutex_unlock(&w->lock);
}

/* ---- that of one run ---- */

static void add_rule(const struct rollback *rule, struct str *out)
{
	str_add(out, "on spike ");
	if (rule->back)
		rollback_text(rule, out);
	else
		str_add(out, "off");
}

int work_take_rule(struct work_run *run, const char *args, struct err *e)
{
	struct rollback rule;

	if (rollback_order(&rule, args, e))
		return -1;
	pthread_mutex_lock(&run->work->lock);
	run->rule = rule;
	run->rule_own = true;
	pthread_mutex_unlock(&run->work->lock);
	return 0;
}

void work_set_rule(struct work_run *run, const struct request *r, struct err *e)
{
	struct rollback rule;
	struct str text = {0};

	if (*r->text && work_take_rule(run, r->text, e))
		return;
	if (work_on_rollback(run, &rule))
		add_rule(&rule, &text);
	else
		str_add(&text, "no rule for spikes; on spike rewind 1 epoch, lr x0.5 sets one");
	work_reply(run, r, e, text.s);
	str_free(&text);
}

void work_rule_text(const struct work_run *run, struct str *out)
{
	struct rollback rule;
	bool own;

	pthread_mutex_lock(&run->work->lock);
	rule = run->rule;
	own = run->rule_own;
	pthread_mutex_unlock(&run->work->lock);
	if (!own)
		return;
	add_rule(&rule, out);
	str_add(out, "\n");
}
