/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_data.h"
#include "app/session/session_delete.h"
#include "app/session/session_rows.h"
#include "app/folder.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define STEPS_HEADER                                                                           \
	"fold,epoch,step,loss,loss_main,loss_cmd_text,loss_cmd_audio,loss_text,loss_audio,lr," \
	"grad_norm\n"
#define EPOCHS_HEADER "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds\n"

/* Any folds. */
static const struct settings iemocap = {.layout = LAYOUT_IEMOCAP, .model.num_classes = 4};

static const struct step_row a_step = {1, 2, 7, 1.0 / 3, {1, 2, 3, 4, 5}, 5e-4, 1e-12};
static const struct epoch_row an_epoch = {1, 2, 1.5, 0.25, NAN, {NAN, 0.5, 2.0 / 3, 0}, 12.25};

/* A new session, opened for rows at its start. */
static int begin(struct session *s, const char *name)
{
	struct settings set = some_settings();
	struct err e = {0};

	if (session_create(s, in(name), &set, &e) || session_begin(s, 1, 1, 1, &e)) {
		FAIL("%s", e.text);
		return -1;
	}
	return 0;
}

/* Steps 1..n of a fold, two an epoch, and the epochs they make. */
static void add_rows(struct session *s, int fold, int n)
{
	struct err e = {0};

	for (int i = 1; i <= n; i++) {
		struct step_row r = {fold, (i + 1) / 2, i, i, {0}, 0, 0};
		struct epoch_row p = {.fold = fold, .epoch = i / 2};

		CHECK_INT(session_step(s, &r, &e), 0);
		if (i % 2 == 0)
			CHECK_INT(session_epoch(s, &p, &e), 0);
	}
	CHECK_STR(e.text, "");
}

/* "1:1 1:2 2:1": fold and step of every row of steps.csv, then of epochs.csv. */
static const char *rows_there(const struct session *s)
{
	static char text[1024];
	struct step_row *step;
	struct epoch_row *epoch;
	struct err e = {0};
	int n, at = 0;

	text[0] = '\0';
	if (session_steps(s, &iemocap, &step, &n, &e))
		return strcpy(text, e.text);
	for (int i = 0; i < n; i++)
		at += snprintf(text + at, sizeof text - (size_t)at, "%d:%d ", step[i].fold,
			       step[i].step);
	free(step);
	if (session_epochs(s, &iemocap, &epoch, &n, &e))
		return strcpy(text, e.text);
	at += snprintf(text + at, sizeof text - (size_t)at, "|");
	for (int i = 0; i < n; i++)
		at += snprintf(text + at, sizeof text - (size_t)at, " %d:%d", epoch[i].fold,
			       epoch[i].epoch);
	free(epoch);
	return text;
}

TEST(rows_as_written)
{
	struct session s;
	struct err e = {0};

	if (begin(&s, "rows"))
		return;
	CHECK_INT(session_step(&s, &a_step, &e), 0);
	CHECK_INT(session_epoch(&s, &an_epoch, &e), 0);
	/* Without a sync: others can follow the files. */
	check_holds(in("rows/fold-1/steps.csv"),
		    STEPS_HEADER "1,2,7,0.333333333,1,2,3,4,5,0.0005,1e-12\n");
	check_holds(in("rows/fold-1/epochs.csv"),
		    EPOCHS_HEADER "1,2,1.5,0.25,nan,nan,0.5,0.666666667,12.25\n");
	CHECK_INT(session_sync(&s, &e), 0);
	session_close(&s);
	session_close(&s);
}

TEST(rows_read_back)
{
	struct session s;
	struct step_row *step = NULL;
	struct epoch_row *epoch = NULL;
	struct err e = {0};
	int n = 0;

	if (begin(&s, "back"))
		return;
	CHECK_INT(session_steps(&s, &iemocap, &step, &n, &e), 0);
	CHECK_INT(n, 0);
	free(step);
	session_step(&s, &a_step, &e);
	session_epoch(&s, &an_epoch, &e);
	session_close(&s);
	CHECK_INT(session_read(&s, in("back/"), &(struct settings){0}, &e), 0);
	REQUIRE(session_steps(&s, &iemocap, &step, &n, &e) == 0 && n == 1);
	CHECK_INT(step->step, 7);
	CHECK_NEAR(step->loss, 1.0 / 3, 1e-9);
	CHECK_NEAR(step->term[TERM_CMD_AUDIO], 3, 0);
	CHECK_NEAR(step->lr, 5e-4, 0);
	CHECK_NEAR(step->grad_norm, 1e-12, 0);
	REQUIRE(session_epochs(&s, &iemocap, &epoch, &n, &e) == 0 && n == 1);
	CHECK(isnan(epoch->val_loss) && isnan(epoch->val.wa));
	CHECK_NEAR(epoch->val.wf1, 2.0 / 3, 1e-9);
	CHECK_NEAR(epoch->seconds, 12.25, 0);
	free(step);
	free(epoch);
	session_close(&s);
}

