/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/steer_private.h"

#include "app/config/setting.h"
#include "base/mem.h"
#include "base/str.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void steer_position(const struct state *s, int *fold, int *epoch, int *step)
{
	*fold = s->fold;
	*epoch = s->ended ? s->epoch + 1 : s->epoch;
	*step = s->step + 1;
}

void steer_close(struct steer *s)
{
	changes_free(&s->replay);
	changes_free(&s->lines);
	schedule_end(&s->log);
	str_free(&s->begin);
	free(s->epoch_steps);
	*s = (struct steer){0};
}

/* ---- a fold begins or goes on ---- */

/* Is a setting changed in this fold? */
static bool has_changes(const struct changes *c, int fold)
{
	for (int i = 0; i < c->n; i++)
		if (c->at[i].fold == fold && setting_is_command(c->at[i].command))
			return true;
	return false;
}

/* What --replay says of a fold, after all its rewinds. */
static int add_replayed(struct steer *s, int fold, struct changes *to, struct err *e)
{
	int each = schedule_each(s, fold, e), end;
	struct changes its;

	if (each < 0)
		return -1;
	changes_follow(&its, &s->replay, fold, INT_MAX, each, &end);
	for (int i = 0; i < its.n; i++)
		changes_insert(to, &its.at[i]);
	changes_free(&its);
	return 0;
}

/* Do live changes of this fold apply to no other? */
static bool stays_there(const struct steer *s, int fold)
{
	return (s->at_once && s->at_once(s->ctx, fold)) ||
	       session_trains_elsewhere(s->session, fold);
}

