/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/changes.h"
#include "app/folder.h"

static const struct change lr = {1, 2, 30, (char *)"set train.optimizer.lr 1e-4", 0, 0};
static const struct change stop = {0, 40, 1, (char *)"pause", 0, 0};

TEST(written_and_read)
{
	FILE *f = fopen(in("log"), "w");
	struct changes c;
	struct err e = {0};

	REQUIRE(f);
	CHECK_INT(change_write(f, &lr, "5e-4", &e), 0);
	CHECK_INT(change_write(f, &stop, "", &e), 0);
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

TEST(who_asked_is_a_comment)
{
	struct change set = lr, fold = {1, 2, 31, (char *)"fold", 0, 4711};
	struct str lines = {0};
	struct changes c;
	struct err e = {0};

	set.by = 4711;
	change_line(&lines, &set, "5e-4");
	change_line(&lines, &fold, "");
	CHECK_STR(lines.s, "at 1 2 30 set train.optimizer.lr 1e-4   # was 5e-4, asked by process "
			   "4711\n"
			   "at 1 2 31 fold   # asked by process 4711\n");
	put(in("asked"), lines.s);
	REQUIRE(changes_read(&c, in("asked"), false, &e) == 0);
	REQUIRE(c.n == 2);
	CHECK_STR(c.at[0].command, "set train.optimizer.lr 1e-4");
	CHECK_STR(c.at[1].command, "fold");
	changes_free(&c);
	str_free(&lines);
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

/* What fold 3 begins with after the changes of earlier folds, each "FOLD STEP COMMAND". */
static void check_begin(const struct settings *base, const char *const *change, int n,
			const char *want)
{
	struct changes c = {0}, begin;
	struct str lines = {0};

	for (int i = 0; i < n; i++) {
		char command[64];
		struct change x = {.epoch = 1, .command = command};

		REQUIRE(sscanf(change[i], "%d %d %63[^\n]", &x.fold, &x.step, command) == 3);
		changes_insert(&c, &x);
	}
	changes_begin(&begin, &lines, &c, 3, base);
	CHECK_STR(str_text(&lines), want);
	CHECK(begin.n > 0 && change_is_begin(&begin.at[begin.n - 1]));
	CHECK(!changes_have_begin(&c, 3) && changes_have_begin(&begin, 3));
	for (int i = 0; i < begin.n; i++)
		CHECK(changes_taken_over(&begin, i) == (i < begin.n - 1));
	changes_free(&c);
	changes_free(&begin);
	str_free(&lines);
}

#define BEGIN(base, want, ...)                                                          \
	do {                                                                            \
		static const char *const change[] = {__VA_ARGS__};                      \
		check_begin(base, change, (int)(sizeof change / sizeof *change), want); \
	} while (0)

TEST(what_a_fold_begins_with)
{
	struct settings base = some_settings();

	/* the last of each setting, where it is another now, in the order they apply */
	BEGIN(&base,
	      "at 3 1 1 set train.optimizer.lr 2e-3   # was 5e-4\n"
	      "at 3 1 1 set train.clip 2   # was 0\n"
	      "at 3 1 1 begin\n",
	      "2 7 set train.clip 2", "1 9 set train.clip 1", "1 2 set train.patience 5",
	      "2 1 set train.optimizer.lr 2e-3", "2 8 pause", "2 9 set train.patience 0");
	/* later folds do not count, and nothing is left of those that do */
	BEGIN(&base, "at 3 1 1 begin\n", "1 1 set train.clip 1", "1 2 set train.clip 0",
	      "3 1 set train.clip 4", "4 1 set train.clip 5");
	/* the warm-up has to go first, though epochs come first among the options */
	base.train.epoch = 10;
	base.train.warmup = 5;
	BEGIN(&base,
	      "at 3 1 1 set train.warmup 1   # was 5\n"
	      "at 3 1 1 set train.epoch 2   # was 10\n"
	      "at 3 1 1 begin\n",
	      "1 1 set train.epoch 20", "1 1 set train.warmup 15", "1 2 set train.warmup 1",
	      "1 3 set train.epoch 2");
	/* of folds at once, each changed without the other's: the second does not fit */
	BEGIN(&base,
	      "at 3 1 1 set train.warmup 9   # was 5\n"
	      "at 3 1 1 begin\n",
	      "1 1 set train.warmup 9", "2 1 set train.epoch 7");
}

TEST(disk_full)
{
	FILE *f = fopen("/dev/full", "w");
	struct err e = {0};

	if (!f)
		SKIP("no /dev/full");
	CHECK_INT(change_write(f, &stop, "", &e), -1);
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
