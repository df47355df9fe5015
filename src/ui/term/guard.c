/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is done about each signal. Those not named end the process: ENDS is for
 * them (real-time signals too) as for all that are caught just before the end. */
enum treatment {
	ENDS,
	TOLD,  /* a byte in the pipe */
	CRASH, /* as ENDS, and whoever handled it before comes after us */
	FAULT, /* a crash that happens again when its handler returns */
	LEFT,  /* cannot be caught, ignored (process.h), or does not end a process */
};
static const enum treatment treatment[] = {
	[SIGINT] = TOLD,   [SIGTERM] = TOLD, [SIGHUP] = TOLD,   [SIGUSR1] = TOLD,  [SIGUSR2] = TOLD,
	[SIGWINCH] = TOLD, [SIGTSTP] = TOLD, [SIGCONT] = TOLD,  [SIGSEGV] = FAULT, [SIGBUS] = FAULT,
	[SIGFPE] = FAULT,  [SIGILL] = FAULT, [SIGABRT] = CRASH, [SIGTRAP] = CRASH, [SIGSYS] = CRASH,
	[SIGQUIT] = CRASH, [SIGKILL] = LEFT, [SIGSTOP] = LEFT,  [SIGCHLD] = LEFT,  [SIGURG] = LEFT,
	[SIGTTIN] = LEFT,  [SIGTTOU] = LEFT, [SIGPIPE] = LEFT,  [SIGXFSZ] = LEFT,
};
enum { NAMED = sizeof treatment / sizeof *treatment, SIGNALS = 65 /* 1 to 64, on Linux */ };

/* Handlers see this too: what they use is set before they are installed, or
 * guarded by `armed`. */
static struct {
	bool running;
	int pipe[2];
	struct sigaction old[SIGNALS];
	bool ours[SIGNALS];

