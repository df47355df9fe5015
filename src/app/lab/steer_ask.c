/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the person asks for: logged, then in force. */
#include "app/lab/steer_private.h"

#include "app/config/setting.h"
#include "base/str.h"

#include <limits.h>
#include <stdlib.h>

/* Lines of the log that is open, or, once the run has stopped, of the fold's file. All are on
 * the disk together, or the log is as it was. */
static int store_lines(struct steer *s, int fold, const struct str *lines, struct err *e)
{
	struct session *to = s->session;
	struct err ignored = {0};

	if (session_check_held(to, e) || session_log_end(to, fold, &s->log_end, e))
		return -1;
	if ((to->commands ? changes_write(to->commands, lines, e)
			  : session_log(to, fold, lines, e)) == 0)
		return 0;
	session_log_cut(to, fold, s->log_end, &ignored);
	return -1;
}

/* Write a change of now or later, then remember it. */
static int note(struct steer *s, const struct change *c, const char *was,
		const struct settings *after, struct err *e)
{
	struct str line = {0};
	int failed;

	change_line(&line, c, was);
	failed = store_lines(s, c->fold, &line, e);
	str_free(&line);
	if (failed)
		return -1;
	changes_add(&s->lines, c);
	schedule_insert(&s->log, c, after);
	return 0;
}

