/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/folder.h"
#include "app/queue/queue.h"

#include "app/session/session_lock.h"
#include "app/session/session_rows.h"
#include "base/str.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A queue's folder, empty: FOLDER/NAME, until the next one. */
static char at[128];

static void open_folder(const char *name)
{
	snprintf(at, sizeof at, "%s", in(name));
	if (mkdir(at, 0777))
		abort();
}

/* "FOLDER/QUEUE/name"; good until the eighth call after it. */
static const char *of(const char *name)
{
	char part[160];

	snprintf(part, sizeof part, "%s/%s", path_base(at), name);
	return in(part);
}

/* A session, as far as the queue looks. */
static const char *stored(const char *name)
{
	struct err e = {0};
	char path[256];

	snprintf(path, sizeof path, "%s", of(name));
	if (make_dirs(path, &e))
		abort();
	snprintf(path, sizeof path, "%s/config.yml", of(name));
	put(path, "");
	return of(name);
}

static void add(const char *name, int seeds, enum queue_end end)
{
	struct err e = {0};

	if (queue_add(at, stored(name), seeds, end, &e))
		FAIL("%s", e.text);
}

static void holds(const char *text)
{
	check_holds(of("queue"), text);
	CHECK(!file_exists(of("queue.new")));
}

/* "a b*3": the runs in their order. */
static void runs(const char *want)
{
	struct str got = {0};
	struct err e = {0};
	struct queue q;

	CHECK_INT(queue_read(&q, at, &e), 0);
	for (int i = 0; i < q.n; i++) {
		str_addf(&got, "%s%s", i ? " " : "", q.run[i].name);
		if (q.run[i].seeds > 1)
			str_addf(&got, "*%d", q.run[i].seeds);
	}
	CHECK_STR(str_text(&got), want);
	str_free(&got);
	queue_free(&q);
}

TEST(without_a_file_nothing_waits)
{
	struct queue_run r;
	struct err e = {0};
	bool found = true, was = true;

	snprintf(at, sizeof at, "%s", in("none"));
	runs("");
	CHECK_INT(queue_next(at, NULL, 0, &r, &found, &e), 0);
	CHECK(!found);
	CHECK_INT(queue_remove(at, in("none/a"), &was, &e), 0);
	CHECK(!was);
	CHECK(!file_exists(at));
	CHECK_STR(e.text, "");
}

TEST(added_last_or_first)
{
	struct err e = {0};

	open_folder("ends");
	add("a", 1, QUEUE_LAST);
	add("study/lr=0.1", 3, QUEUE_LAST);
	add("c", 1, QUEUE_FIRST);
	holds("c\na\nseeds 3 study/lr=0.1\n");
	runs("c a study/lr=0.1*3");
	CHECK_INT(queue_add(at, of("a"), 1, QUEUE_LAST, &e), -1);
	CHECK(strstr(e.text, "ends/a: is in the queue already (line 2)"));
	err_clear(&e);
	CHECK_INT(queue_add(at, of("missing"), 1, QUEUE_LAST, &e), -1);
	CHECK(strstr(e.text, "no session is there"));
	holds("c\na\nseeds 3 study/lr=0.1\n");
}

TEST(several_are_added_in_one_change_or_not_at_all)
{
	const char *dir[3];
	struct err e = {0};

	open_folder("all");
	add("x", 1, QUEUE_LAST);
	dir[0] = stored("a"), dir[1] = stored("b"), dir[2] = of("missing");
	CHECK_INT(queue_add_all(at, dir, 3, 1, QUEUE_FIRST, &e), -1);
	CHECK(strstr(e.text, "all/missing: cannot be queued"));
	holds("x\n");
	err_clear(&e);
	CHECK_INT(queue_add_all(at, dir, 2, 2, QUEUE_FIRST, &e), 0);
	holds("seeds 2 a\nseeds 2 b\nx\n");
	dir[1] = dir[0] = stored("c");
	CHECK_INT(queue_add_all(at, dir, 2, 1, QUEUE_LAST, &e), -1);
	holds("seeds 2 a\nseeds 2 b\nx\n");
}

