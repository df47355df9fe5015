/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/child.h"

#include "base/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TURN_BYTES = 1 << 16 }; /* are read in a turn at most */

/* Who ignores SIGCHLD gets no status of any child; a parent of ours may have left it so. */
static void mind_children(void)
{
	struct sigaction a;

	if (sigaction(SIGCHLD, NULL, &a) == 0 && a.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

static int spawn(struct child *c, int output, char *const *argv, char *const *env)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t with;
	sigset_t none, all;
	int failed;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&with);
	failed = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
	posix_spawnattr_setflags(&with, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&with, 0);
	posix_spawnattr_setsigmask(&with, &none);
	posix_spawnattr_setsigdefault(&with, &all);
	if (!failed)
		failed = posix_spawnp(&c->pid, argv[0], &files, &with, argv, env);
	posix_spawnattr_destroy(&with);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

int child_start(struct child *c, char *const *argv, char *const *env, struct err *e)
{
	int ends[2], failed;

	*c = (struct child){0};
	if (pipe(ends))
		return err_errno(e, argv[0], "cannot start: no pipe for its output");
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	mind_children();
	failed = spawn(c, ends[1], argv, env);
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		*c = (struct child){0};
		return err_set(e, "%s: cannot start: %s", argv[0], strerror(failed));
	}
	c->output = ends[0];
	return 0;
}

static void end_line(struct child *c)
{
	if (c->length) {
		memcpy(c->last, c->line, c->length);
		c->last[c->length] = '\0';
	}
	c->length = 0;
}

static void take(struct child *c, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r')
			end_line(c);
		else if (c->length < CHILD_LINE - 1)
			c->line[c->length++] = bytes[i];
	}
}

static void read_output(struct child *c)
{
	char bytes[4096];
	ssize_t n = 1;

	for (int most = TURN_BYTES; most > 0 && n > 0; most -= (int)n) {
		n = read(c->output, bytes, sizeof bytes);
		if (n > 0)
			take(c, bytes, (size_t)n);
	}
}

bool child_turn(struct child *c)
{
	pid_t ended;

	if (!c->pid)
		return true;
	read_output(c);
	do
		ended = waitpid(c->pid, &c->status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	if (ended == 0)
		return false;
	read_output(c); /* what it said last */
	end_line(c);
	child_leave(c);
	return true;
}

void child_signal(const struct child *c, int number)
{
	if (c->pid <= 0)
		return;
	kill(-c->pid, number);
	kill(-c->pid, SIGCONT); /* one that has stopped hears nothing but KILL */
}

void child_say(const struct child *c, struct str *out)
{
	int status = c->status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFSIGNALED(status))
		str_addf(out, "was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		str_addf(out, "ended with status %d", WEXITSTATUS(status));
	if (c->last[0]) {
		str_add(out, ": ");
		str_add_plain(out, c->last);
	}
}

void child_leave(struct child *c)
{
	if (c->pid)
		close(c->output);
	c->pid = 0;
}
