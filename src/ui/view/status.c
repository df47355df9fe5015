/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The status row below a view. */
#include "ui/view/status_private.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum {
	CUT_AT = 12, /* a message cut shorter says nothing */
};

/* ---- status ---- */

static const struct {
	enum glyph sign;
	const char *name;
	enum role role;
	bool runs; /* has a rate and an end; its fields keep their columns */
} states[] = {
	[WORK_LOADING] = {GLYPH_IDLE, "LOADING", ROLE_DIM, false},
	[WORK_WAITING] = {GLYPH_IDLE, "WAITING", ROLE_WARN, false},
	[WORK_RUN] = {GLYPH_RUN, "RUN", ROLE_GOOD, true},
	[WORK_EVAL] = {GLYPH_RUN, "EVAL", ROLE_GOOD, true},
	[WORK_REWINDING] = {GLYPH_RUN, "REWIND", ROLE_WARN, false},
	[WORK_PAUSED] = {GLYPH_PAUSED, "PAUSED", ROLE_WARN, false},
	[WORK_BROKE] = {GLYPH_PAUSED, "BROKE", ROLE_WARN, false},
	[WORK_DIVERGED] = {GLYPH_DIVERGED, "DIVERGED", ROLE_BAD, false},
	[WORK_STOPPING] = {GLYPH_STOPPING, "STOPPING", ROLE_WARN, true},
	[WORK_IDLE] = {GLYPH_IDLE, "IDLE", ROLE_DIM, false},
	[WORK_ELSEWHERE] = {GLYPH_ELSEWHERE, "ELSEWHERE", ROLE_WARN, true},
	[WORK_FAILED] = {GLYPH_DIVERGED, "FAILED", ROLE_BAD, false},
#define STATUS_DONE (WORK_FAILED + 1) /* idle, as all is done */
	[STATUS_DONE] = {GLYPH_DONE, "DONE", ROLE_GOOD, false},
#define STATUS_NONE (WORK_FAILED + 2) /* no run is open */
	[STATUS_NONE] = {GLYPH_IDLE, "NO RUN", ROLE_DIM, false},
#define STATUS_STOPPED (WORK_FAILED + 3) /* idle, and can go on */
	[STATUS_STOPPED] = {GLYPH_STOPPING, "STOPPED", ROLE_DIM, false},
#define STATUS_LEFT (WORK_FAILED + 4) /* the same, but who trained it was killed */
	[STATUS_LEFT] = {GLYPH_DIVERGED, "BROKEN OFF", ROLE_WARN, false},
#define STATUS_UNSEEN (WORK_FAILED + 5) /* idle here, and perhaps trained by somebody else */
	[STATUS_UNSEEN] = {GLYPH_UNSEEN, "UNSEEN", ROLE_WARN, false},
};

bool status_is_unseen(const struct ui *u)
{
	return !ui_no_run(u) && !status_is_done(u) && u->now.state == WORK_IDLE && u->now.unseen;
}

static int state_of(const struct ui *u)
{
	bool idle = u->now.state == WORK_IDLE;

	return ui_no_run(u)                                  ? (int)STATUS_NONE
	       : status_is_done(u)                           ? (int)STATUS_DONE
	       : status_is_unseen(u)                         ? (int)STATUS_UNSEEN
	       : idle && u->now.left                         ? (int)STATUS_LEFT
	       : idle && (u->now.trains || u->now.epoch > 0) ? (int)STATUS_STOPPED
							     : (int)u->now.state;
}

/* A number that grows a column longer takes it from the gap after it. */
static int field_columns(const struct field *f)
{
	int columns = text_width(f->before) + text_width(f->value) + text_width(f->behind);

	if (!f->width)
		return columns;
	return columns - 1 > f->width ? columns - 1 : f->width;
}

static int status_columns(const struct status *s)
{
	int columns = 0;

	for (int i = 0; i < s->n; i++)
		columns += s->field[i].gap + field_columns(&s->field[i]);
	return columns;
}

/* Leave out what goes soonest. False if only what stays is left. */
static bool drop_one(struct status *s)
{
	int at = 0;

	for (int i = 1; i < s->n; i++)
		if (s->field[i].goes < s->field[at].goes)
			at = i;
	if (s->n == 0 || s->field[at].goes == STAYS)
		return false;
	s->n--;
	memmove(&s->field[at], &s->field[at + 1], (size_t)(s->n - at) * sizeof *s->field);
	return true;
}

