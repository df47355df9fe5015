/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds and their join, in the folder and out of version 0.1's; the tiny corpus: 4 steps
 * an epoch. */
#include "app/session/session_data.h"
#include "app/session/session_rows.h"
#include "app/folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#define STEPS                                                                                  \
	"fold,epoch,step,loss,loss_main,loss_cmd_text,loss_cmd_audio,loss_text,loss_audio,lr," \
	"grad_norm\n"
#define EPOCHS   "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds\n"
#define STEP(n)  n ",0,0,0,0,0,0,0,0\n" /* FOLD,EPOCH,STEP */
#define EPOCH(n) n ",0,0,0,0,0,0,0\n"   /* FOLD,EPOCH */

static const struct settings iemocap = {.layout = LAYOUT_IEMOCAP, .model.num_classes = 4};

static void fold_row(struct results *r, int fold)
{
	struct settings set = some_settings();
	struct fold_row f = {.fold = fold, .best_epoch = 1};

	if (r->n == 0)
		results_init(r, &set);
	confusion_init(&f.confusion, 4);
	f.confusion.count[0][0] = fold;
	results_add(r, &f);
}

/* One step and one epoch of a fold, and its end. */
static void train(struct session *s, int fold)
{
	struct step_row step = {.fold = fold, .epoch = 1, .step = 1};
	struct epoch_row epoch = {.fold = fold, .epoch = 1};
	struct results r = {0};
	struct err e = {0};

	fold_row(&r, fold);
	CHECK_INT(session_begin(s, fold, 1, 1, &e), 0);
	CHECK_INT(session_step(s, &step, &e), 0);
	CHECK_INT(session_epoch(s, &epoch, &e), 0);
	fprintf(s->commands, "at %d 1 1 set train.clip 1\n", fold);
	CHECK_INT(session_result(s, &r, &e), 0);
	CHECK_STR(e.text, "");
	results_free(&r);
}

/* What the folder's results.json says, as "1 3". */
static const char *finished(const char *path)
{
	static char text[64];
	struct results r;
	struct err e = {0};
	int at = 0;

	if (results_read(&r, path, &e))
		return strcpy(text, e.text);
	text[0] = '\0';
	for (int i = 0; i < r.n; i++)
		at += snprintf(text + at, sizeof text - (size_t)at, "%s%d", i ? " " : "",
			       r.fold[i].fold);
	results_free(&r);
	return text;
}

TEST(in_fold_order)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in("order"), &set, &e) == 0);
	train(&s, 10);
	train(&s, 2);
	CHECK(!file_exists(in("order/steps.csv")));
	CHECK_INT(session_join(&s, &e), 0);
	check_holds(in("order/steps.csv"), STEPS STEP("2,1,1") STEP("10,1,1"));
	check_holds(in("order/epochs.csv"), EPOCHS EPOCH("2,1") EPOCH("10,1"));
	CHECK_STR(finished(in("order/results.json")), "2 10");
	train(&s, 1);
	session_close(&s); /* the last to leave joins */
	check_holds(in("order/steps.csv"), STEPS STEP("1,1,1") STEP("2,1,1") STEP("10,1,1"));
	check_holds(in("order/commands.log"),
		    "at 1 1 1 set train.clip 1\nat 2 1 1 begin\nat 2 1 1 set train.clip 1\n"
		    "at 10 1 1 begin\nat 10 1 1 set train.clip 1\n");
	check_holds(in("order/fold-1/commands.log"), "at 1 1 1 set train.clip 1\n");
	check_holds(in("order/fold-2/commands.log"), "at 2 1 1 begin\nat 2 1 1 set train.clip 1\n");
	CHECK_STR(finished(in("order/results.json")), "1 2 10");
	CHECK_STR(e.text, "");
}

