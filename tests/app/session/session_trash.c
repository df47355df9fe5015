/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trash: what goes in comes out as it was, and nothing is ever replaced. */
#include "tests/app/folder.h"

#include "app/session/session.h"
#include "app/session/session_trash.h"

#include <sys/stat.h>

static void make(const char *dir)
{
	struct settings set = some_settings();
	struct err e = {0};
	struct session s;

	if (session_create(&s, dir, &set, &e))
		FAIL("%s", e.text);
	session_close(&s);
}

/* A session with a seed and a branch, each with a file of its own. */
static void make_family(const char *name)
{
	char dir[512], path[1024];
	static const char *const parts[] = {"", "/seed-7", "/branches/half"};
	struct err e = {0};

	snprintf(dir, sizeof dir, "%s/sessions/%s", folder, name);
	make(dir);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", dir, parts[i]);
		if (make_dirs(path, &e))
			FAIL("%s", e.text);
		snprintf(path, sizeof path, "%s%s/config.yml", dir, parts[i]);
		put(path, "exp: {}\n");
		snprintf(path, sizeof path, "%s%s/steps.csv", dir, parts[i]);
		put(path, parts[i]);
	}
}

static void check_trash(const char *root, const char *dir, const char *want)
{
	char root_path[256], dir_path[256], place[PATH_LEN];
	struct err e = {0};

	snprintf(root_path, sizeof root_path, "%s/%s", folder, root);
	snprintf(dir_path, sizeof dir_path, "%s/%s", folder, dir);
	CHECK_INT(session_trash(root_path, dir_path, place, sizeof place, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_STR(path_base(place), want);
	CHECK(!file_is_dir(dir_path));
	CHECK(session_exists(place));
}

static struct trash look(void)
{
	struct trash t = {0};

	trash_read(&t, in("sessions"));
	return t;
}

static int restore(const char *name, struct err *e)
{
	struct trash t = look();
	const struct trash_entry *x = trash_find(&t, name);
	int failed = x ? trash_restore(x, e) : err_set(e, "%s is not in the trash", name);

	trash_free(&t);
	return failed;
}

TEST(trash_keeps_a_session_as_it_was)
{
	struct err e = {0};
	struct trash t;

	folder_make();
	make_family("one");
	put(in("sessions/one/weights"), "0123456789");
	check_trash("sessions/one", "sessions/one", "one");
	t = look();
	CHECK_INT(t.n, 1);
	CHECK_STR(t.at[0].name, "one");
	CHECK_STR(t.at[0].from, in("sessions/one"));
	CHECK_INT(t.bytes, 10 + 3 * 8 + (int)strlen("/seed-7/branches/half"));
	trash_free(&t);
	CHECK_INT(restore("one", &e), 0);
	check_holds(in("sessions/one/weights"), "0123456789");
	check_holds(in("sessions/one/seed-7/steps.csv"), "/seed-7");
	CHECK(!file_exists(in("sessions/.trash/one.from")));
	folder_remove();
}

TEST(trash_numbers_what_has_the_same_name)
{
	struct err e = {0};

	folder_make();
	for (int i = 0; i < 3; i++) {
		static const char *const want[] = {"one", "one-2", "one-3"};

		make_family("one");
		check_trash("sessions/one", "sessions/one", want[i]);
	}
	/* Each knows where it lay. */
	CHECK_INT(restore("one-2", &e), 0);
	CHECK(session_exists(in("sessions/one")));
	CHECK_INT(restore("one-3", &e), -1);
	CHECK_HAS(e.text, "sessions/one: already exists");
	CHECK(session_exists(in("sessions/.trash/one-3")));
	folder_remove();
}

TEST(trash_takes_seeds_and_branches)
{
	struct err e = {0};

	folder_make();
	make_family("one");
	check_trash("sessions/one", "sessions/one/seed-7", "one.seed-7");
	check_trash("sessions/one", "sessions/one/branches/half", "one.half");
	check_trash("sessions/one", "sessions/one", "one");
	CHECK_INT(restore("one.seed-7", &e), -1);
	CHECK_HAS(e.text, "sessions/one: is missing, and one.seed-7 belongs in it");
	err_clear(&e);
	CHECK_INT(restore("one", &e), 0);
	CHECK(!file_is_dir(in("sessions/one/seed-7")));
	CHECK_INT(restore("one.seed-7", &e), 0);
	CHECK_INT(restore("one.half", &e), 0);
	check_holds(in("sessions/one/seed-7/steps.csv"), "/seed-7");
	check_holds(in("sessions/one/branches/half/steps.csv"), "/branches/half");
	folder_remove();
}

TEST(trash_restores_over_nothing)
{
	struct err e = {0};

	folder_make();
	make_family("one");
	check_trash("sessions/one", "sessions/one", "one");
	put(in("sessions/one"), "a file of the user's");
	CHECK_INT(restore("one", &e), -1);
	CHECK_HAS(e.text, "already exists");
	check_holds(in("sessions/one"), "a file of the user's");
	err_clear(&e);
	remove(in("sessions/one"));
	CHECK(mkdir(in("sessions/one"), 0777) == 0);
	CHECK_INT(restore("one", &e), -1);
	CHECK(session_exists(in("sessions/.trash/one")));
	folder_remove();
}

TEST(trash_refuses_what_is_written)
{
	char place[PATH_LEN];
	struct settings set;
	struct session s;
	struct err e = {0};

	folder_make();
	make(in("sessions/one"));
	REQUIRE(session_resume(&s, in("sessions/one"), &set, &e) == 0);
	CHECK_INT(session_trash(in("sessions/one"), in("sessions/one"), place, sizeof place, &e),
		  -1);
	CHECK_HAS(e.text, "another program is writing this session");
	CHECK(session_exists(in("sessions/one")));
	CHECK(!file_is_dir(in("sessions/.trash/one")));
	session_close(&s);
	err_clear(&e);
	CHECK(symlink(in("sessions/one"), in("sessions/link")) == 0);
	CHECK_INT(session_trash(in("sessions/link"), in("sessions/link"), place, sizeof place, &e),
		  -1);
	CHECK_HAS(e.text, "symbolic link");
	CHECK(session_exists(in("sessions/one")));
	folder_remove();
}

/* The locks of a branch are its own, those of a seed are its session's. */
TEST(trash_restores_a_branch_while_its_parent_is_written)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	folder_make();
	make_family("one");
	check_trash("sessions/one", "sessions/one/seed-7", "one.seed-7");
	check_trash("sessions/one", "sessions/one/branches/half", "one.half");
	make(in("sessions/two")); /* one that can be opened */
	REQUIRE(rename(in("sessions/two/config.yml"), in("sessions/one/config.yml")) == 0);
	REQUIRE(session_resume(&s, in("sessions/one"), &set, &e) == 0);
	CHECK_INT(restore("one.half", &e), 0);
	CHECK_STR(e.text, "");
	check_holds(in("sessions/one/branches/half/steps.csv"), "/branches/half");
	CHECK_INT(restore("one.seed-7", &e), -1);
	CHECK_HAS(e.text, "another program is writing this session");
	session_close(&s);
	folder_remove();
}

/* By its name in the trash, or by where it lay. */
TEST(trash_is_searched)
{
	const struct trash_entry *x;
	struct trash t;

	folder_make();
	make_family("one");
	check_trash("sessions/one", "sessions/one/seed-7", "one.seed-7");
	check_trash("sessions/one", "sessions/one", "one");
	CHECK(symlink("one", in("sessions/.trash/link")) == 0); /* is not in it */
	t = look();
	CHECK_INT(t.n, 2);
	x = trash_find(&t, in("sessions/one/seed-7"));
	REQUIRE(x);
	CHECK_STR(x->name, "one.seed-7");
	x = trash_find(&t, in("sessions/one"));
	REQUIRE(x);
	CHECK_STR(x->name, "one");
	CHECK(trash_find(&t, "one") == x);
	CHECK(!trash_find(&t, "seed-7") && !trash_find(&t, "link") && !trash_find(&t, ""));
	trash_free(&t);
	folder_remove();
}

/* Not even an empty folder, which rename(2) would replace. */
TEST(trash_replaces_nothing_in_it)
{
	folder_make();
	make_family("one");
	CHECK(mkdir(in("sessions/.trash"), 0777) == 0);
	CHECK(mkdir(in("sessions/.trash/one"), 0777) == 0);
	put(in("sessions/.trash/one-2"), "the user's");
	check_trash("sessions/one", "sessions/one", "one-3");
	CHECK(file_is_dir(in("sessions/.trash/one")));
	CHECK(!session_exists(in("sessions/.trash/one")));
	check_holds(in("sessions/.trash/one-2"), "the user's");
	folder_remove();
}

/* A crash between the two files: a name without a folder, a folder without a
 * name; and names that lead out of the folder. */
TEST(trash_survives_halves_and_lies)
{
	static const char *const lies[] = {
		"../outside", "/etc", "one/../../outside", "", "./one", "one//two", "one/",
	};
	struct trash t;
	struct err e = {0};

	folder_make();
	make_family("one");
	check_trash("sessions/one", "sessions/one", "one");
	put(in("sessions/.trash/two.from"), "two");
	make_family("two");
	check_trash("sessions/two", "sessions/two", "two-2");
	CHECK_INT(restore("two-2", &e), 0);
	CHECK(session_exists(in("sessions/two")));
	remove(in("sessions/.trash/one.from"));
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		t = look();
		CHECK_INT(t.n, 1);
		CHECK_STR(t.at[0].from, in("sessions/one"));
		trash_free(&t);
		put(in("sessions/.trash/one.from"), lies[i]);
	}
	put_bytes(in("sessions/.trash/one.from"), "on\0e", 4);
	CHECK_INT(restore("one", &e), 0);
	CHECK(session_exists(in("sessions/one")));
	folder_remove();
}