/* An evaluation takes the space behind its name from the gap: the fields stay
 * where they were while it ran. */
static int state_columns(int state)
{
	if (state == WORK_EVAL)
		state = WORK_RUN;
	return 4 + text_width(states[state].name);
}

static int put_state(struct canvas *row, int state)
{
	struct style style = {states[state].role, ROLE_STATUS, ATTR_REVERSE | ATTR_BOLD};
	int col = canvas_text(row, 0, 0, style, " ");

	col = canvas_put(row, 0, col, style, glyph(row->look->glyphs, states[state].sign));
	canvas_text(row, 0, col, style, " %s ", states[state].name);
	return state_columns(state);
}

static int put_field(struct canvas *row, int col, const struct field *f)
{
	struct style dim = ROLE_ON(ROLE_DIM, ROLE_STATUS), value = ROLE_ON(f->role, ROLE_STATUS);
	int at;

	value.attr = f->bold ? ATTR_BOLD : 0;
	at = canvas_text(row, 0, col, dim, "%s", f->before);
	at = canvas_text(row, 0, at, value, "%s", f->value);
	canvas_text(row, 0, at, dim, "%s", f->behind);
	return col + field_columns(f);
}

/* At the right of a wide row: the message unless it is whole in the key row below, else the
 * change last asked for. False: there is neither. */
static bool put_message(const struct ui *u, struct canvas *row, int room)
{
	const struct snapshot *now = &u->now;
	const char *key = now->pending_key;
	char text[sizeof u->message.text];
	enum role role = u->message.error ? ROLE_BAD : ROLE_TEXT;
	bool below = u->overlay_kind == OVERLAY_NONE && status_below(u, row->cols);

	if (u->message.text[0] && !below) {
		text_cut(text, sizeof text, u->message.text, room < CUT_AT ? 0 : room);
	} else if (now->pending > 0) {
		key += strncmp(key, "train.", 6) == 0 ? 6 : 0;
		snprintf(text, sizeof text, "%s %s", key, now->pending_value);
		role = ROLE_TEXT;
	} else {
		return false;
	}
	if (text_width(text) <= room)
		canvas_text(row, 0, row->cols - 1 - text_width(text), ROLE_ON(role, ROLE_STATUS),
			    "%s", text);
	return true;
}

/* Fields that fit beside the state, with what `n pending` needs. */
static void fit_status(struct status *s, const struct ui *u, int cols)
{
	bool wide = cols >= STATUS_WIDE;
	int state = state_columns(state_of(u));
	int pending = wide && u->now.pending ? 2 + status_digits(u->now.pending) + 8 : wide ? 0 : 4;

	status_make(s, u, states[u->now.state].runs, wide);
	while (state + status_columns(s) + pending + 1 > cols && drop_one(s))
		;
}

bool status_has_message(const struct ui *u, int cols)
{
	struct status s;
	int used;

	if (cols < STATUS_WIDE)
		return false;
	fit_status(&s, u, cols);
	used = state_columns(state_of(u)) + status_columns(&s);
	used += u->now.pending ? 2 + status_digits(u->now.pending) + 8 : 0;
	return used + 3 + text_width(u->message.text) + 1 <= cols;
}

bool status_below(const struct ui *u, int cols)
{
	return u->message.fresh && u->message.text[0] && !status_has_message(u, cols);
}

void status_draw(const struct ui *u, struct canvas *row)
{
	bool wide = row->cols >= STATUS_WIDE;
	struct style warn = ROLE_ON(ROLE_WARN, ROLE_STATUS);
	struct status s;
	char text[32];
	int col;

	fit_status(&s, u, row->cols);
	canvas_ground(row, ROLE_STATUS);
	col = put_state(row, state_of(u));
	for (int i = 0; i < s.n; i++)
		col = put_field(row, col + s.field[i].gap, &s.field[i]);
	if (u->now.pending && wide) {
		col = canvas_text(row, 0, col + 2, warn, "%d pending", u->now.pending);
	} else if (u->now.pending) {
		snprintf(text, sizeof text, "+%d", u->now.pending);
		canvas_text(row, 0, row->cols - 1 - text_width(text), warn, "%s", text);
	}
	if (wide && !put_message(u, row, row->cols - 1 - (col + 3)))
		offers_draw(u, row, col + 3);
}
