/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracks, their labels and the rail (ui/draw/plot.h). */
#include "tests/ui/util.h"

#include "ui/draw/plot.h"

static struct canvas canvas(int rows, int cols, const struct look *look)
{
	struct canvas c;

	canvas_init(&c, rows, cols, look);
	return c;
}

/* A track of one series over x 0 … hi and y 0 … 1. */
static void draw(struct canvas *c, const double *x, const double *y, int n, double hi)
{
	struct series s = {.at = {x, y, n}, .role = ROLE_S1, .marker = GLYPH_WF1};
	struct track t = {.x = axis_x(0, hi),
			  .y = {.lo = 0, .hi = 1},
			  .series = &s,
			  .n_series = 1,
			  .cursor = NAN};

	canvas_clear(c);
	track_draw(c, &t);
}

static const double ramp_x[] = {0, 4, 8, 12, 16}, ramp_y[] = {0, 0.25, 0.5, 0.75, 1};

TEST(a_line_in_each_glyph_mode)
{
	struct canvas braille = canvas(4, 9, &look_braille), block = canvas(4, 9, &look_block);
	struct canvas ascii = canvas(4, 9, &look_ascii);

	NEED_UTF8();
	draw(&braille, ramp_x, ramp_y, 5, 18);
	draw(&block, ramp_x, ramp_y, 5, 18);
	draw(&ascii, ramp_x, ramp_y, 5, 18);
	CHECK_DUMP(&braille, "      ⢀⠔●", "    ⢀⠔⠁", "  ⡠⠒⠁", "⡠⠊");
	CHECK_DUMP(&block, "      ▗▞●", "    ▗▞▘", " ▗▄▀▘", "▞▘");
	CHECK_DUMP(&ascii, "       *o", "     **", " ****", "*");
	canvas_free(&braille);
	canvas_free(&block);
	canvas_free(&ascii);
}

TEST(a_gap_breaks_the_line)
{
	static const double x[] = {0, 2, 4, 6, 8, 10, 12},
			    y[] = {0.5, 0.5, NAN, 0.5, INFINITY, 0, 0};
	struct canvas c = canvas(2, 8, &look_braille);

	NEED_UTF8();
	draw(&c, x, y, 7, 14);
	CHECK_DUMP(&c, "", "⠉⠁ ⠁ ⢀⣀●");
	canvas_free(&c);
}

TEST(a_line_enters_from_the_edge)
{
	static const double x[] = {0, 4, 8, 12}, y[] = {3, 0.5, 0.5, -2};
	struct canvas c = canvas(2, 8, &look_braille);

	NEED_UTF8();
	draw(&c, x, y, 4, 16);
	CHECK_DUMP(&c, " ⠘⡄", "  ⠉⠉⢣");
	canvas_free(&c);
}

TEST(one_epoch_is_its_marker)
{
	static const double x[] = {1}, y[] = {0.5};
	struct canvas c = canvas(3, 8, &look_braille);

	NEED_UTF8();
	draw(&c, x, y, 1, 5);
	CHECK_DUMP(&c, "", " ●", "");
	draw(&c, x, y, 0, 5);
	CHECK_DUMP(&c, "", "", "");
	canvas_free(&c);
}

TEST(layers_hide_each_other_cell_by_cell)
{
	static const double x[] = {0, 5, 10, 16}, front[] = {0.1, 0.1, 0.1, 0.1};
	static const double back[] = {0.9, 0.9, 0.1, 0.1};
	static const double raw_x[] = {0, 0, 1, 1, 2, 3, 4, 9, 9},
			    raw[] = {0, 1, 0.2, 0.8, 5, NAN, -1, 0, 0.7};
	static const double guide[] = {12};
	struct canvas c = canvas(3, 10, &look_braille), a = canvas(3, 10, &look_ascii);
	struct series s[] = {
		{.at = {x, front, 4}, .role = ROLE_S2, .marker = GLYPH_WF1},
		{.at = {x, back, 4}, .role = ROLE_S1, .marker = GLYPH_VAL},
	};
	struct track t = {.x = axis_x(0, 20),
			  .y = {.lo = 0, .hi = 1},
			  .x_ticks = {.at = {0, 10, 20}, .n = 3},
			  .y_ticks = {.at = {0.5}, .n = 1},
			  .band = {raw_x, raw, 9},
			  .series = s,
			  .n_series = 2,
			  .guide = guide,
			  .guides = 1,
			  .cursor = 14};

	NEED_UTF8();
	track_draw(&c, &t);
	CHECK_DUMP(&c, "⠒⠒⠒⡄⢀ ┊│", "⣿  ⠘⡄·┊│ ·", "⠤⠤⠤⠤⠤⠤⠤⠤⠄●");
	track_draw(&a, &t);
	CHECK_DUMP(&a, "***   :|", ":  **.:| .", "*********o");
	canvas_free(&c);
	canvas_free(&a);
}