TEST(folders_elsewhere_are_absolute)
{
	struct err e = {0};
	char text[300];
	struct queue q;

	open_folder("other");
	stored("x");
	open_folder("here");
	CHECK_INT(queue_add(at, in("other/x"), 1, QUEUE_LAST, &e), 0);
	snprintf(text, sizeof text, "%s\n", in("other/x"));
	holds(text);
	REQUIRE(queue_read(&q, at, &e) == 0 && q.n == 1);
	CHECK_STR(q.run[0].dir, in("other/x"));
	queue_free(&q);
	/* The same by another way. */
	put(of("queue"), "../other/x\n./y\n");
	stored("y");
	runs("../other/x ./y");
	CHECK_INT(queue_add(at, in("other/x"), 1, QUEUE_LAST, &e), -1);
	err_clear(&e);
	CHECK_INT(queue_add(at, of("../here/y/"), 1, QUEUE_LAST, &e), -1);
	err_clear(&e);
	CHECK_INT(queue_remove(at, in("other/x"), NULL, &e), 0);
	holds("./y\n");
}

TEST(any_name_comes_back)
{
	static const char *const names[] = {"#1",     "seeds 3 x", "seeds", " first",  "last ",
					    "a b, c", "ünï",       "-x",    "seeds\t2"};
	struct err e = {0};

	open_folder("names");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct queue q;
		char key[256];
		bool was;

		if (strchr(names[i], '\t')) { /* a tab is no part of a line */
			CHECK_INT(queue_add(at, stored(names[i]), 1, QUEUE_LAST, &e), -1);
			CHECK(strstr(e.text, "control characters; rename it"));
			continue;
		}
		add(names[i], 1 + (int)i % 2, QUEUE_LAST);
		snprintf(key, sizeof key, "%s", of(names[i]));
		REQUIRE(queue_read(&q, at, &e) == 0 && q.n == 1);
		CHECK_INT(q.nfaults, 0);
		CHECK_STR(q.run[0].key, key);
		CHECK_INT(q.run[0].seeds, 1 + (int)i % 2);
		queue_free(&q);
		CHECK_INT(queue_remove(at, key, &was, &e), 0);
		CHECK(was);
		holds("");
	}
}

TEST(written_by_hand)
{
	static const char text[] = "# tonight\n"
				   "\n"
				   "  a  \r\n"
				   "seeds  2   b\n"
				   "gone\n"
				   "seeds two c\n"
				   "a\n"
				   "bell\a\n"
				   "seeds 0 c\n"
				   "seeds 2\n"
				   "\t# indented\n"
				   "c";
	struct err e = {0};
	struct queue q;

	open_folder("hand");
	stored("a"), stored("b"), stored("c");
	put(of("queue"), text);
	REQUIRE(queue_read(&q, at, &e) == 0);
	CHECK_INT(q.n, 3);
	CHECK_STR(q.run[0].name, "a");
	CHECK_INT(q.run[0].line, 3);
	CHECK_STR(q.run[1].name, "b");
	CHECK_INT(q.run[1].seeds, 2);
	CHECK_STR(q.run[2].name, "c");
	CHECK_INT(q.run[2].line, 12);
	REQUIRE(q.nfaults == 6);
	CHECK(strstr(q.fault[0], "hand/queue:5: gone: no session is there"));
	CHECK(strstr(q.fault[1], "hand/queue:6: expected [seeds N] FOLDER"));
	CHECK(strstr(q.fault[1], "is written ./seeds two c"));
	CHECK(strstr(q.fault[2], "hand/queue:7: a is in line 3 already"));
	CHECK(strstr(q.fault[3], "hand/queue:8: the line has control characters"));
	CHECK(strstr(q.fault[4], "hand/queue:9: expected [seeds N] FOLDER"));
	CHECK(strstr(q.fault[5], "hand/queue:10: expected [seeds N] FOLDER"));
	queue_free(&q);

	/* What is not asked for stays as it was written; both lines of a go. */
	CHECK_INT(queue_remove(at, of("a"), NULL, &e), 0);
	CHECK_INT(queue_remove(at, of("gone"), NULL, &e), 0);
	holds("# tonight\n\nseeds  2   b\nseeds two c\nbell\a\nseeds 0 c\nseeds 2\n\t# "
	      "indented\nc\n");
	add("d", 1, QUEUE_FIRST);
	holds("# tonight\n\nd\nseeds  2   b\nseeds two c\nbell\a\nseeds 0 c\nseeds 2\n"
	      "\t# indented\nc\n");
	CHECK_STR(e.text, "");
}

