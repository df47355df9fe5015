/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/option.h"

#include <string.h>

/* Is `end` the key, or what follows a dot in it? */
static bool ends(const char *key, const char *end)
{
	size_t n = strlen(key), m = strlen(end);

	return n >= m && strcmp(key + n - m, end) == 0 && (n == m || key[n - m - 1] == '.');
}

/* The only key that ends so, or NULL. */
static const struct option *only(const char *end)
{
	const struct option *found = NULL;

	for (int i = 0; i < option_count; i++) {
		if (!ends(option_table[i].key, end))
			continue;
		if (found)
			return NULL;
		found = &option_table[i];
	}
	return found;
}

const char *option_short(const struct option *o)
{
	const char *dot, *at = strrchr(o->key, '.');

	while (at && only(at + 1) != o) {
		for (dot = at - 1; dot > o->key && *dot != '.';)
			dot--;
		at = dot > o->key ? dot : NULL;
	}
	return at ? at + 1 : o->key;
}

const struct option *option_find_short(const char *name)
{
	const struct option *o = option_find(name);

	return o || !*name ? o : only(name);
}
