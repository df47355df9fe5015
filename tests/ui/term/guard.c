/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals, sizes, crashes and stray prints (ui/term/guard.h, ui/term/term.h). */
#include "tests/ui/pty.h"

#include "base/mapped.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

static void new_canvas(struct canvas *c)
{
	canvas_free(c);
	canvas_init(c, term_rows(), term_cols(), term_look());
	canvas_text(c, 0, 0, ROLE(ROLE_TEXT), "%dx%d", term_cols(), term_rows());
}

static void follow_signals(void)
{
	struct term_options o = {0};
	struct canvas c = {0};
	bool go_on = true;

	pty_screen(&o);
	new_canvas(&c);
	while (go_on) {
		struct pollfd in = {.fd = guard_fd(), .events = POLLIN};

		term_show(&c, -1, -1);
		pty_mark();
		poll(&in, 1, -1);
		for (int sig; (sig = guard_signal());) {
			if ((sig == SIGWINCH && term_resize()) ||
			    (sig == SIGTSTP && term_suspend()))
				new_canvas(&c);
			if (sig == SIGTERM)
				go_on = false;
		}
	}
	canvas_free(&c);
	term_stop();
	_exit(143);
}

static void resize(struct pty *p, int rows, int cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	vterm_set_size(p->vt, rows, cols);
	ioctl(p->fd, TIOCSWINSZ, &size); /* sends SIGWINCH */
}

TEST(a_new_size_is_drawn_anew)
{
	struct pty p;
	int status;

	pty_start(&p, "xterm-256color", "C.UTF-8", follow_signals);
	CHECK(pty_frame(&p) > 0);
	CHECK_STR(pty_row(&p), "80x24");
	resize(&p, 10, 40);
	while (!strstr(pty_row(&p), "40x10") && pty_frame(&p) >= 0)
		;
	CHECK_STR(pty_row(&p), "40x10");
	kill(p.pid, SIGTERM);
	status = pty_end(&p);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 143);
}

/* Has the terminal the modes of a shell? */
static bool cooked(int fd)
{
	struct termios modes;

	return tcgetattr(fd, &modes) == 0 && (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO) &&
	       (modes.c_lflag & ISIG);
}

static pid_t job;

static void to_job(int sig)
{
	if (job > 0)
		kill(job, sig == SIGUSR1 ? SIGTSTP : sig);
}

/* A shell with one job: USR1 stops it, and once stopped it is continued. (A
 * process without such a parent is an orphan, which the system does not stop.) */
static void shell(void)
{
	struct sigaction pass = {.sa_handler = to_job};
	int status;

	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (job == 0) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		signal(SIGTTOU, SIG_DFL);
		follow_signals();
	}
	sigaction(SIGUSR1, &pass, NULL);
	sigaction(SIGTERM, &pass, NULL);
	for (;;) {
		if (job < 0)
			_exit(1);
		if (waitpid(job, &status, WUNTRACED) < 0)
			continue; /* a signal to pass on */
		if (!WIFSTOPPED(status))
			_exit(WEXITSTATUS(status));
		printf("stopped, %s", cooked(STDIN_FILENO) ? "cooked" : "raw");
		fflush(stdout);
		pty_mark();
		kill(job, SIGCONT);
	}
}

TEST(stop_and_continue)
{
	struct pty p;
	int status;

	pty_start(&p, "xterm-256color", "C.UTF-8", shell);
	CHECK(pty_frame(&p) > 0);
	CHECK(!cooked(p.fd));
	kill(p.pid, SIGUSR1);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "\033[?2004l");
	CHECK_HAS(p.frame, "\033[?1049l");
	CHECK_HAS(p.frame, "stopped, cooked");
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "\033[?2004h");
	CHECK_HAS(p.frame, "\033[?1049h");
	CHECK_STR(pty_row(&p), "80x24");
	CHECK(!cooked(p.fd));
	kill(p.pid, SIGTERM);
	status = pty_end(&p);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 143);
}

/* ---- a job in the background ---- */

static char stops[64]; /* what the shell below has seen of its job */

/* Wait until the job stops or ends; a letter for each in `stops`. */
static int next_stop(void)
{
	int status = 0;

	fflush(stdout);
	while (waitpid(job, &status, WUNTRACED) < 0 && errno == EINTR)
		;
	if (WIFSTOPPED(status))
		strcat(stops, WSTOPSIG(status) == SIGTTOU ? "o" : "z");
	return status;
}

static void start_job(bool foreground)
{
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (job > 0)
		setpgid(job, job);
	if (job != 0)
		return;
	setpgid(0, 0);
	if (foreground)
		tcsetpgrp(STDIN_FILENO, getpid());
	signal(SIGTTOU, SIG_DFL);
	follow_signals();
}

static void say_end(int status)
{
	printf("%s %s %d, %s", stops, WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	       cooked(STDIN_FILENO) ? "cooked" : "raw");
	fflush(stdout);
	pty_mark();
	_exit(0);
}