/* An older join, and what a writer beside it has not finished. */
TEST(opening_brings_the_join_up_to_date)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in("stale"), &set, &e) == 0);
	train(&s, 1);
	session_close(&s);
	put(in("stale/fold-1/steps.csv"), STEPS STEP("1,1,1") STEP("1,1,2") "1,1,3,0.");
	put(in("stale/fold-1/commands.log"), "at 1 1 1 pause\nat 1 1");
	remove(in("stale/epochs.csv"));
	remove(in("stale/results.json"));
	CHECK_INT(session_read(&s, in("stale"), &set, &e), 0);
	session_close(&s);
	CHECK(!file_exists(in("stale/epochs.csv"))); /* looking changes nothing */
	CHECK_INT(session_resume(&s, in("stale"), &set, &e), 0);
	check_holds(in("stale/steps.csv"), STEPS STEP("1,1,1") STEP("1,1,2"));
	check_holds(in("stale/epochs.csv"), EPOCHS EPOCH("1,1"));
	check_holds(in("stale/commands.log"), "at 1 1 1 pause\n");
	CHECK_STR(finished(in("stale/results.json")), "1");
	session_close(&s);
}

/* A fold has lost a file while another is written: who opens the session then is told,
 * and does not wait for ever; whoever is alone makes the file. */
TEST(a_file_lost_while_another_writes)
{
	struct settings set = some_settings(), back;
	struct session s, other;
	struct err e = {0};

	REQUIRE(session_create(&s, in("lost"), &set, &e) == 0);
	train(&s, 1);
	CHECK_INT(session_join(&s, &e), 0);
	CHECK_INT(session_begin(&s, 2, 1, 1, &e), 0);
	remove(in("lost/fold-1/steps.csv"));
	CHECK_INT(session_resume(&other, in("lost"), &back, &e), -1);
	CHECK_HAS(e.text, "lost/fold-1/steps.csv: is missing, and cannot be made again while "
			  "another program is writing this session: fold 2, process ");
	CHECK_HAS(e.text, "; wait for it, stop it, or look with --readonly");
	CHECK_INT(e.status, EXIT_BUSY);
	err_clear(&e);
	session_release(&s); /* between two folds */
	CHECK_INT(session_resume(&other, in("lost"), &back, &e), -1);
	CHECK_HAS(e.text, "another program is writing this session; wait for it");
	CHECK_INT(e.status, EXIT_BUSY);
	err_clear(&e);
	session_close(&s); /* the last to leave makes it, and then joins */
	check_holds(in("lost/fold-1/steps.csv"), STEPS STEP("1,1,1"));
	check_holds(in("lost/steps.csv"), STEPS STEP("1,1,1"));
	CHECK_INT(session_resume(&other, in("lost"), &back, &e), 0);
	CHECK_STR(e.text, "");
	session_close(&other);
}

/* The folder of a session that has gone stays as whoever took it left it. */
TEST(nothing_is_joined_where_the_session_was)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in("gone"), &set, &e) == 0);
	train(&s, 1);
	remove(in("gone/lock"));
	CHECK_INT(session_join(&s, &e), -1);
	CHECK_HAS(e.text, "the session was deleted or moved");
	session_close(&s);
	CHECK(!file_exists(in("gone/steps.csv")));
}

/* A session of version 0.1: fold 1 finished, fold 2 interrupted before its first state. */
static void old_session(const char *name)
{
	struct settings set = some_settings();
	struct results r = {0};
	struct session s;
	struct err e = {0};
	char path[PATH_LEN];

	REQUIRE(session_create(&s, in(name), &set, &e) == 0);
	session_close(&s);
	fold_row(&r, 1);
	fold_row(&r, 3);
	snprintf(path, sizeof path, "%s/results.json", in(name));
	CHECK_INT(results_write(&r, path, &e), 0);
	results_free(&r);
	snprintf(path, sizeof path, "%s/fold-1", in(name));
	CHECK_INT(mkdir(path, 0777), 0);
	snprintf(path, sizeof path, "%s/fold-2", in(name));
	CHECK_INT(mkdir(path, 0777), 0);
	snprintf(path, sizeof path, "%s/steps.csv", in(name));
	put(path, STEPS STEP("3,1,1") STEP("1,1,1") STEP("1,1,2") STEP("2,1,1") "2,1,2,0.5");
	snprintf(path, sizeof path, "%s/epochs.csv", in(name));
	put(path, EPOCHS EPOCH("3,1") EPOCH("1,1"));
	snprintf(path, sizeof path, "%s/commands.log", in(name));
	put(path, "# by hand\nat 3 1 1 pause\nat 1 1 1 pause\n# of 2\nat 2 1 1 save\n"
		  "at 1 1 2 save   # why\n# the end\nat 1 2 3 pa");
}

