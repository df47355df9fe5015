/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/changes.h"
#include "app/folder.h"
#include "app/session/rows.h"
#include "base/rng.h"

#include <limits.h>

static const struct change lr = {1, 2, 30, (char *)"set train.optimizer.lr 1e-4", 0, 0, false};
static const struct change stop = {0, 40, 1, (char *)"pause", 0, 0, false};

TEST(written_and_read)
{
	FILE *f = fopen(in("log"), "w");
	struct str lines = {0};
	struct changes c;
	struct err e = {0};

	REQUIRE(f);
	change_line(&lines, &lr, "5e-4");
	CHECK_INT(changes_write(f, &lines, &e), 0);
	str_reset(&lines);
	change_line(&lines, &stop, "");
	CHECK_INT(changes_write(f, &lines, &e), 0);
	str_free(&lines);
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
	struct change set = lr, fold = {1, 2, 31, (char *)"fold", 0, 4711, false};
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
	/* as they were made, so that undo takes back the last */
	BEGIN(&base,
	      "at 3 1 1 set train.clip 2   # was 0\n"
	      "at 3 1 1 set train.optimizer.lr 2e-3   # was 5e-4\n"
	      "at 3 1 1 begin\n",
	      "1 1 set train.clip 2", "1 2 set train.optimizer.lr 2e-3");
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

static void check_place(const char *text, int epoch, int in_epoch)
{
	struct rewind r;

	if (!rewind_place(&r, text))
		FAIL("%s is a place", text);
	CHECK_INT(r.epoch, epoch);
	CHECK_INT(r.in_epoch, in_epoch);
}

TEST(places_to_go_back_to)
{
	static const char *const wrong[] = {
		"",      "0",       "0:1", "-1", ":2", "4:", "4:-1",           "4:x", "4 1", "x",
		"4:1:1", "1000001", "1.5", "+4", " 4", "4 ", "4:1234567890123"};
	struct rewind r;

	check_place("4", 4, 0);
	check_place("4:0", 4, 0);
	check_place("12:345", 12, 345);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (rewind_place(&r, wrong[i]))
			FAIL("accepted: %s", wrong[i]);
	r = (struct rewind){.epoch = 3, .in_epoch = 2};
	CHECK_INT(rewind_step(&r, 20), 42);
	r = (struct rewind){.epoch = EPOCH_MAX, .in_epoch = STEP_MAX};
	CHECK_INT(rewind_step(&r, STEP_MAX), INT_MAX);
}

TEST(lines_of_rewinds)
{
	static const char *const wrong[] = {
		"rewind",
		"rewind x",
		"rewind 0:1",
		"rewind 2:1 ../a",
		"rewind 1:2:3",
		"rewind 2:1 a b",
		"rewind 2:1 .a",
		"rewind 2:1 a/b",
		"rewind 2:1 a spikes",
		"rewind 2:1 a spike b",
	};
	struct change c = {1, 4, 31, (char *)"rewind 2:3 before-rewind-1", 0, 0, false};
	struct str line = {0};
	struct err e = {0};
	struct rewind r;

	CHECK(change_is_rewind(&c));
	CHECK_INT(change_rewind(&r, &c, &e), 0);
	CHECK_INT(r.epoch, 2);
	CHECK_INT(r.in_epoch, 3);
	CHECK_STR(r.branch, "before-rewind-1");
	rewind_command(&line, &r);
	CHECK_STR(line.s, c.command);
	str_free(&line);
	CHECK_INT(r.why, REWIND_ASKED);
	c.command = (char *)"rewind 2:3  before-rewind-1 spike ";
	CHECK_INT(change_rewind(&r, &c, &e), 0);
	CHECK_INT(r.why, REWIND_SPIKE);
	CHECK_STR(r.branch, "before-rewind-1");
	rewind_command(&line, &r);
	CHECK_STR(line.s, "rewind 2:3 before-rewind-1 spike");
	str_free(&line);
	c.command = (char *)"rewind 2:3 b diverged";
	CHECK_INT(change_rewind(&r, &c, &e), 0);
	CHECK_INT(r.why, REWIND_DIVERGED);
	rewind_command(&line, &r);
	CHECK_STR(line.s, c.command);
	str_free(&line);
	c.command = (char *)"rewind 2:3 spike"; /* a branch of that name */
	CHECK_INT(change_rewind(&r, &c, &e), 0);
	CHECK_INT(r.why, REWIND_ASKED);
	c.command = (char *)"rewind\t2";
	CHECK_INT(change_rewind(&r, &c, &e), 0);
	CHECK_STR(r.branch, "");
	rewind_command(&line, &r);
	CHECK_STR(line.s, "rewind 2:0");
	str_free(&line);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		c.command = (char *)wrong[i];
		CHECK(change_is_rewind(&c));
		if (change_rewind(&r, &c, &e) == 0)
			FAIL("accepted: %s", wrong[i]);
		CHECK_HAS(e.text, "expected rewind EPOCH:STEP BRANCH");
	}
	c.command = (char *)"rewinds 2:1";
	CHECK(!change_is_rewind(&c));
}