TEST(strips)
{
	static const double raw_x[] = {0, 0, 1, 1, 2, 2, 3, 3}, raw[] = {0, 1, 0, 1, 0, 1, 0, 1};
	static const double x[] = {0, 7}, y[] = {1, 1};
	struct canvas two = canvas(2, 4, &look_braille), one = canvas(1, 4, &look_braille);
	struct series s = {.at = {x, y, 2}, .role = ROLE_S2, .marker = GLYPH_WF1};
	struct track t = {.x = axis_x(0, 8),
			  .y = {.lo = 0, .hi = 1},
			  .strip = true,
			  .band = {raw_x, raw, 8},
			  .series = &s,
			  .n_series = 1,
			  .cursor = NAN};

	NEED_UTF8();
	track_draw(&two, &t);
	track_draw(&one, &t);
	CHECK_DUMP(&two, "⠒⠒⠒⠒", "⣿⣿");
	CHECK_DUMP(&one, "⠉⠉⠉⠉");
	canvas_free(&two);
	canvas_free(&one);
}

TEST(labels_at_the_ends_have_a_row_each)
{
	static const double x[] = {0, 10}, y[4][2] = {{0, 0.9}, {0.9, 0.1}, {0.2, 0.05}, {0.1, 0}};
	static const char *const name[] = {"neu", "sad", "hap", "ang"};
	struct canvas c = canvas(6, 16, &look_braille);
	struct series s[4];
	struct track t = {.x = axis_x(0, 20),
			  .y = {.lo = 0, .hi = 1},
			  .series = s,
			  .n_series = 4,
			  .cursor = NAN};

	NEED_UTF8();
	for (int i = 0; i < 4; i++)
		s[i] = (struct series){.at = {x, y[i], 2}, .role = role_class(i), .label = name[i]};
	track_draw(&c, &t);
	CHECK_DUMP(&c, "⢄      ⢀⠄ neu", " ⠱⡀   ⡠⠃", "  ⠈⠢⢀⠜", "   ⡠⠃⢄    sad", "⠤⢀⠜   ⠱⡀  hap",
		   "⡠⠃⠤⠉⠉⠒⠒⠈⠂ ang");
	canvas_free(&c);
}

/* A curve that ends where its axis does still has its name. */
TEST(labels_behind_the_end_of_the_axis)
{
	static const double x[] = {0, 10}, y[] = {0, 1};
	struct canvas c = canvas(2, 10, &look_braille);
	struct series s = {.at = {x, y, 2}, .label = "neu"};
	struct track t = {.x = axis_x(0, 10),
			  .y = {.lo = 0, .hi = 1},
			  .series = &s,
			  .n_series = 1,
			  .cursor = NAN,
			  .margin = 4};

	NEED_UTF8();
	track_draw(&c, &t);
	CHECK_DUMP(&c, "   ⣀⠔⠊ neu", "⡠⠔⠉");
	canvas_free(&c);
}

/* The axes of the 80x24 form of view 1, row by row. */
TEST(axes_as_in_the_mockup)
{
	struct axis x = axis_x(0, axis_end(42.4, 70)), y = axis_y(0.684, 0.757, 5);
	struct axis loss = {.lo = 0.25, .hi = 1.6, .log = true};
	struct ticks xt = axis_x_ticks(&x, 50), yt = axis_y_ticks(&y, 5);
	struct ticks lt = axis_y_ticks(&loss, 6);
	struct canvas c = canvas(13, 80, &look_braille), part;
	static const double guide[] = {18, 30};
	struct track t = {.x = x,
			  .y = y,
			  .x_ticks = xt,
			  .y_ticks = yt,
			  .guide = guide,
			  .guides = 2,
			  .cursor = NAN};

	NEED_UTF8();
	part = canvas_part(&c, 0, 6, 5, 50);
	track_draw(&part, &t);
	part = canvas_part(&c, 0, 0, 5, 6);
	plot_y_labels(&part, &y, &yt);
	part = canvas_part(&c, 5, 6, 1, 50);
	plot_x_labels(&part, &x, &xt);
	canvas_text(&c, 5, 57, ROLE(ROLE_DIM), "epoch");
	part = canvas_part(&c, 7, 0, 6, 6);
	plot_y_labels(&part, &loss, &lt);
	CHECK_DUMP(&c, "                        ┊           ┊",
		   " 0.75           ·       ┊ ·         ┊         ·        ·",
		   "                        ┊           ┊",
		   " 0.70           ·       ┊ ·         ┊         ·        ·",
		   "                        ┊           ┊",
		   "      0        10        20        30        40       50 epoch", "", "",
		   "  1.0", "", "  0.5", "", "  0.3");
	canvas_free(&c);
}

static const struct mark marks[] = {
	{18, GLYPH_CHANGE, ROLE_WARN, "lr 3e-4"},
	{30, GLYPH_KEPT, ROLE_KEY, "kept"},
	{30, GLYPH_BRANCH, ROLE_S4, "cmd-half"},
};

