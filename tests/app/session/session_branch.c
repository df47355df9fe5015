/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs that leave another: what is shared, what is copied, and what a crash leaves. */
#include "app/session/session_branch.h"
#include "app/session/session_data.h"
#include "app/session/session_lock.h"
#include "app/session/session_private.h"
#include "app/stored.h"
#include "base/mem.h"
#include "same_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* In place of the library's. */
static int links_until_kill; /* 0: never */
static bool no_links;

int link(const char *from, const char *to)
{
	if (links_until_kill && --links_until_kill == 0)
		raise(SIGKILL);
	if (no_links) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Two finished folds, a third that stopped after three epochs of one step. */
static struct settings make(const char *name)
{
	struct settings set = some_settings();
	char path[512];

	stored_session(in(name), &set, (struct stored){.done = 2, .epochs = 3, .state = true});
	snprintf(path, sizeof path, "%s/fold-3/states", in(name));
	CHECK_INT(mkdir(path, 0777), 0);
	for (int i = 1; i <= 3; i++) {
		static const char *const files[] = {"best.safetensors", "history.bin",
						    "states/1.state"};

		snprintf(path, sizeof path, "%s/fold-3/%s", in(name), files[i - 1]);
		put(path, files[i - 1]);
	}
	return set;
}

/* Keep the present of the third fold; the sentence, "" if all is well. */
static const char *keep(const char *session, const char *name)
{
	static struct err e;
	struct settings set;
	struct session s;

	err_clear(&e);
	if (session_resume(&s, in(session), &set, &e) == 0) {
		session_branch_keep(&s, 3, name, &e);
		session_close(&s);
	}
	return e.text;
}

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static int entries(const char *path)
{
	DIR *open = opendir(path);
	int n = -2;

	if (!open)
		return 0;
	while (readdir(open))
		n++;
	closedir(open);
	return n;
}

TEST(the_present_is_kept_whole)
{
	static const char *const shared[] = {"config.yml", "fold-3/state.safetensors",
					     "fold-3/best.safetensors", "fold-3/states/1.state",
					     "fold-1/result.json"};
	static const char *const copied[] = {"fold-3/steps.csv",    "fold-3/epochs.csv",
					     "fold-3/commands.log", "fold-3/history.bin",
					     "fold-1/steps.csv",    "notes.txt"};
	struct branch_point p;
	struct settings set;
	struct session s;
	struct results r;
	struct err e = {0};
	char from[512], to[512];
	bool is_branch;

	make("a");
	put(in("a/notes.txt"), "a note\n");
	CHECK_STR(keep("a", "before-rewind-1"), "");
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
		snprintf(from, sizeof from, "%s/%s", in("a"), shared[i]);
		snprintf(to, sizeof to, "%s/branches/before-rewind-1/%s", in("a"), shared[i]);
		CHECK(inode(from) && inode(from) == inode(to));
	}
	for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
		snprintf(from, sizeof from, "%s/%s", in("a"), copied[i]);
		snprintf(to, sizeof to, "%s/branches/before-rewind-1/%s", in("a"), copied[i]);
		CHECK(same_file(from, to) && inode(from) != inode(to));
	}
	/* The join as well, and nothing but a lock of its own. */
	CHECK(same_file(in("a/steps.csv"), in("a/branches/before-rewind-1/steps.csv")));
	CHECK(!file_exists(in("a/branches/before-rewind-1/fold-3/lock")));
	CHECK_INT(entries(in("a/branches")), 1);
	CHECK_INT(session_branch_point(in("a/branches/before-rewind-1"), &p, &is_branch, &e), 0);
	CHECK(is_branch);
	CHECK_STR(p.parent, ".");
	CHECK(p.fold == 3 && p.epoch == 3 && p.step == 3);
	CHECK_INT(session_branch_point(in("a"), &p, &is_branch, &e), 0);
	CHECK(!is_branch);
	/* A session by itself, also while its parent is open. */
	REQUIRE(session_resume(&s, in("a/branches/before-rewind-1"), &set, &e) == 0);
	CHECK_STR(keep("a", "another"), "");
	CHECK_INT(session_results(&s, &set, &r, &e), 0);
	CHECK_INT(r.n, 2);
	results_free(&r);
	session_close(&s);
	CHECK_STR(e.text, "");
}

