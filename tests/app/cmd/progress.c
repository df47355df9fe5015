/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/progress.h"

#include "test.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int master;
static FILE *terminal;

/* A terminal of so many columns that hands on what it gets as it is. */
static void open_terminal(int cols)
{
	struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)cols};
	struct termios raw;
	int fd;

	master = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(master);
	unlockpt(master);
	fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	tcgetattr(fd, &raw);
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	ioctl(fd, TIOCSWINSZ, &size);
	terminal = fdopen(fd, "w");
}

static const char *sent(void)
{
	static char got[256];
	ssize_t n;

	fflush(terminal);
	n = read(master, got, sizeof got - 1);
	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void close_terminal(void)
{
	fclose(terminal);
	close(master);
}

TEST(a_line_is_drawn_over_itself)
{
	struct progress p;

	open_terminal(80);
	progress_start(&p, terminal, "xterm");
	progress_show(&p, "step 10");
	CHECK_STR(sent(), "\rstep 10");
	progress_show(&p, "step 9");
	CHECK_STR(sent(), "\rstep 9 ");
	progress_wipe(&p);
	CHECK_STR(sent(), "\r      \r");
	progress_wipe(&p);
	fputs(".", terminal);
	CHECK_STR(sent(), "."); /* nothing was left to wipe */
	close_terminal();
}

TEST(it_does_not_wrap)
{
	struct progress p;

	open_terminal(10);
	progress_start(&p, terminal, "xterm");
	progress_show(&p, "0123456789abcdef");
	CHECK_STR(sent(), "\r012345678");
	close_terminal();
}

TEST(a_dumb_terminal_gets_lines)
{
	static const char *const type[] = {"dumb", "", NULL};

	for (int i = 0; i < 3; i++) {
		struct progress p;

		open_terminal(80);
		progress_start(&p, terminal, type[i]);
		progress_show(&p, "step 1");
		CHECK_STR(sent(), "step 1\n");
		progress_wipe(&p);
		progress_show(&p, "step 2");
		CHECK_STR(sent(), "step 2\n");
		close_terminal();
	}
}

TEST(it_is_drawn_now_and_then)
{
	struct progress p;

	open_terminal(80);
	progress_start(&p, terminal, "xterm");
	CHECK(progress_due(&p, 100));
	CHECK(!progress_due(&p, 100.05));
	CHECK(progress_due(&p, 100.15));
	progress_start(&p, terminal, "dumb");
	CHECK(progress_due(&p, 100));
	CHECK(!progress_due(&p, 109));
	CHECK(progress_due(&p, 110.5));
	close_terminal();
}

TEST(what_is_no_terminal_gets_nothing)
{
	struct progress p;
	FILE *f = tmpfile();

	progress_start(&p, f, "xterm");
	CHECK(!progress_due(&p, 100));
	progress_wipe(&p);
	CHECK_INT(ftell(f), 0);
	fclose(f);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
