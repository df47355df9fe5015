/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/changes.h"
#include "app/folder.h"

TEST(written_and_read)
{
	FILE *f = fopen(in("log"), "w");
	struct changes c;
	struct err e = {0};

	REQUIRE(f);
	CHECK_INT(change_write(f, 1, 2, 30, "set train.optimizer.lr 1e-4", "5e-4", &e), 0);
	CHECK_INT(change_write(f, 0, 40, 1, "pause", "", &e), 0);
	check_holds(in("log"), "at 1 2 30 set train.optimizer.lr 1e-4   # was 5e-4\n"
			       "at 0 40 1 pause\n");
	fclose(f);
	REQUIRE(changes_read(&c, in("log"), false, &e) == 0);
	REQUIRE(c.n == 2);
	CHECK_INT(c.at[0].fold, 1);
	CHECK_INT(c.at[0].epoch, 2);
	CHECK_INT(c.at[0].step, 30);
	CHECK_STR(c.at[0].command, "set train.optimizer.lr 1e-4");
	CHECK_INT(c.at[1].line, 2);
	CHECK_STR(c.at[1].command, "pause");
	changes_free(&c);
	changes_free(&c);
}

TEST(written_by_hand)
{
	struct changes c;
	struct err e = {0};

	put(in("hand"), "# a replay\n\n  \t\nat 1\t1  1   branch a#b  # why\r\n\tat 1 1 2 stop");
	REQUIRE(changes_read(&c, in("hand"), false, &e) == 0);
	REQUIRE(c.n == 2);
	CHECK_STR(c.at[0].command, "branch a#b");
	CHECK_INT(c.at[0].line, 4);
	CHECK_STR(c.at[1].command, "stop");
	changes_free(&c);
	/* A session's own log: what has no newline may be half of it. */
	REQUIRE(changes_read(&c, in("hand"), true, &e) == 0);
	CHECK_INT(c.n, 1);
	changes_free(&c);
}

TEST(nothing)
{
	struct changes c;
	struct err e = {0};

	put(in("empty"), "");
	CHECK_INT(changes_read(&c, in("empty"), true, &e), 0);
	CHECK_INT(c.n, 0);
	changes_free(&c);
	CHECK_INT(changes_read(&c, in("none"), true, &e), -1);
	CHECK_HAS(e.text, "none: no such file");
}

TEST(wrong_lines)
{
	static const char *const wrong[] = {
		"at",
		"at 1 1 1",
		"at 1 1 1 ",
		"at 1 1 1 # pause",
		"at 1 1 0 pause",
		"at 1 0 1 x",
		"at -1 1 1 x",
		"at 1 1 x pause",
		"at 1 1 1.5 x",
		"at1 1 1 x",
		"att 1 1 1 x",
		"set a b",
		"at 1 1 99999999999 x",
		"at 1 1 1x pause",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct changes c;
		struct err e = {0};
		char text[64];

		snprintf(text, sizeof text, "at 1 1 1 pause\n%s\n", wrong[i]);
		put(in("wrong"), text);
		if (changes_read(&c, in("wrong"), false, &e) == 0) {
			FAIL("accepted: %s", wrong[i]);
			changes_free(&c);
		}
		CHECK_HAS(e.text, "wrong:2: \"at FOLD EPOCH STEP COMMAND\" expected");
	}
}

TEST(nul_byte)
{
	struct changes c;
	struct err e = {0};

	put_bytes(in("nul"), "at 1 1 1 a\0b\n", 13);
	CHECK_INT(changes_read(&c, in("nul"), false, &e), -1);
	CHECK_HAS(e.text, "nul:1: a NUL byte");
}

TEST(disk_full)
{
	FILE *f = fopen("/dev/full", "w");
	struct err e = {0};

	if (!f)
		SKIP("no /dev/full");
	CHECK_INT(change_write(f, 1, 1, 1, "pause", "", &e), -1);
	CHECK_HAS(e.text, "cannot write: No space left on device");
	fclose(f);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
