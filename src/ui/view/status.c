/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The status row below a view. */
#include "ui/view/status_private.h"

#include "app/study/num.h"
#include "base/str.h"
#include "ui/view/selected.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

static int state_of(const struct ui *u)
{
	bool idle = u->now.state == WORK_IDLE;

	return ui_no_run(u)                                  ? (int)STATUS_NONE
	       : status_is_done(u)                           ? (int)STATUS_DONE
	       : idle && u->now.unseen                       ? (int)STATUS_UNSEEN
	       : idle && u->now.left                         ? (int)STATUS_LEFT
	       : idle && (u->now.trains || u->now.epoch > 0) ? (int)STATUS_STOPPED
							     : (int)u->now.state;
}

/* What goes first where the row is too narrow; the last stay. */
enum goes {
	GOES_ETA,
	GOES_RATE,
	GOES_PACE,
	GOES_BEST,
	GOES_FOLD,
	GOES_LOSS,
	GOES_OTHERS,
	GOES_SILENCED,
	STAYS
};

struct field {
	const char *before, *behind; /* dim, with the spaces that belong there */
	char value[NUM_LEN];
	enum role role;
	bool bold;
	int gap;   /* spaces before */
	int width; /* least columns: what follows keeps its place when a number shrinks */
	enum goes goes;
};

struct status {
	struct field field[16];
	int n;
};

static struct field *add(struct status *s, const char *before, enum goes goes)
{
	struct field *f = &s->field[s->n++];

	*f = (struct field){
		.before = before, .behind = "", .role = ROLE_STRONG, .gap = 2, .goes = goes};
	return f;
}

/* A number that grows a column longer takes it from the gap after it. */
static int field_columns(const struct field *f)
{
	int columns = text_width(f->before) + text_width(f->value) + text_width(f->behind);

	if (!f->width)
		return columns;
	return columns - 1 > f->width ? columns - 1 : f->width;
}

static int digits(int n)
{
	char text[16];

	return snprintf(text, sizeof text, "%d", n);
}

static void add_count(struct status *s, const char *before, int n, int of, int gap, enum goes goes)
{
	struct field *f = add(s, before, goes);

	snprintf(f->value, sizeof f->value, "%d/%d", n, of);
	f->width = text_width(before) + 2 * digits(of) + 1;
	f->gap = gap;
	f->role = ROLE_TEXT;
}

static void add_position(struct status *s, const struct snapshot *now, bool wide)
{
	enum goes goes = now->hold == WORK_ATTACHED ? STAYS : GOES_FOLD; /* which is steered */
	int gap = wide ? 2 : 1;

	if (now->nfolds > 1)
		add_count(s, wide ? "fold " : "f", now->place, now->nfolds, gap, goes);
	add_count(s, wide ? "epoch " : "e", now->epoch, now->epochs, gap, STAYS);
	s->field[s->n - 1].role = ROLE_STRONG;
	s->field[s->n - 1].bold = true;
	if (now->steps_per_epoch > 0)
		add_count(s, wide ? "step " : "s", now->in_epoch, now->steps_per_epoch, gap, STAYS);
}

static void add_figures(struct status *s, const struct snapshot *now)
{
	bool runs = states[now->state].runs, diverged = now->state == WORK_DIVERGED;
	double loss = diverged ? now->diverged.loss : now->loss;
	struct field *f = add(s, "loss ", GOES_LOSS);
	char best[NUM_LEN];

	f->bold = true;
	f->width = runs ? 10 : 0;
	f->role = diverged ? ROLE_BAD : ROLE_STRONG;
	if (isnan(loss) && !diverged)
		snprintf(f->value, sizeof f->value, NUM_MISSING);
	else
		num_value(f->value, loss);
	if (!(now->best >= 0))
		return;
	f = add(s, selection_label[now->set.train.select], GOES_BEST);
	f->bold = true;
	snprintf(f->value, sizeof f->value, "%10s", num_best(best, now->best, now->best_epoch));
}