static void check_read(const char *name)
{
	struct settings set;
	struct step_row *step = NULL;
	struct epoch_row *epoch = NULL;
	struct changes c;
	struct results r;
	struct session s;
	struct err e = {0};
	int n = 0;

	REQUIRE(session_read(&s, in(name), &set, &e) == 0);
	REQUIRE(session_steps(&s, &iemocap, &step, &n, &e) == 0);
	CHECK(n >= 3 && step[0].fold == 1 && step[1].step == 2 && step[n - 1].fold == 3);
	REQUIRE(session_epochs(&s, &iemocap, &epoch, &n, &e) == 0 && n == 2);
	CHECK(epoch[0].fold == 1 && epoch[1].fold == 3);
	REQUIRE(session_changes(&s, &iemocap, &c, &e) == 0 && c.n == 4);
	CHECK_STR(c.at[0].command, "pause");
	CHECK_STR(c.at[1].command, "save");
	CHECK(c.at[1].fold == 1 && c.at[2].fold == 2 && c.at[3].fold == 3);
	REQUIRE(session_results(&s, &iemocap, &r, &e) == 0 && r.n == 2);
	CHECK(r.fold[0].fold == 1 && r.fold[1].fold == 3);
	CHECK_STR(e.text, "");
	free(step);
	free(epoch);
	changes_free(&c);
	results_free(&r);
	session_close(&s);
}

static void check_adopted(const char *name)
{
	char dir[PATH_LEN], path[PATH_LEN];

	snprintf(dir, sizeof dir, "%s", in(name));
#define HOLDS(file, text)                                            \
	do {                                                         \
		snprintf(path, sizeof path, "%.900s/%s", dir, file); \
		check_holds(path, text);                             \
	} while (0)
	HOLDS("fold-1/steps.csv", STEPS STEP("1,1,1") STEP("1,1,2"));
	HOLDS("fold-1/epochs.csv", EPOCHS EPOCH("1,1"));
	HOLDS("fold-1/commands.log", "at 1 1 1 pause\nat 1 1 2 save   # why\n# the end\n");
	HOLDS("fold-2/commands.log", "# of 2\nat 2 1 1 save\n");
	HOLDS("fold-3/steps.csv", STEPS STEP("3,1,1"));
	HOLDS("fold-3/commands.log", "# by hand\nat 3 1 1 pause\n");
	HOLDS("steps.csv", STEPS STEP("1,1,1") STEP("1,1,2") STEP("3,1,1"));
	HOLDS("epochs.csv", EPOCHS EPOCH("1,1") EPOCH("3,1"));
#undef HOLDS
	snprintf(path, sizeof path, "%.900s/fold-2/steps.csv", dir);
	CHECK(!file_exists(path));
	snprintf(path, sizeof path, "%.900s/results.json", dir);
	CHECK_STR(finished(path), "1 3");
}

TEST(version_0_1_is_read_and_adopted)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	old_session("first");
	check_read("first");
	CHECK(!file_exists(in("first/fold-1/steps.csv")));
	CHECK_INT(session_resume(&s, in("first"), &set, &e), 0);
	CHECK_STR(e.text, "");
	check_adopted("first");
	check_read("first");
	session_close(&s);
	CHECK_INT(session_resume(&s, in("first"), &set, &e), 0);
	session_close(&s);
	check_adopted("first");
}

/* Its folds took over all changes of earlier ones: those that have begun get them. */
TEST(version_0_1_takes_over_its_changes)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	old_session("taken");
	put(in("taken/commands.log"), "at 1 1 2 set train.clip 1\nat 2 1 1 set train.patience 3\n"
				      "at 3 1 1 set train.clip 2   # why\n");
	CHECK_INT(session_resume(&s, in("taken"), &set, &e), 0);
	session_close(&s);
	check_holds(in("taken/fold-1/commands.log"), "at 1 1 2 set train.clip 1\n");
	check_holds(in("taken/fold-2/commands.log"), "at 2 1 1 set train.patience 3\n");
	check_holds(in("taken/fold-3/commands.log"), "at 3 1 1 set train.clip 1   # was 0\n"
						     "at 3 1 1 set train.patience 3   # was 0\n"
						     "at 3 1 1 begin\n"
						     "at 3 1 1 set train.clip 2   # why\n");
	CHECK_STR(e.text, "");
}

