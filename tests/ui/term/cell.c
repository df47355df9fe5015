/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Canvases (ui/term/cell.h). */
#include "tests/ui/util.h"

#include "app/study/num.h"

static struct canvas canvas(int rows, int cols, const struct look *look)
{
	struct canvas c;

	canvas_init(&c, rows, cols, look);
	return c;
}

TEST(canvas_starts_blank_and_pads_its_dump)
{
	struct canvas c = canvas(2, 3, &look_braille);
	char *dump = canvas_dump(&c);

	CHECK_STR(dump, "   \n   \n");
	free(dump);
	canvas_free(&c);
	canvas_free(&c); /* safe on zeroed memory */
}

TEST(text_is_clipped_on_every_side)
{
	struct canvas c = canvas(2, 5, &look_braille);

	CHECK_INT(canvas_text(&c, 0, 3, ROLE(ROLE_TEXT), "abc%d", 4), 7);
	CHECK_INT(canvas_text(&c, 1, -2, ROLE(ROLE_TEXT), "abcd"), 2);
	canvas_text(&c, -1, 0, ROLE(ROLE_TEXT), "above");
	canvas_text(&c, 2, 0, ROLE(ROLE_TEXT), "below");
	CHECK_DUMP(&c, "   ab", "cd");
	canvas_free(&c);
}

TEST(fields_cut_and_align)
{
	struct canvas c = canvas(5, 21, &look_braille);

	NEED_UTF8();
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "xxxxxxxxxxxxxxxxxxxxx");
	CHECK_INT(canvas_field(&c, 0, 1, 8, FIT_LEFT, ROLE(ROLE_TEXT), "left"), 9);
	canvas_field(&c, 1, 1, 8, FIT_RIGHT, ROLE(ROLE_TEXT), "right");
	canvas_field(&c, 2, 1, 8, FIT_CENTRE, ROLE(ROLE_TEXT), "mid");
	canvas_field(&c, 3, 1, 19, FIT_ID, ROLE(ROLE_TEXT), "%s", "Ses04M_script01_1_M038");
	canvas_field(&c, 4, 1, 8, FIT_RIGHT, ROLE(ROLE_TEXT), "much too long");
	CHECK_DUMP(&c, "xleft    xxxxxxxxxxxx", "    right", "   mid", " Ses04M_sc…01_1_M038",
		   " much to…");
	canvas_free(&c);
}

TEST(numbers_align_on_their_point)
{
	struct canvas c = canvas(5, 12, &look_braille);
	char num[NUM_LEN];

	NEED_UTF8();
	canvas_decimal(&c, 0, 4, ROLE(ROLE_TEXT), num_value(num, 0.726));
	canvas_decimal(&c, 1, 4, ROLE(ROLE_TEXT), num_value(num, 123.5));
	canvas_decimal(&c, 2, 4, ROLE(ROLE_TEXT), num_lr(num, 1.1e-4));
	canvas_decimal(&c, 3, 4, ROLE(ROLE_TEXT), num_value(num, NAN));
	CHECK_INT(canvas_decimal(&c, 4, 4, ROLE(ROLE_TEXT), NUM_MISSING), 4);
	CHECK_DUMP(&c, "   0.726", " 123.500", "   1.10e-4", " nan", "   –");
	canvas_free(&c);
}

TEST(wide_characters_take_two_cells)
{
	struct canvas c = canvas(2, 5, &look_braille);

	NEED_UTF8();
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "a日本");
	CHECK_INT(canvas_at(&c, 0, 2)->base, 0);
	canvas_text(&c, 1, 0, ROLE(ROLE_TEXT), "日本語"); /* the third does not fit */
	CHECK_DUMP(&c, "a日本", "日本");
	canvas_put(&c, 0, 2, ROLE(ROLE_TEXT), 'x'); /* over a right half */
	canvas_put(&c, 0, 3, ROLE(ROLE_TEXT), 'y'); /* over a left half */
	CHECK_DUMP(&c, "a xy", "日本");
	canvas_text(&c, 1, 1, ROLE(ROLE_TEXT), "語");
	CHECK_DUMP(&c, "a xy", " 語");
	canvas_free(&c);
}

TEST(a_part_over_half_a_wide_character_blanks_the_other_half)
{
	struct canvas c = canvas(1, 6, &look_braille), part;

	NEED_UTF8();
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "日日日");
	part = canvas_part(&c, 0, 1, 1, 4);
	canvas_clear(&part);
	CHECK_DUMP(&c, "");
	canvas_text(&part, 0, 3, ROLE(ROLE_TEXT), "日"); /* halved by the part's edge */
	CHECK_DUMP(&c, "");
	canvas_free(&c);
}

TEST(combining_marks_stay_with_their_character)
{
	struct canvas c = canvas(1, 4, &look_braille);

	NEED_UTF8();
	CHECK_INT(canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "e\xcc\x81日\xcc\x82"), 3);
	CHECK_INT(canvas_at(&c, 0, 0)->mark[0], 0x301);
	CHECK_INT(canvas_at(&c, 0, 1)->mark[0], 0x302);
	CHECK_DUMP(&c, "e\xcc\x81日\xcc\x82");
	canvas_free(&c);
}

