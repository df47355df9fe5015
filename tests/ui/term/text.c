/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Widths, cuts and glyphs (ui/term/text.h). */
#include "tests/ui/util.h"

TEST(text_widths)
{
	NEED_UTF8();
	CHECK_INT(text_width("anymore"), 7);
	CHECK_INT(text_width("日本"), 4);
	CHECK_INT(text_width("e\xcc\x81"), 1); /* combining acute */
	CHECK_INT(text_width("▁▂⠒●▸┊"), 6);
	CHECK_INT(text_width("\x1b[m\t"), 4);
	CHECK_INT(text_shown('\t'), ' ');
	CHECK_INT(text_shown('\n'), ' ');
	CHECK_INT(text_shown(0x1b), 0xfffd);
	CHECK_INT(text_shown(0x81), 0xfffd);
	CHECK_INT(text_shown(0x92), U'’'); /* cp1252's apostrophe */
}

/* What has no width or turns the direction would be in the cell of its neighbour. */
TEST(format_characters_have_a_column_of_their_own)
{
	static const uint32_t format[] = {0xad,   0x61c,  0x200b, 0x200d, 0x200f, 0x202a, 0x202e,
					  0x2060, 0x2066, 0x2069, 0xfeff, 0xfffb, 0xe0041};

	NEED_UTF8();
	for (size_t i = 0; i < sizeof format / sizeof *format; i++) {
		CHECK_INT(text_shown(format[i]), 0xfffd);
		CHECK_INT(text_columns(text_shown(format[i])), 1);
	}
}

TEST(text_in_the_c_locale_shows_what_it_cannot_as_a_question_mark)
{
	setlocale(LC_CTYPE, "C");
	CHECK_INT(text_shown(0xe9), '?');
	CHECK_INT(text_shown(0x1b), '?');
	CHECK_INT(text_shown(0x92), '?');
	CHECK_INT(text_width("caf\xc3\xa9"), 4);
}

TEST(text_is_cut_at_the_end)
{
	char out[64];

	NEED_UTF8();
	CHECK_STR(text_cut(out, sizeof out, "I'm sorry I just don't know", 19),
		  "I'm sorry I just d…");
	CHECK_STR(text_cut(out, sizeof out, "fits", 4), "fits");
	CHECK_STR(text_cut(out, sizeof out, "fits", 3), "fi…");
	CHECK_STR(text_cut(out, sizeof out, "fits", 1), "…");
	CHECK_STR(text_cut(out, sizeof out, "fits", 0), "");
	CHECK_STR(text_cut(out, sizeof out, "日本語", 4), "日…"); /* 3 columns, one free */
	CHECK_STR(text_cut(out, sizeof out, "e\xcc\x81le\xcc\x80ve", 3), "e\xcc\x81l…");
	CHECK_STR(text_cut(out, 4, "ééé", 3), "é"); /* no half character for lack of room */
}

TEST(ids_are_cut_in_the_middle)
{
	char out[64];

	NEED_UTF8();
	CHECK_STR(text_cut_middle(out, sizeof out, "Ses04M_script01_1_M038", 19),
		  "Ses04M_sc…01_1_M038");
	CHECK_STR(text_cut_middle(out, sizeof out, "Ses01M_impro01_M043", 19),
		  "Ses01M_impro01_M043");
	CHECK_STR(text_cut_middle(out, sizeof out, "abcdef", 4), "a…ef");
	CHECK_STR(text_cut_middle(out, sizeof out, "abcdef", 1), "…");
	CHECK_STR(text_cut_middle(out, sizeof out, "日本語日本語", 6), "日…語");
}

TEST(glyphs_have_one_column_in_every_mode)
{
	NEED_UTF8();
	for (int g = 0; g < GLYPHS; g++) {
		CHECK_INT(text_columns(glyph(GLYPHS_BRAILLE, g)), 1);
		CHECK_INT(text_columns(glyph(GLYPHS_BLOCK, g)), 1);
		CHECK(glyph(GLYPHS_ASCII, g) < 0x80);
	}
	CHECK_INT(glyph(GLYPHS_BRAILLE, GLYPH_KEPT), 0x25c6);
	CHECK_INT(glyph(GLYPHS_ASCII, GLYPH_KEPT), '*');
	CHECK_INT(glyph(GLYPHS_ASCII, GLYPH_OVERLAY_2), 'v');
	CHECK_INT(glyph(GLYPHS_ASCII, GLYPH_SAVED), '+');
}

TEST(ridges_rise)
{
	CHECK_INT(glyph_ridge(GLYPHS_BRAILLE, 0), ' ');
	CHECK_INT(glyph_ridge(GLYPHS_BRAILLE, 1), 0x2581);
	CHECK_INT(glyph_ridge(GLYPHS_BRAILLE, 8), 0x2588);
	CHECK_INT(glyph_ridge(GLYPHS_ASCII, 1), '.');
	CHECK_INT(glyph_ridge(GLYPHS_ASCII, 8), '@');
}

/* The lines a text takes, each in brackets. */
static const char *wrapped(const char *text, int columns)
{
	static char out[256];
	const char *next = text;

	out[0] = '\0';
	while (*next) {
		const char *from = next, *end = text_line(from, columns, &next);

		snprintf(out + strlen(out), sizeof out - strlen(out), "[%.*s]", (int)(end - from),
			 from);
	}
	return out;
}

TEST(text_lines_break_at_spaces)
{
	NEED_UTF8();
	CHECK_STR(wrapped("", 5), "");
	CHECK_STR(wrapped("one two", 7), "[one two]");
	CHECK_STR(wrapped("one two", 6), "[one][two]");
	CHECK_STR(wrapped("one  two", 4), "[one][two]");
	CHECK_STR(wrapped("one two three", 9), "[one two][three]");
	CHECK_STR(wrapped("one\n\ntwo\n", 9), "[one][][two]");
	CHECK_STR(wrapped("one\ntwo", 3), "[one][two]");
	CHECK_STR(wrapped("a/long/path and", 6), "[a/long][/path][and]");
	CHECK_STR(wrapped("日本語", 5), "[日本][語]");
	CHECK_STR(wrapped("日本", 1), "[日][本]"); /* too narrow, but it ends */
	CHECK_STR(wrapped("e\xcc\x81tude", 3), "[e\xcc\x81tu][de]");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
