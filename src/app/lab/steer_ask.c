/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the person asks for: logged, then in force. */
#include "app/lab/steer_private.h"

#include "app/config/setting.h"
#include "base/str.h"

#include <limits.h>
#include <stdlib.h>

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

/* On the disk, or the log is as it was. */
static int store_line(struct steer *s, const struct change *c, const char *was, struct err *e)
{
	struct err ignored = {0};

	if (session_check_held(s->session, e) ||
	    session_log_end(s->session, c->fold, &s->log_end, e))
		return -1;
	if (write_change(s, c, was, e) == 0)
		return 0;
	session_log_cut(s->session, c->fold, s->log_end, &ignored);
	return -1;
}

/* Write a change of now or later, then remember it. */
static int note(struct steer *s, const struct change *c, const char *was,
		const struct settings *after, struct err *e)
{
	if (store_line(s, c, was, e))
		return -1;
	changes_add(&s->lines, c);
	schedule_insert(&s->log, c, after);
	return 0;
}

int steer_free(const struct steer *s, struct err *e)
{
	const struct change *c = s->end < 0 ? NULL : &s->lines.at[s->end];

	if (!c)
		return 0;
	return err_set(e,
		       "the run repeats its log, which goes back before epoch %d, step %d (%s); "
		       "changes can be made after that",
		       c->epoch, c->step, c->command);
}

int steer_rewind(struct steer *s, const struct state *now, const struct rewind *r, struct err *e)
{
	struct change c = {.by = s->asked_by};
	struct str command = {0};
	struct settings after;
	char was[OPTION_TEXT];
	int failed;

	rewind_command(&command, r);
	c.command = command.s;
	steer_position(now, &c.fold, &c.epoch, &c.step);
	failed = steer_free(s, e) || schedule_check(s, &s->log, &c, was, sizeof was, &after, e) ||
		 store_line(s, &c, "", e);
	if (!failed) {
		s->end = s->lines.n;
		changes_add(&s->lines, &c);
	}
	str_free(&command);
	return failed ? -1 : 0;
}

int steer_rewind_undo(struct steer *s, struct err *e)
{
	const struct change *c = &s->lines.at[s->end];

	BUG_ON(s->end != s->lines.n - 1);
	if (session_log_cut(s->session, c->fold, s->log_end, e))
		return -1;
	free(s->lines.at[--s->lines.n].command);
	s->end = -1;
	return 0;
}

int steer_command(struct steer *s, const char *command, struct err *e)
{
	const struct trainer *t = s->trainer;
	struct settings set = *s->set, after;
	struct change c = {.command = (char *)command, .by = s->asked_by};
	const struct option *o;
	char was[OPTION_TEXT];

	if (steer_free(s, e) || schedule_apply_set(&set, command, &o, e))
		return -1;
	steer_position(&t->state, &c.fold, &c.epoch, &c.step);
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
	if (steer_apply(s, &c, e))
		return -1;
	steer_tell(s, &c);
	return 0;
}

int steer_end_fold(struct steer *s, struct err *e)
{
	return steer_free(s, e) || steer_remark(s, "fold", e) ? -1 : 0;
}

int steer_remark(struct steer *s, const char *line, struct err *e)
{
	struct change c = {.command = (char *)line, .by = s->asked_by};
	struct settings after;

	steer_position(&s->trainer->state, &c.fold, &c.epoch, &c.step);
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

void steer_at(const struct steer *s, int step, struct settings *set)
{
	const struct changes *log = &s->log.list;
	const struct option *o;
	struct err ignored = {0};

	*set = *s->set;
	for (int i = s->next; i < log->n && log->at[i].fold == s->trainer->state.fold; i++)
		if (log->at[i].step <= step && setting_is_command(log->at[i].command))
			schedule_apply_set(set, log->at[i].command, &o, &ignored);
}

void steer_after_pending(const struct steer *s, struct settings *set)
{
	steer_at(s, INT_MAX, set);
}
