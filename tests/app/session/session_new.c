/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions and seeds that several programs make at the same instant. */
#include "app/folder.h"
#include "app/session/session_data.h"
#include "app/session/session_rows.h"
#include "base/str.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MADE, THERE, WRONG, ENDS };

static const struct origin origin = {.hash = "0123456789abcdef0123456789abcdef"};

/* Make it, or find it whole. */
static int make(const char *name)
{
	struct settings set = some_settings(), back;
	char text[] = "part,id,label,words,frames\n";
	const struct str roster = {.s = text, .len = sizeof text - 1};
	struct session s;
	struct err e = {0};

	if (session_create_origin(&s, in(name), &set, &origin, &roster, &e) == 0)
		return session_check_held(&s, &e) ? WRONG : MADE;
	if (e.status != EXIT_THERE || !strstr(e.text, "already has a session"))
		return WRONG;
	err_clear(&e);
	return session_read(&s, in(name), &back, &e) || back.exp.seed != 53 ? WRONG : THERE;
}

static int seed(const char *name)
{
	struct settings set = some_settings(), back;
	struct session root, s;
	struct origin o = {0};
	struct err e = {0};

	if (session_resume(&root, in(name), &set, &e))
		return WRONG;
	set.exp.seed = 54;
	return session_seed_origin(&s, &root, &set, &origin, &e) ||
			       session_origin(&s, &back, &o, &e) || back.exp.seed != 54 ||
			       strcmp(o.hash, origin.hash) != 0
		       ? WRONG
		       : THERE;
}

/* What becomes of processes that do the same at once. */
static void at_once(int (*do_it)(const char *name), const char *name, int ends[ENDS])
{
	enum { MANY = 8 };
	int go[2], status;
	char byte;

	memset(ends, 0, ENDS * sizeof *ends);
	REQUIRE(pipe(go) == 0);
	fflush(NULL);
	for (int i = 0; i < MANY; i++) {
		if (fork())
			continue;
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 0 ? do_it(name) : WRONG); /* when all are there */
	}
	close(go[0]);
	close(go[1]);
	while (wait(&status) > 0)
		ends[WIFEXITED(status) ? WEXITSTATUS(status) : WRONG]++;
}

TEST(one_of_many_makes_it)
{
	for (int round = 0; round < 20; round++) {
		struct settings set;
		struct session s;
		struct err e = {0};
		char name[32], roster[64];
		int ends[ENDS];

		snprintf(name, sizeof name, "many-%d", round);
		at_once(make, name, ends);
		CHECK_INT(ends[MADE], 1);
		CHECK_INT(ends[WRONG], 0);
		CHECK_INT(session_resume(&s, in(name), &set, &e), 0);
		snprintf(roster, sizeof roster, "%s/data.csv", name);
		CHECK(file_exists(in(roster)));
		CHECK_STR(e.text, "");
		at_once(seed, name, ends); /* while this one has it open too */
		CHECK_INT(ends[WRONG], 0);
		session_close(&s);
	}
}

/* A program that holds the lock of a folder without a session, until `go` says that it
 * gives up; it then takes the folder with it. */
static pid_t hold(const char *name, int ready, int go)
{
	struct err e = {0};
	char lock[64], byte;
	pid_t child;
	int fd;

	fflush(NULL);
	child = fork();
	if (child)
		return child;
	snprintf(lock, sizeof lock, "%s/lock", name);
	fd = mkdir(in(name), 0777) ? -1 : lock_open(in(name), true, &e);
	if (fd < 0 || lock_take(fd, LOCK_ALONE, false, in(name), &e) != LOCK_TAKEN ||
	    write(ready, "", 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	unlink(in(lock));
	rmdir(in(name));
	_exit(0);
}

/* It waits for something, or has ended. */
static bool sleeps(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	return state == 'S' || state == 'Z' || !f;
}

/* Whoever wants to make a session waits for one that is about to, and makes it if that one
 * is killed (or gives up) before. */
static void check_after(const char *name, bool killed)
{
	int ready[2], go[2], status;
	pid_t holder, maker;
	char byte;

	REQUIRE(pipe(ready) == 0 && pipe(go) == 0);
	holder = hold(name, ready[1], go[0]);
	REQUIRE(read(ready[0], &byte, 1) == 1);
	fflush(NULL);
	maker = fork();
	if (maker == 0)
		_exit(make(name));
	while (!sleeps(maker))
		;
	CHECK_INT(waitpid(maker, &status, WNOHANG), 0);
	if (killed)
		kill(holder, SIGKILL);
	else
		CHECK_INT(write(go[1], "", 1), 1);
	CHECK(waitpid(holder, &status, 0) == holder);
	CHECK(waitpid(maker, &status, 0) == maker && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), MADE);
	CHECK(session_exists(in(name)));
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
}

TEST(the_first_is_killed)
{
	check_after("killed", true);
}

TEST(the_first_gives_up)
{
	check_after("given-up", false);
}

/* Whoever finds the folder taken leaves all of it to the session that is there. */
TEST(too_late)
{
	struct settings set = some_settings();
	struct session s, other;
	struct err e = {0};

	REQUIRE(session_create(&s, in("late"), &set, &e) == 0);
	CHECK_INT(session_create(&other, in("late"), &set, &e), -1);
	CHECK_INT(e.status, EXIT_THERE);
	err_clear(&e);
	CHECK_INT(session_check_held(&s, &e), 0);
	CHECK(!file_exists(in("late/data.csv")));
	session_close(&s);
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
