/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * values: option values as texts, taken or refused. A test defines preset(), the
 * settings they are read into, before it includes this.
 */
#ifndef MIUST_TEST_VALUES_H
#define MIUST_TEST_VALUES_H

#include "app/config/option.h"
#include "test.h"

/* The sentence for `key` given `text`, or "" if it is taken. */
static inline const char *refusal(const char *key, const char *text)
{
	static struct err e;
	struct settings s = preset(), before = s;
	const struct option *o = option_find(key);

	err_clear(&e);
	if (!o)
		FAIL("no option %s", key);
	else if (option_set(&s, o, text, "/dir", &e) && memcmp(&s, &before, sizeof s) != 0)
		FAIL("%s=%s was refused and changed the settings", key, text);
	return e.text;
}

/* How a value reads back. */
static inline const char *round_trip(const char *key, const char *text)
{
	static char out[OPTION_TEXT];
	struct settings s = preset(), again = s;
	const struct option *o = option_find(key);
	struct err e = {0};

	if (option_set(&s, o, text, "/dir", &e))
		FAIL("%s", e.text);
	option_text(&s, o, out, sizeof out);
	if (option_set(&again, o, out, "/dir", &e) || !option_equal(&s, &again, o))
		FAIL("%s=%s reads back as something else: %s", key, text, out);
	return out;
}

#endif
