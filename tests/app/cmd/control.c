/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miust control, by what the folds' locks say: who cannot be asked, and why. */
#include "app/cmd/commands.h"

#include "app/session/session_lock.h"
#include "engine/file/json.h"
#include "temp.h"
#include "test.h"

#include <fcntl.h>

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		FAIL("cannot write %s", path);
}

/* A session whose fold is held by this test, with that line in its lock ("": what the lock
 * itself writes, as a program that does not listen). Returns the lock. */
static int held(const char *session, int fold, const char *line)
{
	const char *dir = temp_path("%s", session);
	const char *of_fold = temp_path("%s/fold-%d", session, fold);
	struct err e = {0};
	int fd;

	mkdir(dir, 0777);
	mkdir(of_fold, 0777);
	write_file(temp_path("%s/config.yml", session), "exp: {}\n");
	fd = fold_lock(of_fold, dir, fold, "", &e);
	if (fd < 0)
		FAIL("%s", e.text);
	if (*line && (ftruncate(fd, 0) || pwrite(fd, line, strlen(line), 0) < 0))
		FAIL("cannot write the line");
	return fd;
}

/* The exit status of `control SESSION pause`, and the sentence. */
static int control(const char *session, int fold, struct err *e)
{
	char dir[512];
	const char *const operand[] = {dir, "pause", NULL};
	const struct args a = {
		.operand = operand, .noperands = 2, .fold = &fold, .nfolds = fold >= 0};

	snprintf(dir, sizeof dir, "%s", temp_path("%s", session));
	err_clear(e);
	CHECK_INT(cmd_control.run(&a, e), -1);
	return err_exit(e->status);
}

TEST(one_on_another_machine_is_named)
{
	int fd = held("far", 1, "node7 4711 2026-01-04T12:00:00Z /run/miust/4711.sock\n");
	struct err e;

	CHECK_INT(control("far", -1, &e), EXIT_FAILED);
	CHECK_HAS(e.text, "far: process 4711 on node7 trains it; ask there");
	fold_lock_end(fd);
}

TEST(one_that_does_not_listen_is_named)
{
	int fd = held("deaf", 1, "");
	char says[64];
	struct err e;

	snprintf(says, sizeof says, "deaf: process %ld on ", (long)getpid());
	CHECK_INT(control("deaf", -1, &e), EXIT_FAILED);
	CHECK_HAS(e.text, says);
	CHECK_HAS(e.text, "does not listen");
	fold_lock_end(fd);
}

TEST(a_socket_that_is_not_there_is_said)
{
	char host[128] = "?", line[512];
	struct err e;
	int fd;

	gethostname(host, sizeof host - 1);
	snprintf(line, sizeof line, "%s 4711 2026-01-04T12:00:00Z %s\n", host,
		 temp_path("none.sock"));
	fd = held("gone", 1, line);
	CHECK_INT(control("gone", -1, &e), EXIT_FAILED);
	CHECK_HAS(e.text, "gone: process 4711, which trained it, does not listen any more: it has "
			  "stopped, or is about to");
	fold_lock_end(fd);
}

/* A screen in which the run has stopped holds the session, and no fold. */
TEST(one_that_trains_nothing_is_told_of)
{
	int fold = held("open", 1, ""), fd;
	struct err e = {0};

	fold_lock_end(fold);
	fd = lock_open(temp_path("open"), true, &e);
	CHECK_INT(lock_take(fd, LOCK_SHARED, false, "open", &e), LOCK_TAKEN);
	CHECK_INT(control("open", -1, &e), EXIT_NOBODY);
	CHECK_HAS(e.text,
		  "open: nobody trains it; a program has the session open, but trains no "
		  "fold: it has stopped there, waits for its turn, or still reads its data");
	close(fd);
	CHECK_INT(control("open", -1, &e), EXIT_NOBODY);
	CHECK(!strstr(e.text, "a program"));
}

TEST(several_are_listed_and_a_fold_chooses)
{
	int one = held("two", 1, "node7 4711 2026-01-04T12:00:00Z /a.sock\n");
	int two = held("two", 2, "node8 4712 2026-01-04T12:00:00Z /b.sock\n");
	struct err e;

	CHECK_INT(control("two", -1, &e), EXIT_USAGE);
	CHECK_HAS(e.text, "fold 1 by process 4711 on node7, fold 2 by process 4712 on node8");
	CHECK_INT(control("two", 2, &e), EXIT_FAILED);
	CHECK_HAS(e.text, "process 4712 on node8 trains it");
	CHECK_INT(control("two", 3, &e), EXIT_NOBODY);
	CHECK_HAS(e.text, "nobody trains fold 3");
	fold_lock_end(one);
	fold_lock_end(two);
	CHECK_INT(control("two", -1, &e), EXIT_NOBODY);
	CHECK_HAS(e.text, "two: nobody trains it");
}

TEST(folds_of_further_seeds_count)
{
	int fd;
	struct err e;

	mkdir(temp_path("seeds"), 0777);
	write_file(temp_path("seeds/config.yml"), "exp: {}\n");
	fd = held("seeds/seed-54", 1, "node7 4711 2026-01-04T12:00:00Z /a.sock\n");
	CHECK_INT(control("seeds", -1, &e), EXIT_FAILED);
	CHECK_HAS(e.text, "process 4711 on node7 trains it");
	fold_lock_end(fd);
}

int main(int argc, char **argv)
{
	json_begin();
	return TEST_MAIN(argc, argv);
}