TEST(no_rows_yet)
{
	struct settings set = some_settings();
	struct step_row *step;
	struct session s;
	struct err e = {0};
	int n = -1;

	REQUIRE(session_create(&s, in("young"), &set, &e) == 0);
	CHECK_INT(session_steps(&s, &iemocap, &step, &n, &e), 0);
	CHECK_INT(n, 0);
	session_close(&s);
}

TEST(create_keeps_what_is_there)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in("new/deep"), &set, &e) == 0);
	CHECK(session_exists(in("new/deep")));
	session_close(&s);
	CHECK_INT(session_create(&s, in("new/deep"), &set, &e), -1);
	CHECK_HAS(e.text, "already has a session; --resume goes on with it");

	err_clear(&e);
	CHECK_INT(session_create(&s, in("new"), &set, &e), -1);
	CHECK_HAS(e.text, "is not empty (it has deep) and not a session");
	CHECK(!file_exists(in("new/lock")));

	err_clear(&e);
	put(in("plain"), "");
	CHECK_INT(session_create(&s, in("plain"), &set, &e), -1);
	CHECK_HAS(e.text, "plain");
	session_close(&s);
}

/* Killed before config.yml was there: create takes the folder over. */
TEST(create_where_one_was_killed)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	CHECK_INT(mkdir(in("killed"), 0777), 0);
	put(in("killed/lock"), "");
	put(in("killed/" TEMP_PREFIX "1-0"), "exp: {se");
	CHECK(!session_exists(in("killed")));
	CHECK_INT(session_resume(&s, in("killed"), &set, &e), -1);
	CHECK_HAS(e.text, "is not a session: it has no config.yml");
	err_clear(&e);
	CHECK_INT(session_create(&s, in("killed"), &set, &e), 0);
	CHECK(!file_exists(in("killed/" TEMP_PREFIX "1-0")));
	session_close(&s);
}

TEST(resume_and_read)
{
	struct settings set = some_settings(), back;
	struct session s, other;
	struct err e = {0};

	set.exp.seed = 1234;
	REQUIRE(session_create(&s, in("resume"), &set, &e) == 0);
	session_close(&s);
	CHECK_INT(mkdir(in("resume/fold-1"), 0777), 0);
	put(in("resume/fold-1/" TEMP_PREFIX "1-0"), "torn");
	CHECK_INT(session_read(&other, in("resume"), &back, &e), 0);
	CHECK_INT(back.exp.seed, 1234);
	CHECK(file_exists(in("resume/fold-1/" TEMP_PREFIX "1-0")));
	CHECK_INT(session_resume(&s, in("resume"), &back, &e), 0);
	CHECK_INT(back.exp.seed, 1234);
	CHECK(!file_exists(in("resume/fold-1/" TEMP_PREFIX "1-0")));
	session_close(&s);
	session_close(&other);

	CHECK_INT(session_resume(&s, in("none"), &back, &e), -1);
	CHECK_HAS(e.text, "none: no such session");
	err_clear(&e);
	CHECK_INT(session_read(&s, folder, &back, &e), -1);
	CHECK_HAS(e.text, "is not a session");
	CHECK(!file_exists(in("lock")));
}

