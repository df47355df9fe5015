/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heat maps, ridges and bars (ui/draw/heat_draw.h). */
#include "tests/ui/util.h"

#include "ui/draw/heat_draw.h"

static struct canvas canvas(int rows, int cols, const struct look *look)
{
	struct canvas c;

	canvas_init(&c, rows, cols, look);
	return c;
}

/* Two words over eight frames; the even share is 1/8. */
static const float two[] = {
	0.125f, 0.125f, 0.25f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f, /* a peak */
	0.0f,   0.0f,   0.0f,  0.0f, 0.2f, 0.2f, 0.3f, 0.3f, /* flat */
};
static const struct heat map = {
	.w = two, .rows = 2, .frames = 8, .row_step = 8, .frame_step = 1, .even = 0.125};

TEST(what_is_no_more_than_even_is_blank)
{
	struct canvas c = canvas(2, 10, &look_braille);

	NEED_UTF8();
	heat_draw(&c, &map, 0, 1, 1);
	CHECK_DUMP(&c, "  ▃█", "    ▂▂▄▄");
	canvas_free(&c);
}

TEST(scale_by_row)
{
	struct canvas c = canvas(2, 10, &look_braille);
	struct heat h = map;

	NEED_UTF8();
	h.by_row = true;
	heat_draw(&c, &h, 0, 1, 1);
	CHECK_DUMP(&c, "  ▃█", "    ▄▄██");
	canvas_free(&c);
}

TEST(a_column_shows_the_largest_of_its_frames)
{
	struct canvas c = canvas(2, 10, &look_ascii);

	heat_draw(&c, &map, 0, 3, 1);
	CHECK_DUMP(&c, "-@", " :=");
	canvas_free(&c);
}

TEST(a_map_by_columns_looks_the_same)
{
	struct canvas c = canvas(2, 10, &look_braille), d = canvas(2, 10, &look_braille);
	struct heat h = map;
	float turned[16];

	for (int i = 0; i < 16; i++)
		turned[i % 8 * 2 + i / 8] = two[i];
	h.w = turned;
	h.row_step = 1;
	h.frame_step = 2;
	heat_draw(&c, &map, 0, 2, 1);
	heat_draw(&d, &h, 0, 2, 1);
	CHECK(canvas_same(&c, &d));
	canvas_free(&c);
	canvas_free(&d);
}

TEST(maps_scroll_and_clip)
{
	struct canvas c = canvas(3, 6, &look_braille);

	NEED_UTF8();
	heat_draw(&c, &map, 1, 1, 1);
	CHECK_DUMP(&c, "    ▂▂", "", "");
	canvas_free(&c);
}

TEST(colours_are_grounds_without_characters)
{
	struct canvas c = canvas(2, 10, &look_256);

	NEED_UTF8();
	heat_draw(&c, &map, 0, 1, 1);
	CHECK_DUMP(&c, "", "");
	CHECK_INT(canvas_at(&c, 0, 0)->style.bg, 0);
	CHECK_INT(canvas_at(&c, 0, 2)->style.bg, ROLE_HEAT + 2);
	CHECK_INT(canvas_at(&c, 0, 3)->style.bg, ROLE_HEAT + 8);
	canvas_free(&c);
}

/* The scale reaches at least twice the even share, over the map and over a row. */
TEST(noise_does_not_reach_the_top)
{
	static const float noise[] = {0.15f, 0.10f, 0.15f, 0.10f, 0.15f, 0.10f, 0.15f, 0.10f};
	struct canvas c = canvas(1, 10, &look_braille), d = canvas(1, 10, &look_256);
	struct heat h = map;

	NEED_UTF8();
	h.w = noise;
	h.rows = 1;
	for (int by_row = 0; by_row < 2; by_row++) {
		h.by_row = by_row;
		heat_draw(&c, &h, 0, 1, 1);
		CHECK_DUMP(&c, "▂ ▂ ▂ ▂");
		heat_draw(&d, &h, 0, 1, 1);
		CHECK_INT(canvas_at(&d, 0, 0)->style.bg, ROLE_HEAT + 1);
	}
	canvas_free(&c);
	canvas_free(&d);
}

