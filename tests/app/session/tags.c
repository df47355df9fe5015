/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tags and the mark of archived runs. */
#include "app/session/tags.h"
#include "app/stored.h"

#include <sys/stat.h>

static void make(const char *name)
{
	struct settings set = some_settings();

	stored_session(in(name), &set, (struct stored){0});
}

static int add(const char *name, const char *tag, struct err *e)
{
	err_clear(e);
	return tag_add(in(name), in(name), tag, e);
}

TEST(tags_come_back)
{
	struct err e = {0};
	struct tags t;

	make("a");
	CHECK_INT(tags_read(&t, in("a"), &e), 0);
	CHECK_INT(t.n, 0);
	CHECK_INT(add("a", "baseline", &e), 0);
	CHECK_INT(add("a", "für später", &e), 0);
	CHECK_INT(add("a", "baseline", &e), -1);
	CHECK_STR(e.text, "a already has the tag baseline");
	check_holds(in("a/tags.txt"), "baseline\nfür später\n");
	CHECK_INT(tags_read(&t, in("a"), &e), 0);
	CHECK_INT(t.n, 2);
	CHECK(tags_have(&t, "für später") && !tags_have(&t, "base"));
	tags_free(&t);
	CHECK_INT(tag_remove(in("a"), in("a"), "baseline", &e), 0);
	check_holds(in("a/tags.txt"), "für später\n");
	err_clear(&e);
	CHECK_INT(tag_remove(in("a"), in("a"), "baseline", &e), -1);
	CHECK_STR(e.text, "a does not have the tag baseline");
}

TEST(tags_written_by_hand)
{
	struct err e = {0};
	struct tags t;

	make("hand");
	put(in("hand/tags.txt"), "\n  one \ntwo\x1b[31m\none\n\nlast");
	CHECK_INT(tags_read(&t, in("hand"), &e), 0);
	REQUIRE(t.n == 3);
	CHECK_STR(t.at[0], "one");
	CHECK_STR(t.at[1], "two [31m");
	CHECK_STR(t.at[2], "last");
	tags_free(&t);
}

TEST(tags_that_are_none)
{
	static const char long_one[] =
		"0123456789012345678901234567890123456789012345678901234567890123";
	struct err e = {0};

	make("none");
	CHECK_INT(add("none", "", &e), -1);
	CHECK_INT(add("none", "two\nlines", &e), -1);
	CHECK_INT(add("none", long_one, &e), -1);
	CHECK_HAS(e.text, "at most 63 bytes");
	CHECK_INT(symlink("elsewhere", in("none/tags.txt")), 0);
	CHECK_INT(add("none", "x", &e), -1);
	CHECK(!file_exists(in("none/elsewhere")));
	CHECK_INT(add("nowhere", "x", &e), -1);
	CHECK(!file_is_dir(in("nowhere")));
}

/* One that trains may be tagged, not archived. */
TEST(tags_while_it_trains)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	make("busy");
	REQUIRE(session_resume(&s, in("busy"), &set, &e) == 0);
	CHECK_INT(add("busy", "x", &e), 0);
	CHECK_INT(archive_set(in("busy"), in("busy"), true, &e), -1);
	CHECK_HAS(e.text, "another program is writing this session");
	CHECK(!archive_has(in("busy")));
	session_close(&s);
	err_clear(&e);
	CHECK_INT(archive_set(in("busy"), in("busy"), true, &e), 0);
	CHECK(archive_has(in("busy")));
	CHECK_INT(archive_set(in("busy"), in("busy"), true, &e), 0);
	CHECK_INT(archive_set(in("busy"), in("busy"), false, &e), 0);
	CHECK(!archive_has(in("busy")));
	CHECK_INT(archive_set(in("busy"), in("busy"), false, &e), 0);
	CHECK_STR(e.text, "");
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
