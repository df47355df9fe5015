/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * health.csv of a run, on the tiny corpus (4 steps an epoch, 3 epochs): a run that is measured is
 * the one that is not; stopped, killed, rewound, branched or replayed, the file is that of the run
 * that was left alone.
 */
#include "app/folder.h"
#include "app/lab/job_rewind.h"
#include "app/same_run.h"
#include "app/session/branch.h"
#include "app/session/rows.h"
#include "app/session/session_rows.h"
#include "same_file.h"

#define CONFIG "tests/record/tiny/config.yml"

enum { PLAN = 4 };

struct plan {
	struct {
		int step;         /* before this one; 0: the end */
		const char *what; /* "set ...", "rewind E:S", "stop" */
	} at[PLAN];
	int next;
	struct run *follow; /* loaded before the first step, refreshed before each */
};

static void go_back(struct job *j, const char *to)
{
	struct err e = {0};
	struct rewind r;

	CHECK(rewind_place(&r, to));
	CHECK_INT(job_rewind(j, &r, false, NULL, &e), 0);
	CHECK_STR(e.text, "");
}

static void look(struct plan *p, struct job *j)
{
	struct err e = {0};
	struct run fresh;
	unsigned news;

	if (!p->follow->dir[0])
		CHECK_INT(run_load(p->follow, j->session.dir, &e), 0);
	CHECK_INT(run_refresh(p->follow, &news, &e), 0);
	CHECK_INT(run_load(&fresh, j->session.dir, &e), 0);
	CHECK_STR(run_difference(p->follow, &fresh), "");
	run_free(&fresh);
}

static enum job_go between(void *ctx, struct job *j)
{
	struct plan *p = ctx;

	if (p->follow)
		look(p, j);
	for (; p->next < PLAN && p->at[p->next].step == j->trainer.state.step + 1; p->next++) {
		const char *what = p->at[p->next].what;
		struct err e = {0};

		if (strncmp(what, "rewind ", 7) == 0) {
			go_back(j, what + 7);
			if (p->follow)
				look(p, j);
		} else if (strcmp(what, "stop") == 0) {
			p->next++;
			return JOB_STOP;
		} else if (steer_command(&j->steer, what, &e)) {
			FAIL("%s", e.text);
		}
	}
	return JOB_GO;
}

static void run_job(const char *name, struct plan *p, const char *set, const char *log, int threads)
{
	const struct job_options o = {.config = CONFIG,
				      .session = in(name),
				      .set = &set,
				      .nset = set != NULL,
				      .replay = log,
				      .resume = true,
				      .threads = threads};
	const struct job_hooks hooks = {.ctx = p, .between = between};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e)) {
		FAIL("%s", e.text);
		return;
	}
	CHECK_INT(job_run(&j, &e), 0);
	CHECK_STR(e.text, "");
	job_close(&j);
}

static void train(const char *name, const char *set, struct plan p)
{
	run_job(name, &p, set, NULL, 1);
	CHECK(p.next == PLAN || !p.at[p.next].step);
}

static const char *of_fold(const char *name, const char *file)
{
	char path[128];

	snprintf(path, sizeof path, "%s/fold-0/%s", name, file);
	return in(path);
}

static void check_same_file(const char *a, const char *b, const char *file)
{
	if (!same_file(of_fold(a, file), of_fold(b, file)))
		FAIL("%s of %s and %s differ", file, a, b);
}

static void check_same(const char *a, const char *b)
{
	static const char *const file[] = {"steps.csv",         "best.safetensors",
					   "last.safetensors",  "predictions.csv",
					   "state.safetensors", "history.bin"};

	for (size_t i = 0; i < sizeof file / sizeof *file; i++)
		check_same_file(a, b, file[i]);
}

/* The steps that the file has, "2 4 6". */
static void check_steps(const char *name, const char *want)
{
	struct session s = {.lock = -1};
	struct rows_place start = {0};
	struct health_row *row;
	char got[128] = "";
	struct err e = {0};
	bool again;
	int n = 0;

	snprintf(s.dir, sizeof s.dir, "%s", in(name));
	CHECK_INT(session_fold_health(&s, 0, &start, &again, &row, &n, &e), 0);
	CHECK_STR(e.text, "");
	for (int i = 0; i < n; i++) {
		size_t used = strlen(got);

		snprintf(got + used, sizeof got - used, "%s%d", i ? " " : "", row[i].step);
		CHECK_INT(row[i].epoch, (row[i].step - 1) / 4 + 1);
		CHECK(row[i].sample > 0);
	}
	CHECK_STR(got, want);
	CHECK(file_exists(of_fold(name, "health.csv")) == (n > 0));
	free(row);
}