/* Where a change that is given now applies: at the step that comes next, or the next epoch. */
static void place(const struct steer *s, const struct option *o, struct change *c)
{
	const struct trainer *t = s->trainer;

	steer_position(&t->state, &c->fold, &c->epoch, &c->step);
	if (o->when == WHEN_EPOCH && !t->state.ended) {
		c->epoch++;
		c->step += trainer_steps_per_epoch(t) - t->state.in_epoch;
	}
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

/* Who asked for it; a rule is asked for by nobody. */
static long asked_by(const struct steer *s, const struct rewind *r)
{
	return r->why == REWIND_ASKED ? s->asked_by : 0;
}

/* The line of a rewind from `now`. */
static void add_rewind(const struct steer *s, struct changes *to, const struct state *now,
		       const struct rewind *r)
{
	struct change c = {.by = asked_by(s, r)};
	struct str command = {0};

	rewind_command(&command, r);
	c.command = command.s;
	steer_position(now, &c.fold, &c.epoch, &c.step);
	/* Its evaluation has failed. */
	if (!now->ended && now->in_epoch == trainer_steps_per_epoch(s->trainer))
		c.epoch++;
	changes_add(to, &c);
	str_free(&command);
}

/* The changes that follow it, "set KEY VALUE": a rule's. */
static int add_following(const struct steer *s, struct changes *to, const char *const *then,
			 struct err *e)
{
	for (; then && *then; then++) {
		struct change c = {.command = (char *)*then};
		struct setting x;

		if (!setting_of_command(&x, *then) || setting_live(&x, e))
			return -1;
		place(s, x.o, &c);
		changes_add(to, &c);
	}
	return 0;
}

/* As lines of the log, each right as one after those before. */
static int lines_of(struct steer *s, const struct changes *c, struct str *lines, struct err *e)
{
	struct schedule log;
	char was[OPTION_TEXT];
	int failed;

	schedule_begin(&log, s->corpus, s->base);
	failed = schedule_check_all(s, &s->lines, NULL, &log, e);
	for (int i = 0; i < c->n && !failed; i++) {
		failed = schedule_add(s, &log, &c->at[i], was, sizeof was, e);
		if (!failed)
			change_line(lines, &c->at[i], was);
	}
	schedule_end(&log);
	return failed ? -1 : 0;
}

int steer_rewind(struct steer *s, const struct state *now, const struct rewind *r,
		 const char *const *then, struct err *e)
{
	struct changes c = {0};
	struct str lines = {0};
	int failed;

	add_rewind(s, &c, now, r);
	failed = steer_free(s, e) || add_following(s, &c, then, e) || lines_of(s, &c, &lines, e) ||
		 store_lines(s, now->fold, &lines, e);
	if (!failed)
		s->end = s->lines.n;
	for (int i = 0; i < c.n && !failed; i++)
		changes_add(&s->lines, &c.at[i]);
	str_free(&lines);
	changes_free(&c);
	return failed ? -1 : 0;
}

int steer_rewind_undo(struct steer *s, struct err *e)
{
	BUG_ON(s->end < 0);
	if (session_log_cut(s->session, s->lines.at[s->end].fold, s->log_end, e))
		return -1;
	while (s->lines.n > s->end)
		free(s->lines.at[--s->lines.n].command);
	s->end = -1;
	return 0;
}

static int ask(struct steer *s, const char *command, bool undoes, struct err *e)
{
	const struct trainer *t = s->trainer;
	struct settings set = *s->set, after;
	struct change c = {.command = (char *)command, .by = s->asked_by, .undoes = undoes};
	const struct option *o;
	char was[OPTION_TEXT];

	if (steer_free(s, e) || schedule_apply_set(&set, command, &o, e))
		return -1;
	place(s, o, &c);
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

int steer_command(struct steer *s, const char *command, struct err *e)
{
	return ask(s, command, false, e);
}

/* ---- taken back ---- */

/* Lines of the fold, from the last to the first, without those that a rewind has left or that
 * are still to come. */
struct back {
	const struct steer *s;
	int at;   /* lines.at[at] is the line */
	int most; /* the last step whose changes no rewind has left */
};

static struct back back_begin(const struct steer *s)
{
	return (struct back){s, s->end < 0 ? s->lines.n : s->end, INT_MAX};
}

/* It was asked for, or is in force: a log that is followed may say more of later steps. */
static bool has_come(const struct steer *s, const struct change *c)
{
	struct change now = {0};
	struct setting x;

	if (c->step <= s->trainer->state.step + 1)
		return true;
	setting_of_command(&x, c->command);
	if (x.o)
		place(s, x.o, &now);
	return c->step <= now.step;
}

/* The next of them that changes a setting; false: there is none. */
static bool back_next(struct back *b, const struct change **c)
{
	const struct changes *l = &b->s->lines;
	struct err ignored = {0};
	struct rewind r;

	while (b->at > 0) {
		int i = --b->at;
		int each = trainer_steps_per_epoch(b->s->trainer);

		*c = &l->at[i];
		if (change_is_rewind(*c) && change_rewind(&r, *c, &ignored) == 0 &&
		    rewind_step(&r, each) < b->most)
			b->most = rewind_step(&r, each);
		if (setting_is_command((*c)->command) && has_come(b->s, *c) &&
		    ((*c)->step <= b->most || changes_taken_over(l, i)))
			return true;
	}
	return false;
}

/* The last change that has not been taken back; *b goes on before it. NULL: there is none. */
static const struct change *last_change(struct back *b)
{
	const struct change *c;
	int taken_back = 0;

	while (back_next(b, &c)) {
		if (!c->undoes && taken_back == 0)
			return c;
		taken_back += c->undoes ? 1 : -1;
	}
	return NULL;
}

/* *b goes on before the change. */
static bool find_undoable(struct back *b, struct undoable *u)
{
	const struct change *c = last_change(b);
	struct setting x;

	if (!c)
		return false;
	setting_of_command(&x, c->command);
	*u = (struct undoable){.o = x.o,
			       .step = changes_taken_over(&b->s->lines, b->at) ? 0 : c->step};
	return true;
}

bool steer_undoable(const struct steer *s, struct undoable *u)
{
	struct back b = back_begin(s);

	return find_undoable(&b, u);
}

/* What was in force before: a line that changed it, or the configuration. */
int steer_undo(struct steer *s, char *command, size_t n, struct err *e)
{
	struct back b = back_begin(s);
	const struct change *before;
	struct undoable u;
	struct setting x;

	if (!find_undoable(&b, &u))
		return err_set(e, "no change to take back");
	setting_command_back(u.o, s->base, command, n);
	while (back_next(&b, &before))
		if (setting_of_command(&x, before->command) && x.o == u.o) {
			str_fit(command, n, before->command);
			break;
		}
	return ask(s, command, true, e);
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

void steer_then(const struct steer *s, int step, struct settings *set)
{
	const struct changes *log = &s->log.list;
	const struct option *o;
	struct err ignored = {0};

	*set = *s->base;
	for (int i = 0; i < log->n; i++)
		if ((log->at[i].step <= step || changes_taken_over(log, i)) &&
		    setting_is_command(log->at[i].command))
			schedule_apply_set(set, log->at[i].command, &o, &ignored);
}

void steer_after_pending(const struct steer *s, struct settings *set)
{
	steer_at(s, INT_MAX, set);
}