TEST(bytes_of_any_kind_are_kept)
{
	static const char text[] = "a\n\0\xff\n\n\xfe";
	struct err e = {0};
	size_t len;
	char *now;

	open_folder("bytes");
	stored("a");
	put_bytes(of("queue"), text, sizeof text - 1);
	add("b", 1, QUEUE_LAST);
	now = file_read(of("queue"), FILE_LOG, &len, &e);
	CHECK_INT(len, sizeof text - 1 + strlen("\nb\n"));
	CHECK(now && memcmp(now, text, sizeof text - 1) == 0);
	free(now);
	runs("a b");
}

TEST(moved_past_runs)
{
	struct err e = {0};

	open_folder("move");
	put(of("queue"), "# first\na\n\nb\n# c is long\nc\nseeds x\n");
	stored("a"), stored("b"), stored("c");
	CHECK_INT(queue_move(at, of("c"), -1, &e), 0);
	holds("# first\na\n\nc\n# c is long\nb\nseeds x\n");
	CHECK_INT(queue_move(at, of("a"), 5, &e), 0);
	runs("c b a");
	CHECK_INT(queue_move(at, of("a"), INT_MIN, &e), 0);
	runs("a c b");
	CHECK_INT(queue_move(at, of("a"), INT_MAX, &e), 0);
	runs("c b a");
	CHECK_INT(queue_move(at, of("a"), 0, &e), 0);
	CHECK_INT(queue_move(at, of("c"), -1, &e), 0);
	holds("# first\nc\n\nb\n# c is long\na\nseeds x\n");
	CHECK_STR(e.text, "");
	CHECK_INT(queue_move(at, of("d"), 1, &e), -1);
	CHECK(strstr(e.text, "move/d: is not in the queue"));
}

TEST(found_by_name_or_folder)
{
	struct err e = {0};
	struct queue q;

	open_folder("find");
	add("s/lr=1,batch=2", 1, QUEUE_LAST);
	add("s/lr=2", 1, QUEUE_LAST);
	add("t/lr=2", 1, QUEUE_LAST);
	add("demo-20260104-120000", 1, QUEUE_LAST);
	REQUIRE(queue_read(&q, at, &e) == 0);
	CHECK(queue_find(&q, "s/lr=2", &e) == &q.run[1]);
	CHECK(queue_find(&q, of("t/lr=2"), &e) == &q.run[2]);
	CHECK(queue_find(&q, "lr=1,batch=2", &e) == &q.run[0]);
	CHECK_STR(queue_short(&q, &q.run[0]), "lr=1,batch=2");
	CHECK_STR(queue_short(&q, &q.run[1]), "s/lr=2");
	CHECK_STR(queue_short(&q, &q.run[3]), "demo-20260104-120000");
	CHECK(queue_find(&q, of("../find/s/lr=2/"), &e) == &q.run[1]);
	CHECK_STR(e.text, "");
	CHECK(!queue_find(&q, "lr=2", &e));
	CHECK_STR(e.text, "lr=2: 2 runs in the queue end so; name one from its first folder on");
	err_clear(&e);
	CHECK(!queue_find(&q, "demo-20260104-120001", &e));
	CHECK_STR(e.text, "demo-20260104-120001 is not in the queue; did you mean "
			  "demo-20260104-120000?");
	queue_free(&q);
}