/* What the fold takes over of the earlier ones, into `its` and s->begin. */
static int take_over(struct steer *s, int fold, struct changes *its, struct err *e)
{
	struct changes earlier = {0}, stored;
	int failed = 0;

	if (session_in_force(s->session, s->base, &stored, e))
		return -1;
	for (int f = split_fold(s->corpus, 0); f < fold && !failed; f++) {
		if ((has_changes(&stored, f) || has_changes(&s->replay, f)) && stays_there(s, f)) {
			failed = add_replayed(s, f, &earlier, e);
			continue;
		}
		for (int i = 0; i < stored.n; i++)
			if (stored.at[i].fold == f)
				changes_insert(&earlier, &stored.at[i]);
	}
	if (!failed)
		changes_begin(its, &s->begin, &earlier, fold, s->base);
	changes_free(&earlier);
	changes_free(&stored);
	return failed;
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

/* The lines are right as a whole. */
static int check_lines(struct steer *s, struct err *e)
{
	struct schedule log;
	int failed;

	schedule_begin(&log, s->corpus, s->base);
	failed = schedule_check_all(s, &s->lines, NULL, &log, e);
	schedule_end(&log);
	return failed;
}

/* The rewind that is the last in the past; NULL: none is. */
static const struct change *last_rewind(const struct steer *s)
{
	int past = 0;

	for (int i = 0; i < s->lines.n && s->rewinds > 0; i++)
		if (change_is_rewind(&s->lines.at[i]) && ++past == s->rewinds)
			return &s->lines.at[i];
	return NULL;
}

/* What is followed until the next rewind; of a fold that has been read. */
static int follow(struct steer *s, int fold, struct err *e)
{
	int each = schedule_each(s, fold, e), has = changes_rewinds(&s->lines, fold);
	const struct change *last;
	struct rewind r;

	if (each < 0)
		return -1;
	s->rewinds = s->rewinds < has ? s->rewinds : has;
	last = last_rewind(s);
	schedule_end(&s->log);
	schedule_begin(&s->log, s->corpus, s->base);
	changes_follow(&s->log.list, &s->lines, fold, s->rewinds, each, &s->end);
	schedule_mark_own(&s->log, s->corpus, &s->log.list);
	if (last && change_rewind(&r, last, e))
		return -1;
	if (last)
		s->log.from[schedule_place(s->corpus, fold)] = rewind_step(&r, each);
	return apply_begin(s, e);
}

int steer_fold(struct steer *s, int fold, struct err *e)
{
	struct changes stored;
	int failed = 0;

	str_reset(&s->begin);
	changes_free(&s->lines);
	s->rewinds = 0;
	if (session_changes(s->session, s->base, &stored, e))
		return -1;
	if (changes_have_earlier(&stored, fold) && !changes_have_begin(&stored, fold))
		failed = take_over(s, fold, &s->lines, e);
	for (int i = 0; i < stored.n; i++)
		if (stored.at[i].fold == fold)
			changes_add(&s->lines, &stored.at[i]);
	failed = failed || check_lines(s, e) || follow(s, fold, e);
	changes_free(&stored);
	return failed ? -1 : 0;
}

int steer_after(struct steer *s, int *rewinds, struct err *e)
{
	s->rewinds = *rewinds;
	if (follow(s, s->trainer->state.fold, e))
		return -1;
	s->trainer->set = *s->set;
	*rewinds = s->rewinds;
	return 0;
}

int steer_store(struct steer *s, int fold, struct err *e)
{
	if (s->begin.len && session_log_first(s->session, fold, &s->begin, e))
		return -1;
	str_reset(&s->begin);
	return 0;
}

/* ---- following ---- */

int steer_apply(struct steer *s, const struct change *c, struct err *e)
{
	const struct option *o;

	if (schedule_apply_set(s->set, c->command, &o, e))
		return -1;
	s->trainer->set = *s->set;
	return 0;
}

void steer_tell(const struct steer *s, const struct change *c)
{
	if (s->changed)
		s->changed(s->ctx, c);
}

/* Whatever is due up to a step. */
static int take_due(struct steer *s, int step, bool quiet, bool *fold_ends, struct err *e)
{
	const struct changes *log = &s->log.list;
	int fold = s->trainer->state.fold;

	for (; s->next < log->n; s->next++) {
		const struct change *c = &log->at[s->next];
		/* A run that goes on has had the earlier ones in force before. */
		bool now = schedule_from(c, fold, step) == 0 && !quiet;

		if (schedule_from(c, fold, step) > 0)
			break;
		if (setting_is_command(c->command) && steer_apply(s, c, e))
			return -1;
		if (setting_is_command(c->command) && now)
			steer_tell(s, c);
		if (change_is_branch(c) && now && s->branch)
			s->branch(s->ctx, c);
		if (strcmp(c->command, "fold") == 0 && now && s->end < 0)
			*fold_ends = true;
	}
	return 0;
}

int steer_due(struct steer *s, bool *fold_ends, struct err *e)
{
	return take_due(s, s->trainer->state.step + 1, false, fold_ends, e);
}

/* ---- going back ---- */

int steer_rewind_due(struct steer *s, struct rewind *r, struct err *e)
{
	const struct change *c = s->end < 0 ? NULL : &s->lines.at[s->end];
	int from = c ? schedule_from(c, c->fold, s->trainer->state.step + 1) : 1;

	if (from > 0)
		return 0;
	if (from == 0)
		return change_rewind(r, c, e) ? -1 : 1;
	return schedule_error(s, c, NULL,
			      "the fold has gone on after this rewind without it; remove the line, "
			      "or state.safetensors to train the fold again",
			      e);
}

int steer_rewound_to(const struct steer *s)
{
	return s->log.from[schedule_place(s->corpus, s->trainer->state.fold)];
}

void steer_restart(struct steer *s, struct steer_kept *kept)
{
	struct err ignored = {0}; /* it was in force before */

	*kept = (struct steer_kept){.set = *s->set, .next = s->next};
	apply_begin(s, &ignored);
	s->trainer->set = *s->set;
}

void steer_back(struct steer *s, const struct steer_kept *kept)
{
	*s->set = kept->set;
	s->next = kept->next;
	s->trainer->set = *s->set;
}

int steer_again(struct steer *s, bool next, struct err *e)
{
	bool ignored;

	return take_due(s, s->trainer->state.step + next, true, &ignored, e);
}
