/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session is written in its own folder or not at all; on the tiny corpus: 4 steps an epoch. */
#include "app/folder.h"
#include "app/lab/job.h"

#include <sys/stat.h>

#define CONFIG "tests/record/tiny/config.yml"

/* What happens to the session before a step. */
struct plan {
	int step;
	char command[512]; /* of the shell; "": end there */
};

static enum job_go between(void *ctx, struct job *j)
{
	struct plan *p = ctx;
	struct err e = {0};
	int fold, epoch, step;

	job_position(j, &fold, &epoch, &step);
	if (step != p->step)
		return JOB_GO;
	if (!p->command[0])
		return JOB_STOP;
	if (job_save(j, &e)) /* nothing is on its way to the disk */
		FAIL("%s", e.text);
	if (system(p->command))
		FAIL("%s", p->command);
	p->step = 0;
	return JOB_GO;
}

/* Train or go on; returns the sentence, "" if all is well. */
static const char *train(const char *name, struct plan *p, bool resume, int seeds)
{
	const struct job_options o = {
		.config = CONFIG, .session = in(name), .resume = resume, .seeds = seeds};
	const struct job_hooks hooks = {.ctx = p, .between = between};
	static struct err e;
	struct job j;

	err_clear(&e);
	if (job_open(&j, NULL, &o, &hooks, &e) == 0) {
		job_run(&j, &e);
		job_close(&j);
	}
	return e.text;
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	if (system(command))
		FAIL("%s", command);
}

/* Each file and folder in turn becomes a link to where it is now, outside. */
TEST(nothing_is_written_through_links)
{
	static const char *const name[] = {
		"lock",
		"config.yml",
		"data.csv",
		"notes.txt",
		"branch.yml",
		"branches",
		"steps.csv",
		"epochs.csv",
		"commands.log",
		"results.json",
		"fold-0",
		"fold-0/lock",
		"fold-0/steps.csv",
		"fold-0/epochs.csv",
		"fold-0/health.csv",
		"fold-0/commands.log",
		"fold-0/result.json",
		"fold-0/best.safetensors",
		"fold-0/last.safetensors",
		"fold-0/state.safetensors",
		"fold-0/normalize.safetensors",
		"fold-0/predictions.csv",
		"fold-0/history.json",
		"fold-0/history.bin",
		"fold-0/test.json",
		"fold-0/test.bin",
		"seed-8",
		"seed-8/steps.csv",
		"seed-8/fold-0",
		"seed-8/fold-0/state.safetensors",
	};
	struct plan stop = {.step = 6}, on = {0};

	folder_make();
	CHECK_STR(train("s", &stop, false, 1), "");
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		char path[128];
		const char *said;

		shell("rm -rf %s/t %s/far && cp -r %s %s/t && mkdir -p %s/t/seed-8/fold-0", folder,
		      folder, in("s"), folder, folder);
		snprintf(path, sizeof path, "%s/t/%s", folder, name[i]);
		/* What is not there yet would be made through a link that dangles. */
		shell("if [ -e %s ]; then mv %s %s/far; fi; ln -s %s/far %s", path, path, folder,
		      folder, path);
		shell("cd %s && find t far 2>/dev/null | sort >names.1 && tar -cf content.1 t",
		      folder);
		said = train("t", &on, true, 2);
		CHECK_HAS(said, name[i]);
		CHECK_HAS(said, "is a symbolic link, and miust does not write through it");
		CHECK(is_link(path));
		shell("cd %s && find t far 2>/dev/null | sort >names.2 && tar -cf content.2 t",
		      folder);
		shell("cd %s && cmp names.1 names.2 && cmp content.1 content.2", folder);
	}
	folder_remove();
}

/* A link put there while the run is on its way. */
TEST(links_made_meanwhile)
{
	struct plan p = {.step = 6};

	folder_make();
	put(in("victim"), "keep");
	snprintf(p.command, sizeof p.command,
		 "cd %s && ln -sf ../../victim s/fold-0/best.safetensors", folder);
	CHECK_HAS(train("s", &p, false, 1), "best.safetensors: is a symbolic link");
	check_holds(in("victim"), "keep");
	folder_remove();
}

