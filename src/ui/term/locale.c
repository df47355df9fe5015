/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/locale.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The locale the environment names, "" if none. */
static const char *named(void)
{
	static const char *const variable[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (int i = 0; i < 3; i++) {
		const char *name = getenv(variable[i]);

		if (name && *name)
			return name;
	}
	return "";
}

/* "de_DE.UTF-8", or no word of the encoding: today that means UTF-8 as well. */
static bool means_utf8(const char *name)
{
	const char *encoding = strchr(name, '.');

	return !encoding || strncasecmp(encoding, ".utf-8", 6) == 0 ||
	       strncasecmp(encoding, ".utf8", 5) == 0;
}

void locale_start(char *why, size_t n)
{
	const char *name = named();
	bool there = *name && setlocale(LC_CTYPE, "");

	why[0] = '\0';
	if (!there && means_utf8(name) && setlocale(LC_CTYPE, "C.UTF-8"))
		return;
	if (!*name)
		snprintf(why, n,
			 "LANG is not set and there is no locale C.UTF-8, so the screen is ASCII");
	else if (!there)
		snprintf(why, n, "the locale %s is not installed, so the screen is ASCII", name);
	else if (!locale_is_utf8() && strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0)
		snprintf(why, n, "the locale %s is not UTF-8, so the screen is ASCII", name);
}

bool locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