TEST(control_characters_cannot_reach_the_screen)
{
	static const char text[] = "a\tb\nc\x1b[m it\xc2\x92s \xc2\x81";
	struct canvas c = canvas(1, 16, &look_braille), a = canvas(1, 16, &look_ascii);

	NEED_UTF8();
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "%s", text);
	canvas_text(&a, 0, 0, ROLE(ROLE_TEXT), "%s", text);
	CHECK_DUMP(&c, "a b c�[m it’s �");
	CHECK_DUMP(&a, "a b c?[m it's ?");
	canvas_free(&a);
	canvas_free(&c);
}

/* Nor those that a terminal draws on no column, or that turn the direction. */
TEST(format_characters_are_in_no_cell)
{
	struct canvas c = canvas(1, 12, &look_braille);

	NEED_UTF8();
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "a\u200bb\u202ecd\u2069\u200fe");
	CHECK_INT(canvas_at(&c, 0, 0)->mark[0], 0);
	CHECK_DUMP(&c, "a�b�cd��e");
	canvas_free(&c);
}

TEST(ascii_screens_replace_the_glyphs_of_a_text)
{
	struct canvas c = canvas(3, 24, &look_ascii);

	NEED_UTF8();
	canvas_text(&c, 0, 0, ROLE(ROLE_TEXT), "0.720 ± 0.009  0.3 → 1");
	canvas_text(&c, 1, 0, ROLE(ROLE_TEXT), "▸Train ●▁▂▃▄▅▆▇█ – ×┊");
	canvas_field(&c, 2, 0, 4, FIT_LEFT, ROLE(ROLE_TEXT), "too long");
	CHECK_DUMP(&c, "0.720 +-0.009  0.3 > 1", ">Train o.:-=+*#@ - x:", "too~");
	canvas_free(&c);
}

TEST(parts_share_cells_and_clip)
{
	struct canvas c = canvas(4, 8, &look_braille);
	struct canvas part = canvas_part(&c, 1, 2, 2, 4), deep = canvas_part(&part, 1, 2, 9, 9);
	struct canvas none = canvas_part(&c, 7, 7, 2, 2);

	CHECK_INT(deep.rows, 1);
	CHECK_INT(deep.cols, 2);
	CHECK_INT(none.rows, 0);
	canvas_text(&part, 0, 0, ROLE(ROLE_TEXT), "abcdefgh");
	canvas_text(&deep, 0, 0, ROLE(ROLE_TEXT), "1234");
	canvas_text(&none, 0, 0, ROLE(ROLE_TEXT), "x");
	CHECK_DUMP(&c, "", "  abcd", "    12", "");
	CHECK_DUMP(&part, "abcd", "  12");
	canvas_free(&c);
}

TEST(grounds_and_emphasis_leave_the_text)
{
	struct canvas c = canvas(2, 4, &look_braille), row = canvas_part(&c, 1, 0, 1, 4);

	canvas_text(&c, 1, 0, ROLE(ROLE_DIM), "ab");
	canvas_ground(&row, ROLE_SELECTED);
	canvas_emphasis(&row, ATTR_BOLD);
	CHECK_INT(canvas_at(&c, 1, 0)->base, 'a');
	CHECK_INT(canvas_at(&c, 1, 0)->style.fg, ROLE_DIM);
	CHECK_INT(canvas_at(&c, 1, 3)->style.bg, ROLE_SELECTED);
	CHECK_INT(canvas_at(&c, 1, 3)->style.attr, ATTR_BOLD);
	CHECK_INT(canvas_at(&c, 0, 3)->style.bg, 0);
	canvas_free(&c);
}

TEST(boxes)
{
	struct canvas c = canvas(4, 16, &look_braille), in;

	NEED_UTF8();
	canvas_text(&c, 1, 0, ROLE(ROLE_TEXT), "0123456789012345");
	in = canvas_part(&c, 0, 1, 4, 14);
	in = canvas_box(&in, ROLE_ON(ROLE_TEXT, ROLE_POPUP), "help: Train");
	canvas_text(&in, 0, 0, ROLE(ROLE_TEXT), " here and behind");
	CHECK_DUMP(&c, " ┌─ help: T… ─┐", "0│ here and be│5", " │            │", " └────────────┘");
	CHECK_INT(canvas_at(&c, 2, 5)->style.bg, ROLE_POPUP);
	canvas_free(&c);
}

TEST(equal_canvases)
{
	struct canvas a = canvas(2, 4, &look_braille), b = canvas(2, 4, &look_braille);

	CHECK(canvas_same(&a, &b));
	canvas_put(&a, 1, 1, ROLE(ROLE_GOOD), ' ');
	CHECK(!canvas_same(&a, &b));
	canvas_free(&a);
	canvas_free(&b);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
