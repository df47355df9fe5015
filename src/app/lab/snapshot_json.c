/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/snapshot_json.h"

#include "app/config/option.h"
#include "base/str.h"
#include "base/util.h"
#include "engine/file/json.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_name[] = {
	[WORK_LOADING] = "loading", [WORK_WAITING] = "waiting",     [WORK_RUN] = "training",
	[WORK_EVAL] = "evaluating", [WORK_REWINDING] = "rewinding", [WORK_PAUSED] = "paused",
	[WORK_BROKE] = "broke",     [WORK_DIVERGED] = "diverged",   [WORK_STOPPING] = "stopping",
	[WORK_IDLE] = "idle",       [WORK_ELSEWHERE] = "elsewhere", [WORK_FAILED] = "failed",
};
enum { STATES = sizeof state_name / sizeof *state_name };

const char *work_state_name(enum work_state state)
{
	return state_name[state];
}

/* ---- fields ---- */

enum type { INT, COUNT, BOOL, FIGURE, TEXT };

struct field {
	const char *name;
	enum type type;
	size_t at, size;
};
#define FIELD(of, name, type)                                                          \
	{                                                                              \
#name, type, offsetof(struct of, name), sizeof(((struct of *)0)->name) \
	}

/* What is not here is put by hand below. */
static const struct field snapshot_field[] = {
	FIELD(snapshot, fold, INT),
	FIELD(snapshot, nfolds, INT),
	FIELD(snapshot, place, INT),
	FIELD(snapshot, epoch, INT),
	FIELD(snapshot, epochs, INT),
	FIELD(snapshot, in_epoch, INT),
	FIELD(snapshot, steps_per_epoch, INT),
	FIELD(snapshot, step, INT),
	FIELD(snapshot, repeats, INT),
	FIELD(snapshot, loss, FIGURE),
	FIELD(snapshot, best, FIGURE),
	FIELD(snapshot, best_epoch, INT),
	FIELD(snapshot, lr, FIGURE),
	FIELD(snapshot, rate, FIGURE),
	FIELD(snapshot, eta, FIGURE),
	FIELD(snapshot, pace, FIGURE),
	FIELD(snapshot, pending, INT),
	FIELD(snapshot, pending_key, TEXT),
	FIELD(snapshot, pending_value, TEXT),
	FIELD(snapshot, undo_key, TEXT),
	FIELD(snapshot, undo_step, INT),
	FIELD(snapshot, rewind_to, TEXT),
	FIELD(snapshot, rewind_done, INT),
	FIELD(snapshot, rewind_of, INT),
	FIELD(snapshot, broke, TEXT),
	FIELD(snapshot, session, TEXT),
	FIELD(snapshot, opened, BOOL),
	FIELD(snapshot, trains, BOOL),
	FIELD(snapshot, placed, BOOL),
	FIELD(snapshot, busy, BOOL),
	FIELD(snapshot, can_skip, BOOL),
	FIELD(snapshot, looking, TEXT),
	FIELD(snapshot, dropped, COUNT),
	FIELD(snapshot, error, TEXT),
	FIELD(snapshot, trying, INT),
	FIELD(snapshot, trying_of, INT),
	FIELD(snapshot, ended, BOOL),
};
static const struct field tried_field[] = {
	FIELD(tried, epoch, INT),  FIELD(tried, step, INT), FIELD(tried, steps, INT),
	FIELD(tried, sweep, BOOL), FIELD(tried, log, BOOL), FIELD(tried, of, INT),
};
static const struct field change_field[] = {
	FIELD(tried_change, key, TEXT),
	FIELD(tried_change, was, TEXT),
	FIELD(tried_change, value, TEXT),
	FIELD(tried_change, later, BOOL),
};
static const struct field point_field[] = {
	FIELD(tried_point, value, TEXT),
	FIELD(tried_point, x, FIGURE),
	FIELD(tried_point, loss, FIGURE),
};
static const struct field steps_field[] = {
	FIELD(tried_steps, steps, INT),
	FIELD(tried_steps, diverged, BOOL),
};
static const struct field made_field[] = {FIELD(tried_step, update, FIGURE)};
#define PUT(to, fields, from)     put_fields(to, fields, sizeof fields / sizeof *fields, from)
#define TAKE(to, fields, from, e) take_fields(to, fields, sizeof fields / sizeof *fields, from, e)
enum { SNAPSHOT_FIELDS = sizeof snapshot_field / sizeof *snapshot_field };