/* A log that was begun before an earlier fold was changed lacks `begin` until the join;
 * who reads it is told all the same. */
TEST(begin_is_read_before_it_is_written)
{
	struct settings set = some_settings();
	struct changes c;
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in("begun"), &set, &e) == 0);
	train(&s, 2);
	session_release(&s);
	REQUIRE(session_changes(&s, &iemocap, &c, &e) == 0);
	CHECK(c.n == 1 && !changes_have_begin(&c, 2));
	changes_free(&c);
	train(&s, 1);
	session_release(&s);
	REQUIRE(session_changes(&s, &iemocap, &c, &e) == 0);
	REQUIRE(c.n == 3 && changes_have_begin(&c, 2));
	CHECK(change_is_begin(&c.at[1]) && c.at[1].fold == 2);
	changes_free(&c);
	check_holds(in("begun/fold-2/commands.log"), "at 2 1 1 set train.clip 1\n");
	CHECK_INT(session_join(&s, &e), 0);
	check_holds(in("begun/fold-2/commands.log"), "at 2 1 1 begin\nat 2 1 1 set train.clip 1\n");
	session_close(&s);
	CHECK_STR(e.text, "");
}

/* Whatever of it a killed program had done. */
TEST(adopting_again_after_a_kill)
{
	static const char *const done[] = {
		"fold-3/steps.csv",    "fold-3/epochs.csv",  "fold-3/commands.log",
		"fold-1/steps.csv",    "fold-1/epochs.csv",  "fold-1/commands.log",
		"fold-2/commands.log", "fold-3/result.json", "fold-1/result.json"};
	enum { DONE = sizeof done / sizeof *done };
	char old[PATH_LEN], name[32], command[2 * PATH_LEN];

	old_session("before");
	snprintf(old, sizeof old, "%s", in("before"));
	for (int n = 1; n <= DONE; n++) {
		struct settings set;
		struct session s;
		struct err e = {0};

		snprintf(name, sizeof name, "again-%d", n);
		snprintf(command, sizeof command, "cp -R '%.400s' '%.400s'", old, in(name));
		CHECK_INT(system(command), 0);
		CHECK_INT(session_resume(&s, in(name), &set, &e), 0);
		session_close(&s);
		/* As it was before the join, without the last n files. */
		snprintf(command, sizeof command,
			 "cp '%.400s'/[!f]*.* '%.400s' && rm '%.400s'/lock", old, in(name),
			 in(name));
		CHECK_INT(system(command), 0);
		for (int i = 0; i < n; i++) {
			char path[PATH_LEN];

			snprintf(path, sizeof path, "%.900s/%s", in(name), done[i]);
			CHECK_INT(remove(path), 0);
		}
		check_read(name);
		CHECK_INT(session_resume(&s, in(name), &set, &e), 0);
		CHECK_STR(e.text, "");
		session_close(&s);
		check_adopted(name);
	}
}

/* Seeds have folders of their own. */
TEST(seeds_too)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};
	char command[2 * PATH_LEN];

	old_session("seeds");
	snprintf(command, sizeof command, "cd '%s' && mkdir seed-7 && cp -R *.* fold-* seed-7",
		 in("seeds"));
	CHECK_INT(system(command), 0);
	CHECK_INT(session_resume(&s, in("seeds"), &set, &e), 0);
	session_close(&s);
	check_adopted("seeds");
	check_adopted("seeds/seed-7");
	CHECK_STR(e.text, "");
}

/* How many folds the data has. */
TEST(folds_of_the_data)
{
	static const struct {
		const char *data;
		int folds;
	} some[] = {
		{"part,id,label,words,frames\nSession1,a,ang,1,2\nSession7,b,ang,1,2\n", 7},
		{"part,id,label,words,frames\nSession12,b,ang,1,2", 12},
		{"part,id,label,words,frames\n", 5},
		{"", 5},
	};
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in("data"), &set, &e) == 0);
	CHECK_INT(session_folds(&s, &set), 5);
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		put(in("data/data.csv"), some[i].data);
		CHECK_INT(session_folds(&s, &set), some[i].folds);
	}
	set.layout = LAYOUT_LISTS;
	CHECK_INT(session_folds(&s, &set), 1);
	session_close(&s);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