TEST(what_is_near_even_is_dim)
{
	static const float focus[] = {0.5f, 0.019f};
	struct canvas c = canvas(2, 10, &look_ascii), d = canvas(2, 10, &look_256);
	struct heat h = map;

	h.focus = focus;
	h.by_row = true;
	heat_draw(&c, &h, 0, 1, 1);
	CHECK_DUMP(&c, "  -@", "    ==@@");
	CHECK_INT(canvas_at(&c, 0, 3)->style.fg, h.role);
	CHECK_INT(canvas_at(&c, 1, 6)->style.fg, ROLE_DIM);
	heat_draw(&d, &h, 0, 1, 1);
	CHECK_INT(canvas_at(&d, 0, 3)->style.bg, ROLE_HEAT + HEAT_STEPS - 1);
	CHECK_INT(canvas_at(&d, 1, 6)->style.bg, ROLE_HEAT + 2);
	canvas_free(&c);
	canvas_free(&d);
}

/* Where frames ask, a column is dim if all its frames are near even. */
TEST(frames_that_ask_are_dim)
{
	static const float focus[] = {0, 0, 0, 0.5f, 0, 0, 0, 0};
	struct canvas c = canvas(2, 10, &look_ascii);
	struct heat h = map;

	h.focus = focus;
	h.frames_ask = true;
	heat_draw(&c, &h, 0, 2, 1);
	CHECK_DUMP(&c, " @", "  :=");
	CHECK_INT(canvas_at(&c, 0, 1)->style.fg, h.role);
	CHECK_INT(canvas_at(&c, 1, 3)->style.fg, ROLE_DIM);
	canvas_free(&c);
}

TEST(legend_as_in_the_mockup)
{
	struct canvas c = canvas(1, 12, &look_braille), d = canvas(1, 12, &look_256);

	NEED_UTF8();
	CHECK_INT(heat_legend(&c, 0, 1, ROLE_S2), 10);
	CHECK_DUMP(&c, " ▁▂▃▄▅▆▇██");
	heat_legend(&d, 0, 0, ROLE_S2);
	for (int i = 0; i < HEAT_STEPS; i++)
		CHECK_INT(canvas_at(&d, 0, i)->style.bg, ROLE_HEAT + i);
	canvas_free(&c);
	canvas_free(&d);
}

TEST(differences)
{
	static const float then[] = {0, 0, 0, 0.1f, 0.4f, 0,    0,    0,
				     0, 0, 0, 0,    0.2f, 0.2f, 0.3f, 0.3f};
	struct canvas c = canvas(2, 8, &look_braille), d = canvas(2, 8, &look_256);
	struct heat was = map;

	NEED_UTF8();
	was.w = then;
	heat_difference(&c, &map, &was, 0, 1, 1, +1);
	CHECK_DUMP(&c, "▂▂▅█", "");
	heat_difference(&c, &map, &was, 0, 1, 1, -1);
	CHECK_DUMP(&c, "    █", "");
	heat_difference(&d, &map, &was, 0, 1, 1, 0);
	CHECK_INT(canvas_at(&d, 0, 3)->style.bg, ROLE_MORE + 4);
	CHECK_INT(canvas_at(&d, 0, 4)->style.bg, ROLE_LESS + 4);
	CHECK_INT(canvas_at(&d, 1, 4)->style.bg, 0);
	canvas_free(&c);
	canvas_free(&d);
}

TEST(ridges_of_two_rows)
{
	static const float v[] = {0, 1, 2, 8, 12, 16, 9};
	struct canvas c = canvas(2, 8, &look_braille), one = canvas(1, 8, &look_braille);

	NEED_UTF8();
	ridge_draw(&c, ROLE_S1, v, 7, 1, 0, 0);
	CHECK_DUMP(&c, "    ▄█▁", " ▁▂████");
	ridge_draw(&one, ROLE_S1, v, 7, 1, 8, 16);
	CHECK_DUMP(&one, "    ▄█▁");
	ridge_draw(&one, ROLE_S1, v, 7, 2, 0, 0);
	CHECK_DUMP(&one, "▁▄█▅▄█▁"); /* four columns drawn, the rest as before */
	canvas_free(&c);
	canvas_free(&one);
}

TEST(bars_as_in_the_mockup)
{
	static const double share[] = {0.005, 0.018, 0.889, 0.088, 0.733, 0.156, 0, NAN, 2};
	struct canvas c = canvas(9, 6, &look_braille), a = canvas(1, 6, &look_ascii);

	NEED_UTF8();
	for (int i = 0; i < 9; i++)
		CHECK_INT(bar_draw(&c, i, 0, 5, ROLE_S2, share[i]), 5);
	CHECK_DUMP(&c, "╸", "╸", "━━━━╸", "╸", "━━━╸", "━", "", "", "━━━━━");
	bar_draw(&a, 0, 0, 5, ROLE_S2, 0.733);
	CHECK_DUMP(&a, "===-");
	canvas_free(&c);
	canvas_free(&a);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