static void add_speed(struct status *s, const struct snapshot *now)
{
	struct field *f = add(s, "", GOES_RATE);
	char eta[NUM_LEN];

	if (now->rate > 0)
		snprintf(f->value, sizeof f->value, "%.0f", now->rate);
	else
		snprintf(f->value, sizeof f->value, NUM_MISSING);
	f->behind = " ex/s";
	f->width = 7;
	f->role = ROLE_TEXT;
	if (now->pace > 0) {
		f = add(s, "pace ", GOES_PACE);
		snprintf(f->value, sizeof f->value, "%g", now->pace);
		f->role = ROLE_WARN;
	}
	f = add(s, "ETA ", GOES_ETA);
	snprintf(f->value, sizeof f->value, "%s", num_time(eta, now->eta));
	f->width = 8;
	f->role = ROLE_TEXT;
}

/* The figure that the run was for, and what it was measured on. */
static void add_results(struct status *s, const struct results *r, bool wide)
{
	struct field *f = add(s, r->n == 1 ? "test WF1 " : "", STAYS);

	f->gap = wide ? 2 : 1;
	if (r->n > 1) {
		snprintf(f->value, sizeof f->value, "%d", r->n);
		f->behind = " folds,";
		f->role = ROLE_TEXT;
		f->goes = GOES_FOLD;
		f = add(s, "test WF1 ", STAYS);
		f->gap = 1;
	}
	num_mean_sd(f->value, r->mean.wf1, r->sd.wf1);
	f->bold = true;
	f = add(s, "", r->optimistic ? STAYS : GOES_BEST);
	snprintf(f->value, sizeof f->value, "%s%s", r->protocol, r->optimistic ? "!" : "");
	f->role = r->optimistic ? ROLE_WARN : ROLE_TEXT;
	f = add(s, "seed ", GOES_RATE);
	snprintf(f->value, sizeof f->value, "%lld", (long long)r->seed);
	f->role = ROLE_TEXT;
}

/* "to 4:1, 12 of 21 steps" */
static void add_way_back(struct status *s, const struct snapshot *now)
{
	struct field *f = add(s, "to ", STAYS);

	snprintf(f->value, sizeof f->value, "%.14s, %d of %d steps", now->rewind_to,
		 now->rewind_done, now->rewind_of);
	f->role = ROLE_WARN;
}

/* View 5 shows a model that is not the one of the other views. */
static void add_silenced(struct status *s, const struct ui *u)
{
	const struct look_result *l =
		view_table[u->view]->looks == LOOKS_SILENCED ? ui_seen(u) : NULL;
	char name[KNOCK_NAME];
	struct field *f;

	if (!l || l->knock == KNOCK_NOTHING)
		return;
	f = add(s, "", GOES_SILENCED);
	snprintf(f->value, sizeof f->value, "silenced %s", knock_name(name, l->knock));
	f->role = ROLE_WARN;
	f->bold = true;
}

/* "process 4711 does not answer (12 s)": what is shown is as old as that. */
static void add_silent(struct status *s, const struct ui *u, bool wide)
{
	struct field *f = add(s, wide ? "process " : "", STAYS);
	char time_text[NUM_LEN];

	f->behind = " does not answer";
	snprintf(f->value, sizeof f->value, "%ld", u->now.owner.pid);
	f->role = ROLE_WARN;
	f = add(s, "(", GOES_OTHERS);
	f->behind = ")";
	snprintf(f->value, sizeof f->value, "%s", num_time(time_text, u->now.silent));
	f->role = ROLE_WARN;
	f->gap = 1;
}

/* How far a branch is from where it left. */
static void add_repeats(struct status *s, const struct snapshot *now)
{
	struct field *f;

	if (!now->repeats)
		return;
	f = add(s, "repeats ", STAYS);
	snprintf(f->value, sizeof f->value, "%d", now->repeats);
	f->role = ROLE_WARN;
}

