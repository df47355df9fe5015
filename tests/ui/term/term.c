/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal shows, cell by cell, and for how many bytes (ui/term/term.h). */
#include "tests/ui/pty.h"

#include "base/rng.h"
#include "ui/draw/heat_draw.h"
#include "ui/draw/plot.h"

enum { POINTS = 300 };

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
	heat_draw(&part, &heat, 0, 1, 1);
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

/* Of show_three: */
static struct term_options options;
static struct look wanted; /* by the user */
static bool follows;

/* Frames: the picture, the same again, one point more. */
static void show_three(void)
{
	struct canvas c;

	pty_screen(&options);
	if (follows)
		term_follow(&wanted, false);
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
	pty_start(&p, name, locale, show_three);
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
	check_three("linux", "C.UTF-8", (struct look){.glyphs = GLYPHS_ASCII, .depth = DEPTH_8},
		    60);
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
	options = (struct term_options){.ascii = true};
	follows = true;
	wanted = (struct look){.glyphs = GLYPHS_ASCII, .palette = PALETTE_LIGHT};
	check_three(
		"xterm-256color", "C.UTF-8",
		(struct look){.depth = DEPTH_256, .glyphs = GLYPHS_ASCII, .palette = PALETTE_LIGHT},
		60);
	options = (struct term_options){0};
	wanted = (struct look){.glyphs = GLYPHS_BLOCK, .ramp = RAMP_GREY};
	check_three("xterm-256color", "C.UTF-8",
		    (struct look){.depth = DEPTH_256, .glyphs = GLYPHS_BLOCK, .ramp = RAMP_GREY},
		    60);
	wanted = (struct look){0};
	follows = false;
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

	pty_screen(&o);
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
	pty_start(&p, "xterm-256color", "C.UTF-8", show_random);
	for (int i = 0; i < RANDOM_FRAMES && !test_faults; i++) {
		CHECK(pty_frame(&p) >= 0);
		scrawl(&c, &r);
		CHECK_SCREEN(&p, &c, &look);
	}
	CHECK_INT(pty_end(&p), 0);
	canvas_free(&c);
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

	pty_start(&p, "dumb", "C.UTF-8", refuse);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "type \"dumb\" cannot show a screen");
	pty_end(&p);
	pty_start(&p, "no-such-terminal", "C.UTF-8", refuse);
	CHECK(pty_frame(&p) > 0);
	CHECK_HAS(p.frame, "\"no-such-terminal\" is installed; try TERM=xterm-256color");
	pty_end(&p);
}

/* Draws ● on two columns, so it says. */
static void show_glyphs(void)
{
	struct term_options o = {0};

	pty_screen(&o);
	if (term_look()->glyphs != GLYPHS_ASCII || !strstr(term_why_ascii(), "two columns"))
		_exit(95);
	term_stop();
}

TEST(a_terminal_with_wide_circles_gets_ascii)
{
	struct pty p;
	bool answered = false;

	pty_start(&p, "xterm-256color", "C.UTF-8", show_glyphs);
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

static void cursor_moves(void)
{
	struct term_options o = {0};
	struct canvas c;

	pty_screen(&o);
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

	pty_start(&p, "xterm-256color", "C.UTF-8", cursor_moves);
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