static json_t *value_json(const struct field *f, const char *at)
{
	switch (f->type) {
	case INT:
		return json_integer(*(const int *)at);
	case COUNT:
		return json_integer((json_int_t) * (const unsigned long *)at);
	case BOOL:
		return json_boolean(*(const bool *)at);
	case FIGURE:
		return json_figure(*(const double *)at);
	case TEXT:
		return json_text(at);
	}
	return NULL;
}

static int wrong(const char *name, const char *expected, struct err *e)
{
	return err_set(e,
		       "\"%s\": %s expected; the program that trains is perhaps of another "
		       "version",
		       name, expected);
}

static int take_int(const char *name, const json_t *v, int *out, struct err *e)
{
	json_int_t x = json_integer_value(v);

	if (!json_is_integer(v) || x < INT_MIN || x > INT_MAX)
		return wrong(name, "an integer", e);
	*out = (int)x;
	return 0;
}

static int take_value(const struct field *f, char *at, const json_t *v, struct err *e)
{
	switch (f->type) {
	case INT:
		return take_int(f->name, v, (int *)at, e);
	case COUNT:
		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return wrong(f->name, "a count", e);
		*(unsigned long *)at = (unsigned long)json_integer_value(v);
		return 0;
	case BOOL:
		if (!json_is_boolean(v))
			return wrong(f->name, "true or false", e);
		*(bool *)at = json_is_true(v);
		return 0;
	case FIGURE:
		return json_figure_value(v, (double *)at) ? wrong(f->name, "a number", e) : 0;
	case TEXT:
		if (!json_is_string(v))
			return wrong(f->name, "a text", e);
		str_fit(at, f->size, json_string_value(v));
		return 0;
	}
	return 0;
}

static void put_fields(json_t *to, const struct field *f, int n, const void *from)
{
	for (int i = 0; i < n; i++)
		json_object_set_new(to, f[i].name, value_json(&f[i], (const char *)from + f[i].at));
}

static int take_fields(void *to, const struct field *f, int n, const json_t *from, struct err *e)
{
	for (int i = 0; i < n; i++) {
		const json_t *v = json_object_get(from, f[i].name);

		if (v && take_value(&f[i], (char *)to + f[i].at, v, e))
			return -1;
	}
	return 0;
}

/* ---- rows ---- */

static struct field field_of(const struct column *c)
{
	return (struct field){c->name, c->integer ? INT : FIGURE, c->at, 0};
}

json_t *row_json(const struct columns *c, const void *row)
{
	json_t *to = json_object();

	for (int i = 0; i < c->n; i++) {
		struct field f = field_of(&c->at[i]);

		put_fields(to, &f, 1, row);
	}
	return to;
}

int row_of_json(const struct columns *c, void *row, const json_t *from, struct err *e)
{
	for (int i = 0; i < c->n; i++) {
		struct field f = field_of(&c->at[i]);

		if (take_fields(row, &f, 1, from, e))
			return -1;
	}
	return 0;
}

/* The row, if there is one by that name. */
static int take_step(struct step_row *row, const char *name, const json_t *from, struct err *e)
{
	struct columns c = rows_of_steps();
	const json_t *v = json_object_get(from, name);

	return v ? row_of_json(&c, row, v, e) : 0;
}

static void put_step(json_t *to, const char *name, const struct step_row *row)
{
	struct columns c = rows_of_steps();

	json_object_set_new(to, name, row_json(&c, row));
}

/* ---- settings ---- */

static json_t *settings_json(const struct settings *s)
{
	json_t *to = json_object();
	char text[OPTION_TEXT];

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		json_object_set_new(to, o->key, json_text(option_text(s, o, text, sizeof text)));
	}
	return to;
}

static int take_settings(struct settings *s, const json_t *from, struct err *e)
{
	struct settings next = {0};

	options_preset(&next);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		const json_t *v = json_object_get(from, o->key);

		if (!v)
			continue;
		if (!json_is_string(v))
			return wrong(o->key, "a text", e);
		if (option_set(&next, o, json_string_value(v), "/", e))
			return -1;
	}
	if (options_resolve(&next, e))
		return -1;
	*s = next;
	return 0;
}

/* ---- a snapshot ---- */

static json_t *counts_json(const struct snapshot *s)
{
	json_t *to = json_array();

	for (int i = 0; i < s->set.exp.nlabels; i++)
		json_array_append_new(to, json_integer(s->count[i]));
	return to;
}

static int take_counts(struct snapshot *s, const json_t *from, struct err *e)
{
	size_t n = min_size(json_array_size(from), LABELS_MAX);

	for (size_t i = 0; i < n; i++)
		if (take_int("count", json_array_get(from, i), &s->count[i], e))
			return -1;
	return 0;
}