static void add_trying(struct status *s, const struct snapshot *now)
{
	struct field *f;

	if (!now->trying_of)
		return;
	f = add(s, "trying ", STAYS);
	snprintf(f->value, sizeof f->value, "%d/%d", now->trying, now->trying_of);
	f->role = ROLE_WARN;
	f->bold = true;
}

/* Who trains it, and hears what is asked here. */
static void add_attached(struct status *s, const struct ui *u, bool wide)
{
	struct field *f;

	if (u->now.silent)
		add_silent(s, u, wide);
	if (u->now.silent || !ui_attached(u))
		return;
	f = add(s, wide ? "attached to process " : "attached to ", GOES_OTHERS);
	snprintf(f->value, sizeof f->value, "%ld", u->now.owner.pid);
	f->role = ROLE_TEXT;
}

/* "node7 process 4711, since 1h51": who trains it, where this screen only follows. */
static void add_owner(struct status *s, const struct ui *u, bool wide)
{
	const struct lock_owner *who = &u->now.owner;
	int64_t since = lock_owner_since(who);
	struct field *f;
	char time_text[NUM_LEN];

	if (!ui_followed(u) || !who->host[0] || u->now.silent)
		return;
	f = add(s, "", GOES_OTHERS);
	text_cut_middle(f->value, sizeof f->value, who->host, wide ? 20 : 10);
	f = add(s, wide ? "process " : "", GOES_OTHERS);
	snprintf(f->value, sizeof f->value, "%ld", who->pid);
	f->gap = 1;
	if (!wide || !since)
		return;
	f->behind = ",";
	f = add(s, "since ", GOES_PACE);
	snprintf(f->value, sizeof f->value, "%s",
		 num_time(time_text, fmax(0, (double)(time(NULL) - since))));
	f->role = ROLE_TEXT;
	f->gap = 1;
}

/* Whether another program trains it is not for this user to see. */
static void add_unseen(struct status *s, const struct ui *u)
{
	struct field *f;

	if (state_of(u) != STATUS_UNSEEN)
		return;
	f = add(s, "", GOES_OTHERS);
	snprintf(f->value, sizeof f->value, "cannot see who trains it");
	f->role = ROLE_WARN;
}

/* Who trains, waits or pauses beside the run on the screen. */
static void add_others(struct status *s, const struct ui *u)
{
	struct field *f;

	if (!u->others.n)
		return;
	f = add(s, ui_trains(u) ? "also " : "trains: ", GOES_OTHERS);
	if (u->others.n == 1)
		text_cut_middle(f->value, sizeof f->value, u->others.name, 20);
	else
		snprintf(f->value, sizeof f->value, "%d runs", u->others.n);
	f->role = ROLE_GOOD;
}

static void make_status(struct status *s, const struct ui *u, bool wide)
{
	const struct snapshot *now = &u->now;
	bool done = status_is_done(u), trained = now->epoch > 0 && !done;
	struct field *f;

	*s = (struct status){.n = 0};
	if (u->readonly || now->looking[0]) {
		f = add(s, "", GOES_BEST);
		snprintf(f->value, sizeof f->value, "read-only");
		f->role = ROLE_WARN;
	}
	add_owner(s, u, wide);
	if (now->state == WORK_REWINDING)
		add_way_back(s, now);
	if (done)
		add_results(s, &u->run.results, wide);
	if (trained)
		add_position(s, now, wide);
	if (trained)
		add_figures(s, now);
	add_repeats(s, now);
	add_trying(s, now);
	add_attached(s, u, wide);
	add_unseen(s, u);
	if (states[now->state].runs && !now->silent)
		add_speed(s, now);
	add_others(s, u);
	add_silenced(s, u);
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
	int pending = wide && u->now.pending ? 2 + digits(u->now.pending) + 8 : wide ? 0 : 4;

	make_status(s, u, wide);
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
	used += u->now.pending ? 2 + digits(u->now.pending) + 8 : 0;
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
