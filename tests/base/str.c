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
