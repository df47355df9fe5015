/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop on a terminal (ui/loop.h). */
#include "temp.h"
#include "tests/ui/pty.h"

#include "ui/console/keys.h"
#include "ui/loop.h"
#include "ui/state/runs.h"

#include <fcntl.h>
#include <signal.h>

enum { KEYS_MOST = 4 * 75000 }; /* the system itself keeps up to 69,000 */

static char bound[PATH_LEN]; /* a key that takes much longer than to type it: a file is written */

static void screen(void)
{
	const struct term_options o = {0};
	struct err e = {0};
	struct ui u;

	pty_screen(&o);
	ui_init(&u, &look_ascii, ROWS, COLS);
	if (runs_start_none(&u, &e) || keys_bind(bound, &e))
		_exit(96);
	loop_run(&u);
	term_stop();
}

/* Writes keys as fast as they are taken; what the screen sends meanwhile goes to p->pending. */
static long type_more(struct pty *p)
{
	static char keys[4096];
	struct pollfd f = {.fd = p->fd, .events = POLLIN | POLLOUT};
	ssize_t n = 0;

	memset(keys, '@', sizeof keys);
	poll(&f, 1, PTY_PATIENCE_MS);
	if (f.revents & POLLIN)
		pty_read(p);
	if (f.revents & POLLOUT)
		n = write(p->fd, keys, sizeof keys);
	return n > 0 ? n : 0;
}

/* Keys that come faster than they are done, as from one that is held down, do not keep the
 * screen from showing what they have done. */
TEST(frames_come_between_keys_without_end)
{
	struct pty p;
	long typed = 0;

	snprintf(bound, sizeof bound, "all @ dump %s", temp_path("dumped"));
	pty_start(&p, "xterm-256color", "C", screen);
	fcntl(p.fd, F_SETFL, O_NONBLOCK);
	while (typed < KEYS_MOST && pty_find(&p, "written") < 0) {
		if (p.npending > sizeof p.pending / 2)
			p.npending = 0;
		typed += type_more(&p);
	}
	CHECK(typed < KEYS_MOST);
	kill(p.pid, SIGKILL); /* with all the keys that still wait */
	fcntl(p.fd, F_SETFL, 0);
	p.npending = 0;
	CHECK(WIFSIGNALED(pty_end(&p)));
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