TEST(what_was_kept_stays_whatever_the_run_does)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	make("b");
	CHECK_STR(keep("b", "kept"), "");
	REQUIRE(session_resume(&s, in("b"), &set, &e) == 0);
	CHECK_INT(session_begin(&s, 3, 2, 2, &e), 0); /* cuts */
	stored_state(&s, 3, 1);
	session_close(&s);
	REQUIRE(session_read(&s, in("b/branches/kept"), &set, &e) == 0);
	{
		struct step_row *row;
		int n;

		CHECK_INT(session_steps(&s, &set, &row, &n, &e), 0);
		CHECK_INT(n, 7);
		free(row);
	}
	CHECK_STR(keep("b", "kept"), in("b/branches/kept: a branch kept exists; choose another "
					"name"));
}

TEST(kept_twice_is_fine)
{
	make("c");
	CHECK_STR(keep("c", "kept"), "");
	CHECK_STR(keep("c", "kept"), "");
	CHECK_INT(entries(in("c/branches")), 1);
	put(in("c/branches/kept/branch.yml"), "fold: 3\n");
	CHECK_HAS(keep("c", "kept"), "branch.yml:1:1: parent, fold, epoch, in_epoch and step "
				     "expected");
	put(in("c/branches/kept/branch.yml"), "fold: many\n");
	CHECK_HAS(keep("c", "kept"), "branch.yml:1:7: fold: a number from 0 to 999999 expected");
}

TEST(names)
{
	static const char *const wrong[] = {"",     "../x", ".x",  "-x",   "a b",
					    "a\nb", "\xff", "a;b", "main", "off"};
	char long_name[BRANCH_NAME + 2], name[64];
	struct err e = {0};

	make("d");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		CHECK_HAS(keep("d", wrong[i]), "cannot name a branch");
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	CHECK_HAS(keep("d", long_name), "at most 100 bytes; found 101");
	CHECK(!file_exists(in("d/branches")));
	CHECK_INT(session_branch_name(in("d"), "before-rewind", name, sizeof name, &e), 0);
	CHECK_STR(name, "before-rewind-1");
	CHECK_STR(keep("d", name), "");
	CHECK_INT(session_branch_name(in("d"), "before-rewind", name, sizeof name, &e), 0);
	CHECK_STR(name, "before-rewind-2");
	CHECK_INT(session_branch_name(in("d"), "before-rewind", name, 15, &e), -1);
}

/* A branch of a branch lies beside it, that of a seed in the seed's folder. */
TEST(where_branches_lie)
{
	struct settings set = make("e");
	struct branch_point p;
	struct err e = {0};
	char name[64], back[512];
	bool is_branch;

	CHECK_STR(keep("e", "one"), "");
	CHECK_STR(keep("e/branches/one/", "two"), "");
	CHECK_INT(session_branch_point(in("e/branches/two"), &p, &is_branch, &e), 0);
	CHECK_STR(p.parent, "branches/one");
	CHECK_INT(session_branch_name(in("e/branches/one"), "two", name, sizeof name, &e), 0);
	put(in("e/branches/two-1"), "");
	CHECK_INT(session_branch_name(in("e/branches/one"), "two", name, sizeof name, &e), 0);
	CHECK_STR(name, "two-2");
	stored_seed(in("e"), &set, 54, (struct stored){.done = 2, .epochs = 2, .state = true});
	CHECK_STR(keep("e/seed-54", "three"), "");
	CHECK_INT(session_branch_point(in("e/seed-54/branches/three"), &p, &is_branch, &e), 0);
	CHECK_STR(p.parent, "seed-54");
	/* From within. */
	REQUIRE(getcwd(back, sizeof back) && chdir(in("e/branches/one")) == 0);
	CHECK_INT(session_branch_name(".", "two", name, sizeof name, &e), 0);
	CHECK_INT(chdir(back), 0);
	CHECK_STR(name, "two-2");
	CHECK_STR(e.text, "");
}

