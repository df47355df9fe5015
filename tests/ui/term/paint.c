/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a terminal makes of roles (ui/term/paint.h). */
#include "tests/ui/util.h"

static struct paint paint(enum depth depth, enum palette palette, struct style style)
{
	struct look look = {.depth = depth, .palette = palette};

	return paint_of(&look, style);
}

static void check_paint(int line, struct paint p, int fg, int bg, int attr)
{
	if (p.fg != fg || p.bg != bg || p.attr != attr)
		FAIL("line %d: painted %d on %d, attributes %d; expected %d on %d, %d", line, p.fg,
		     p.bg, p.attr, fg, bg, attr);
}
#define CHECK_PAINT(...) check_paint(__LINE__, __VA_ARGS__)

TEST(roles_in_256_colours)
{
	CHECK_PAINT(paint(DEPTH_256, PALETTE_DARK, (struct style){0}), 252, -1, 0);
	CHECK_PAINT(paint(DEPTH_256, PALETTE_LIGHT, (struct style){0}), 236, -1, 0);
	CHECK_PAINT(paint(DEPTH_256, PALETTE_DARK, ROLE_BOLD(ROLE_S1)), 214, -1, ATTR_BOLD);
	CHECK_PAINT(paint(DEPTH_256, PALETTE_LIGHT, ROLE(ROLE_S7)), 132, -1, 0);
	CHECK_PAINT(paint(DEPTH_256, PALETTE_DARK, ROLE_ON(ROLE_DIM, ROLE_STATUS)), 245, 235, 0);
}

TEST(roles_in_16_and_8_colours)
{
	CHECK_PAINT(paint(DEPTH_16, PALETTE_DARK, ROLE(ROLE_KEY)), 14, -1, 0);
	CHECK_PAINT(paint(DEPTH_8, PALETTE_DARK, ROLE(ROLE_KEY)), 6, -1, ATTR_BOLD);
	CHECK_PAINT(paint(DEPTH_8, PALETTE_DARK, ROLE(ROLE_FAINT)), 7, -1, ATTR_DIM);
	CHECK_PAINT(paint(DEPTH_8, PALETTE_DARK, ROLE(ROLE_S3)), 2, -1, 0);
	CHECK_PAINT(paint(DEPTH_16, PALETTE_DARK, ROLE_ON(ROLE_TEXT, ROLE_SELECTED)), 7, -1,
		    ATTR_REVERSE);
	CHECK_PAINT(paint(DEPTH_16, PALETTE_DARK, ROLE_ON(ROLE_TEXT, ROLE_HEAT + 3)), 7, -1, 0);
}

TEST(roles_without_colour)
{
	CHECK_PAINT(paint(DEPTH_MONO, PALETTE_DARK, ROLE(ROLE_STRONG)), -1, -1, ATTR_BOLD);
	CHECK_PAINT(paint(DEPTH_MONO, PALETTE_DARK, ROLE(ROLE_FAINT)), -1, -1, ATTR_DIM);
	CHECK_PAINT(paint(DEPTH_MONO, PALETTE_DARK, ROLE(ROLE_BAD)), -1, -1, ATTR_REVERSE);
	CHECK_PAINT(paint(DEPTH_MONO, PALETTE_DARK, ROLE_ON(ROLE_KEY, ROLE_SELECTED)), -1, -1,
		    ATTR_BOLD | ATTR_REVERSE);
}

TEST(no_two_series_share_a_colour)
{
	for (int palette = PALETTE_DARK; palette <= PALETTE_LIGHT; palette++)
		for (int depth = DEPTH_8; depth <= DEPTH_256; depth++)
			for (int a = ROLE_S1; a <= ROLE_S7; a++)
				for (int b = ROLE_S1; b < a; b++) {
					struct paint p = paint(depth, palette, ROLE(a));
					struct paint q = paint(depth, palette, ROLE(b));

					CHECK(p.fg != q.fg || p.attr != q.attr);
				}
}

TEST(ramps_run_from_dark_to_bright_and_back_on_light)
{
	struct look look = {.depth = DEPTH_256};
	struct style low = ROLE_ON(ROLE_TEXT, ROLE_HEAT), high = low;

	high.bg += HEAT_STEPS - 1;
	CHECK_INT(paint_of(&look, low).bg, 53);
	CHECK_INT(paint_of(&look, high).bg, 227);
	look.palette = PALETTE_LIGHT;
	CHECK_INT(paint_of(&look, low).bg, 227);
	look.ramp = RAMP_GREY;
	CHECK_INT(paint_of(&look, high).bg, 232);
	look.ramp = RAMP_CIVIDIS;
	CHECK_INT(paint_of(&look, high).bg, 17);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