/* As `timeout 3 miust-tui` of a script: it stops, and what ends it ends it. */
static void ended_before_its_turn(void)
{
	start_job(false);
	next_stop();
	kill(job, SIGCONT);
	next_stop();
	kill(job, SIGTERM);
	kill(job, SIGCONT);
	say_end(next_stop());
}

/* `fg` after it: it draws. */
static void brought_to_the_front(void)
{
	start_job(false);
	next_stop();
	tcsetpgrp(STDIN_FILENO, job);
	kill(job, SIGCONT);
	next_stop();
	_exit(0);
}

/* ^Z, `bg`, `bg`, `kill %1` */
static void ended_behind(void)
{
	start_job(true);
	next_stop();
	tcsetpgrp(STDIN_FILENO, getpid());
	for (int i = 0; i < 2; i++) {
		kill(job, SIGCONT);
		next_stop();
	}
	kill(job, SIGTERM);
	kill(job, SIGCONT);
	say_end(next_stop());
}

/* Nobody is there who could continue it: it does not stop, and does not draw. */
static void orphaned(void)
{
	struct term_options o = {0};
	struct err e = {0};

	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (job == 0) {
		pid_t parent = getpid();

		signal(SIGTTOU, SIG_DFL);
		if (fork() == 0) {
			setpgid(0, 0);
			while (getppid() == parent)
				poll(NULL, 0, 1);
			printf("%d %s", term_start(&o, &e), e.text);
			fflush(stdout);
			pty_mark();
		}
		_exit(0);
	}
	waitpid(job, NULL, 0);
	for (;;)
		pause();
}

TEST(a_job_in_the_background_waits_for_its_turn)
{
	struct pty p;

	pty_start(&p, "xterm-256color", "C.UTF-8", brought_to_the_front);
	CHECK(pty_frame(&p) > 0);
	CHECK_STR(pty_row(&p), "80x24");
	CHECK(!cooked(p.fd));
	kill(tcgetpgrp(p.fd), SIGTERM);
	CHECK_INT(pty_end(&p), 0);
}

TEST(a_job_in_the_background_can_be_ended)
{
	struct pty p;

	pty_start(&p, "xterm-256color", "C.UTF-8", ended_before_its_turn);
	CHECK(pty_frame(&p) > 0);
	CHECK_STR(pty_row(&p), "oo signal 15, cooked");
	pty_end(&p);
	pty_start(&p, "xterm-256color", "C.UTF-8", ended_behind);
	CHECK(pty_frame(&p) > 0);
	kill(tcgetpgrp(p.fd), SIGTSTP);
	CHECK(pty_frame(&p) > 0);
	CHECK_STR(pty_row(&p), "zoo status 143, cooked");
	pty_end(&p);
}

TEST(an_orphan_in_the_background_says_why_there_is_no_screen)
{
	struct pty p;

	pty_start(&p, "xterm-256color", "C.UTF-8", orphaned);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(pty_row(&p), "-1 another program has this terminal's foreground");
	kill(p.pid, SIGKILL);
	pty_end(&p);
}

/* ---- crashes ---- */

static void crash_with(int sig)
{
	struct term_options o = {0};
	struct canvas c;

	pty_screen(&o);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "soon gone");
	term_show(&c, -1, -1);
	fprintf(stderr, "last words\n");
	pty_mark();
	raise(sig);
}

static void crash_segv(void)
{
	crash_with(SIGSEGV);
}

static void crash_abrt(void)
{
	crash_with(SIGABRT);
}

static void check_crash(void (*child)(void))
{
	struct pty p;
	int status;

	pty_start(&p, "xterm-256color", "C.UTF-8", child);
	CHECK(pty_frame(&p) > 0);
	CHECK(!strstr(p.frame, "last words"));
	pty_drain(&p);
	CHECK_HAS(p.frame, "\033[?2004l");
	CHECK_HAS(p.frame, "\033[?1049l");
	CHECK_HAS(p.frame, "last words");
	CHECK(cooked(p.fd));
	status = pty_end(&p);
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) != 0); /* a sanitizer exits */
}

TEST(a_crash_restores_the_terminal)
{
	check_crash(crash_segv);
	check_crash(crash_abrt);
}

/* Whatever else ends a process ends it all the same, but with the terminal as it was. */
static int ending;

static void end_by_signal(void)
{
	struct term_options o = {0};

	pty_screen(&o);
	pty_mark();
	raise(ending);
}

