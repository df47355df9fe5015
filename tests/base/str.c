/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "base/str.h"

TEST(contains_whatever_the_case)
{
	CHECK(str_contains("train.loss.cmd_text", "CMD"));
	CHECK(str_contains("Adam", "adam"));
	CHECK(str_contains("abc", "c"));
	CHECK(!str_contains("abc", "cd"));
	CHECK(!str_contains("", "a"));
	CHECK(str_contains("abc", ""));
	CHECK(str_contains("", ""));
}

TEST(columns_on_a_screen)
{
	CHECK_INT(str_columns(""), 0);
	CHECK_INT(str_columns("lr"), 2);
	CHECK_INT(str_columns("gef\xc3\xbchl"), 6);
	CHECK_INT(str_columns("\xe6\x84\x9f\xe6\x83\x85 a"), 6); /* two of them are wide */
	CHECK_INT(str_columns("e\xcc\x81"), 1);                  /* e and an accent */
	CHECK_INT(str_columns("\xff."), 2);
}

TEST(trimmed_of_every_space)
{
	const char *text = " \t\xc2\xa0"
			   "a b\xc2\xa0\r\n";

	CHECK_INT(str_trimmed(&text), 3);
	CHECK(strncmp(text, "a b", 3) == 0);
	text = " \t";
	CHECK_INT(str_trimmed(&text), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
