/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/steer_private.h"

#include "app/config/setting.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

void steer_position(const struct trainer *t, int *fold, int *epoch, int *step)
{
	*fold = t->state.fold;
	*epoch = t->state.ended ? t->state.epoch + 1 : t->state.epoch;
	*step = t->state.step + 1;
}

/* ---- the log of a seed ---- */

int steer_open(struct steer *s, const char *replay, struct err *e)
{
	struct schedule sorted;
	int failed;

	s->epoch_steps = mem_alloc((size_t)split_folds(s->corpus), sizeof *s->epoch_steps);
	s->path = replay;
	if (!replay)
		return 0;
	schedule_begin(&sorted, s->corpus, s->set);
	failed = changes_read(&s->replay, replay, false, e) ||
		 schedule_check_all(s, &s->replay, replay, &sorted, e);
	schedule_end(&sorted);
	return failed ? -1 : 0;
}

static bool same_change(const struct change *a, const struct change *b)
{
	return a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
	       strcmp(a->command, b->command) == 0;
}

/* missing[i]: the stored log lacks change i of --replay. The same change may
 * be there more than once. Returns how many are missing. */
static int find_missing(const struct changes *replay, const struct changes *stored, bool *missing)
{
	bool *used = mem_alloc((size_t)stored->n, sizeof *used);
	int n = 0;

	for (int i = 0; i < replay->n; i++) {
		int k = 0;

		while (k < stored->n && (used[k] || !same_change(&replay->at[i], &stored->at[k])))
			k++;
		missing[i] = k == stored->n;
		if (missing[i])
			n++;
		else
			used[k] = true;
	}
	free(used);
	return n;
}

/* The lines of one fold. */
static int write_fold(struct steer *s, int fold, const struct str *line, struct err *e)
{
	struct str text = {0};
	int failed;

	for (int i = 0; i < s->replay.n; i++)
		if (s->replay.at[i].fold == fold)
			str_add(&text, str_text(&line[i]));
	failed = text.len && session_log(s->session, fold, &text, e);
	str_free(&text);
	return failed ? -1 : 0;
}

/* Copy what is missing into the folds' logs, in the order of the file, as if a person
 * had asked for it. */
static int import(struct steer *s, struct schedule *log, const bool *missing, struct err *e)
{
	struct str *line = mem_alloc((size_t)s->replay.n, sizeof *line);
	struct settings after;
	char was[OPTION_TEXT];
	int failed = 0;

	for (int i = 0; i < s->replay.n && !failed; i++) {
		const struct change *c = &s->replay.at[i];

		if (!missing[i])
			continue;
		failed = schedule_check(s, log, c, was, sizeof was, &after, e);
		if (failed)
			break;
		change_line(&line[i], c, was);
		schedule_insert(log, c, &after);
	}
	for (int i = 0; i < split_folds(s->corpus) && !failed; i++)
		failed = write_fold(s, split_fold(s->corpus, i), line, e);
	for (int i = 0; i < s->replay.n; i++)
		str_free(&line[i]);
	free(line);
	return failed;
}

static int follow_replay(struct steer *s, struct schedule *log, const struct changes *stored,
			 struct err *e)
{
	bool *missing = mem_alloc((size_t)s->replay.n, sizeof *missing);
	int failed = 0;

	if (find_missing(&s->replay, stored, missing)) {
		for (int i = 0; !failed && session_begun(s->session) && i < s->replay.n; i++)
			if (missing[i])
				failed = err_at(e, s->path, s->replay.at[i].line, 0,
						"%s has begun without this change; replay the log "
						"into a new session",
						s->session->dir);
		failed = failed || import(s, log, missing, e);
	}
	free(missing);
	return failed;
}

int steer_begin(struct steer *s, struct err *e)
{
	struct changes stored;
	struct schedule log;
	int failed;

	memset(s->epoch_steps, 0, (size_t)split_folds(s->corpus) * sizeof *s->epoch_steps);
	if (session_changes(s->session, s->base, &stored, e))
		return -1;
	schedule_begin(&log, s->corpus, s->base);
	schedule_mark_own(&log, s->corpus, &s->replay);
	failed =
		schedule_check_all(s, &stored, NULL, &log, e) || follow_replay(s, &log, &stored, e);
	schedule_end(&log);
	changes_free(&stored);
	return failed ? -1 : 0;
}

void steer_close(struct steer *s)
{
	changes_free(&s->replay);
	schedule_end(&s->log);
	str_free(&s->begin);
	free(s->epoch_steps);
	*s = (struct steer){0};
}

/* ---- a fold begins or goes on ---- */

static bool replay_has(const struct steer *s, const struct change *c)
{
	for (int i = 0; i < s->replay.n; i++)
		if (same_change(&s->replay.at[i], c))
			return true;
	return false;
}

/* What the fold takes over of all that is stored, into `its` and s->begin. */
static void take_over(struct steer *s, int fold, const struct changes *stored, struct changes *its)
{
	struct changes earlier = {0};
	int last = -1;
	bool busy = false; /* fold `last` is trained by another program */

	for (int i = 0; i < stored->n && stored->at[i].fold < fold; i++) {
		const struct change *c = &stored->at[i];

		if (c->fold != last)
			busy = session_trains_elsewhere(s->session, c->fold);
		last = c->fold;
		if (!busy || replay_has(s, c))
			changes_insert(&earlier, c);
	}
	changes_begin(its, &s->begin, &earlier, fold, s->base);
	changes_free(&earlier);
}

