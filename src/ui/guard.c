/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int told[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};
enum { TOLD = sizeof told / sizeof *told, CRASHES = sizeof crashes / sizeof *crashes };

/* Handlers see this too: what they use is set before they are installed, or
 * guarded by `armed`. */
static struct {
	bool running;
	int pipe[2];
	struct sigaction old_told[TOLD], old_crash[CRASHES];

	volatile sig_atomic_t armed;
	int tty;
	const char *bytes;
	size_t n;
	struct termios modes;

	FILE *log;     /* takes stderr */
	int log_fd;    /* its descriptor: a handler must not ask for it */
	int stderr_fd; /* the real one, -1 while stderr is not captured */
	off_t read;    /* how much guard_stray has handed out */
} guard = {.pipe = {-1, -1}, .stderr_fd = -1};

void guard_send(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(fd, bytes, n);

		if (sent < 0 && errno != EINTR)
			return;
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
	}
}

static void replay(void)
{
	char piece[1024];
	off_t at = 0;

	for (ssize_t n; (n = pread(guard.log_fd, piece, sizeof piece, at)) > 0; at += n)
		guard_send(guard.stderr_fd, piece, (size_t)n);
}

static void on_signal(int sig)
{
	unsigned char byte = (unsigned char)sig;
	int saved = errno;
	ssize_t sent = write(guard.pipe[1], &byte, 1);

	(void)sent; /* a full pipe loses what it holds many times already */
	errno = saved;
}

static const struct sigaction *old_crash(int sig)
{
	for (int i = 0; i < CRASHES; i++)
		if (crashes[i] == sig)
			return &guard.old_crash[i];
	return NULL;
}

static void on_crash(int sig)
{
	if (guard.armed) {
		guard.armed = 0;
		guard_send(guard.tty, guard.bytes, guard.n);
		tcsetattr(guard.tty, TCSANOW, &guard.modes);
		if (guard.stderr_fd >= 0) {
			replay();
			dup2(guard.stderr_fd, STDERR_FILENO); /* a sanitizer's report */
		}
	}
	sigaction(sig, old_crash(sig), NULL);
	raise(sig); /* arrives when this handler returns */
}

static int set_flags(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -1 : 0;
}

/* A handler on a stack of its own can report that the stack ran out. */
static void own_stack(void)
{
	static char stack[64 * 1024];
	stack_t new = {.ss_sp = stack, .ss_size = sizeof stack}, old;

	if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE))
		sigaltstack(&new, NULL);
}

void guard_capture(void)
{
	if (!guard.running || guard.stderr_fd >= 0)
		return;
	guard.log = tmpfile();
	guard.read = 0;
	if (!guard.log)
		return; /* no room for a file: better a garbled screen than none */
	guard.log_fd = fileno(guard.log);
	fflush(stderr);
	guard.stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (guard.stderr_fd >= 0)
		dup2(guard.log_fd, STDERR_FILENO);
}

int guard_start(struct err *e)
{
	struct sigaction tell = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};

	if (guard.running)
		return 0;
	if (pipe(guard.pipe) < 0 || set_flags(guard.pipe[0]) < 0 || set_flags(guard.pipe[1]) < 0)
		return err_set(e, "cannot make a pipe for signals: %s", strerror(errno));
	own_stack();
	sigemptyset(&tell.sa_mask);
	sigemptyset(&crash.sa_mask);
	for (int i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &crash, &guard.old_crash[i]);
	for (int i = 0; i < TOLD; i++) {
		sigaction(told[i], &tell, &guard.old_told[i]);
		if (guard.old_told[i].sa_handler == SIG_IGN && told[i] != SIGTSTP)
			sigaction(told[i], &guard.old_told[i], NULL);
	}
	guard.running = true;
	return 0;
}

void guard_stop(void)
{
	if (!guard.running)
		return;
	guard.running = false;
	guard_disarm();
	for (int i = 0; i < TOLD; i++)
		sigaction(told[i], &guard.old_told[i], NULL);
	for (int i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &guard.old_crash[i], NULL);
	if (guard.stderr_fd >= 0) {
		fflush(stderr);
		dup2(guard.stderr_fd, STDERR_FILENO);
		replay();
		close(guard.stderr_fd);
		guard.stderr_fd = -1;
	}
	if (guard.log)
		fclose(guard.log);
	guard.log = NULL;
	close(guard.pipe[0]);
	close(guard.pipe[1]);
	guard.pipe[0] = guard.pipe[1] = -1;
}

int guard_fd(void)
{
	return guard.pipe[0];
}

int guard_signal(void)
{
	unsigned char byte;

	return read(guard.pipe[0], &byte, 1) == 1 ? byte : 0;
}

void guard_arm(int fd, const char *bytes, size_t n, const struct termios *modes)
{
	guard.tty = fd;
	guard.bytes = bytes;
	guard.n = n;
	guard.modes = *modes;
	guard.armed = 1;
}

void guard_disarm(void)
{
	guard.armed = 0;
}

char *guard_stray(char *out, size_t n)
{
	ssize_t got = 0;

	BUG_ON(n == 0);
	if (guard.stderr_fd >= 0)
		got = pread(guard.log_fd, out, n - 1, guard.read);
	if (got < 0)
		got = 0;
	guard.read += got;
	out[got] = '\0';
	return out;
}

void guard_default(int sig)
{
	struct sigaction plain = {.sa_handler = SIG_DFL}, ours;

	sigemptyset(&plain.sa_mask);
	sigaction(sig, &plain, &ours);
	raise(sig); /* a stop returns here after SIGCONT */
	sigaction(sig, &ours, NULL);
}