/* What fold 1 follows after so many rewinds, a line each. */
static void check_follows(const struct changes *c, int rewinds, int each, const char *want,
			  int want_end)
{
	struct changes its;
	struct str lines = {0};
	int end;

	changes_follow(&its, c, 1, rewinds, each, &end);
	for (int i = 0; i < its.n; i++)
		change_line(&lines, &its.at[i], "");
	CHECK_STR(str_text(&lines), want);
	CHECK_INT(end, want_end);
	changes_free(&its);
	str_free(&lines);
}

/* Epochs of 10 steps. */
TEST(what_is_in_force_after_rewinds)
{
	static const char log[] = "at 1 1 1 set train.clip 9\n"
				  "at 1 1 1 begin\n"
				  "at 1 1 1 set train.clip 1\n"
				  "at 1 2 11 set train.clip 2\n"
				  "at 1 2 14 set train.clip 3\n"
				  "at 1 2 13 pause\n"
				  "at 1 2 16 rewind 2:3 a\n" /* 13 steps are done */
				  "at 2 1 1 set train.clip 8\n"
				  "at 1 2 14 set train.clip 4\n"
				  "at 1 2 15 rewind 1:0 b\n"
				  "at 1 1 1 set train.clip 5\n";
	struct changes c;
	struct err e = {0};

	put(in("log"), log);
	REQUIRE(changes_read(&c, in("log"), false, &e) == 0);
	CHECK_INT(changes_rewinds(&c, 1), 2);
	CHECK_INT(changes_rewinds(&c, 2), 0);
	check_follows(&c, 0, 10,
		      "at 1 1 1 set train.clip 9\nat 1 1 1 begin\n"
		      "at 1 1 1 set train.clip 1\nat 1 2 11 set train.clip 2\n"
		      "at 1 2 13 pause\nat 1 2 14 set train.clip 3\n",
		      6);
	check_follows(&c, 1, 10,
		      "at 1 1 1 set train.clip 9\nat 1 1 1 begin\n"
		      "at 1 1 1 set train.clip 1\nat 1 2 11 set train.clip 2\n"
		      "at 1 2 13 pause\nat 1 2 14 set train.clip 4\n",
		      9);
	for (int rewinds = 2; rewinds < 4; rewinds++) /* the log has no more */
		check_follows(&c, rewinds, 10,
			      "at 1 1 1 set train.clip 9\nat 1 1 1 begin\n"
			      "at 1 1 1 set train.clip 5\n",
			      -1);
	changes_free(&c);
}

/* A person at work: the log that becomes of it, and, beside it, by step what was given and
 * has not been taken back, as the model has it. */
enum { PERSON_STEPS = 200, PERSON_GIVEN = 4 };
struct person {
	struct rng draws;
	int each, done, values;
	int given[PERSON_STEPS + 2][PERSON_GIVEN], n[PERSON_STEPS + 2];
	struct str log;
};

