/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/trial.h"

#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char SPACES[] = " \t";

/* ---- reading ---- */

/* The last word of the text, or NULL; what is before it is cut off in `text` by the caller. */
static char *last_word(char *text)
{
	char *end = text + strlen(text), *at;

	while (end > text && strchr(SPACES, end[-1]))
		*--end = '\0';
	for (at = end; at > text && !strchr(SPACES, at[-1]);)
		at--;
	return at > text ? at : NULL;
}

static int read_steps(struct trial *t, const char *text, struct err *e)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > TRIAL_STEPS)
		return err_set(e, "try: for %.40s: expected a number of steps, 1 to %d", text,
			       TRIAL_STEPS);
	t->steps = (int)n;
	return 0;
}

/* Cuts "for K" off the end. */
static int take_steps(struct trial *t, char *text, struct err *e)
{
	char *number = last_word(text), *word;

	t->steps = 1;
	if (!number)
		return 0;
	if (strcmp(number, "for") == 0)
		return err_set(e, "try: expected a number of steps after for, 1 to %d",
			       TRIAL_STEPS);
	number[-1] = '\0';
	word = last_word(text);
	if (!word || strcmp(word, "for") != 0) {
		number[-1] = ' ';
		return 0;
	}
	word[-1] = '\0';
	last_word(text); /* without spaces at its end */
	return read_steps(t, number, e);
}

static int add(struct trial *t, const char *key, const char *value, struct err *e)
{
	struct setting x = {.o = option_find_short(key), .value = value};

	str_fit(x.key, sizeof x.key, x.o ? x.o->key : key);
	if (setting_live(&x, e))
		return -1;
	if (t->n == TRIAL_SETTINGS)
		return err_set(e, "try: at most %d settings at once", TRIAL_SETTINGS);
	for (int i = 0; i < t->n; i++)
		if (t->at[i].o == x.o)
			return err_set(e, "try: %s is given twice", x.o->key);
	t->at[t->n].o = x.o;
	t->at[t->n++].value = value;
	return 0;
}

/* Does a setting's name with = come next? A value may have commas of its own: fear=15,anger=2. */
static bool begins_setting(const char *text)
{
	char key[SETTING_KEY];
	size_t n;

	text += strspn(text, SPACES);
	n = strcspn(text, "=,");
	if (text[n] != '=' || n >= sizeof key)
		return false;
	snprintf(key, sizeof key, "%.*s", (int)n, text);
	return option_find_short(key);
}

/* The comma that ends the value, or its end. */
static char *value_end(const char *key, char *value)
{
	const struct option *o = option_find_short(key);
	char *comma = strchr(value, ',');

	while (comma && o && (o->type == OPT_WEIGHTS) && !begins_setting(comma + 1))
		comma = strchr(comma + 1, ',');
	return comma ? comma : value + strlen(value);
}

static int read_assignments(struct trial *t, char *text, struct err *e)
{
	for (;;) {
		char *key = text + strspn(text, SPACES), *sign = strchr(key, '='), *end;
		bool more;

		if (!sign)
			return err_set(e, "try: expected KEY=VALUE; found %.80s",
				       *key ? key : "nothing");
		*sign = '\0';
		end = value_end(key, sign + 1);
		more = *end == ',';
		*end = '\0';
		if (add(t, key, sign[1] ? sign + 1 : NULL, e))
			return -1;
		if (!more)
			return 0;
		text = end + 1;
	}
}

static int read_words(struct trial *t, char *text, struct err *e)
{
	char *value = text + strcspn(text, SPACES);

	if (*value)
		*value++ = '\0';
	value += strspn(value, SPACES);
	return add(t, text, *value ? value : NULL, e);
}

static bool is_number(const struct option *o)
{
	return o->type == OPT_INT || o->type == OPT_INT64 || o->type == OPT_NUMBER;
}

/* "FROM..TO/POINTS" */
static int read_sweep(struct trial *t, char *dots, struct err *e)
{
	char *slash = strchr(dots + 2, '/'), *end;
	long n;

	if (t->n > 1)
		return err_set(e, "try: a sweep is of one setting; found %d", t->n);
	*dots = '\0';
	t->sweep = true;
	t->to = dots + 2;
	t->points = TRIAL_USUAL;
	if (!*t->at[0].value || !*t->to)
		return err_set(e, "%s: expected FROM..TO, both given", t->at[0].o->key);
	if (!slash)
		return 0;
	*slash = '\0';
	n = strtol(slash + 1, &end, 10);
	if (end == slash + 1 || *end || n < 2 || n > TRIAL_POINTS)
		return err_set(e, "%s: /%.40s: expected a number of points, 2 to %d",
			       t->at[0].o->key, slash + 1, TRIAL_POINTS);
	t->points = (int)n;
	return 0;
}