/* Programs may write different folds, and each fold is written by one. */
TEST(one_writer_for_each_fold)
{
	struct settings set = some_settings(), back;
	struct session s, other;
	struct err e = {0};

	REQUIRE(session_create(&s, in("mine"), &set, &e) == 0);
	CHECK_INT(session_begin(&s, 1, 1, 1, &e), 0);
	CHECK_INT(session_read(&other, in("mine"), &back, &e), 0);
	session_close(&other);
	CHECK_INT(session_resume(&other, in("mine"), &back, &e), 0);
	CHECK_INT(session_check_free(in("mine"), 2, &e), 0);
	CHECK_INT(session_check_free(in("mine"), 1, &e), -1);
	CHECK_HAS(e.text, "mine: another program is writing this session: fold 1, process ");
	err_clear(&e);
	CHECK_INT(session_begin(&other, 1, 1, 1, &e), -1);
	CHECK_HAS(e.text, "mine: another program is writing this session: fold 1, process ");
	err_clear(&e);
	CHECK_INT(session_begin(&other, 2, 1, 1, &e), 0);
	add_rows(&s, 1, 2);
	add_rows(&other, 2, 2);
	/* Whoever leaves while another goes on does not join; the last one does. */
	CHECK_INT(session_join(&s, &e), 0);
	session_close(&s);
	CHECK(!file_exists(in("mine/steps.csv")));
	CHECK_STR(rows_there(&other), "1:1 1:2 2:1 2:2 | 1:1 2:1");
	CHECK_INT(session_begin(&other, 1, 2, 3, &e), 0); /* it is free now */
	session_close(&other);
	check_holds(in("mine/epochs.csv"), EPOCHS_HEADER "1,1,0,0,0,0,0,0,0\n2,1,0,0,0,0,0,0,0\n");
	CHECK_STR(e.text, "");
}

/* A program of version 0.1 holds flock. */
TEST(not_beside_version_0_1)
{
	struct settings set = some_settings(), back;
	struct session s;
	struct err e = {0};
	int old;

	REQUIRE(session_create(&s, in("old"), &set, &e) == 0);
	old = open(in("old/lock"), O_RDWR);
	REQUIRE(old >= 0);
	CHECK_INT(flock(old, LOCK_EX | LOCK_NB), -1);
	session_close(&s);
	CHECK_INT(flock(old, LOCK_EX | LOCK_NB), 0);
	CHECK_INT(session_resume(&s, in("old"), &back, &e), -1);
	CHECK_HAS(e.text, "old: another program is writing this session; wait for it");
	close(old);
	err_clear(&e);
	CHECK_INT(session_resume(&s, in("old"), &back, &e), 0);
	session_close(&s);
}

