/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value changed by a factor: "x0.5". */
#include "app/config/option.h"

#include "app/config/scalar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool option_is_factor(const struct option *o, const char *text)
{
	switch (o->type) {
	case OPT_INT:
	case OPT_INT64:
	case OPT_NUMBER:
	case OPT_BYTES:
		return text[0] == 'x' && text[1] && strchr("0123456789.+-", text[1]);
	default:
		return false;
	}
}

static double number_of(const struct settings *s, const struct option *o)
{
	const void *at = (const char *)s + o->at;

	switch (o->type) {
	case OPT_NUMBER:
		return *(const double *)at;
	case OPT_INT:
		return *(const int *)at;
	default:
		return (double)*(const int64_t *)at;
	}
}

/* old * factor as option_set reads it. The product of an integer must be one. */
static int product(const struct settings *s, const struct option *o, const char *text, char *out,
		   size_t n, struct err *e)
{
	char was[OPTION_TEXT];
	double old = number_of(s, o), factor = 0, v, near;

	option_text(s, o, was, sizeof was);
	if (scalar_number(text + 1, &factor) || !isfinite(factor) || !(factor > 0))
		return err_set(e,
			       "%s: expected x and a number above 0, such as x0.5; found '%.80s'",
			       o->key, text);
	if (old == 0)
		return err_set(e, "%s is 0 and stays 0 with %.80s; give the value itself", o->key,
			       text);
	v = old * factor;
	if (o->type == OPT_NUMBER) {
		snprintf(out, n, "%.15g", v);
		return 0;
	}
	near = round(v);
	if (!(fabs(v) < 0x1p53))
		return err_set(e, "%s: %s %.80s is too large to be exact; give the value itself",
			       o->key, was, text);
	if (fabs(v - near) > 1e-9 * fabs(v) && floor(v) < o->min)
		return err_set(e, "%s: %s %.80s is %.15g, not an integer; give %.0f", o->key, was,
			       text, v, fmax(ceil(v), o->min));
	if (fabs(v - near) > 1e-9 * fabs(v))
		return err_set(e, "%s: %s %.80s is %.15g, not an integer; give %.0f or %.0f",
			       o->key, was, text, v, floor(v), ceil(v));
	snprintf(out, n, "%.0f", near);
	return 0;
}

int option_change(struct settings *s, const struct option *o, const char *text, const char *dir,
		  struct err *e)
{
	struct err why = {0};
	char value[64], was[OPTION_TEXT], found[256];

	if (!option_is_factor(o, text))
		return option_set(s, o, text, dir, e);
	if (product(s, o, text, value, sizeof value, e))
		return -1;
	option_text(s, o, was, sizeof was);
	if (!option_set(s, o, value, dir, &why))
		return 0;
	snprintf(found, sizeof found, "%s, which is %.60s %.80s", value, was, text);
	return option_refuse(o, found, e);
}
