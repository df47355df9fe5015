/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal, seen from its other side (ui/term.h, ui/guard.h). */
#include "pty.h"

#include "base/rng.h"
#include "ui/heat.h"
#include "ui/plot.h"
#include "ui/term.h"

#include <signal.h>
#include <sys/ioctl.h>

enum { ROWS = 24, COLS = 80, POINTS = 300 };

/* A picture with a bit of everything, at step `n` of a run. */
static void picture(struct canvas *c, int n)
{
	static double x[POINTS], y[POINTS];
	static const float w[] = {0.1f, 0.3f, 0.6f, 0.2f, 0.9f, 0.4f};
	struct heat heat = {.w = w, .rows = 2, .frames = 3, .row_step = 3, .frame_step = 1};
	struct series s = {.at = {x, y, n}, .role = ROLE_S2, .marker = GLYPH_WF1};
	struct track t = {.x = axis_x(0, 50),
			  .y = {.lo = 0, .hi = 1},
			  .series = &s,
			  .n_series = 1,
			  .cursor = NAN};
	struct canvas part;

	for (int i = 0; i < POINTS; i++) {
		x[i] = 50. * i / POINTS;
		y[i] = 0.2 + 0.7 * exp(-i / 80.);
	}
	canvas_clear(c);
	canvas_text(c, 0, 0, ROLE_BOLD(ROLE_STRONG), "▸1 Train");
	canvas_text(c, 0, 10, ROLE(ROLE_DIM), "2 Confusion  日本 e\xcc\x81");
	part = canvas_part(c, 2, 6, 8, 50);
	track_draw(&part, &t);
	part = canvas_part(c, 11, 6, 2, 3);
	heat_draw(&part, &heat, 0, 1);
	bar_draw(c, 14, 6, 9, ROLE_S1, 0.7);
	for (int r = 0; r <= ROLE_BAND; r++)
		canvas_text(c, 15 + r % 6, 1 + r / 6 * 10, ROLE(r), "%s", role_name(r));
	canvas_text(c, 21, 1, ROLE(ROLE_TEXT), "selected");
	part = canvas_part(c, 21, 0, 1, 40);
	canvas_ground(&part, ROLE_SELECTED);
	part = canvas_part(c, 22, 0, 1, c->cols);
	canvas_ground(&part, ROLE_STATUS);
	canvas_text(c, 22, 0, (struct style){ROLE_GOOD, ROLE_STATUS, ATTR_BOLD | ATTR_REVERSE},
		    " ▶ RUN ");
	canvas_text(c, 23, c->cols - 1, ROLE(ROLE_KEY), "?"); /* the last cell of all */
}

