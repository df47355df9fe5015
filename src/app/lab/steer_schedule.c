/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of changes in the order they apply, each checked as one after those before. */
#include "app/lab/steer_private.h"

#include "app/config/setting.h"
#include "base/mem.h"
#include "base/near.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What a log may say besides "set KEY VALUE". Only `begin`, `fold` and
 * `rewind` change the figures. */
static const char *const words[] = {"begin", "fold", "rewind", "pause", "resume",
				    "save",  "eval", "branch", "stop"};

/* ---- where a change applies ---- */

int schedule_from(const struct change *c, int fold, int step)
{
	if (c->fold != fold)
		return c->fold < fold ? -1 : 1;
	return (c->step > step) - (c->step < step);
}

void schedule_insert(struct schedule *to, const struct change *c, const struct settings *after)
{
	to->known = changes_insert(&to->list, c) == to->list.n - 1;
	to->after = *after;
	to->fold = c->fold;
}

int schedule_place(const struct corpus *corpus, int fold)
{
	return fold - split_fold(corpus, 0);
}

void schedule_begin(struct schedule *to, const struct corpus *corpus, const struct settings *base)
{
	*to = (struct schedule){.base = base};
	to->own = mem_alloc((size_t)split_folds(corpus), sizeof *to->own);
	to->from = mem_alloc((size_t)split_folds(corpus), sizeof *to->from);
}

void schedule_mark_own(struct schedule *to, const struct corpus *corpus, const struct changes *c)
{
	for (int i = 0; i < c->n; i++)
		if (change_is_begin(&c->at[i]) && split_has_fold(corpus, c->at[i].fold))
			to->own[schedule_place(corpus, c->at[i].fold)] = true;
}

void schedule_end(struct schedule *to)
{
	changes_free(&to->list);
	free(to->own);
	free(to->from);
	*to = (struct schedule){0};
}

/* ---- what a change says ---- */

int schedule_apply_set(struct settings *s, const char *command, const struct option **o,
		       struct err *e)
{
	struct setting x;

	if (!setting_of_command(&x, command) || !x.value)
		return err_set(e, "\"%.100s\": expected set KEY VALUE", command);
	*o = x.o;
	return setting_live(&x, e) || setting_apply(s, &x, e) ? -1 : 0;
}

/* Settings in force before a step: the base and all changes up to there that the fold
 * follows. */
static int settings_at(const struct steer *s, struct settings *set, const struct schedule *log,
		       int fold, int step, struct err *e)
{
	bool own = log->own[schedule_place(s->corpus, fold)];
	const struct changes *l = &log->list;
	const struct option *o;

	*set = *log->base;
	for (int i = 0; i < l->n && schedule_from(&l->at[i], fold, step) <= 0; i++)
		if (setting_is_command(l->at[i].command) && (!own || l->at[i].fold == fold) &&
		    schedule_apply_set(set, l->at[i].command, &o, e))
			return -1;
	return 0;
}

static int check_word(const struct change *c, struct err *e)
{
	size_t len = strcspn(c->command, " \t");
	struct near n;
	char word[32];

	if (change_is_begin(c) && c->step > 1)
		return err_set(e, "begin says what a fold begins with; expected at step 1");

	snprintf(word, sizeof word, "%.*s", (int)len, c->command);
	n = near_to(word);
	near_try(&n, "set");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], word) == 0)
			return 0;
		near_try(&n, words[i]);
	}
	if (n.best)
		return err_set(e, "unknown command %s; did you mean %s?", word, n.best);
	return err_set(e, "unknown command %s; expected set KEY VALUE or fold", word);
}

/* The split is made once. */
int schedule_each(struct steer *s, int fold, struct err *e)
{
	int place = schedule_place(s->corpus, fold);
	struct split sp;

	if (!split_has_fold(s->corpus, fold))
		return err_set(e, "the corpus has no fold %d", fold);
	if (!s->epoch_steps[place]) {
		if (split_make(&sp, s->corpus, s->set, fold, e))
			return -1;
		s->epoch_steps[place] = trainer_steps_of(s->set, sp.n[PART_TRAIN]);
		split_free(&sp);
	}
	return s->epoch_steps[place];
}

/* The fold is one of the corpus, and the step lies in the epoch. */
static int check_position(struct steer *s, const struct change *c, struct err *e)
{
	int each = schedule_each(s, c->fold, e), epoch;

	if (each < 0)
		return -1;
	epoch = each ? (c->step - 1) / each + 1 : 1;
	if (c->epoch != epoch)
		return err_set(e,
			       "step %d of fold %d is in epoch %d, not %d: an epoch has %d step%s; "
			       "is this the log of another run?",
			       c->step, c->fold, epoch, c->epoch, each, each == 1 ? "" : "s");
	return 0;
}

/* The rewind before it has not gone back further, or it could not have been made. */
static int check_order(const struct steer *s, const struct schedule *log, const struct change *c,
		       struct err *e)
{
	int from = log->from[schedule_place(s->corpus, c->fold)];

