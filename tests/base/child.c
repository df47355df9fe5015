/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/child.h"

#include "temp.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

extern char **environ;

static void until_ended(struct child *c)
{
	while (!child_turn(c))
		poll(NULL, 0, 2);
}

/* How a shell ends that is given this program; valid until the next call. */
static const char *ended(const char *program)
{
	static struct str how;
	char *argv[] = {"sh", "-c", (char *)(size_t)program, NULL};
	struct child c;
	struct err e = {0};

	str_reset(&how);
	if (child_start(&c, argv, environ, &e))
		return "not started";
	until_ended(&c);
	CHECK_INT(c.pid, 0);
	child_say(&c, &how);
	return str_text(&how);
}

TEST(how_a_program_ends_is_said)
{
	CHECK_STR(ended("exit 0"), "");
	CHECK_STR(ended("echo much; echo more >&2"), "");
	CHECK_STR(ended("exit 3"), "ended with status 3");
	CHECK_STR(ended("echo one; echo 'disk full' >&2; echo; exit 3"),
		  "ended with status 3: disk full");
	CHECK_STR(ended("printf 'half a line'; exit 1"), "ended with status 1: half a line");
	CHECK_STR(ended("kill -9 $$"), "was ended by signal 9 (Killed)");
	CHECK_STR(ended("printf 'a\\033[31mb'; exit 1"), "ended with status 1: a\xef\xbf\xbd[31mb");
}

TEST(a_program_that_is_missing_is_not_started)
{
	char *argv[] = {"no-such-program-anywhere", NULL};
	struct child c;
	struct err e = {0};

	CHECK(child_start(&c, argv, environ, &e));
	CHECK_STR(e.text, "no-such-program-anywhere: cannot start: No such file or directory");
	CHECK_INT(c.pid, 0);
	CHECK(child_turn(&c));
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

TEST(it_reads_nothing_and_has_a_group_of_its_own)
{
	char program[128];

	CHECK_STR(ended("read line && exit 1; exit 0"), "");
	snprintf(program, sizeof program,
		 "set -- $(cat /proc/self/stat); test \"$5\" = $$ -a \"$5\" != %d", (int)getpgrp());
	CHECK_STR(ended(program), "");
}

TEST(signals_are_as_at_the_start)
{
	sigset_t all, old;
	void (*pipe_was)(int) = signal(SIGPIPE, SIG_IGN),
	     (*usr_was)(int) = signal(SIGUSR1, SIG_IGN);

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	CHECK_STR(ended("kill -TERM $$"), "was ended by signal 15 (Terminated)");
	CHECK_STR(ended("kill -PIPE $$"), "was ended by signal 13 (Broken pipe)");
	CHECK_STR(ended("kill -USR1 $$"), "was ended by signal 10 (User defined signal 1)");
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, pipe_was);
	signal(SIGUSR1, usr_was);
}

/* Who started us may ignore it: the system then reaps children by itself. */
TEST(a_status_is_told_where_sigchld_was_ignored)
{
	void (*was)(int) = signal(SIGCHLD, SIG_IGN);

	CHECK_STR(ended("exit 7"), "ended with status 7");
	signal(SIGCHLD, was);
}

TEST(one_that_prints_without_end_is_ended)
{
	char *argv[] = {"sh", "-c", "yes; :", NULL};
	struct child c;
	struct str how = {0};
	struct err e = {0};

	REQUIRE(!child_start(&c, argv, environ, &e));
	while (!c.last[0])
		REQUIRE(!child_turn(&c));
	for (int i = 0; i < 20; i++)
		CHECK(!child_turn(&c));
	child_signal(&c, SIGTERM); /* to the shell and to yes */
	until_ended(&c);
	child_say(&c, &how);
	CHECK_STR(str_text(&how), "was ended by signal 15 (Terminated): y");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	str_free(&how);
}

/* TERM alone would wait in a program that has stopped. */
TEST(one_that_has_stopped_is_ended)
{
	char *argv[] = {"sh", "-c", "kill -STOP $$; exit 0", NULL};
	struct child c;
	struct err e = {0};
	char path[64], state = 0;

	REQUIRE(!child_start(&c, argv, environ, &e));
	snprintf(path, sizeof path, "/proc/%d/stat", (int)c.pid);
	while (state != 'T') {
		FILE *f = fopen(path, "r");

		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = '?';
		if (f)
			fclose(f);
	}
	child_signal(&c, SIGTERM);
	until_ended(&c);
	CHECK(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGTERM);
}

static int descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Where its descriptors lead, a line each; free it. */
static char *leads_to(void)
{
	const char *path = temp_path("fds");
	char program[700], *text = calloc(1, 4096);
	FILE *f;

	/* ls in place of the shell, which may hold more for a redirection. */
	snprintf(program, sizeof program, "exec ls -l /proc/self/fd >'%s'", path);
	CHECK_STR(ended(program), "");
	f = fopen(path, "r");
	CHECK(f && fread(text, 1, 4095, f) > 0);
	if (f)
		fclose(f);
	return text;
}

static int count(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

/* Whoever started the tests may have left others open. */
TEST(no_descriptor_is_left_here_or_there)
{
	char ours[64] = "no pipe";
	const char *errors;
	int before = descriptors(), own = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	char *text = leads_to();

	CHECK_INT(count(text, "/dev/zero"), 0);
	CHECK_INT(count(text, " 0 -> /dev/null"), 1);
	errors = strstr(text, " 2 -> pipe:");
	if (errors)
		sscanf(errors, " 2 -> %63s", ours);
	CHECK_INT(count(text, ours), 1); /* no other end of it */
	free(text);
	close(own);
	CHECK_INT(descriptors(), before);
}

/* It holds our pipe; nobody waits for it. */
TEST(what_it_leaves_behind_is_not_waited_for)
{
	const char *path = temp_path("pid");
	char program[600];
	int pid = 0;
	FILE *f;

	snprintf(program, sizeof program, "sleep 1000 & echo $! >'%s'", path);
	CHECK_STR(ended(program), "");
	f = fopen(path, "r");
	REQUIRE(f && fscanf(f, "%d", &pid) == 1 && pid > 1);
	fclose(f);
	CHECK_INT(kill(pid, SIGKILL), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
