/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/lab.h"

#include "app/config/option.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* Notes about rows are for `check`. What stopped the reading is in *e as well, and is
 * said at the end. */
static void say_problems(const struct lab_data *d, const struct problems *p, const struct err *e)
{
	struct problem_groups g = problems_grouped(p);

	for (int i = 0; i < g.n; i++) {
		const struct problem_group *at = &g.at[i];
		char *warning = NULL;

		if (at->kind == PROBLEM_WARNING)
			warning = str_format("warning: %s", at->text);
		if (at->kind == PROBLEM_NOTE && !(d->notes && at->rows == 0))
			continue;
		if (strcmp(at->text, e->text) != 0)
			d->say(d->ctx, warning ? warning : at->text);
		free(warning);
	}
	problem_groups_free(&g);
}

static void say_left_out(const struct lab_data *d, const struct corpus *c)
{
	char text[128];
	int known = 0, found;

	for (int i = 0; i < c->nleft; i++)
		known += c->left[i].known;
	found = c->nleft - known;
	snprintf(text, sizeof text,
		 "%d row%s left out as before (left_out in config.yml), %d remain", known,
		 known == 1 ? "" : "s", c->n);
	if (known)
		d->say(d->ctx, text);
	snprintf(text, sizeof text, "%d row%s left out (listed above), %d remain", found,
		 found == 1 ? "" : "s", c->n);
	if (found)
		d->say(d->ctx, text);
}

int lab_read(struct corpus *c, const struct lab_data *d, struct err *e)
{
	struct problems p = {0};
	int failed = corpus_open_known(c, d->set, d->how, d->known->left, d->known->nleft, &p, e);

	if (d->say && !d->look)
		say_problems(d, &p, e);
	if (!failed && !d->look && !(d->how & CORPUS_SKIP_BAD))
		failed = corpus_refuse(c, &p, d->leave_out, e);
	if (failed)
		corpus_close(c);
	else if (d->say && !d->look)
		say_left_out(d, c);
	problems_free(&p);
	return failed ? -1 : 0;
}

/* ---- sharing ---- */

/* Settings of the data that say how its utterances are used, not which there are. */
static bool is_of_use(const char *key)
{
	static const char *const keys[] = {"exp.seed", "exp.protocol", "exp.holdout",
					   "exp.holdout_unit", "exp.normalize"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static bool is_of_data(const char *key)
{
	return strcmp(key, "model.text_feat_dim") == 0 ||
	       strcmp(key, "model.audio_feat_dim") == 0 ||
	       (strncmp(key, "exp.", 4) == 0 && !is_of_use(key));
}

static bool same_data(const struct settings *a, const struct settings *b)
{
	for (int i = 0; i < option_count; i++)
		if (is_of_data(option_table[i].key) && !option_equal(a, b, &option_table[i]))
			return false;
	return true;
}

static bool same_rows(const struct origin *a, const struct origin *b)
{
	if (a->nleft != b->nleft)
		return false;
	for (int i = 0; i < a->nleft; i++)
		if (a->left[i].line != b->left[i].line ||
		    strcmp(a->left[i].part, b->left[i].part) != 0 ||
		    strcmp(a->left[i].id, b->left[i].id) != 0)
			return false;
	return true;
}

/* Read again, it would be what it is: the same rows are left out, or none are known
 * and the others are treated alike. */
static bool fits(const struct lab *lab, const struct lab_data *d)
{
	bool alike =
		d->known->nleft == 0 && lab->fresh && d->how == lab->how && d->look == lab->look;

	return same_data(&lab->set, d->set) && (alike || same_rows(d->known, &lab->now));
}

static struct lab *lab_new(const struct lab_data *d, int threads, struct err *e)
{
	struct lab *lab = mem_alloc(1, sizeof *lab);

	*lab = (struct lab){.set = *d->set,
			    .how = d->how,
			    .look = d->look,
			    .fresh = d->known->nleft == 0,
			    .held = 1};
	if (lab_read(&lab->corpus, d, e))
		goto fail;
	lab->par = par_new(threads, e);
	if (!lab->par)
		goto fail;
	origin_of(&lab->now, &lab->corpus, d->set);
	roster_text(&lab->corpus, d->set, &lab->roster);
	return lab;
fail:
	lab_drop(lab);
	return NULL;
}

struct lab *lab_take(struct lab *have, const struct lab_data *d, int threads, struct err *e)
{
	if (!have || !fits(have, d))
		return lab_new(d, threads, e);
	if (d->say && !d->look)
		say_left_out(d, &have->corpus);
	lab_hold(have);
	return have;
}

void lab_hold(struct lab *lab)
{
	lab->held++;
}

void lab_drop(struct lab *lab)
{
	if (!lab || --lab->held > 0)
		return;
	origin_free(&lab->now);
	str_free(&lab->roster);
	corpus_close(&lab->corpus);
	par_free(lab->par);
	free(lab);
}