TEST(a_run_that_is_measured_is_the_same)
{
	struct plan none = {0};
	struct run followed = {0};

	folder_make();
	train("plain", NULL, (struct plan){0});
	check_steps("plain", "");
	train("off", "train.health=0", (struct plan){0});
	CHECK(same_file(in("plain/config.yml"), in("off/config.yml")));
	train("one", "train.health=2", (struct plan){.follow = &followed});
	CHECK_INT(followed.fold[0].nhealth, 6);
	run_free(&followed);
	run_job("two", &none, "train.health=2", NULL, 2);
	check_same("plain", "off");
	check_same("plain", "one");
	check_same("plain", "two");
	check_same_file("one", "two", "health.csv");
	check_steps("one", "2 4 6 8 10 12");
	train("rare", "train.health=13", (struct plan){0});
	check_steps("rare", "");
	folder_remove();
}

/* What a kill leaves: rows after the state, and half a row. */
TEST(gone_on_with)
{
	struct err e = {0};
	FILE *f;

	folder_make();
	train("whole", "train.health=2", (struct plan){0});
	train("cut", "train.health=2", (struct plan){.at = {{8, "stop"}}});
	check_steps("cut", "2 4 6");
	unlink(of_fold("cut", "health.csv"));
	CHECK_INT(file_copy(of_fold("whole", "health.csv"), of_fold("cut", "health.csv"), &e), 0);
	f = fopen(of_fold("cut", "health.csv"), "a");
	REQUIRE(f && fputs("0,3,14,-3", f) >= 0 && fclose(f) == 0);
	train("cut", "train.health=2", (struct plan){.at = {{12, "stop"}}});
	check_steps("cut", "2 4 6 8 10");
	/* Rubbish where a power loss came: rows before it count. */
	f = fopen(of_fold("cut", "health.csv"), "a");
	REQUIRE(f && fputs("rubbish\nmore\n", f) >= 0 && fclose(f) == 0);
	train("cut", "train.health=2", (struct plan){0});
	check_same("whole", "cut");
	check_same_file("whole", "cut", "health.csv");
	/* Without a row that counts there is no file. */
	train("none", "train.health=2", (struct plan){.at = {{2, "stop"}}});
	CHECK_INT(file_copy(of_fold("whole", "health.csv"), of_fold("none", "health.csv"), &e), 0);
	train("none", "train.health=2", (struct plan){.at = {{2, "stop"}}});
	check_steps("none", "");
	folder_remove();
}

TEST(turned_on_and_off_while_it_trains)
{
	struct plan none = {0};

	folder_make();
	train("plain", NULL, (struct plan){0});
	train("live", NULL,
	      (struct plan){.at = {{4, "set train.health 3"},
				   {8, "set train.health 1"},
				   {11, "set train.health 0"}}});
	check_steps("live", "6 8 9 10");
	for (int i = 0; i < 2; i++)
		check_same_file("plain", "live", i ? "steps.csv" : "last.safetensors");
	run_job("again", &none, NULL, in("live/commands.log"), 1);
	check_same_file("live", "again", "health.csv");
	folder_remove();
}

TEST(rewound)
{
	struct plan none = {0};
	struct run followed = {0};

	folder_make();
	train("whole", "train.health=2", (struct plan){0});
	train("back", "train.health=2",
	      (struct plan){.at = {{10, "rewind 2:1"}, {6, "stop"}}, .follow = &followed});
	CHECK_INT(followed.fold[0].nhealth, 2);
	run_free(&followed);
	check_steps("back", "2 4");
	check_steps("back/branches/before-rewind-1", "2 4 6 8");
	train("back", "train.health=2", (struct plan){0});
	check_same_file("whole", "back", "health.csv");
	check_same_file("whole", "back", "last.safetensors");
	/* To before the first measurement: no file until the next. */
	train("first", "train.health=2", (struct plan){.at = {{6, "rewind 1:1"}, {2, "stop"}}});
	check_steps("first", "");
	check_steps("first/branches/before-rewind-1", "2 4");
	train("first", "train.health=2", (struct plan){0});
	check_same_file("whole", "first", "health.csv");
	/* Before there is a file at all, and from the log. */
	train("early", "train.health=7", (struct plan){.at = {{4, "rewind 1:1"}, {3, "stop"}}});
	check_steps("early", "");
	run_job("again", &none, "train.health=2", in("back/commands.log"), 1);
	check_same_file("whole", "again", "health.csv");
	check_steps("again/branches/before-rewind-1", "2 4 6 8");
	folder_remove();
}

TEST(branched)
{
	char out[PATH_LEN];
	struct err e = {0};

	folder_make();
	train("whole", "train.health=2", (struct plan){0});
	REQUIRE(branch_make(in("whole"), "b", 0, 6, out, sizeof out, NULL, NULL, &e) == 0);
	/* The state is that of the epoch's end before it. */
	check_steps("whole/branches/b", "2 4");
	train("whole/branches/b", NULL, (struct plan){0});
	check_same("whole", "whole/branches/b");
	check_same_file("whole", "whole/branches/b", "health.csv");
	train("off", NULL, (struct plan){0});
	REQUIRE(branch_make(in("off"), "b", 0, 6, out, sizeof out, NULL, NULL, &e) == 0);
	check_steps("off/branches/b", "");
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
