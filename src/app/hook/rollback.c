/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/hook/rollback.h"

#include "app/config/setting.h"
#include "app/study/spike.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARTS "KEY VALUE, KEY xFACTOR, at most N or over K"

enum { BACK_MOST = 1000000, USES_MOST = 1000 };
#define OVER_MOST 1e6

/* ---- words ---- */

/* The text without the word, or NULL if it does not begin with it. */
static const char *after(const char *text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(text, word, n) != 0 || (text[n] && !isspace((unsigned char)text[n])))
		return NULL;
	for (text += n; isspace((unsigned char)*text);)
		text++;
	return text;
}

/* A whole number from 1 to most, and the spaces after it; moves *at. */
static bool take_count(const char **at, int most, int *out)
{
	size_t n = strspn(*at, "0123456789");
	long x = n && n < 9 ? strtol(*at, NULL, 10) : 0;

	if (x < 1 || x > most || ((*at)[n] && !isspace((unsigned char)(*at)[n])))
		return false;
	*out = (int)x;
	for (*at += n; isspace((unsigned char)**at);)
		++*at;
	return true;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* ---- parts ---- */

/* "rewind 1 epoch". */
static int read_back(struct rollback *r, const char *part, struct err *e)
{
	const char *at = after(part, "rewind"), *unit;
	int n = 1;

	if (!at || !*at)
		return err_set(e,
			       "on spike: expected rewind N epochs|steps, then, each after a "
			       "comma, " PARTS ", as in on spike rewind 1 epoch, lr x0.5, at most "
			       "3; found %.60s",
			       *part ? part : "nothing");
	unit = at;
	if (isdigit((unsigned char)*at) && !take_count(&unit, BACK_MOST, &n))
		unit = "";
	r->steps = is_one_of(unit, "step", "steps");
	if (!r->steps && !is_one_of(unit, "epoch", "epochs"))
		return err_set(e,
			       "on spike rewind %.60s: expected 1 to %d epochs or steps, as in "
			       "rewind 1 epoch",
			       at, BACK_MOST);
	r->back = n;
	return 0;
}

static int refuse_second(const char *what, struct err *e)
{
	return err_set(e, "on spike rewind: %s is there twice; give it once", what);
}

static int read_over(struct rollback *r, const char *text, struct err *e)
{
	char *end;
	double over = strtod(text, &end);

	if (r->over > 0)
		return refuse_second("over K", e);
	if (end != text && !*end && over > 1 && over <= OVER_MOST) {
		r->over = over;
		return 0;
	}
	return err_set(e,
		       "on spike rewind, over %.60s: expected how many times its median a loss is, "
		       "above 1 and at most %g",
		       text, OVER_MOST);
}

static int read_most(struct rollback *r, const char *text, struct err *e)
{
	const char *at = text, *over;

	if (r->most)
		return refuse_second("at most N", e);
	if (take_count(&at, USES_MOST, &r->most)) {
		over = after(at, "over");
		if (over)
			return read_over(r, over, e);
		if (!*at || is_one_of(at, "time", "times"))
			return 0;
	}
	return err_set(e, "on spike rewind, at most %.60s: expected a number of uses, 1 to %d",
		       text, USES_MOST);
}

/* What a factor makes is known only where it is used. */
static int check_value(const struct setting *x, struct err *e)
{
	bool is_factor = option_is_factor(x->o, x->value);
	double factor = is_factor ? strtod(x->value + 1, NULL) : 1;
	struct settings preset;
	struct err why = {0};

	options_preset(&preset);
	if (!(factor > 0) || isinf(factor))
		return err_set(e, "on spike rewind, %s %s: expected a factor above 0, such as x0.5",
			       x->key, x->value);
	if (is_factor || option_set(&preset, x->o, x->value, ".", &why) == 0)
		return 0;
	return err_set(e, "on spike rewind, %s", why.text);
}

static int read_change(struct rollback *r, const char *part, struct err *e)
{
	struct setting x;
	struct err why = {0};

	setting_of_console(&x, part);
	if (!x.o && !x.value)
		return err_set(e, "on spike rewind: expected " PARTS " after a comma; found %.60s",
			       *part ? part : "nothing");
	if (setting_live(&x, &why))
		return err_set(e, "on spike rewind, %s", why.text);
	if (check_value(&x, e))
		return -1;
	for (int i = 0; i < r->changes; i++)
		if (after(r->change[i], x.key))
			return refuse_second(x.key, e);
	if (r->changes == ROLLBACK_CHANGES)
		return err_set(e, "on spike rewind: at most %d settings are changed",
			       ROLLBACK_CHANGES);
	if (snprintf(r->change[r->changes], ROLLBACK_CHANGE, "%s %s", x.key, x.value) >=
	    ROLLBACK_CHANGE)
		return err_set(e, "on spike rewind, %s: the value is too long", x.key);
	r->changes++;
	return 0;
}

/* One that comes after the first. */
static int read_part(struct rollback *r, const char *part, struct err *e)
{
	const char *most = after(part, "at"), *over = after(part, "over");

	most = most ? after(most, "most") : NULL;
	if (most)
		return read_most(r, most, e);
	return over ? read_over(r, over, e) : read_change(r, part, e);
}

/* ---- the whole ---- */

/* Cut off the part before the next comma, without the spaces around it; a comma between the
 * pairs of one value ("fear=15,hap=2") separates no parts. NULL after the last. */
static char *next_part(char **at)
{
	char *part = *at, *end = part, *comma;

	if (!part)
		return NULL;
	for (;;) {
		comma = strchr(end, ',');
		if (!comma || !strchr(comma + 1, '=') ||
		    strcspn(comma + 1, "=") > strcspn(comma + 1, " \t,"))
			break;
		end = comma + 1;
	}
	*at = comma ? comma + 1 : NULL;
	end = comma ? comma : part + strlen(part);
	while (end > part && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*part))
		part++;
	return part;
}

int rollback_read(struct rollback *r, const char *text, struct err *e)
{
	struct rollback new = {0};
	struct str copy = {0};
	char *at, *part;
	int failed;

	str_add(&copy, text);
	at = copy.s;
	failed = read_back(&new, at ? next_part(&at) : "", e);
	while (!failed && (part = next_part(&at)))
		failed = read_part(&new, part, e);
	str_free(&copy);
	if (failed)
		return -1;
	if (!new.most)
		new.most = ROLLBACK_MOST;
	if (!(new.over > 0))
		new.over = SPIKE_OVER;
	*r = new;
	return 0;
}

void rollback_text(const struct rollback *r, struct str *out)
{
	char over[32];

	option_print_number(r->over, 0, over, sizeof over);
	str_addf(out, "rewind %d %s%s", r->back, r->steps ? "step" : "epoch",
		 r->back == 1 ? "" : "s");
	for (int i = 0; i < r->changes; i++)
		str_addf(out, ", %s", r->change[i]);
	str_addf(out, ", at most %d, over %s", r->most, over);
}

int rollback_order(struct rollback *r, const char *args, struct err *e)
{
	const char *rule = after(args, "spike");

	*r = (struct rollback){0};
	if (!rule)
		return err_set(e,
			       "on %.60s: of a run that another program trains only the rule for "
			       "spikes is set, with on spike rewind ... or on spike off; hooks are "
			       "set where it trains (--on)",
			       args);
	return strcmp(rule, "off") == 0 ? 0 : rollback_read(r, rule, e);
}