int trial_read(struct trial *t, const char *line, struct err *e)
{
	char *text = t->text, *dots;
	bool assigns;

	*t = (struct trial){.steps = 1};
	if (!*line)
		return err_set(e, "try KEY VALUE: expected a setting and a value");
	if (strlen(line) >= sizeof t->text)
		return err_set(e, "try: at most %zu bytes; found %zu", sizeof t->text - 1,
			       strlen(line));
	str_fit(text, sizeof t->text, line);
	t->off = strcmp(text, "off") == 0;
	if (t->off)
		return 0;
	if (take_steps(t, text, e))
		return -1;
	assigns = memchr(text, '=', strcspn(text, SPACES));
	if (assigns ? read_assignments(t, text, e) : read_words(t, text, e))
		return -1;
	for (int i = 0; i < t->n; i++) {
		dots = is_number(t->at[i].o) ? strstr((char *)t->at[i].value, "..") : NULL;
		if (dots)
			return read_sweep(t, dots, e);
	}
	return 0;
}

/* ---- values ---- */

/* The number that a text makes of the setting. */
static int number_of(double *x, const struct option *o, const char *value,
		     const struct settings *in_force, struct err *e)
{
	struct settings s = *in_force;
	char text[OPTION_TEXT];

	if (option_change(&s, o, value, ".", e))
		return -1;
	*x = strtod(option_text(&s, o, text, sizeof text), NULL);
	return 0;
}

static double between(double from, double to, bool log_spaced, int i, int n)
{
	double share = (double)i / (n - 1);

	return log_spaced ? from * pow(to / from, share) : from + (to - from) * share;
}

/* As it is written, unless it is the one before. */
static int add_value(struct sweep_values *v, const struct option *o, double x,
		     const struct settings *in_force, struct err *e)
{
	struct settings s = *in_force;
	char given[TRIAL_VALUE], text[OPTION_TEXT];

	snprintf(given, sizeof given, "%.15g", x);
	if (option_set(&s, o, given, ".", e))
		return -1;
	option_text(&s, o, text, sizeof text);
	str_fit(v->text[v->n], sizeof v->text[0], text);
	v->x[v->n] = strtod(text, NULL);
	if (v->n == 0 || v->x[v->n] > v->x[v->n - 1])
		v->n++;
	return 0;
}

/* A point within: three digits, or an integer. */
static double rounded(const struct option *o, double x)
{
	char text[TRIAL_VALUE];

	if (o->type != OPT_NUMBER)
		return round(x);
	snprintf(text, sizeof text, "%.3g", x);
	return strtod(text, NULL);
}

int trial_sweep(struct sweep_values *v, const struct trial *t, const struct settings *in_force,
		struct err *e)
{
	const struct option *o = t->at[0].o;
	double from, to, x;

	*v = (struct sweep_values){0};
	if (number_of(&from, o, t->at[0].value, in_force, e) ||
	    number_of(&to, o, t->to, in_force, e))
		return -1;
	if (from == to)
		return err_set(e, "%s: expected a range; %s to %s is one value", o->key,
			       t->at[0].value, t->to);
	if (from > to) {
		x = from;
		from = to;
		to = x;
	}
	v->log = from > 0 && to / from > 10;
	for (int i = 0; i < t->points; i++) {
		x = i == 0 ? from : i == t->points - 1 ? to : 0;
		if (i > 0 && i < t->points - 1)
			x = rounded(o, between(from, to, v->log, i, t->points));
		if (x >= from && x <= to && add_value(v, o, x, in_force, e))
			return -1;
	}
	return 0;
}

int trial_settings(struct settings *s, const struct trial *t, const struct settings *in_force,
		   const char *value, struct err *e)
{
	struct settings next = *s, was = *in_force;
	char text[OPTION_TEXT];

	for (int i = 0; i < t->n; i++) {
		const struct option *o = t->at[i].o;

		if (option_change(&was, o, value ? value : t->at[i].value, ".", e) ||
		    option_set(&next, o, option_text(&was, o, text, sizeof text), ".", e))
			return -1;
	}
	if (options_resolve(&next, e))
		return -1;
	*s = next;
	return 0;
}

int trial_check(const struct trial *t, const struct settings *in_force, struct err *e)
{
	struct sweep_values v = {.n = 1};
	struct settings next;

	if (t->sweep && trial_sweep(&v, t, in_force, e))
		return -1;
	for (int i = 0; i < v.n && !t->off; i++) {
		next = *in_force;
		if (trial_settings(&next, t, in_force, t->sweep ? v.text[i] : NULL, e))
			return -1;
	}
	return 0;
}