TEST(lock_ends_with_the_process)
{
	struct settings set = some_settings(), back;
	struct session s;
	struct err e = {0};
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (session_create(&s, in("dead"), &set, &e) == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	CHECK_INT(session_resume(&s, in("dead"), &back, &e), 0);
	CHECK_STR(e.text, "");
	session_close(&s);
}

TEST(seeds_share_the_lock)
{
	struct settings set = some_settings(), back;
	struct session s, seed, other;
	struct err e = {0};
	int lock;

	REQUIRE(session_create(&s, in("seeds"), &set, &e) == 0);
	set.exp.seed = 54;
	REQUIRE(session_seed(&seed, &s, &set, &e) == 0);
	CHECK_STR(seed.dir, in("seeds/seed-54"));
	CHECK_STR(seed.root, in("seeds"));
	CHECK(session_exists(in("seeds/seed-54")));
	CHECK_INT(session_begin(&seed, 1, 1, 1, &e), 0);
	CHECK(file_exists(in("seeds/seed-54/fold-1/steps.csv")));
	session_close(&s);
	CHECK_INT(session_hold(in("seeds"), &lock, &e), -1);
	CHECK_HAS(e.text, "another program is writing");
	session_close(&seed);
	err_clear(&e);
	CHECK_INT(session_hold(in("seeds"), &lock, &e), 0);
	close(lock);
	CHECK(file_exists(in("seeds/seed-54/steps.csv"))); /* joined by the last */
	CHECK_INT(session_resume(&other, in("seeds"), &back, &e), 0);
	CHECK_INT(session_seed(&seed, &other, &set, &e), 0); /* it is there */
	session_close(&seed);
	session_close(&other);
}

TEST(names)
{
	char first[128], second[128], cwd[512];
	struct err e = {0};

	REQUIRE(getcwd(cwd, sizeof cwd) && chdir(folder) == 0);
	CHECK_INT(session_new_name(first, sizeof first, "sessions", "configs/my.demo.yml", &e), 0);
	CHECK_INT(session_new_name(second, sizeof second, "sessions", "my.demo.yaml", &e), 0);
	CHECK(strncmp(first, "sessions/my.demo-2", 18) == 0);
	CHECK_INT(strlen(first), strlen("sessions/my.demo-20250101-120000"));
	CHECK(strcmp(first, second) != 0);
	CHECK(file_is_dir(first) && file_is_dir(second));
	CHECK_INT(session_new_name(first, 10, "sessions", "demo", &e), -1);
	CHECK_HAS(e.text, "too long");
	err_clear(&e);
	CHECK_INT(mkdir("my.yml", 0777), 0); /* a folder names itself */
	CHECK_INT(chdir("my.yml"), 0);
	CHECK_INT(session_new_name(first, sizeof first, "../all/deep", ".", &e), 0);
	CHECK(strncmp(first, "../all/deep/my-2", 16) == 0 && file_is_dir(first));
	CHECK_STR(e.text, "");
	CHECK_INT(chdir(cwd), 0);
}

TEST(fold_folders)
{
	char path[PATH_LEN];
	struct session s;
	struct err e = {0};

	if (begin(&s, "folds"))
		return;
	CHECK_INT(session_fold_path(&s, 3, "last.safetensors", path, sizeof path, &e), 0);
	CHECK_STR(path, in("folds/fold-3/last.safetensors"));
	CHECK(file_is_dir(in("folds/fold-3")));
	session_close(&s);
	CHECK_INT(session_read(&s, in("folds"), &(struct settings){0}, &e), 0);
	CHECK_INT(session_fold_path(&s, 4, "x", path, sizeof path, &e), 0);
	CHECK(!file_exists(in("folds/fold-4")));
}

/* Each fold is cut by itself. */
TEST(begin_drops_what_is_behind)
{
	struct session s;
	struct err e = {0};

	if (begin(&s, "behind"))
		return;
	add_rows(&s, 1, 2);
	CHECK_INT(session_begin(&s, 2, 1, 1, &e), 0);
	add_rows(&s, 2, 5);
	CHECK_INT(session_begin(&s, 3, 1, 1, &e), 0);
	add_rows(&s, 3, 2);
	CHECK_STR(rows_there(&s), "1:1 1:2 2:1 2:2 2:3 2:4 2:5 3:1 3:2 | 1:1 2:1 2:2 3:1");
	CHECK_INT(session_begin(&s, 2, 2, 3, &e), 0);
	CHECK_STR(rows_there(&s), "1:1 1:2 2:1 2:2 3:1 3:2 | 1:1 2:1 3:1");
	/* The streams write after what was kept. */
	add_rows(&s, 2, 1);
	CHECK_STR(rows_there(&s), "1:1 1:2 2:1 2:2 2:1 3:1 3:2 | 1:1 2:1 3:1");
	CHECK_INT(session_begin(&s, 1, 1, 1, &e), 0);
	CHECK_STR(rows_there(&s), "2:1 2:2 2:1 3:1 3:2 | 2:1 3:1");
	check_holds(in("behind/fold-1/steps.csv"), STEPS_HEADER);
	session_close(&s);
}

/* A complete session resumed: not even a time stamp changes. */
TEST(opening_touches_nothing_that_is_right)
{
	static const char *const file[] = {"same/steps.csv", "same/commands.log",
					   "same/fold-1/steps.csv"};
	enum { FILES = sizeof file / sizeof *file };
	struct stat before[FILES], after;
	struct settings set;
	struct session s;
	struct err e = {0};

	if (begin(&s, "same"))
		return;
	add_rows(&s, 1, 4);
	session_close(&s);
	for (int i = 0; i < FILES; i++)
		CHECK_INT(stat(in(file[i]), &before[i]), 0);
	CHECK_INT(session_resume(&s, in("same"), &set, &e), 0);
	CHECK_INT(session_begin(&s, 1, 3, 5, &e), 0);
	session_close(&s);
	for (int i = 0; i < FILES; i++) {
		CHECK_INT(stat(in(file[i]), &after), 0);
		CHECK(before[i].st_ino == after.st_ino &&
		      before[i].st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	}
}

/* Cut at every byte: whole rows stay, the rest is passed over and repaired. */
TEST(torn_anywhere)
{
	struct settings set;
	struct session s;
	struct err e = {0};
	size_t len;
	char *all;

	if (begin(&s, "torn"))
		return;
	add_rows(&s, 1, 3);
	session_close(&s);
	all = file_read(in("torn/fold-1/steps.csv"), FILE_ROWS, &len, &e);
	REQUIRE(all);
	for (size_t n = 0; n <= len; n++) {
		struct step_row *row = NULL;
		int lines = 0, rows = -1;

		for (size_t i = 0; i < n; i++)
			lines += all[i] == '\n';
		put_bytes(in("torn/fold-1/steps.csv"), all, n);
		REQUIRE(session_resume(&s, in("torn"), &set, &e) == 0);
		CHECK_INT(session_steps(&s, &iemocap, &row, &rows, &e), 0);
		CHECK_INT(rows, lines ? lines - 1 : 0);
		free(row);
		CHECK_INT(session_begin(&s, 1, 9, 9, &e), 0);
		CHECK_INT(session_step(&s, &a_step, &e), 0);
		CHECK_INT(session_steps(&s, &iemocap, &row, &rows, &e), 0);
		CHECK_INT(rows, lines ? lines : 1);
		free(row);
		session_close(&s);
	}
	CHECK_STR(e.text, "");
	free(all);
}

/* commands.log loses a torn line and nothing else. */
TEST(torn_command)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	if (begin(&s, "command"))
		return;
	session_close(&s);
	put(in("command/fold-1/commands.log"), "at 1 1 5 pause\nat 9 9 9 save\nat 1 2 7 set tra");
	REQUIRE(session_resume(&s, in("command"), &set, &e) == 0);
	CHECK_INT(session_begin(&s, 1, 1, 1, &e), 0);
	check_holds(in("command/fold-1/commands.log"), "at 1 1 5 pause\nat 9 9 9 save\n");
	put_bytes(in("command/fold-1/commands.log"),
		  "at 1 1 5 pause\nat 9 9 9 save\n\0\0\nat 1\0\0\n\0\0", 42);
	CHECK_INT(session_begin(&s, 1, 1, 1, &e), 0);
	check_holds(in("command/fold-1/commands.log"), "at 1 1 5 pause\nat 9 9 9 save\n");
	fputs("at 1 1 6 pause\n", s.commands);
	session_close(&s);
	check_holds(in("command/fold-1/commands.log"),
		    "at 1 1 5 pause\nat 9 9 9 save\nat 1 1 6 pause\n");
}

TEST(wrong_rows)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{STEPS_HEADER "1,1,1,0,0,0,0,0,0,0,0\n\n", "steps.csv:3:1: fold expected"},
		{STEPS_HEADER "1,1,x,0,0,0,0,0,0,0,0\n",
		 "steps.csv:2:5: step expected, 11 columns"},
		{STEPS_HEADER "1,1,1,0,0,0,0,0,0,0\n", "steps.csv:2:19: lr expected"},
		{STEPS_HEADER "1,1,1,0,0,0,0,0,0,0,0,0\n", "steps.csv:2:21: grad_norm expected"},
		{STEPS_HEADER "1,1,1,0,0,0,0,0,0,0,0 \n", "steps.csv:2:21: grad_norm expected"},
		{STEPS_HEADER "1,1,1,,0,0,0,0,0,0,0\n", "steps.csv:2:7: loss expected"},
		{STEPS_HEADER "1,1,99999999999,0,0,0,0,0,0,0,0\n",
		 "steps.csv:2: step 99999999999 (steps count from 1; this is too many)"},
		{STEPS_HEADER "1,1.5,1,0,0,0,0,0,0,0,0\n", "steps.csv:2:3: epoch expected"},
		{STEPS_HEADER "1,1,1,0,0,0,0,0,0,0,0\r\n", "steps.csv:2:21: grad_norm expected"},
		{"fold,epoch\n", "steps.csv:1: the header \"fold,epoch,step,"},
	};
	struct step_row *row;
	struct session s;
	struct err e = {0};
	int n;

	if (begin(&s, "wrong"))
		return;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		err_clear(&e);
		put(in("wrong/fold-1/steps.csv"), wrong[i].text);
		CHECK_INT(session_steps(&s, &iemocap, &row, &n, &e), -1);
		CHECK_HAS(e.text, wrong[i].error);
		CHECK(!row && n == 0);
		err_clear(&e);
		CHECK_INT(session_begin(&s, 1, 9, 9, &e), -1);
		CHECK_HAS(e.text, wrong[i].error);
		check_holds(in("wrong/fold-1/steps.csv"), wrong[i].text);
	}
	put_bytes(in("wrong/fold-1/steps.csv"), STEPS_HEADER "1,1,1\0\n",
		  sizeof STEPS_HEADER - 1 + 7);
	err_clear(&e);
	CHECK_INT(session_steps(&s, &iemocap, &row, &n, &e), -1);
	CHECK_HAS(e.text, "steps.csv:2: a NUL byte");
	session_close(&s);
}