TEST(links_are_not_written_through)
{
	static const char *const names[] = {"queue", "queue.lock", "queue.new"};

	for (size_t i = 0; i < 3; i++) {
		char name[16];
		struct err e = {0};

		snprintf(name, sizeof name, "link-%zu", i);
		open_folder(name);
		put(in("target"), "mine\n");
		CHECK_INT(symlink(in("target"), of(names[i])), 0);
		CHECK_INT(queue_add(at, stored("a"), 1, QUEUE_LAST, &e), -1);
		CHECK(strstr(e.text, "is a symbolic link"));
		check_holds(in("target"), "mine\n");
	}
}

TEST(a_failed_write_leaves_the_queue)
{
	struct err e = {0};

	open_folder("full");
	add("a", 1, QUEUE_LAST);
	CHECK_INT(mkdir(of("queue.new"), 0777), 0);
	CHECK_INT(queue_add(at, stored("b"), 1, QUEUE_LAST, &e), -1);
	CHECK(strstr(e.text, "full/queue.new: cannot write the queue"));
	check_holds(of("queue"), "a\n");
}

/* What a killed program left is overwritten; the mode stays. */
TEST(half_written_files_do_not_matter)
{
	struct stat st;

	open_folder("killed");
	add("a", 1, QUEUE_LAST);
	CHECK_INT(chmod(of("queue"), 0640), 0);
	put(of("queue.new"), "a\nhalf of a li");
	add("b", 1, QUEUE_LAST);
	holds("a\nb\n");
	CHECK(stat(of("queue"), &st) == 0 && (st.st_mode & 0777) == 0640);
}

enum { PROGRAMS = 6, ROUNDS = 40 };

/* Adds and removes runs of its own, and moves one that all have. */
static int busy_program(int number)
{
	struct err e = {0};

	for (int i = 0; i < ROUNDS; i++) {
		char name[32], old[32];

		snprintf(name, sizeof name, "p%d-%d", number, i);
		snprintf(old, sizeof old, "p%d-%d", number, i - 1);
		if (queue_add(at, stored(name), 1 + i % 3, i % 2 ? QUEUE_FIRST : QUEUE_LAST, &e) ||
		    queue_move(at, of("shared"), i % 2 ? -3 : 4, &e) ||
		    (i % 4 == 3 && queue_remove(at, of(old), NULL, &e))) {
			printf("# %s\n", e.text);
			return 1;
		}
	}
	return 0;
}

TEST(nothing_is_lost_where_several_programs_change_it)
{
	struct err e = {0};
	struct queue q;
	int status, faults = 0;

	open_folder("many");
	add("shared", 1, QUEUE_LAST);
	fflush(stdout);
	for (int i = 0; i < PROGRAMS; i++)
		if (fork() == 0)
			_exit(busy_program(i));
	/* Whoever reads meanwhile sees whole lines of whole names. */
	for (int left = PROGRAMS; left > 0;) {
		REQUIRE(queue_read(&q, at, &e) == 0);
		faults += q.nfaults;
		CHECK(q.n >= 1);
		queue_free(&q);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			CHECK_INT(status, 0);
			left--;
		}
	}
	CHECK_INT(faults, 0);
	REQUIRE(queue_read(&q, at, &e) == 0);
	CHECK_INT(q.n, 1 + PROGRAMS * ROUNDS * 3 / 4);
	for (int p = 0; p < PROGRAMS; p++) {
		for (int i = 0; i < ROUNDS; i++) {
			char name[32];
			const struct queue_run *r;

			snprintf(name, sizeof name, "p%d-%d", p, i);
			r = queue_find(&q, name, &e);
			CHECK(!r == (i % 4 == 2));
			CHECK(!r || r->seeds == 1 + i % 3);
		}
	}
	queue_free(&q);
}

/* ---- what is next ---- */

/* A session that could be trained, in the queue; its lock is in s. */
static void waiting(struct session *s, const char *name)
{
	struct settings set = some_settings();
	struct err e = {0};

	if (session_create(s, of(name), &set, &e) || queue_add(at, of(name), 1, QUEUE_LAST, &e))
		FAIL("%s", e.text);
}