TEST(rails_as_in_the_mockups)
{
	struct axis x = axis_x(0, 50);
	struct canvas c = canvas(1, 80, &look_braille), part = canvas_part(&c, 0, 6, 1, 50);
	struct canvas d = canvas(1, 120, &look_braille);
	struct canvas a = canvas(1, 50, &look_ascii);

	NEED_UTF8();
	rail_draw(&part, &x, marks, 3);
	CHECK_DUMP(&c, "                        △ lr 3e-4   ◆Y cmd-half");
	part = canvas_part(&d, 0, 7, 1, 82);
	rail_draw(&part, &x, marks, 3);
	CHECK_DUMP(&d, "                                    △ lr 3e-4           ◆Y cmd-half");
	rail_draw(&a, &x, marks, 3);
	CHECK_DUMP(&a, "                  ^ lr 3e-4   *Y cmd-half");
	canvas_free(&c);
	canvas_free(&d);
	canvas_free(&a);
}

TEST(rails_drop_labels_without_room)
{
	static const struct mark close[] = {
		{0, GLYPH_KEPT, ROLE_KEY, "kept"},   {3, GLYPH_KEPT, ROLE_KEY, "kept"},
		{7, GLYPH_NOTE, ROLE_DIM, "a note"}, {9, GLYPH_BROKEN, ROLE_BAD, NULL},
		{99, GLYPH_KEPT, ROLE_KEY, NULL},
	};
	struct axis x = axis_x(0, 10);
	struct canvas c = canvas(1, 20, &look_braille);

	NEED_UTF8();
	rail_draw(&c, &x, close, 5);
	CHECK_DUMP(&c, "◆     ◆ kept  \"   !");
	canvas_free(&c);
}

TEST(strip_labels_as_in_the_mockup)
{
	struct axis y = axis_strip(0.037, 0.094), x = axis_strip(0.342, 0.85);
	struct canvas c = canvas(4, 7, &look_braille), part = canvas_part(&c, 0, 0, 2, 7);

	plot_strip_labels(&part, &y);
	part = canvas_part(&c, 2, 0, 2, 7);
	plot_strip_labels(&part, &x);
	CHECK_DUMP(&c, " 0.094", " 0.037", "  0.85", "  0.34");
	canvas_free(&c);
}

/* Small values keep their digits: with an exponent where decimals do not fit. */
TEST(labels_are_never_cut)
{
	struct axis y = axis_strip(3.8e-5, 5.15e-4), l = axis_log(1e-5, 1e-3);
	struct ticks t = axis_y_ticks(&l, 3);
	struct canvas c = canvas(5, 7, &look_braille), part = canvas_part(&c, 0, 0, 2, 7);

	plot_strip_labels(&part, &y);
	part = canvas_part(&c, 2, 0, 3, 7);
	plot_y_labels(&part, &l, &t);
	CHECK_DUMP(&c, "5.2e-4", "  3e-5", " 0.001", "  1e-4", "  1e-5");
	canvas_free(&c);
}

TEST(columns_and_clicks)
{
	struct axis x = axis_x(0, 50);

	for (int col = 0; col < 82; col++)
		CHECK_INT(plot_column(&x, plot_x_at(&x, col, 82), 82), col);
	CHECK_INT(plot_column(&x, 51, 82), AXIS_OUTSIDE);
	CHECK_INT(plot_column(&x, 1, 0), AXIS_OUTSIDE);
}

/* An appended point changes nothing left of its dot column. */
TEST(curves_stand_still)
{
	enum { N = 400, COLS = 50 };
	double x[N], y[N];
	struct canvas before = canvas(6, COLS, &look_braille),
		      after = canvas(6, COLS, &look_braille);

	NEED_UTF8();
	for (int i = 0; i < N; i++) {
		x[i] = 42. * i / N;
		y[i] = 0.5 + 0.4 * sin(i / 17.) + 0.1 * sin(i * 2.3);
	}
	for (int n = 2; n < N; n++) {
		struct axis a = axis_x(0, 50);
		int last = plot_column(&a, x[n - 1], COLS);

		draw(&before, x, y, n - 1, 50);
		draw(&after, x, y, n, 50);
		for (int row = 0; row < 6; row++)
			for (int col = 0; col < last - 1; col++)
				CHECK_INT(canvas_at(&after, row, col)->base,
					  canvas_at(&before, row, col)->base);
	}
	canvas_free(&before);
	canvas_free(&after);
}

TEST(empty_canvases_and_tracks_are_fine)
{
	struct canvas c = canvas(0, 0, &look_braille);
	struct track t = {.x = axis_x(0, 1), .y = {.lo = 0, .hi = 1}, .cursor = NAN};
	struct ticks none = {.n = 0};

	track_draw(&c, &t);
	rail_draw(&c, &t.x, marks, 3);
	plot_x_labels(&c, &t.x, &none);
	plot_y_labels(&c, &t.y, &none);
	plot_strip_labels(&c, &t.y);
	canvas_free(&c);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