/* What no run writes is refused, so that nobody has to look again. */
TEST(rows_have_ranges)
{
	static const struct {
		const char *row, *error; /* NULL: fine */
	} some[] = {
		{"1,1,1,0,1,0,0,0,1", NULL},
		{"0,1,1,0,1,0,0,0,1", "fold 0; this session has folds 1 to 5"},
		{"2,1,1,0,1,0,0,0,1", "epochs.csv:2: fold 2 in a file of fold 1; remove"},
		{"1,1000000,nan,1,inf,nan,nan,1,0", NULL},
		{"1000000,1,1,0,1,0,0,0,1", "fold 1000000 (folds count from 1, or are 0 alone"},
		{"-1,1,1,0,1,0,0,0,1", "fold -1 (folds count"},
		{"1,0,1,0,1,0,0,0,1", "epoch 0 (epochs count from 1)"},
		{"1,1000001,1,0,1,0,0,0,1",
		 "epoch 1000001 (epochs count from 1; this is too many)"},
		{"1,1,1,1.01,1,0,0,0,1", "train_acc 1.01 (a share, 0 to 1)"},
		{"1,1,1,0,1,-0.1,0,0,1", "val_wa -0.1 (a share, 0 to 1)"},
		{"1,1,1,0,1,0,0,0,-1", "seconds -1 (a number, 0 or more)"},
		{"1,1,1,0,1,0,0,0,nan", "seconds nan (a number, 0 or more)"},
		{"1,1,1,0,1,0,0,0,inf", "seconds inf (a number, 0 or more)"},
	};
	struct epoch_row *row;
	struct session s;
	struct err e = {0};
	char text[512];
	int n;

	if (begin(&s, "ranges"))
		return;
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		err_clear(&e);
		snprintf(text, sizeof text, EPOCHS_HEADER "%s\n", some[i].row);
		put(in("ranges/fold-1/epochs.csv"), text);
		CHECK_INT(session_epochs(&s, &iemocap, &row, &n, &e), some[i].error ? -1 : 0);
		CHECK_HAS(e.text, some[i].error ? some[i].error : "");
		CHECK_INT(n, some[i].error ? 0 : 1);
		free(row);
	}
	session_close(&s);
}