TEST(trash_remove_deletes_for_good)
{
	struct err e = {0};
	struct trash t;

	folder_make();
	make_family("one");
	put(in("outside"), "kept");
	CHECK(symlink(in("outside"), in("sessions/one/link")) == 0);
	check_trash("sessions/one", "sessions/one", "one");
	t = look();
	CHECK_INT(trash_remove(&t.at[0], &e), 0);
	trash_free(&t);
	t = look();
	CHECK_INT(t.n, 0);
	CHECK(!file_is_dir(in("sessions/.trash/one")));
	CHECK(!file_exists(in("sessions/.trash/one.from")));
	check_holds(in("outside"), "kept");
	trash_free(&t);
	folder_remove();
}

/* Branches have locks of their own: one that is written keeps its parent from going, and not the
 * other way round. */
TEST(a_branch_that_is_written_stays)
{
	char root[256], branch[300], place[PATH_LEN];
	struct settings set;
	struct session s;
	struct err e = {0};

	snprintf(root, sizeof root, "%s/sessions/mother", folder);
	make(root);
	snprintf(branch, sizeof branch, "%s/branches/own", root);
	make(branch);
	REQUIRE(session_resume(&s, branch, &set, &e) == 0);
	CHECK_INT(session_trash(root, root, place, sizeof place, &e), -1);
	CHECK_HAS(e.text, "branches/own: another program is writing this branch");
	CHECK(session_exists(branch));
	err_clear(&e);
	CHECK_INT(session_trash(root, branch, place, sizeof place, &e), -1);
	CHECK_HAS(e.text, "another program is writing this session");
	session_close(&s);
	err_clear(&e);
	REQUIRE(session_resume(&s, root, &set, &e) == 0);
	CHECK_INT(session_trash(root, branch, place, sizeof place, &e), 0);
	CHECK(!session_exists(branch));
	session_close(&s);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