static int draw(struct person *p, int n)
{
	return (int)(rng_u32(&p->draws) % (uint32_t)n);
}

static void give(struct person *p, int step)
{
	if (step > PERSON_STEPS || p->n[step] == PERSON_GIVEN)
		return;
	str_addf(&p->log, "at 1 %d %d set train.clip %d\n", (step - 1) / p->each + 1, step,
		 ++p->values);
	p->given[step][p->n[step]++] = p->values;
}

static void go_back(struct person *p)
{
	int to = draw(p, p->done + 1);

	str_addf(&p->log, "at 1 %d %d rewind %d:%d x\n", p->done / p->each + 1, p->done + 1,
		 to / p->each + 1, to % p->each);
	for (int i = to + 1; i <= PERSON_STEPS; i++)
		p->n[i] = 0;
	p->done = to;
}

static void check_person(const struct person *p, int rewinds)
{
	struct str want = {0};
	struct changes c;
	struct err e = {0};

	for (int i = 1; i <= PERSON_STEPS; i++)
		for (int k = 0; k < p->n[i]; k++)
			str_addf(&want, "at 1 %d %d set train.clip %d\n", (i - 1) / p->each + 1, i,
				 p->given[i][k]);
	put(in("person"), str_text(&p->log));
	REQUIRE(changes_read(&c, in("person"), false, &e) == 0);
	check_follows(&c, rewinds, p->each, str_text(&want), -1);
	if (p->done <= p->each) /* no row says how long an epoch is */
		check_follows(&c, rewinds, 0, str_text(&want), -1);
	changes_free(&c);
	str_free(&want);
}

TEST(any_log_with_rewinds)
{
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct person p = {0};
		int faults = test_faults, rewinds = 0;

		rng_seed(&p.draws, seed);
		p.each = 1 + draw(&p, 9);
		for (int n = draw(&p, 30); n > 0; n--) {
			p.done += draw(&p, PERSON_STEPS - p.done > 12 ? 12 : 1);
			if (draw(&p, 3))
				give(&p, p.done + 1);
			if (draw(&p, 4) == 0) /* for the next epoch */
				give(&p, (p.done / p.each + 1) * p.each + 1);
			if (draw(&p, 4) == 0) {
				go_back(&p);
				rewinds++;
			}
			check_person(&p, rewinds);
		}
		if (test_faults > faults)
			FAIL("seed %u", seed);
		str_free(&p.log);
	}
}

TEST(disk_full)
{
	FILE *f = fopen("/dev/full", "w");
	struct str lines = {0};
	struct err e = {0};

	if (!f)
		SKIP("no /dev/full");
	change_line(&lines, &stop, "");
	CHECK_INT(changes_write(f, &lines, &e), -1);
	CHECK_HAS(e.text, "cannot write: No space left on device");
	str_free(&lines);
	fclose(f);
}

/* Only such a comment: what a value was may hold the word. */
TEST(a_line_says_that_it_takes_a_change_back)
{
	struct change x = lr;
	struct str lines = {0};
	struct err e = {0};
	struct changes c;

	x.undoes = true;
	change_line(&lines, &x, "5e-4");
	x.by = 4711;
	change_line(&lines, &x, "");
	CHECK_STR(lines.s,
		  "at 1 2 30 set train.optimizer.lr 1e-4   # undo, was 5e-4\n"
		  "at 1 2 30 set train.optimizer.lr 1e-4   # undo, asked by process 4711\n");
	str_add(&lines, "at 1 2 31 set train.clip 1   # was undo\n"
			"at 1 2 31 set train.clip 1   # undone\n"
			"at 1 2 31 set train.clip 1\n");
	REQUIRE(file_write(in("log"), lines.s, lines.len, &e) == 0);
	REQUIRE(changes_read(&c, in("log"), false, &e) == 0);
	REQUIRE(c.n == 5);
	for (int i = 0; i < c.n; i++)
		CHECK_INT(c.at[i].undoes, i < 2);
	changes_free(&c);
	str_free(&lines);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
