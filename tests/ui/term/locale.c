/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which locale the screen gets from which environment (ui/term/locale.h). */
#include "tests/ui/util.h"

#include "ui/term/locale.h"

static char why[256];

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* As a program that starts with these variables; NULL: not set. */
static bool start(const char *all, const char *ctype, const char *lang)
{
	setlocale(LC_CTYPE, "C");
	set("LC_ALL", all);
	set("LC_CTYPE", ctype);
	set("LANG", lang);
	locale_start(why, sizeof why);
	return locale_is_utf8();
}

TEST(utf8_where_nothing_is_said)
{
	NEED_UTF8();
	CHECK(start(NULL, NULL, NULL));
	CHECK_STR(why, "");
	CHECK(start("", "", ""));
	CHECK_STR(why, "");
}

TEST(utf8_where_the_locale_is_not_installed)
{
	NEED_UTF8();
	CHECK(start("xx_XX.UTF-8", NULL, NULL));
	CHECK_STR(why, "");
	CHECK(start(NULL, NULL, "xx_XX.utf8"));
	CHECK(start(NULL, "UTF-8", NULL)); /* macOS sends this over ssh */
	CHECK(start(NULL, NULL, "xx_XX"));
	CHECK_STR(why, "");
}

TEST(ascii_as_asked)
{
	CHECK(!start("C", NULL, "C.UTF-8"));
	CHECK_STR(why, "");
	CHECK(!start(NULL, NULL, "POSIX"));
	CHECK_STR(why, "");
	NEED_UTF8();
	CHECK(start("", "C.UTF-8", "C"));
	CHECK_STR(why, "");
}

TEST(ascii_for_a_reason)
{
	CHECK(!start(NULL, NULL, "xx_XX.ISO-8859-1"));
	CHECK_STR(why, "the locale xx_XX.ISO-8859-1 is not installed, so the screen is ASCII");
}

TEST(nothing_but_the_characters)
{
	start(NULL, NULL, NULL);
	CHECK_STR(setlocale(LC_NUMERIC, NULL), "C");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