TEST(the_folder_itself_may_be_a_link)
{
	struct plan stop = {.step = 6}, on = {0};

	folder_make();
	CHECK_STR(train("s", &stop, false, 1), "");
	CHECK_INT(symlink("s", in("link")), 0);
	put(in("s/" TEMP_PREFIX "1-0"), "half");
	CHECK_STR(train("link", &on, true, 1), "");
	CHECK(file_exists(in("s/results.json")));
	CHECK(!file_exists(in("s/" TEMP_PREFIX "1-0")));
	CHECK(is_link(in("link")));
	folder_remove();
}

/* Gone at a step, an epoch's last step, or before a seed's folder is made. */
TEST(a_session_that_goes_away_ends_its_run)
{
	static const char *const how[] = {"mv s trash", "rm -r s", "rm s/lock",
					  "mv s/lock s/old && touch s/lock"};
	static const int steps[] = {1, 2, 4, 5, 12};

	folder_make();
	for (size_t i = 0; i < sizeof how / sizeof how[0]; i++)
		for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
			struct plan p = {.step = steps[k]};

			shell("rm -rf %s/s %s/trash", folder, folder);
			snprintf(p.command, sizeof p.command, "cd %s && %s", folder, how[i]);
			CHECK_HAS(
				train("s", &p, false, 1),
				"/s: the session was deleted or moved while it was being written");
			if (i < 2)
				CHECK(!file_exists(in("s")));
		}
	folder_remove();
}

/* The same of a fold's folder: it is not made again, for a fold without its first rows. */
TEST(a_fold_that_goes_away_ends_its_run)
{
	static const char *const how[] = {"mv s/fold-0 trash", "rm -r s/fold-0", "rm s/fold-0/lock",
					  "mv s/fold-0 trash && mkdir s/fold-0"};
	static const int steps[] = {1, 2, 4, 5, 12};

	folder_make();
	for (size_t i = 0; i < sizeof how / sizeof how[0]; i++)
		for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
			struct plan p = {.step = steps[k]};
			char path[128];

			shell("rm -rf %s/s %s/trash", folder, folder);
			snprintf(p.command, sizeof p.command, "cd %s && %s", folder, how[i]);
			snprintf(path, sizeof path, "%s", in("s/fold-0"));
			CHECK_HAS(train("s", &p, false, 1),
				  "/s/fold-0: the fold was deleted or moved while it was being "
				  "written (its lock is gone from there); nothing more is written");
			CHECK_INT(file_exists(path), i > 1);
			CHECK(!file_exists(in("s/fold-0/lock")));
			CHECK(!file_exists(in("s/results.json")));
			if (i == 3) /* somebody else's, which stays empty */
				CHECK_INT(rmdir(path), 0);
		}
	folder_remove();
}

/* And of a file that grows: the rows before would be missing. */
TEST(a_table_that_goes_away_ends_its_run)
{
	static const struct {
		const char *how, *name;
		int step;
	} gone[] = {{"rm s/fold-0/steps.csv", "steps.csv", 2},
		    {"mv s/fold-0/steps.csv s/old", "steps.csv", 5},
		    {"cp s/fold-0/steps.csv s/new && mv s/new s/fold-0/steps.csv", "steps.csv", 6},
		    {"rm s/fold-0/epochs.csv", "epochs.csv", 6}};

	folder_make();
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
		struct plan p = {.step = gone[i].step};
		char want[128];

		shell("rm -rf %s/s", folder);
		snprintf(p.command, sizeof p.command, "cd %s && %s", folder, gone[i].how);
		snprintf(want, sizeof want,
			 "/s/fold-0/%s: was deleted or moved while it was being written",
			 gone[i].name);
		CHECK_HAS(train("s", &p, false, 1), want);
	}
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