	if (c->step > from)
		return 0;
	return err_set(e,
		       "step %d of fold %d lies before step %d, which the rewind above this line "
		       "went back to",
		       c->step, c->fold, from + 1);
}

/* It goes back, to a step of an epoch. */
static int check_rewind(struct steer *s, const struct change *c, struct err *e)
{
	int each = schedule_each(s, c->fold, e);
	struct rewind r;

	if (change_rewind(&r, c, e))
		return -1;
	if (r.in_epoch > each)
		return err_set(e, "rewind %d:%d: an epoch of fold %d has %d step%s", r.epoch,
			       r.in_epoch, c->fold, each, each == 1 ? "" : "s");
	if (rewind_step(&r, each) >= c->step - 1)
		return err_set(e, "rewind %d:%d does not go back: its line is before step %d",
			       r.epoch, r.in_epoch, c->step);
	return 0;
}

/* "branch NAME [E:S]": it has a name, and leaves at a step of the past. */
static int check_branch(struct steer *s, const struct change *c, struct err *e)
{
	static const char spaces[] = " \t";
	const char *name = c->command + strlen("branch"), *place;
	int each = schedule_each(s, c->fold, e);
	struct rewind at;

	name += strspn(name, spaces);
	place = name + strcspn(name, spaces);
	place += strspn(place, spaces);
	if (!*name || (*place && !rewind_place(&at, place)))
		return err_set(e, "\"%.100s\": expected branch NAME EPOCH:STEP", c->command);
	if (*place && at.in_epoch > each)
		return err_set(e, "\"%.100s\": an epoch of fold %d has %d step%s", c->command,
			       c->fold, each, each == 1 ? "" : "s");
	if (*place && rewind_step(&at, each) >= c->step)
		return err_set(e, "\"%.100s\" leaves at a step to come: its line is before step %d",
			       c->command, c->step);
	return 0;
}

/* Nearly always that is after the last of them: no need to make them all again. */
int schedule_before(const struct steer *s, struct settings *set, struct schedule *log,
		    const struct change *c, struct err *e)
{
	const struct changes *l = &log->list;

	if (l->n && schedule_from(&l->at[l->n - 1], c->fold, c->step) > 0)
		return settings_at(s, set, log, c->fold, c->step, e);
	if ((!log->known || log->fold != c->fold) &&
	    settings_at(s, &log->after, log, c->fold, INT_MAX, e))
		return -1;
	log->known = true;
	log->fold = c->fold;
	*set = log->after;
	return 0;
}

int schedule_check(struct steer *s, struct schedule *log, const struct change *c, char *was,
		   size_t n, struct settings *after, struct err *e)
{
	const struct option *o;
	struct settings before;

	*was = '\0';
	if (check_position(s, c, e) || check_order(s, log, c, e) ||
	    schedule_before(s, &before, log, c, e))
		return -1;
	*after = before;
	if (change_is_rewind(c))
		return check_rewind(s, c, e);
	if (!setting_is_command(c->command))
		return check_word(c, e) || (change_is_branch(c) && check_branch(s, c, e)) ? -1 : 0;
	if (schedule_apply_set(after, c->command, &o, e))
		return -1;
	option_text(&before, o, was, n);
	return 0;
}

/* The fold goes back: what is no longer in force goes. */
static void go_back(struct schedule *to, const struct steer *s, int fold, const struct rewind *r)
{
	int place = schedule_place(s->corpus, fold), each = s->epoch_steps[place];

	changes_cut(&to->list, fold, r, each);
	to->from[place] = rewind_step(r, each);
	to->known = false;
}

int schedule_error(const struct steer *s, const struct change *c, const char *path, const char *why,
		   struct err *e)
{
	char part[PATH_LEN];

	if (!path && session_part(s->session, c->fold, "commands.log", part, sizeof part, e))
		return -1;
	return err_at(e, path ? path : part, c->line, 0, "%s", why);
}

int schedule_add(struct steer *s, struct schedule *log, const struct change *c, char *was, size_t n,
		 struct err *e)
{
	struct settings after;
	struct rewind r;

	if (schedule_check(s, log, c, was, n, &after, e))
		return -1;
	if (!change_is_rewind(c))
		schedule_insert(log, c, &after);
	else if (change_rewind(&r, c, e) == 0)
		go_back(log, s, c->fold, &r);
	return 0;
}

int schedule_check_all(struct steer *s, const struct changes *read, const char *path,
		       struct schedule *log, struct err *e)
{
	char was[OPTION_TEXT];

	schedule_mark_own(log, s->corpus, read);
	for (int i = 0; i < read->n; i++) {
		struct err why = {0};

		if (schedule_add(s, log, &read->at[i], was, sizeof was, &why))
			return schedule_error(s, &read->at[i], path, why.text, e);
	}
	return 0;
}
