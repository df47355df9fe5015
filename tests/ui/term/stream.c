/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The byte stream of the whole program ($MIUST_TUI) on a terminal of 120x40:
 * nothing is sent while nothing changes, little while it trains.
 */
#include "test.h"

#include "base/file.h"
#include "temp.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

enum { ROWS = 40, COLS = 120, PATIENCE_MS = 60000 };

static struct {
	int fd;
	pid_t pid;
	VTerm *vt;
	VTermScreen *screen;
	long bytes; /* received so far */
	char text[ROWS * COLS * 4 + 1];
} tui;

/* The tiny run, but one that does not end by itself. */
static bool write_config(void)
{
	FILE *in = fopen("tests/record/tiny/config.yml", "re");
	FILE *out = fopen(temp_path("stream/config.yml"), "we");
	char root[4096], line[256];

	if (!in || !out || !getcwd(root, sizeof root))
		return false;
	while (fgets(line, sizeof line, in)) {
		char *data = strstr(line, ": data/");

		if (strstr(line, " epoch:"))
			fprintf(out, "  epoch: 100000\n");
		else if (data)
			fprintf(out, "%.*s: %s/tests/record/tiny/%s", (int)(data - line), line,
				root, data + 2);
		else
			fputs(line, out);
	}
	fclose(in);
	return fclose(out) == 0;
}

static void exec_tui(const char *program)
{
	if (chdir(temp_path("stream")))
		_exit(91);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("XDG_STATE_HOME", ".", 1);
	setenv("XDG_CONFIG_HOME", ".", 1);
	unsetenv("NO_COLOR");
	execl(program, program, "config.yml", (char *)NULL);
	_exit(92);
}

static bool start(void)
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
	const char *name = getenv("MIUST_TUI");
	char *program;
	struct err e = {0};

	program = realpath(name ? name : "build/miust-tui", NULL);
	if (!program || make_dirs(temp_path("stream"), &e) || !write_config()) {
		free(program);
		return false;
	}
	memset(&tui, 0, sizeof tui);
	tui.vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(tui.vt, 1);
	tui.screen = vterm_obtain_screen(tui.vt);
	vterm_screen_enable_altscreen(tui.screen, 1);
	vterm_screen_reset(tui.screen, 1);
	fflush(stdout);
	tui.pid = forkpty(&tui.fd, NULL, NULL, &size);
	if (tui.pid == 0)
		exec_tui(program);
	free(program);
	return tui.pid > 0;
}

static void type(const char *keys)
{
	if (write(tui.fd, keys, strlen(keys)) < 0)
		FAIL("cannot type: %s", strerror(errno));
}

/* Read once, and answer what the program asks the terminal. */
static bool take(void)
{
	struct pollfd in = {.fd = tui.fd, .events = POLLIN};
	char bytes[4096], answer[256];
	ssize_t n;
	size_t asked;

	if (poll(&in, 1, PATIENCE_MS) <= 0)
		return false;
	n = read(tui.fd, bytes, sizeof bytes);
	if (n <= 0)
		return false;
	tui.bytes += n;
	vterm_input_write(tui.vt, bytes, (size_t)n);
	asked = vterm_output_read(tui.vt, answer, sizeof answer - 1);
	answer[asked] = '\0';
	if (asked)
		type(answer);
	return true;
}

static bool shows(const char *part)
{
	VTermRect all = {.end_row = ROWS, .end_col = COLS};
	size_t n = vterm_screen_get_text(tui.screen, tui.text, sizeof tui.text - 1, all);

	tui.text[n] = '\0';
	return strstr(tui.text, part) != NULL;
}

static bool until(const char *part)
{
	while (!shows(part))
		if (!take()) {
			FAIL("the screen never shows \"%s\"", part);
			return false;
		}
	return true;
}

static void end(void)
{
	int status = -1;

	kill(tui.pid, SIGTERM);
	while (take())
		;
	waitpid(tui.pid, &status, 0);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 128 + SIGTERM);
	close(tui.fd);
	vterm_free(tui.vt);
}

/* Bytes of two messages, a letter apart, after ten `key`s; the least of six times. */
static long two_messages(const char *key)
{
	long least = 0;

	for (int i = 0; i < 6; i++) {
		long before = tui.bytes;

		for (int k = 0; k < 10; k++)
			type(key);
		type("@");
		if (!until("@ does nothing"))
			break;
		type("#");
		if (!until("# does nothing"))
			break;
		if (!least || tui.bytes - before < least)
			least = tui.bytes - before;
	}
	return least;
}

/* What stands behind PAUSED: fold, epoch, step. */
static const char *position(char out[48])
{
	const char *at = shows("PAUSED") ? strstr(tui.text, "PAUSED") : "";

	snprintf(out, 48, "%.40s", at);
	return out;
}

static bool step(void)
{
	char was[48], now[48];

	position(was);
	type("s");
	while (!*position(now) || strcmp(was, now) == 0)
		if (!take()) {
			FAIL("the step is never shown");
			return false;
		}
	return true;
}

TEST(stream_is_silent_and_small)
{
	enum { STEPS = 40 };
	long plain, idle, before;

	if (!start())
		SKIP("the program is not built");
	if (!until("RUN"))
		return;
	type(" ");
	until("PAUSED");
	two_messages("");
	plain = two_messages("");
	idle = two_messages("1"); /* where we are */
	printf("# two messages: %ld bytes, after ten keys that change nothing %ld\n", plain, idle);
	CHECK_INT(idle, plain);

	before = tui.bytes;
	for (int i = 0; i < STEPS && step(); i++)
		;
	printf("# a step: %ld bytes\n", (tui.bytes - before) / STEPS);
	CHECK((tui.bytes - before) / STEPS <= 1600); /* four frames: asked, runs, done, paused */
	end();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