static void start(const struct term_options *o)
{
	struct err e = {0};

	if (term_start(o, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(97);
	}
}

static struct term_options options; /* of show_three */

/* Frames: the picture, the same again, one point more. */
static void show_three(void)
{
	struct canvas c;

	start(&options);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	for (int frame = 0; frame < 3; frame++) {
		picture(&c, frame < 2 ? 250 : 255);
		term_show(&c, -1, -1);
		pty_mark();
	}
	canvas_free(&c);
	term_stop();
}

/* What the child should show: the same look, the same drawing. */
static void check_three(const char *name, const char *locale, struct look look, long most)
{
	struct canvas c;
	struct pty p;
	long bytes;

	if (!setlocale(LC_CTYPE, locale))
		SKIP("no locale C.UTF-8");
	canvas_init(&c, ROWS, COLS, &look);
	pty_start(&p, name, locale, ROWS, COLS, show_three);
	CHECK(pty_frame(&p) > 0);
	picture(&c, 250);
	CHECK_SCREEN(&p, &c, &look);
	CHECK_INT(pty_frame(&p), 0);
	bytes = pty_frame(&p);
	picture(&c, 255);
	CHECK_SCREEN(&p, &c, &look);
	if (bytes < 10 || bytes > most)
		FAIL("an appended point costs %ld bytes", bytes);
	CHECK_INT(pty_end(&p), 0);
	canvas_free(&c);
}

TEST(xterm_256)
{
	unsetenv("NO_COLOR");
	check_three("xterm-256color", "C.UTF-8", (struct look){.depth = DEPTH_256}, 60);
}

TEST(screen_8)
{
	check_three("screen", "C.UTF-8", (struct look){.depth = DEPTH_8}, 60);
}

TEST(linux_8)
{
	check_three("linux", "C.UTF-8", (struct look){.depth = DEPTH_8}, 60);
}

TEST(vt100_mono)
{
	check_three("vt100", "C.UTF-8", (struct look){.depth = DEPTH_MONO}, 60);
}

TEST(no_color)
{
	setenv("NO_COLOR", "1", 1);
	check_three("xterm-256color", "C.UTF-8", (struct look){.depth = DEPTH_MONO}, 60);
	unsetenv("NO_COLOR");
}

TEST(c_locale_is_ascii)
{
	check_three("xterm-256color", "C",
		    (struct look){.depth = DEPTH_256, .glyphs = GLYPHS_ASCII}, 60);
}

TEST(glyphs_and_colours_on_request)
{
	options = (struct term_options){.ascii = true, .light = true};
	check_three(
		"xterm-256color", "C.UTF-8",
		(struct look){.depth = DEPTH_256, .glyphs = GLYPHS_ASCII, .palette = PALETTE_LIGHT},
		60);
	options = (struct term_options){.block = true, .ramp = RAMP_GREY};
	check_three("xterm-256color", "C.UTF-8",
		    (struct look){.depth = DEPTH_256, .glyphs = GLYPHS_BLOCK, .ramp = RAMP_GREY},
		    60);
	options = (struct term_options){0};
}

enum { RANDOM_FRAMES = 80 };

/* Scraps of text of every width anywhere, in any style, over what was there. */
static void scrawl(struct canvas *c, struct rng *r)
{
	static const char *const scraps[] = {"日本語", "e\xcc\x81", "      ", "⣿⣿⣿⣿⣿⣿⣿⣿⣿",
					     "────",   "words",     "漢a字",  "▁▂▃▄",
					     "x",      "ｆｕｌｌ"};

	for (int i = 0; i < 12; i++) {
		struct style style = {
			.fg = (uint8_t)(rng_u32(r) % (ROLE_BAND + 1)),
			.bg = (uint8_t)(rng_u32(r) % 3 ? 0 : ROLE_STATUS + rng_u32(r) % 20),
			.attr = (uint8_t)(rng_u32(r) % 8),
		};
		int row = (int)(rng_u32(r) % ROWS), col = (int)(rng_u32(r) % COLS) - 2;

		canvas_text(c, row, col, style, "%s", scraps[rng_u32(r) % 10]);
	}
}

static void show_random(void)
{
	struct term_options o = {0};
	struct canvas c;
	struct rng r;

	start(&o);
	rng_seed(&r, 7);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	for (int i = 0; i < RANDOM_FRAMES; i++) {
		scrawl(&c, &r);
		term_show(&c, -1, -1);
		pty_mark();
	}
	term_stop();
}

TEST(any_frame_follows_any_other)
{
	struct look look = {.depth = DEPTH_256};
	struct canvas c;
	struct pty p;
	struct rng r;

	NEED_UTF8();
	rng_seed(&r, 7);
	canvas_init(&c, ROWS, COLS, &look);
	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, show_random);
	for (int i = 0; i < RANDOM_FRAMES && !test_faults; i++) {
		CHECK(pty_frame(&p) >= 0);
		scrawl(&c, &r);
		CHECK_SCREEN(&p, &c, &look);
	}
	CHECK_INT(pty_end(&p), 0);
	canvas_free(&c);
}

/* Says what it read, key by key, on the first row. */
static void echo_keys(void)
{
	struct term_options o = {.mouse = true};
	struct canvas c;

	start(&o);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	for (int col = 0;;) {
		struct pollfd in = {.fd = term_fd(), .events = POLLIN};
		char name[KEY_NAME_LEN];
		struct key k;

		while (term_key(&k)) {
			if (k.code == 'q')
				goto out;
			col = canvas_text(&c, 0, col, ROLE(ROLE_TEXT), "%s ", key_text(name, k));
			if (k.code == K_CLICK)
				col = canvas_text(&c, 0, col, ROLE(ROLE_TEXT), "%d,%d ", k.row,
						  k.col);
		}
		term_show(&c, -1, -1);
		pty_mark();
		poll(&in, 1, -1);
	}
out:
	canvas_free(&c);
	term_stop();
}