static int take_state(struct snapshot *s, const json_t *from, struct err *e)
{
	const char *name = json_string_value(json_object_get(from, "state"));

	for (int i = 0; i < STATES; i++)
		if (name && strcmp(name, state_name[i]) == 0) {
			s->state = (enum work_state)i;
			return 0;
		}
	return wrong("state", "the name of a state", e);
}

json_t *snapshot_json(const struct snapshot *s)
{
	json_t *to = json_object();

	json_object_set_new(to, "state", json_string(state_name[s->state]));
	put_fields(to, snapshot_field, SNAPSHOT_FIELDS, s);
	if (s->diverged.step > 0)
		put_step(to, "diverged", &s->diverged);
	if (s->set.exp.nlabels == 0)
		return to;
	json_object_set_new(to, "count", counts_json(s));
	json_object_set_new(to, "settings", settings_json(&s->set));
	return to;
}

int snapshot_of_json(struct snapshot *s, const json_t *from, struct err *e)
{
	struct snapshot next = {.loss = NAN, .best = NAN, .rate = NAN, .eta = NAN};
	const json_t *settings = json_object_get(from, "settings");

	if (take_state(&next, from, e) ||
	    take_fields(&next, snapshot_field, SNAPSHOT_FIELDS, from, e) ||
	    take_step(&next.diverged, "diverged", from, e) ||
	    take_counts(&next, json_object_get(from, "count"), e) ||
	    (settings && take_settings(&next.set, settings, e)))
		return -1;
	*s = next;
	return 0;
}

/* ---- a try ---- */

static json_t *made_json(const struct tried_step *x)
{
	struct columns c = rows_of_steps();
	json_t *to = row_json(&c, &x->row);

	PUT(to, made_field, x);
	return to;
}

static int take_made(struct tried_step *x, const char *name, const json_t *from, struct err *e)
{
	const json_t *v = json_object_get(from, name);

	return take_step(&x->row, name, from, e) || (v && TAKE(x, made_field, v, e)) ? -1 : 0;
}

static json_t *point_json(const struct tried_point *p)
{
	json_t *to = json_object();

	PUT(to, point_field, p);
	PUT(to, steps_field, &p->made);
	json_object_set_new(to, "first", made_json(&p->made.first));
	json_object_set_new(to, "last", made_json(&p->made.last));
	return to;
}

static int take_point(struct tried_point *p, const json_t *from, struct err *e)
{
	return TAKE(p, point_field, from, e) || TAKE(&p->made, steps_field, from, e) ||
			       take_made(&p->made.first, "first", from, e) ||
			       take_made(&p->made.last, "last", from, e)
		       ? -1
		       : 0;
}

json_t *tried_json(const struct tried *t)
{
	json_t *to = json_object(), *changes = json_array(), *points = json_array();

	PUT(to, tried_field, t);
	for (int i = 0; i < t->changes; i++) {
		json_t *c = json_object();

		PUT(c, change_field, &t->change[i]);
		json_array_append_new(changes, c);
	}
	json_object_set_new(to, "changes", changes);
	put_step(to, "now", &t->base.made.before);
	json_object_set_new(to, "as_is", point_json(&t->base));
	for (int i = 0; i < t->points; i++)
		json_array_append_new(points, point_json(&t->point[i]));
	json_object_set_new(to, "tried", points);
	return to;
}

int tried_of_json(struct tried *t, const json_t *from, struct err *e)
{
	const json_t *changes = json_object_get(from, "changes"),
		     *points = json_object_get(from, "tried");
	struct tried next = {0};

	next.changes = (int)min_size(json_array_size(changes), TRIAL_SETTINGS);
	next.points = (int)min_size(json_array_size(points), TRIAL_POINTS);
	if (TAKE(&next, tried_field, from, e) ||
	    take_step(&next.base.made.before, "now", from, e) ||
	    take_point(&next.base, json_object_get(from, "as_is"), e))
		return -1;
	for (int i = 0; i < next.changes; i++)
		if (TAKE(&next.change[i], change_field, json_array_get(changes, (size_t)i), e))
			return -1;
	for (int i = 0; i < next.points; i++)
		if (take_point(&next.point[i], json_array_get(points, (size_t)i), e))
			return -1;
	if (next.changes < 1 || next.points < 1)
		return wrong(next.changes ? "tried" : "changes", "one or more", e);
	*t = next;
	return 0;
}