TEST(copies_where_there_are_no_links)
{
	make("f");
	no_links = true;
	CHECK_STR(keep("f", "kept"), "");
	no_links = false;
	CHECK(same_file(in("f/fold-3/state.safetensors"),
			in("f/branches/kept/fold-3/state.safetensors")));
	CHECK(inode(in("f/fold-3/state.safetensors")) !=
	      inode(in("f/branches/kept/fold-3/state.safetensors")));
}

TEST(a_full_disk_leaves_nothing)
{
	struct rlimit old, small;
	struct stat st;

	make("g");
	REQUIRE(stat(in("g/fold-3/state.safetensors"), &st) == 0);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size - 1;
	signal(SIGXFSZ, SIG_IGN);
	no_links = true;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_HAS(keep("g", "kept"), "/g/branches/kept/fold-");
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	no_links = false;
	CHECK(!file_exists(in("g/branches")));
	CHECK_STR(keep("g", "kept"), "");
}

TEST(a_link_in_the_way_is_not_followed)
{
	make("h");
	CHECK_INT(mkdir(in("away"), 0777), 0);
	CHECK_INT(symlink(in("away"), in("h/branches")), 0);
	CHECK_HAS(keep("h", "kept"), "branches: is a symbolic link");
	CHECK_INT(entries(in("away")), 0);
}

/* Killed at each of its links; the next program finds no branch, and no trace of one. */
TEST(a_kill_leaves_no_branch)
{
	int killed = 0;

	make("i");
	for (int at = 1;; at++) {
		struct settings set;
		struct session s;
		struct err e = {0};
		int status;
		pid_t child;

		fflush(NULL);
		child = fork();
		if (child == 0) {
			REQUIRE(session_resume(&s, in("i"), &set, &e) == 0);
			links_until_kill = at;
			_exit(session_branch_keep(&s, 3, "kept", &e) ? 1 : 0);
		}
		REQUIRE(waitpid(child, &status, 0) == child);
		if (WIFEXITED(status)) {
			CHECK_INT(WEXITSTATUS(status), 0);
			break;
		}
		killed++;
		CHECK(!file_exists(in("i/branches/kept")));
		CHECK_INT(entries(in("i/branches")), 1);
		if (at % 2 == 0) { /* else whoever makes the next branch */
			REQUIRE(session_resume(&s, in("i"), &set, &e) == 0);
			session_close(&s);
			CHECK_INT(entries(in("i/branches")), 0);
		}
	}
	CHECK(killed >= 8);
	CHECK_INT(entries(in("i/branches")), 1);
}

/* What another program makes or trains is left alone. */
TEST(branches_have_locks_of_their_own)
{
	struct settings set;
	struct session s, child;
	struct err e = {0};
	int fd;

	make("j");
	CHECK_STR(keep("j", "kept"), "");
	CHECK_INT(mkdir(in("j/branches/" TEMP_PREFIX "1-0"), 0777), 0);
	fd = lock_open(in("j/branches/" TEMP_PREFIX "1-0"), true, &e);
	CHECK_INT(lock_take(fd, LOCK_ALONE, false, "", &e), LOCK_TAKEN);
	REQUIRE(session_resume(&child, in("j/branches/kept"), &set, &e) == 0);
	put(in("j/branches/kept/fold-3/" TEMP_PREFIX "1-0"), "being written");
	REQUIRE(session_resume(&s, in("j"), &set, &e) == 0);
	session_close(&s);
	CHECK(file_exists(in("j/branches/" TEMP_PREFIX "1-0/lock")));
	CHECK(file_exists(in("j/branches/kept/fold-3/" TEMP_PREFIX "1-0")));
	close(fd);
	session_close(&child);
	REQUIRE(session_resume(&s, in("j"), &set, &e) == 0);
	session_close(&s);
	CHECK(!file_exists(in("j/branches/" TEMP_PREFIX "1-0")));
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