/* The first row as the terminal has it. */
static const char *first_row(struct pty *p)
{
	static char text[4 * COLS + 1];
	VTermRect row = {.end_row = 1};
	size_t n;
	int rows;

	vterm_get_size(p->vt, &rows, &row.end_col);
	n = vterm_screen_get_text(p->screen, text, sizeof text - 1, row);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

TEST(keys_are_read)
{
	struct pty p;

	setenv("NO_COLOR", "1", 1);
	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, echo_keys);
	CHECK(pty_frame(&p) > 0);
	pty_type(&p, "aé日 \t\r\003\032\177\033OA\033[5~\033[Z\033OP\033x");
	while (!strstr(first_row(&p), "M-x") && pty_frame(&p) >= 0)
		;
	CHECK_STR(first_row(&p), "a é 日 Space Tab Enter ^C ^Z Backspace Up PgUp S-Tab F1 M-x");
	pty_type(&p, "q");
	CHECK_INT(pty_end(&p), 0);

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, echo_keys);
	CHECK(pty_frame(&p) > 0);
	pty_type(&p, "\033[200~x\r\033[201~\033[<0;1;1M");
	while (!strstr(first_row(&p), ",") && pty_frame(&p) >= 0)
		;
	CHECK_STR(first_row(&p), "Paste x Enter PasteEnd Click 0,0");
	pty_type(&p, "\033");
	while (!strstr(first_row(&p), "Esc") && pty_frame(&p) >= 0)
		;
	CHECK_HAS(first_row(&p), "Esc");
	pty_type(&p, "q");
	CHECK_INT(pty_end(&p), 0);
	unsetenv("NO_COLOR");
}

TEST(keys_have_names)
{
	static const char *const names[] = {"a",         "é",  "Space", "^C", "Esc", "Tab",
					    "S-Tab",     "F1", "F12",   "Up", "M-x", "M-Up",
					    "Backspace", "^@", "日",    "?"};
	struct err e = {0};
	char text[KEY_NAME_LEN];
	struct key k, again;

	NEED_UTF8();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		CHECK_INT(key_parse(&k, names[i], &e), 0);
		if (strcmp(names[i], "^@") != 0)
			CHECK_STR(key_text(text, k), names[i]);
		CHECK_INT(key_parse(&again, key_text(text, k), &e), 0);
		CHECK(key_same(k, again));
	}
	CHECK_INT(key_parse(&k, "^c", &e), 0);
	CHECK_INT(k.code, 3);
	CHECK_INT(key_parse(&k, "space", &e), 0);
	CHECK_INT(k.code, ' ');
	CHECK_INT(key_parse(&k, "^", &e), 0);
	CHECK_INT(k.code, '^');
	CHECK_INT(key_parse(&k, "Hyper", &e), -1);
	CHECK_HAS(e.text, "\"Hyper\"");
	err_clear(&e);
	CHECK_INT(key_parse(&k, "", &e), -1);
}

/* ---- signals, sizes, ends ---- */

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

	start(&o);
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

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, follow_signals);
	CHECK(pty_frame(&p) > 0);
	CHECK_STR(first_row(&p), "80x24");
	resize(&p, 10, 40);
	while (!strstr(first_row(&p), "40x10") && pty_frame(&p) >= 0)
		;
	CHECK_STR(first_row(&p), "40x10");
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

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, shell);
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
	CHECK_STR(first_row(&p), "80x24");
	CHECK(!cooked(p.fd));
	kill(p.pid, SIGTERM);
	status = pty_end(&p);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 143);
}