/* Up to `begin`, as what the fold is begun with, not as changes. */
static int apply_begin(struct steer *s, struct err *e)
{
	const struct changes *log = &s->log.list;
	const struct option *o;

	*s->set = *s->base;
	for (s->next = 0; s->next < log->n && changes_taken_over(log, s->next); s->next++)
		if (schedule_apply_set(s->set, log->at[s->next].command, &o, e))
			return -1;
	return 0;
}

int steer_fold(struct steer *s, int fold, struct err *e)
{
	struct changes stored, its = {0};
	int failed;

	str_reset(&s->begin);
	schedule_end(&s->log);
	schedule_begin(&s->log, s->corpus, s->base);
	if (session_changes(s->session, s->base, &stored, e))
		return -1;
	if (changes_have_earlier(&stored, fold) && !changes_have_begin(&stored, fold))
		take_over(s, fold, &stored, &its);
	for (int i = 0; i < stored.n; i++)
		if (stored.at[i].fold == fold)
			changes_insert(&its, &stored.at[i]);
	failed = schedule_check_all(s, &its, NULL, &s->log, e) || apply_begin(s, e);
	changes_free(&its);
	changes_free(&stored);
	return failed ? -1 : 0;
}

int steer_store(struct steer *s, int fold, struct err *e)
{
	if (s->begin.len && session_log_first(s->session, fold, &s->begin, e))
		return -1;
	str_reset(&s->begin);
	return 0;
}

/* ---- following ---- */

static int apply(struct steer *s, const struct change *c, struct err *e)
{
	const struct option *o;

	if (schedule_apply_set(s->set, c->command, &o, e))
		return -1;
	s->trainer->set = *s->set;
	return 0;
}

static void tell(const struct steer *s, const struct change *c)
{
	if (s->changed)
		s->changed(s->ctx, c);
}

int steer_due(struct steer *s, bool *fold_ends, struct err *e)
{
	const struct changes *log = &s->log.list;
	int fold, epoch, step;

	steer_position(s->trainer, &fold, &epoch, &step);
	for (; s->next < log->n; s->next++) {
		const struct change *c = &log->at[s->next];
		/* A run that goes on has had the earlier ones in force before. */
		bool now = schedule_from(c, fold, step) == 0;

		if (schedule_from(c, fold, step) > 0)
			break;
		if (setting_is_command(c->command) && apply(s, c, e))
			return -1;
		if (setting_is_command(c->command) && now)
			tell(s, c);
		if (strcmp(c->command, "fold") == 0 && now)
			*fold_ends = true;
	}
	return 0;
}

/* ---- the person ---- */

/* A line of the log that is open, or, once the run has stopped, of the fold's file. */
static int write_change(struct steer *s, const struct change *c, const char *was, struct err *e)
{
	struct str line = {0};
	int failed;

	if (s->session->commands)
		return change_write(s->session->commands, c, was, e);
	change_line(&line, c, was);
	failed = session_log(s->session, c->fold, &line, e);
	str_free(&line);
	return failed;
}

/* Write a change of now or later, then remember it. */
static int note(struct steer *s, const struct change *c, const char *was,
		const struct settings *after, struct err *e)
{
	if (session_check_held(s->session, e) || write_change(s, c, was, e))
		return -1;
	schedule_insert(&s->log, c, after);
	return 0;
}

int steer_command(struct steer *s, const char *command, struct err *e)
{
	const struct trainer *t = s->trainer;
	struct settings set = *s->set, after;
	struct change c = {.command = (char *)command, .by = s->asked_by};
	const struct option *o;
	char was[OPTION_TEXT];

	if (schedule_apply_set(&set, command, &o, e))
		return -1;
	steer_position(t, &c.fold, &c.epoch, &c.step);
	if (o->when == WHEN_EPOCH && !t->state.ended) {
		c.epoch++;
		c.step += trainer_steps_per_epoch(t) - t->state.in_epoch;
	}
	if (schedule_check(s, &s->log, &c, was, sizeof was, &after, e) ||
	    note(s, &c, was, &after, e))
		return -1;
	if (c.step > t->state.step + 1)
		return 0;
	s->next++;
	if (apply(s, &c, e))
		return -1;
	tell(s, &c);
	return 0;
}

int steer_end_fold(struct steer *s, struct err *e)
{
	struct change c = {.command = (char *)"fold", .by = s->asked_by};
	struct settings after;

	steer_position(s->trainer, &c.fold, &c.epoch, &c.step);
	if (schedule_before(s, &after, &s->log, &c, e) || note(s, &c, "", &after, e))
		return -1;
	s->next++;
	return 0;
}

int steer_pending(const struct steer *s, const struct change **last)
{
	const struct changes *log = &s->log.list;
	int n = 0;

	for (int i = s->next; i < log->n && log->at[i].fold == s->trainer->state.fold; i++)
		if (setting_is_command(log->at[i].command)) {
			*last = &log->at[i];
			n++;
		}
	return n;
}

void steer_after_pending(const struct steer *s, struct settings *set)
{
	const struct changes *log = &s->log.list;
	const struct option *o;
	struct err ignored = {0};

	*set = *s->set;
	for (int i = s->next; i < log->n && log->at[i].fold == s->trainer->state.fold; i++)
		if (setting_is_command(log->at[i].command))
			schedule_apply_set(set, log->at[i].command, &o, &ignored);
}