/* A row of later among those that are kept stands for none of them. */
TEST(going_on_after_rows_out_of_order)
{
	struct session s;
	struct err e = {0};

	if (begin(&s, "mixed"))
		return;
	put(in("mixed/fold-1/epochs.csv"), EPOCHS_HEADER "1,1,1,0,1,0,0,0,1\n"
							 "1,9,1,0,1,0,0,0,1\n"
							 "1,2,1,0,1,0,0,0,1\n"
							 "1,3,1,0,1,0,0,0,1\n"
							 "not a row\n");
	CHECK_INT(session_begin(&s, 1, 4, 1, &e), 0);
	CHECK_STR(rows_there(&s), "| 1:1 1:2 1:3");
	session_close(&s);
}

/* A line of its own, after what is whole. */
TEST(remarks)
{
	struct session s;
	struct err e = {0};

	if (begin(&s, "remark"))
		return;
	session_release(&s);
	remove(in("remark/fold-1/commands.log"));
	CHECK_INT(session_remark(&s, 1, "rows of a\nb\033[m\tc left out", &e), 0);
	check_holds(in("remark/fold-1/commands.log"), "# rows of a b [m c left out\n");
	put(in("remark/fold-1/commands.log"), "at 1 1 1 set train.clip 1\nat 1 1 2 set tr");
	CHECK_INT(session_remark(&s, 1, "other data", &e), 0);
	check_holds(in("remark/fold-1/commands.log"), "at 1 1 1 set train.clip 1\n# other data\n");
	session_close(&s);
}

/* A data.csv that is not of the hash is not compared with. */
TEST(changes_of_unknown_data)
{
	struct settings set = some_settings();
	struct origin then = {.hash = "0123456789abcdef0123456789abcdef"};
	struct corpus none = {0};
	struct str out = {0};
	struct session s;
	struct err e = {0};

	if (begin(&s, "unknown"))
		return;
	put(in("unknown/data.csv"), "part,id,label,words,frames\ntrain,a,ang,1,2\n");
	CHECK_INT(session_data_changes(&s, &then, &none, &set, &out, &e), 0);
	CHECK_STR(str_text(&out), "what has changed is unknown: its data.csv does not "
				  "match the hash in config.yml");
	roster_text_hash("part,id,label,words,frames\ntrain,a,ang,1,2\n", 43, then.hash);
	str_reset(&out);
	CHECK_INT(session_data_changes(&s, &then, &none, &set, &out, &e), 0);
	CHECK_STR(str_text(&out), "1 row gone (train a)");
	str_free(&out);
	session_close(&s);
}