static void crash_with(int sig)
{
	struct term_options o = {0};
	struct canvas c;

	start(&o);
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
	size_t frame = 0;
	int status;

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, child);
	CHECK(pty_frame(&p) > 0);
	CHECK(!strstr(p.frame, "last words"));
	do
		pty_take(&p, &frame, p.npending);
	while (pty_read(&p));
	CHECK_HAS(p.frame, "\033[?2004l");
	CHECK_HAS(p.frame, "\033[?1049l");
	CHECK_HAS(p.frame, "last words");
	CHECK(cooked(p.fd));
	waitpid(p.pid, &status, 0);
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) != 0); /* a sanitizer exits */
	close(p.fd);
	vterm_free(p.vt);
}

TEST(a_crash_restores_the_terminal)
{
	check_crash(crash_segv);
	check_crash(crash_abrt);
}

static void exit_at_once(void)
{
	struct term_options o = {0};
	char stray[64];

	start(&o);
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
	size_t frame = 0;
	int status = -1;

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, exit_at_once);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "\033[?2004h");
	do
		pty_take(&p, &frame, p.npending);
	while (pty_read(&p));
	CHECK_HAS(p.frame, "\033[?2004l");
	CHECK_HAS(p.frame, "\033[?1049l");
	CHECK_HAS(strstr(p.frame, "\033[?1049l"), "a library speaks");
	waitpid(p.pid, &status, 0);
	CHECK_INT(status, 0);
	close(p.fd);
	vterm_free(p.vt);
}

static void refuse(void)
{
	struct term_options o = {0};
	struct err e = {0};

	if (!term_start(&o, &e))
		_exit(0);
	printf("%s", e.text);
	fflush(stdout);
	pty_mark();
}

TEST(what_is_no_screen_is_said)
{
	struct pty p;

	pty_start(&p, "dumb", "C.UTF-8", ROWS, COLS, refuse);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "type \"dumb\" has no screen");
	pty_end(&p);
	pty_start(&p, "no-such-terminal", "C.UTF-8", ROWS, COLS, refuse);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "\"no-such-terminal\"");
	pty_end(&p);
}

/* Draws ● on two columns, so it says. */
static void show_glyphs(void)
{
	struct term_options o = {0};

	start(&o);
	if (term_look()->glyphs != GLYPHS_ASCII)
		_exit(95);
	term_stop();
}

TEST(a_terminal_with_wide_circles_gets_ascii)
{
	struct pty p;
	bool answered = false;

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, show_glyphs);
	p.silent = true;
	while (pty_read(&p)) {
		if (!answered && pty_find(&p, "\033[6n") >= 0) {
			pty_type(&p, "typed ahead\033[1;3R");
			answered = true;
		}
	}
	CHECK(answered);
	CHECK_INT(pty_end(&p), 0);
}

TEST(what_was_typed_ahead_is_not_lost)
{
	struct pty p;

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, echo_keys);
	p.silent = true;
	pty_type(&p, "ahé\033[1;2R");
	while (!strstr(first_row(&p), "é") && pty_frame(&p) >= 0)
		;
	CHECK_STR(first_row(&p), "a h é");
	pty_type(&p, "q");
	CHECK_INT(pty_end(&p), 0);
}

static void cursor_moves(void)
{
	struct term_options o = {0};
	struct canvas c;

	start(&o);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	canvas_text(&c, 23, 0, ROLE(ROLE_TEXT), ":set");
	term_show(&c, 23, 4);
	pty_mark();
	term_show(&c, 23, 4);
	pty_mark();
	term_show(&c, 23, 2);
	pty_mark();
	term_show(&c, -1, -1);
	pty_mark();
	term_stop();
}

TEST(the_cursor_stands_where_it_should)
{
	struct pty p;
	VTermPos at;

	pty_start(&p, "xterm-256color", "C.UTF-8", ROWS, COLS, cursor_moves);
	pty_frame(&p);
	vterm_state_get_cursorpos(vterm_obtain_state(p.vt), &at);
	CHECK_INT(at.row, 23);
	CHECK_INT(at.col, 4);
	CHECK_INT(pty_frame(&p), 0);
	CHECK(pty_frame(&p) < 10);
	vterm_state_get_cursorpos(vterm_obtain_state(p.vt), &at);
	CHECK_INT(at.col, 2);
	CHECK(pty_frame(&p) < 10);
	CHECK_HAS(p.frame, "\033[?25l");
	CHECK_INT(pty_end(&p), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
