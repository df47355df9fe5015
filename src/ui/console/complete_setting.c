/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings and their values in the console. */
#include "ui/console/complete.h"

#include "app/config/setting.h"
#include "app/study/num.h"
#include "ui/state/next_run.h"

#include <stdio.h>
#include <string.h>

static const struct settings *in_force(const struct ui *u)
{
	return u->now.session[0] ? &u->now.set : &u->run.set;
}

/* What a verb's values start from: those of the run, or of the next one. */
static const struct settings *start_from(const struct ui *u, bool next, struct settings *room)
{
	if (!next || !next_run_base(u))
		return in_force(u);
	draft_values(next_run(u), next_run_base(u), room);
	return room;
}

/* "0 to 100", "squared norm mse", "true false": option_takes without the type,
 * which the hint says. */
static void say_range(const struct option *o, char *out, size_t n)
{
	char takes[OPTION_TAKES];
	const char *from = option_takes(o, takes, sizeof takes), *comma = strchr(from, ',');
	size_t at = 0;

	out[0] = '\0';
	if (o->type == OPT_BOOL) {
		snprintf(out, n, "true false");
	} else if (o->choices) {
		for (int i = 0; o->choices[i] && at < n; i++)
			if (*o->choices[i])
				at += (size_t)snprintf(out + at, n - at, "%s%s", at ? " " : "",
						       o->choices[i]);
		if (o->type == OPT_WEIGHTS && at < n)
			snprintf(out + at, n - at, " LABEL=N,...");
	} else if (o->type == OPT_NUMBER && o->above_min) {
		snprintf(out, n, "%s", strchr(from, ' ') + 1);
	} else if (comma && o->type != OPT_BYTES) {
		snprintf(out, n, "%s", comma + 2);
	} else {
		snprintf(out, n, "%s", from);
	}
}

static void say_now(const struct ui *u, const struct option *o, bool pending, char *out, size_t n)
{
	char value[OPTION_TEXT];

	option_text(in_force(u), o, value, sizeof value);
	if (pending && u->now.pending && strcmp(u->now.pending_key, o->key) == 0)
		snprintf(out, n, "%.16s → %.16s", value, u->now.pending_value);
	else
		text_cut_middle(out, n, *value ? value : NUM_MISSING, 16);
}

/* "20 → 32": of this run, and of the next where it differs. */
static void say_next(const struct ui *u, const struct option *o, char *out, size_t n)
{
	const char *next = draft_value(next_run(u), o);
	char was[OPTION_TEXT], value[OPTION_TEXT];

	option_text(start_from(u, true, &(struct settings){0}), o, value, sizeof value);
	if (next && next_run_base(u))
		snprintf(out, n, "%.16s → %.16s", option_text(next_run_base(u), o, was, sizeof was),
			 next);
	else
		text_cut_middle(out, n, *value ? value : NUM_MISSING, 16);
}

/* Every setting; with `=` for verbs that take KEY=VALUE. */
static void add_keys(const struct ui *u, bool next, const char *end, struct completions *c)
{
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		struct completion *m;
		char text[SETTING_KEY];

		if (next && o->no_effect)
			continue;
		snprintf(text, sizeof text, "%s%s", o->key, end);
		m = complete_add(c, text);
		if (next)
			say_next(u, o, m->now, sizeof m->now);
		else
			say_now(u, o, true, m->now, sizeof m->now);
		say_range(o, m->takes, sizeof m->takes);
		snprintf(m->when, sizeof m->when, "%s", option_when_text(o));
	}
	c->now = "now";
	c->takes = "takes";
	c->when = next ? "in a run" : "applies";
	complete_sort(c);
}

void complete_key(struct ui *u, const struct words *w, struct completions *c)
{
	if (w->n == 1)
		add_keys(u, false, "", c);
}

/* Half and twice the present value, where a factor changes it. */
static void add_factors(const struct settings *now, const struct option *o, struct completions *c)
{
	static const char *const factors[] = {"x0.5", "x2"};
	char value[OPTION_TEXT];

	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
		struct settings next = *now;
		struct err ignored = {0};

		if (!option_is_factor(o, factors[i]) ||
		    option_change(&next, o, factors[i], ".", &ignored))
			continue;
		snprintf(complete_add(c, factors[i])->now, sizeof c->at->now, "%.30s",
			 option_text(&next, o, value, sizeof value));
	}
}

/* Choices in the table's order; of other types the present value and the
 * default, to start from, and factors. */
