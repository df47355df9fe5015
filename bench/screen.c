/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen: figures of miust-tui on a terminal of 120x40, seen through libvterm.
 *
 *	screen start COMMAND...     seconds to the first frame, to the first loss
 *	screen keys N COMMAND...    key to screen while it trains: p50, p99, most
 *	screen bytes N COMMAND...   bytes a second in N seconds of training
 *	screen until TEXT COMMAND... seconds until the screen shows TEXT
 *
 * The command is ended with SIGTERM.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum { ROWS = 40, COLS = 120, PATIENCE_MS = 120000, KEYS_MOST = 10000 };

static struct {
	int fd;
	pid_t pid;
	VTerm *vt;
	VTermScreen *screen;
	double started, first; /* seconds; first: a frame came, 0: not yet */
	long bytes;
	char text[ROWS * COLS * 4 + 1];
} tui;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fail(const char *why)
{
	fprintf(stderr, "screen: %s\n", why);
	kill(tui.pid, SIGTERM);
	exit(1);
}

static void start(char **command)
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};

	tui.vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(tui.vt, 1);
	tui.screen = vterm_obtain_screen(tui.vt);
	vterm_screen_enable_altscreen(tui.screen, 1);
	vterm_screen_reset(tui.screen, 1);
	tui.started = seconds();
	tui.pid = forkpty(&tui.fd, NULL, NULL, &size);
	if (tui.pid < 0) {
		perror("forkpty");
		exit(1);
	}
	if (tui.pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execvp(command[0], command);
		_exit(127);
	}
}

static void type(const char *keys)
{
	if (write(tui.fd, keys, strlen(keys)) < 0)
		fail("cannot type");
}

static bool take(int milliseconds)
{
	struct pollfd in = {.fd = tui.fd, .events = POLLIN};
	char bytes[1 << 16], answer[256];
	ssize_t n;
	size_t asked;

	if (poll(&in, 1, milliseconds) <= 0)
		return false;
	n = read(tui.fd, bytes, sizeof bytes);
	if (n <= 0)
		fail("the program has ended");
	tui.bytes += n;
	vterm_input_write(tui.vt, bytes, (size_t)n);
	asked = vterm_output_read(tui.vt, answer, sizeof answer - 1);
	answer[asked] = '\0';
	if (asked)
		type(answer);
	return true;
}

static bool shows(const char *part, int rows)
{
	VTermRect all = {.end_row = rows, .end_col = COLS};
	size_t n = vterm_screen_get_text(tui.screen, tui.text, sizeof tui.text - 1, all);

	tui.text[n] = '\0';
	return strstr(tui.text, part) != NULL;
}

static void until(const char *part, int rows)
{
	while (!shows(part, rows)) {
		if (!take(PATIENCE_MS))
			fail("it is not shown");
		if (!tui.first && shows("Confusion", 1))
			tui.first = seconds() - tui.started;
	}
}

static void end(void)
{
	struct pollfd in = {.fd = tui.fd, .events = POLLIN};
	char bytes[4096];

	kill(tui.pid, SIGTERM);
	while (poll(&in, 1, PATIENCE_MS) > 0 && read(tui.fd, bytes, sizeof bytes) > 0)
		;
	waitpid(tui.pid, NULL, 0);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure_start(void)
{
	until("loss 0.", ROWS);
	printf("first frame %.0f ms, first loss %.0f ms\n", tui.first * 1e3,
	       (seconds() - tui.started) * 1e3);
}

/* From one view to the other, at moments that keep no step with the frames. */
static void measure_keys(int n)
{
	static double taken[KEYS_MOST];

	n = n < KEYS_MOST ? n : KEYS_MOST;
	srand(1);
	until("loss 0.", ROWS);
	for (int i = 0; i < n; i++) {
		double typed, until_next = seconds() + 0.005 + 0.05 * rand() / RAND_MAX;

		for (double left; (left = until_next - seconds()) > 0;)
			take((int)(left * 1e3) + 1);
		typed = seconds();
		type(i % 2 ? "1" : "6");
		until(i % 2 ? "▸1" : "▸6", 1);
		taken[i] = seconds() - typed;
	}
	qsort(taken, (size_t)n, sizeof *taken, ascending);
	printf("%d keys: p50 %.1f ms, p99 %.1f ms, most %.1f ms\n", n, taken[n / 2] * 1e3,
	       taken[n * 99 / 100] * 1e3, taken[n - 1] * 1e3);
}

static void measure_bytes(int n)
{
	double from;
	long before;

	until("loss 0.", ROWS);
	from = seconds();
	before = tui.bytes;
	while (seconds() - from < n)
		take(100);
	printf("%.0f bytes/s\n", (double)(tui.bytes - before) / (seconds() - from));
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	bool number = strcmp(what, "keys") == 0 || strcmp(what, "bytes") == 0,
	     text = strcmp(what, "until") == 0;

	if (argc < 3 + number + text || !(number || text || strcmp(what, "start") == 0)) {
		fprintf(stderr, "usage: screen start|keys N|bytes N|until TEXT COMMAND...\n");
		return 2;
	}
	start(argv + 2 + number + text);
	if (text) {
		until(argv[2], ROWS);
		printf("%.3f\n", seconds() - tui.started);
	} else if (!number) {
		measure_start();
	} else if (strcmp(what, "keys") == 0) {
		measure_keys(atoi(argv[2]));
	} else {
		measure_bytes(atoi(argv[2]));
	}
	end();
	return 0;
}
