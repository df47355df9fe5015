/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_state.h"
#include "app/folder.h"

#include "app/session/session_rows.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A new session, closed. */
static void make(const char *name)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	if (session_create(&s, in(name), &set, &e))
		FAIL("%s", e.text);
	session_close(&s);
}

TEST(a_claim_is_alone)
{
	struct session s, other;
	struct settings set;
	struct err e = {0};

	make("claim");
	REQUIRE(session_claim(&s, in("claim"), &set, &e) == 0);
	/* Between two folds too. */
	CHECK_INT(session_claim(&other, in("claim"), &set, &e), -1);
	CHECK_INT(e.status, EXIT_BUSY);
	CHECK(strstr(e.text, "claim: another program is writing this session"));
	err_clear(&e);
	/* Who asks for single folds may join. */
	CHECK_INT(session_resume(&other, in("claim"), &set, &e), 0);
	session_close(&s);
	CHECK_INT(session_claim(&s, in("claim"), &set, &e), -1);
	CHECK_INT(e.status, EXIT_BUSY);
	err_clear(&e);
	session_close(&other);
	CHECK_INT(session_claim(&s, in("claim"), &set, &e), 0);
	session_close(&s);
	CHECK_STR(e.text, "");
}

/* By folds of seeds too. */
TEST(written_by)
{
	struct settings set = some_settings();
	struct session s, seed;
	struct lock_owner owner;
	struct err e = {0};
	char who[256];

	make("written");
	CHECK(!session_written(in("written"), who, sizeof who));
	CHECK(!session_written(in("none"), who, sizeof who));
	REQUIRE(session_resume(&s, in("written"), &set, &e) == 0);
	CHECK(session_written(in("written"), who, sizeof who));
	CHECK_STR(who, "");
	set.exp.seed++;
	snprintf(s.socket, sizeof s.socket, "/run/miust/12.sock");
	REQUIRE(session_seed(&seed, &s, &set, &e) == 0 && session_take(&seed, 2, &e) == 0);
	CHECK_INT(fold_lock_look(in("written/seed-54/fold-2"), &owner), FOLD_HELD);
	CHECK_STR(owner.socket, "/run/miust/12.sock");
	CHECK(session_written(in("written"), who, sizeof who));
	CHECK(strstr(who, " on "));
	CHECK(session_in_training(in("written"), who, sizeof who));
	CHECK_STR(who, in("written/seed-54"));
	session_close(&seed);
	CHECK(!session_in_training(in("written"), who, sizeof who));
	session_close(&s);
	CHECK(!session_written(in("written"), who, sizeof who));
	CHECK_STR(who, "");
}

/* A file of a fold, as if it had been written so many seconds after 1970. */
static void write_at(const char *name, long seconds)
{
	const struct timespec at[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
	struct err e = {0};
	char dir[256];

	snprintf(dir, sizeof dir, "%s", in(name));
	*strrchr(dir, '/') = '\0';
	if (make_dirs(dir, &e))
		FAIL("%s", e.text);
	put(in(name), "");
	CHECK_INT(utimensat(AT_FDCWD, in(name), at, 0), 0);
}

TEST(goes_on_with_the_fold_that_was_trained_last)
{
	const int left[] = {1, 2, 3, 4, 5};

	make("first");
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 0);
	write_at("first/fold-4/commands.log", 9); /* of a replay */
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 0);
	write_at("first/fold-2/steps.csv", 5);
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 1);
	write_at("first/fold-3/steps.csv", 7);
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 2);
	CHECK_INT(session_goes_on_with(in("first"), left, 2), 1);
	CHECK_INT(session_goes_on_with(in("first"), left + 3, 2), 0);
	write_at("first/fold-2/steps.csv", 8);
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 1);
	write_at("first/fold-3/steps.csv", 8); /* a copy */
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 1);
	write_at("first/fold-5/state.safetensors", 9); /* version 0.1 */
	CHECK_INT(session_goes_on_with(in("first"), left, 5), 4);
}

static void finish(struct session *s, const struct settings *set, int fold)
{
	struct fold_row row = {.fold = fold, .best_epoch = 1};
	struct results r = {0};
	struct err e = {0};

	results_init(&r, set);
	row.confusion.classes = 4;
	row.confusion.count[0][0] = 1;
	results_add(&r, &row);
	if (session_begin(s, fold, 1, 1, &e) || session_result(s, &r, &e))
		FAIL("%s", e.text);
	results_free(&r);
}

static void check_finished(int seeds, bool want)
{
	struct err e = {0};
	bool finished = !want;

	CHECK_INT(session_finished(in("finished"), seeds, &finished, &e), 0);
	CHECK(finished == want);
}

TEST(finished_with_all_folds_of_all_seeds)
{
	struct settings set = some_settings();
	struct session s, seed;
	struct err e = {0};
	bool finished;

	make("finished");
	check_finished(1, false);
	REQUIRE(session_resume(&s, in("finished"), &set, &e) == 0);
	for (int fold = 1; fold < 5; fold++)
		finish(&s, &set, fold);
	check_finished(1, false);
	finish(&s, &set, 5);
	check_finished(1, true);
	check_finished(2, false);
	set.exp.seed++;
	REQUIRE(session_seed(&seed, &s, &set, &e) == 0);
	for (int fold = 5; fold > 0; fold--)
		finish(&seed, &set, fold);
	check_finished(2, true);
	check_finished(3, false);
	session_close(&seed);
	session_close(&s);
	/* data.csv says how many folds there are. */
	put(in("finished/data.csv"),
	    "part,id,label,words,frames\nSession1,a,b,1,1\nSession6,c,b,1,1\n");
	check_finished(1, false);
	CHECK_INT(session_finished(in("none"), 1, &finished, &e), -1);
	CHECK(strstr(e.text, "no such session"));
}

/* Killed after the last fold's result and before the join. */
TEST(a_finished_session_is_settled)
{
	struct settings set = some_settings();
	struct session s, other;
	struct err e = {0};

	make("settle");
	REQUIRE(session_claim(&s, in("settle"), &set, &e) == 0);
	for (int fold = 1; fold <= 5; fold++)
		finish(&s, &set, fold);
	CHECK_INT(session_settle(in("settle"), &e), -1);
	CHECK_INT(e.status, EXIT_BUSY);
	err_clear(&e);
	CHECK_INT(session_resume(&other, in("settle"), &set, &e), 0);
	session_close(&s);
	session_close(&other);
	CHECK_INT(unlink(in("settle/results.json")), 0);
	CHECK_INT(session_settle(in("settle"), &e), 0);
	CHECK(file_exists(in("settle/results.json")));
	CHECK_STR(e.text, "");
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