/* What a refused start made is taken back, and nothing else. */
/* Another program has gone on with it, and left: that is not thrown away. */
TEST(not_discarded_once_another_has_trained_in_it)
{
	struct settings set = some_settings();
	struct err e = {0};
	struct session s, other;
	char path[PATH_LEN];

	CHECK_INT(session_create(&s, in("by-another"), &set, &e), 0);
	CHECK_INT(session_resume(&other, in("by-another"), &set, &e), 0);
	CHECK_INT(session_begin(&other, 2, 1, 1, &e), 0);
	CHECK_INT(session_fold_path(&other, 2, "state.safetensors", path, sizeof path, &e), 0);
	CHECK_INT(file_write(path, "", 0, &e), 0);
	session_close(&other);
	CHECK_INT(session_discard(&s, &e), -1);
	CHECK_HAS(e.text, "another program has trained in it");
	session_close(&s);
	CHECK(file_exists(path));
}

TEST(discarded)
{
	struct settings set = some_settings();
	char made[PATH_LEN];
	struct session s;
	struct err e = {0};

	dirs_missing(made, sizeof made, in("top/middle/own"));
	CHECK_STR(made, in("top"));
	REQUIRE(session_create(&s, in("top/middle/own"), &set, &e) == 0);
	REQUIRE(session_begin(&s, 1, 1, 1, &e) == 0);
	CHECK_INT(make_dirs(in("top/middle/own/fold-1"), &e), 0);
	put(in("top/other"), "mine");
	CHECK_INT(session_discard(&s, &e), 0);
	session_close(&s);
	dirs_remove(in("top/middle/own"), made);
	CHECK(!file_exists(in("top/middle")));
	check_holds(in("top/other"), "mine");
	/* A folder that was there stays, empty. */
	REQUIRE(session_create(&s, in("top/middle"), &set, &e) == 0);
	CHECK_INT(session_discard(&s, &e), 0);
	session_close(&s);
	dirs_missing(made, sizeof made, in("top/middle"));
	CHECK_STR(made, "");
	CHECK(file_is_dir(in("top/middle")));
}

/* Once the rows up to the stored state are there, anything may follow. */
TEST(rubbish_after_the_state)
{
	static const struct {
		const char *text;
		size_t n;
	} rubbish[] = {
		{"\0\0\0\0", 4},
		{"\0\0\0\0\n", 5},
		{"\0\0\0\0"
		 "1,2,4,0,0,0,0,0,0,0,0\n",
		 26},
		{"1,2,3,0,0\0\0\0\0"
		 "\n1,2,4,0,0,0,0,0,0,0,0\n",
		 36},
		{"1,2,3,0,\xf0\x9f", 10},
		{"\xff\xfe\n\n\n", 5},
		{"1,2,x,0,0,0,0,0,0,0,0\n1,2,4,0,0,0,0,0,0,0,0\n", 44},
		{"9,1,1,0,0,0,0,0,0,0,0\n", 22},
	};
	static const char kept[] = STEPS_HEADER "1,1,1,0,0,0,0,0,0,0,0\n1,1,2,0,0,0,0,0,0,0,0\n";
	size_t many = (size_t)4 << 20;
	struct session s;
	struct err e = {0};
	char *text;

	if (begin(&s, "rubbish"))
		return;
	text = calloc(sizeof kept + many, 1);
	REQUIRE(text);
	strcpy(text, kept);
	for (size_t i = 0; i <= sizeof rubbish / sizeof rubbish[0]; i++) {
		size_t n = i < sizeof rubbish / sizeof rubbish[0] ? rubbish[i].n : many;

		if (n < many)
			memcpy(text + sizeof kept - 1, rubbish[i].text, n);
		else
			memset(text + sizeof kept - 1, 0, n);
		put_bytes(in("rubbish/fold-1/steps.csv"), text, sizeof kept - 1 + n);
		CHECK_INT(session_begin(&s, 1, 2, 3, &e), 0);
		check_holds(in("rubbish/fold-1/steps.csv"), kept);
		put_bytes(in("rubbish/fold-1/steps.csv"), text, sizeof kept - 1 + n);
		CHECK_INT(session_begin(&s, 1, 1, 1, &e), 0);
		check_holds(in("rubbish/fold-1/steps.csv"), STEPS_HEADER);
	}
	CHECK_STR(e.text, "");
	/* The header too, when nothing is stored yet. */
	put_bytes(in("rubbish/fold-1/steps.csv"), "\0\0\0", 3);
	CHECK_INT(session_begin(&s, 1, 1, 1, &e), 0);
	check_holds(in("rubbish/fold-1/steps.csv"), STEPS_HEADER);
	/* Before the state it is damage. */
	put_bytes(in("rubbish/fold-1/steps.csv"),
		  STEPS_HEADER "1,1,1,0,0,0,0,0,0,0,0\n\0\0\n1,1,3,0,0,0,0,0,0,0,0\n",
		  sizeof STEPS_HEADER - 1 + 47);
	CHECK_INT(session_begin(&s, 1, 1, 4, &e), -1);
	CHECK_HAS(e.text, "rubbish/fold-1/steps.csv:3: a NUL byte");
	session_close(&s);
	free(text);
}