static void add_values(const struct settings *from, const char *key, struct completions *c)
{
	static const char *const yes_no[] = {"true", "false", NULL};
	const struct option *o = option_find_short(key);
	const char *const *choices = NULL;
	char value[OPTION_TEXT];

	if (!o)
		return;
	option_text(from, o, value, sizeof value);
	if (o->choices)
		choices = o->choices;
	else if (o->type == OPT_BOOL)
		choices = yes_no;
	if (*value && (!choices || strchr(value, '=')))
		complete_add(c, value);
	if (!choices && *o->preset && strcmp(o->preset, value) != 0)
		complete_add(c, o->preset);
	for (int i = 0; choices && choices[i]; i++)
		if (*choices[i])
			complete_add(c, choices[i]);
	if (!choices)
		add_factors(from, o, c);
	for (int i = 0; i < c->n; i++) {
		bool now = strcmp(c->at[i].text, value) == 0;
		bool preset = strcmp(c->at[i].text, o->preset) == 0;

		if (now || preset)
			snprintf(c->at[i].now, sizeof c->at[i].now, "%s%s%s", now ? "now" : "",
				 now && preset ? ", " : "", preset ? "default" : "");
	}
	c->now = "";
}

static void complete_change(struct ui *u, const struct words *w, struct completions *c)
{
	if (w->n == 2)
		add_values(in_force(u), w->argument, c);
	else
		complete_key(u, w, c);
}

void complete_set(struct ui *u, const struct words *w, struct completions *c)
{
	complete_change(u, w, c);
}

void complete_next(struct ui *u, const struct words *w, struct completions *c)
{
	const struct draft *d = next_run(u);
	struct settings room;

	if (w->n == 1) {
		add_keys(u, true, "", c);
		complete_args(u, w, c);
	} else if (w->n == 2 && option_find_short(w->argument)) {
		add_values(start_from(u, true, &room), w->argument, c);
	} else if (w->n == 2 && strcmp(w->argument, "off") == 0) {
		for (int i = 0; i < d->n; i++)
			complete_add(c, d->row[i].o->key);
	}
}

/* Values of a KEY=VALUE that is typed up to its sign, each with the key. */
static void add_assigned(const struct settings *from, const char *word, struct completions *c)
{
	int len = (int)strcspn(word, "=") + 1, n;
	char key[SETTING_KEY], text[sizeof c->at->text];
	struct completions values = {0};

	snprintf(key, sizeof key, "%.*s", len - 1, word);
	add_values(from, key, &values);
	for (n = 0; n < values.n; n++) {
		snprintf(text, sizeof text, "%.*s%.60s", len, word, values.at[n].text);
		snprintf(complete_add(c, text)->now, sizeof c->at->now, "%s", values.at[n].now);
	}
	c->now = n ? "" : NULL;
	completions_free(&values);
}

/* KEY VALUE, or KEY=VALUE. */
void complete_try(struct ui *u, const struct words *w, struct completions *c)
{
	if (w->n > 1 || !strchr(w->word, '='))
		complete_change(u, w, c);
	else if (!strchr(w->word, ','))
		add_assigned(in_force(u), w->word, c);
}

void complete_assign(struct ui *u, const struct words *w, struct completions *c)
{
	struct settings room;

	if (strchr(w->word, '='))
		add_assigned(next_run_base(u) ? next_run_base(u) : start_from(u, true, &room),
			     w->word, c);
	else
		add_keys(u, true, "=", c);
}

/* When it takes effect, where that is not in this run. */
static const char *say_when(const struct ui *u, const struct option *o)
{
	return o->when != WHEN_RUN || u->settle ? "" : "; next run";
}

bool complete_setting_hint(const struct ui *u, const struct words *w, char *out, size_t n)
{
	void (*const with)(struct ui *, const struct words *, struct completions *) =
		w->verb->complete;
	bool sets = with == complete_set, next = with == complete_next;
	bool takes_key = sets || next || with == complete_key || with == complete_try;
	const struct option *o = takes_key ? option_find_short(w->argument) : NULL;
	char takes[OPTION_TAKES], now[64];

	if (!o)
		return false;
	if (next)
		say_next(u, o, now, sizeof now);
	else
		say_now(u, o, false, now, sizeof now);
	snprintf(out, n, "%s, %s %s%s", option_takes(o, takes, sizeof takes),
		 next ? "next run" : "now", now, sets ? say_when(u, o) : "");
	return true;
}