	volatile sig_atomic_t armed;
	volatile sig_atomic_t asked; /* a signal that ends the program has come */
	atomic_bool ending;          /* a thread is ending the process */
	atomic_bool drawing;         /* `drawer` is sending something to the terminal */
	_Atomic(pthread_t) drawer;
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

static enum treatment treat(int sig)
{
	return sig < NAMED ? treatment[sig] : ENDS;
}

static void on_signal(int sig)
{
	unsigned char byte = (unsigned char)sig;
	int saved = errno;
	ssize_t sent = write(guard.pipe[1], &byte, 1);

	if (sig != SIGWINCH && sig != SIGTSTP && sig != SIGCONT)
		guard.asked = 1;

	(void)sent; /* a full pipe loses what it holds many times already */
	errno = saved;
}

/* A terminal that takes nothing may hold a frame up forever: a second is enough. */
enum { PATIENCE_MS = 1000 };

/* A frame that another thread has begun comes before what restores the terminal. */
static void await_frame(void)
{
	for (int i = 0; i < PATIENCE_MS && guard.drawing; i++) {
		if (pthread_equal(guard.drawer, pthread_self()))
			return;
		poll(NULL, 0, 1);
	}
}

/* Has another job of this terminal its foreground? In a terminal that is not the one that
 * controls us there are no jobs. */
static bool in_background(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	return foreground > 0 && foreground != getpgrp();
}

/* The terminal as it was. Only the first thread does it; others wait for it. */
static void restore(void)
{
	if (atomic_exchange(&guard.ending, true)) {
		for (int i = 0; i < 2 * PATIENCE_MS && guard.armed; i++)
			poll(NULL, 0, 1);
		return;
	}
	await_frame();
	if (guard.armed && in_background(guard.tty))
		guard.armed = 0; /* its modes are another's, and setting them would stop us */
	if (guard.armed) {
		guard_send(guard.tty, guard.bytes, guard.n);
		tcsetattr(guard.tty, TCSANOW, &guard.modes);
		if (guard.stderr_fd >= 0) {
			replay();
			dup2(guard.stderr_fd, STDERR_FILENO); /* for a report */
		}
		guard.armed = 0;
	}
}

/* The process is about to end. A fault of its own (code above 0) happens again
 * when this returns: who handled it before (process.h, a sanitizer) sees where. */
static void on_end(int sig, siginfo_t *info, void *context)
{
	(void)context;
	restore();
	sigaction(sig, &guard.old[sig], NULL);
	if (info->si_code <= 0 || treat(sig) != FAULT)
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
	fcntl(guard.log_fd, F_SETFD, FD_CLOEXEC);
	fflush(stderr);
	guard.stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (guard.stderr_fd >= 0)
		dup2(guard.log_fd, STDERR_FILENO);
}

/* What others ignore (nohup) or handle (a profiler) stays theirs, but for ^Z and
 * crashes. */
static bool is_ours(int sig, const struct sigaction *old)
{
	if (old->sa_handler == SIG_DFL)
		return true;
	switch (treat(sig)) {
	case TOLD:
		return sig == SIGTSTP || old->sa_handler != SIG_IGN;
	case CRASH:
	case FAULT:
		return true;
	case ENDS:
	case LEFT:
		break;
	}
	return false;
}

/* The C library keeps two signals to itself: asking for those fails. */
static void take(int sig, const struct sigaction *a)
{
	struct sigaction *old = &guard.old[sig];

	guard.ours[sig] =
		sigaction(sig, NULL, old) == 0 && is_ours(sig, old) && sigaction(sig, a, NULL) == 0;
}

int guard_start(struct err *e)
{
	struct sigaction tell = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction end = {.sa_sigaction = on_end, .sa_flags = SA_ONSTACK | SA_SIGINFO};

	if (guard.running)
		return 0;
	if (pipe(guard.pipe) < 0 || set_flags(guard.pipe[0]) < 0 || set_flags(guard.pipe[1]) < 0)
		return err_set(e, "cannot make a pipe for signals: %s", strerror(errno));
	own_stack();
	sigemptyset(&tell.sa_mask);
	sigemptyset(&end.sa_mask);
	for (int sig = 1; sig < SIGNALS; sig++)
		if (treat(sig) != LEFT)
			take(sig, treat(sig) == TOLD ? &tell : &end);
	guard.asked = 0;
	guard.running = true;
	return 0;
}

void guard_stop(void)
{
	if (!guard.running)
		return;
	guard.running = false;
	guard_disarm();
	for (int sig = 1; sig < SIGNALS; sig++)
		if (guard.ours[sig])
			sigaction(sig, &guard.old[sig], NULL);
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

/* `drawing` first, then a look at `ending`; restore does it the other way round: one of the
 * two sees the other. */
void guard_draw(void)
{
	guard.drawer = pthread_self();
	guard.drawing = true;
	if (!guard.ending)
		return;
	guard.drawing = false;
	for (;;)
		poll(NULL, 0, -1); /* the end is on its way */
}

void guard_drawn(void)
{
	guard.drawing = false;
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

static volatile sig_atomic_t continued;

static void on_continue(int sig)
{
	(void)sig;
	continued = 1;
}

bool guard_foreground(int fd)
{
	struct sigaction note = {.sa_handler = on_continue, .sa_flags = SA_RESTART}, ours, stop;
	bool stops = true;

	if (sigaction(SIGTTOU, NULL, &stop) == 0 && stop.sa_handler == SIG_IGN)
		return true; /* the system lets us */
	sigemptyset(&note.sa_mask);
	sigaction(SIGCONT, &note, &ours);
	while (stops && !guard.asked && in_background(fd)) {
		continued = 0;
		kill(0, SIGTTOU);
		for (int i = 0; i < PATIENCE_MS && !continued; i++)
			poll(NULL, 0, 1); /* it stops here, at the latest */
		stops = continued;
	}
	sigaction(SIGCONT, &ours, NULL);
	return !in_background(fd);
}

void guard_default(int sig)
{
	struct sigaction plain = {.sa_handler = SIG_DFL}, ours;

	sigemptyset(&plain.sa_mask);
	sigaction(sig, &plain, &ours);
	raise(sig); /* a stop returns here after SIGCONT */
	sigaction(sig, &ours, NULL);
}