/* The disk fills up within a row: an error at once; a resume repairs it. */
TEST(disk_full)
{
	struct rlimit old, small;
	struct settings set;
	struct session s;
	struct err e = {0};
	struct stat st;

	if (begin(&s, "full"))
		return;
	add_rows(&s, 1, 1);
	REQUIRE(stat(in("full/fold-1/steps.csv"), &st) == 0 && getrlimit(RLIMIT_FSIZE, &old) == 0);
	signal(SIGXFSZ, SIG_IGN);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size + 7;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_INT(session_step(&s, &a_step, &e), -1);
	CHECK_HAS(e.text, "cannot write fold-1/steps.csv: ");
	session_close(&s);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	err_clear(&e);
	CHECK_INT(session_resume(&s, in("full"), &set, &e), 0);
	CHECK_STR(rows_there(&s), "1:1 |");
	CHECK_INT(session_begin(&s, 1, 1, 2, &e), 0);
	CHECK_INT(session_step(&s, &a_step, &e), 0);
	CHECK_STR(rows_there(&s), "1:1 1:7 |");
	session_close(&s);
}

TEST(killed_while_writing)
{
	struct settings set;
	struct session s;
	struct err e = {0};
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (begin(&s, "kill"))
			_exit(1);
		add_rows(&s, 1, 3);
		kill(getpid(), SIGKILL);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	CHECK_INT(session_resume(&s, in("kill"), &set, &e), 0);
	CHECK_STR(rows_there(&s), "1:1 1:2 1:3 | 1:1");
	session_close(&s);
}

TEST(predictions)
{
	struct utterance utt[2] = {{.id = "a,1"}, {.id = "the \"second\""}};
	struct corpus c = {.utt = utt, .n = 2};
	struct settings set = some_settings();
	/* main, text, audio; the second: a tie, a certain answer, huge values. */
	float logits[2][HEADS][4] = {
		{{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 0, 1}},
		{{1000, -1000, 1000, 0}, {-1, -1, 5, 5}, {1, 1, 1, 1}},
	};
	int order[2] = {1, 0}, label[2] = {2, 1};
	struct predictions p = {2, 4, order, label, &logits[0][0][0]};
	struct err e = {0};

	snprintf(set.exp.labels[3], LABEL_LEN, "sad, low");
	CHECK_INT(predictions_write(in("p.csv"), &p, &c, &set, &e), 0);
	check_holds(in("p.csv"),
		    "id,true,pred,p_ang,p_hap,p_neu,\"p_sad, low\",pred_text,pred_audio,loss\n"
		    "\"the \"\"second\"\"\",neu,ang,0.25,0.25,0.25,0.25,hap,\"sad, low\","
		    "1.38629436\n"
		    "\"a,1\",hap,ang,0.5,0,0.5,0,neu,ang,2000.69315\n");
}

TEST(no_predictions)
{
	struct settings set = some_settings();
	struct predictions p = {.classes = 4};
	struct err e = {0};

	CHECK_INT(predictions_write(in("none.csv"), &p, &(struct corpus){0}, &set, &e), 0);
	check_holds(in("none.csv"),
		    "id,true,pred,p_ang,p_hap,p_neu,p_sad,pred_text,pred_audio,loss\n");
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