static void after_is(const struct queue_passed *p, int skip, const char *want)
{
	struct queue_run r;
	struct err e = {0};
	bool found;

	CHECK_INT(queue_next(at, p, skip, &r, &found, &e), 0);
	CHECK_STR(found ? r.name : "", want);
}

static void next_is(const struct queue_passed *p, const char *want)
{
	after_is(p, 0, want);
}

/* Programs that begin together begin with different runs. */
TEST(some_may_be_skipped)
{
	static const char *const name[] = {"a", "b", "c", "d"};
	struct queue_passed passed = {0};
	struct session s[4];

	open_folder("skip");
	for (int i = 0; i < 4; i++)
		waiting(&s[i], name[i]);
	after_is(NULL, 2, "");
	for (int i = 0; i < 4; i++)
		session_close(&s[i]);
	for (int i = 0; i < 12; i++)
		after_is(NULL, i, name[i % 4]);
	queue_pass(&passed, of("b"), "");
	after_is(&passed, 0, "a");
	after_is(&passed, 1, "c");
	after_is(&passed, 2, "d");
	after_is(&passed, 3, "a");
	queue_passed_free(&passed);
}

TEST(next_is_the_first_that_nobody_has)
{
	struct queue_passed passed = {0};
	struct session a, b;

	open_folder("next");
	waiting(&a, "a");
	waiting(&b, "b");
	next_is(NULL, ""); /* this program holds both */
	session_close(&b);
	next_is(NULL, "b");
	session_close(&a);
	next_is(&passed, "a");
	queue_pass(&passed, of("a"), "its data is gone");
	next_is(&passed, "b");
	queue_pass(&passed, of("../next/b"), "too");
	next_is(&passed, "");
	CHECK_STR(passed.at[0].why, "its data is gone");
	queue_passed_free(&passed);
	next_is(&passed, "a");
}

/* The state of the only run, and who: "trains process N on HOST since T". */
static enum queue_state state(char *who, size_t n)
{
	enum queue_state s = QUEUE_WAITS;
	struct err e = {0};
	struct queue q;

	if (queue_read(&q, at, &e) || q.n != 1)
		FAIL("%d runs: %s", q.n, e.text);
	else
		s = queue_state(&q.run[0], who, n);
	queue_free(&q);
	return s;
}

static void finish(struct session *s, int fold)
{
	struct settings set = some_settings();
	struct fold_row row = {.fold = fold, .best_epoch = 1};
	struct results r = {0};
	struct err e = {0};

	results_init(&r, &set);
	row.confusion.classes = 4;
	row.confusion.count[0][0] = 1;
	results_add(&r, &row);
	if (session_begin(s, fold, 1, 1, &e) || session_result(s, &r, &e))
		FAIL("%s", e.text);
	results_free(&r);
}

TEST(states)
{
	struct settings set;
	struct session s;
	struct err e = {0};
	char who[256], pid[64];

	open_folder("states");
	waiting(&s, "a");
	CHECK_INT(state(who, sizeof who), QUEUE_WRITTEN);
	CHECK_STR(who, ""); /* no fold yet */
	session_close(&s);
	CHECK_INT(state(who, sizeof who), QUEUE_WAITS);
	REQUIRE(session_claim(&s, of("a"), &set, &e) == 0);
	finish(&s, 1);
	CHECK_INT(state(who, sizeof who), QUEUE_WRITTEN);
	snprintf(pid, sizeof pid, "process %ld on ", (long)getpid());
	CHECK(strncmp(who, pid, strlen(pid)) == 0);
	session_close(&s);
	CHECK_INT(state(who, sizeof who), QUEUE_BEGUN);
	REQUIRE(session_claim(&s, of("a"), &set, &e) == 0);
	for (int fold = 2; fold <= 5; fold++)
		finish(&s, fold);
	session_close(&s);
	CHECK_INT(state(who, sizeof who), QUEUE_FINISHED);
	put(of("queue"), "seeds 2 a\n"); /* one seed of two */
	CHECK_INT(state(who, sizeof who), QUEUE_BEGUN);
	CHECK_STR(queue_state_word(QUEUE_BEGUN), "begun");
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
