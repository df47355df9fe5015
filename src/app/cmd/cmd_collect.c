/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/session/collect.h"
#include "base/str.h"

enum { MISSING_SHOWN = 20 };

static void add_missing(struct str *b, const struct missing_fold *m)
{
	char who[256];

	str_addf(b, "%d (", m->fold);
	if (m->lock == FOLD_HELD)
		str_addf(b, "%s trains it",
			 m->who.host[0] ? lock_owner_text(&m->who, who, sizeof who)
					: "another program");
	else if (m->lock == FOLD_UNSEEN)
		str_add(b, "its lock may not be read: cannot see who trains it");
	else if (m->epochs)
		str_addf(b, "%s after %d epoch%s", m->lock == FOLD_LEFT ? "broken off" : "stopped",
			 m->epochs, m->epochs == 1 ? "" : "s");
	else
		str_add(b, "no epoch is trained");
	str_add(b, ")");
}

/* "fold 3 (process 17 on node7 since ... trains it), fold 4 (not trained yet)" */
static void add_run(struct str *b, const struct collected *c, const struct collected_run *r,
		    int *shown)
{
	for (int i = 0; i < r->nmissing && *shown < MISSING_SHOWN; i++, ++*shown) {
		str_add(b, *shown ? ", " : "");
		if (c->n > 1)
			str_addf(b, "seed %lld ", (long long)r->set.exp.seed);
		str_add(b, "fold ");
		add_missing(b, &r->missing[i]);
	}
}

static int refuse_missing(const char *root, const struct collected *c, struct err *e)
{
	int missing = collected_missing(c), all = 0, shown = 0;
	struct str text = {0};

	for (int i = 0; i < c->n; i++) {
		add_run(&text, c, &c->run[i], &shown);
		all += c->run[i].folds;
	}
	if (missing > shown)
		str_addf(&text, " and %d more", missing - shown);
	err_set(e, "%s: %d of %d folds %s missing: %s", root, missing, all,
		missing == 1 ? "is" : "are", text.s);
	str_free(&text);
	return -1;
}

/* Their mean is of folds that were not trained alike. */
static void say_changed(const char *root, const struct collected *c)
{
	for (int i = 0; i < c->n; i++)
		if (c->run[i].changed && c->n > 1)
			cli_message("%s: seed %lld: %s", root, (long long)c->run[i].set.exp.seed,
				    c->run[i].changed);
		else if (c->run[i].changed)
			cli_message("%s: %s", root, c->run[i].changed);
}

static int run(const struct args *a, struct err *e)
{
	const char *root = a->operand[0];
	struct collected c;
	int failed = collect_session(&c, root, a->seeds, e);

	if (!failed) {
		if (!c.joined)
			cli_message("%s", c.why);
		say_changed(root, &c);
		collected_print(&c, stdout);
		if (collected_missing(&c))
			failed = refuse_missing(root, &c, e);
	}
	collected_free(&c);
	return failed;
}

const struct command cmd_collect = {
	.name = "collect",
	.operands = "SESSION",
	.least = 1,
	.most = 1,
	.takes = (const enum flag[]){FLAG_SEEDS, FLAG_NONE},
	.help = "Check and print what several programs have trained in a session.",
	.more = "Each of them has trained a fold (train --fold N --resume-or-start). The files\n"
		"are checked, the joined ones brought up to date, and the figures printed as\n"
		"`train` does. The status is 1 if a fold is missing, with its name and who trains\n"
		"it. Without --seeds all seeds that have a folder are meant. More: doc/cluster.md.",
	.run = run,
	.stores = true,
};