TEST(every_end_restores_the_terminal)
{
	static const int endings[] = {SIGXCPU,   SIGALRM, SIGTRAP, SIGSYS,  SIGPROF,
				      SIGVTALRM, SIGIO,   SIGPWR,  SIGQUIT, 16 /* SIGSTKFLT */};
	enum { NAMED = sizeof endings / sizeof *endings };

	for (int i = 0; i < NAMED + 2; i++) {
		struct pty p;
		int status;

		ending = i < NAMED ? endings[i] : i == NAMED ? SIGRTMIN : SIGRTMAX;
		pty_start(&p, "xterm-256color", "C.UTF-8", end_by_signal);
		CHECK(pty_frame(&p) > 0);
		pty_drain(&p);
		CHECK_HAS(p.frame, "\033[?2004l");
		CHECK_HAS(p.frame, "\033[?1049l");
		CHECK(cooked(p.fd));
		status = pty_end(&p);
		CHECK_INT(WIFSIGNALED(status) ? WTERMSIG(status) : -status, ending);
	}
}

/* ---- a mapped file that gets shorter ---- */

enum { READERS = 4, PAGES = 64 };

static void *read_all(void *map)
{
	const struct mapped *m = map;
	volatile char sum = 0;

	for (size_t i = 0; i < m->len; i += 512)
		sum = (char)(sum + m->at[i]);
	return NULL;
}

/* Several threads read what is no longer there. */
static void file_shortened(void)
{
	struct term_options o = {0};
	char path[64] = "/tmp/miust-guard-XXXXXX";
	int fd = mkstemp(path);
	pthread_t reader[READERS];
	struct mapped *m;
	struct err e = {0};

	mapped_catch();
	mapped_advice(&o, "; the session goes on");
	if (fd < 0 || ftruncate(fd, PAGES * 4096) || !(m = mapped_open(fd, PAGES * 4096, path, &e)))
		_exit(95);
	pty_screen(&o);
	fprintf(stderr, "last words\n");
	pty_mark();
	if (ftruncate(fd, 0))
		_exit(94);
	unlink(path);
	for (int i = 0; i < READERS; i++)
		pthread_create(&reader[i], NULL, read_all, m);
	for (int i = 0; i < READERS; i++)
		pthread_join(reader[i], NULL);
	_exit(93);
}

TEST(a_shortened_file_restores_the_terminal_and_says_so)
{
	struct pty p;
	const char *said;
	int status;

	pty_start(&p, "xterm-256color", "C.UTF-8", file_shortened);
	CHECK(pty_frame(&p) > 0);
	pty_drain(&p);
	CHECK_HAS(p.frame, "\033[?2004l");
	said = strstr(p.frame, "\033[?1049l");
	CHECK_HAS(said, "last words");
	said = said ? strstr(said, "miust: /tmp/miust-guard-") : NULL;
	CHECK_HAS(said, "became shorter while it was in use");
	CHECK_HAS(said, "; the session goes on");
	CHECK(said && !strstr(said + 1, "miust: ")); /* once */
	CHECK(cooked(p.fd));
	status = pty_end(&p);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* ---- a crash while another thread draws ---- */

static atomic_int frames, at_crash;

/* After the terminal is restored, before the process ends: time for frames to follow. */
static void let_frames_follow(int sig)
{
	(void)sig;
	for (int i = 0; i < 200 && frames < at_crash + 20; i++)
		poll(NULL, 0, 1);
	_exit(1);
}

static void *crash(void *unused)
{
	(void)unused;
	while (frames < 20)
		poll(NULL, 0, 1);
	at_crash = frames;
	raise(SIGSEGV);
	return NULL;
}

static void crash_beside_frames(void)
{
	struct term_options o = {0};
	struct canvas c;
	pthread_t other;

	signal(SIGSEGV, let_frames_follow);
	pty_screen(&o);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	pthread_create(&other, NULL, crash, NULL);
	for (;; frames++) {
		canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "frame %d", frames);
		term_show(&c, -1, -1);
	}
}

TEST(no_frame_follows_a_crash)
{
	struct pty p;
	const char *left;
	int status;

	pty_start(&p, "xterm-256color", "C.UTF-8", crash_beside_frames);
	pty_drain(&p);
	left = strstr(p.frame, "\033[?1049l");
	left = left ? strchr(left, '\n') : NULL; /* the last byte that restores */
	CHECK_STR(left ? left : "not restored", "\n");
	status = pty_end(&p);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void exit_at_once(void)
{
	struct term_options o = {0};
	char stray[64];

	pty_screen(&o);
	pty_mark();
	fprintf(stderr, "a library speaks\n");
	if (strcmp(guard_stray(stray, sizeof stray), "a library speaks\n") == 0 &&
	    guard_stray(stray, sizeof stray)[0] == '\0')
		exit(0); /* the terminal is restored at exit */
	_exit(96);
}

TEST(leaving_restores_the_terminal_and_replays_stderr)
{
	struct pty p;

	pty_start(&p, "xterm-256color", "C.UTF-8", exit_at_once);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "\033[?2004h");
	pty_drain(&p);
	CHECK_HAS(p.frame, "\033[?2004l");
	CHECK_HAS(p.frame, "\033[?1049l");
	CHECK_HAS(strstr(p.frame, "\033[?1049l"), "a library speaks");
	CHECK_INT(pty_end(&p), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
