/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include "test.h"

static uint32_t first(const char *s)
{
	return utf8_next(&s);
}

TEST(decodes)
{
	const char *s = "aé…😀";

	CHECK_INT(utf8_next(&s), 'a');
	CHECK_INT(utf8_next(&s), 0xe9);
	CHECK_INT(utf8_next(&s), 0x2026);
	CHECK_INT(utf8_next(&s), 0x1f600);
	CHECK_INT(utf8_next(&s), 0);
	CHECK_INT(utf8_next(&s), 0);
}

TEST(each_invalid_byte_is_one_replacement)
{
	const char *s = "\xff\xc3(\xe2\x82";

	CHECK_INT(utf8_next(&s), 0xfffd);
	CHECK_INT(utf8_next(&s), 0xfffd);
	CHECK_INT(utf8_next(&s), '(');
	CHECK_INT(utf8_next(&s), 0xfffd);
	CHECK_INT(utf8_next(&s), 0xfffd);
	CHECK_INT(utf8_next(&s), 0);
	CHECK_INT(first("\xc0\xaf"), 0xfffd);         /* overlong */
	CHECK_INT(first("\xe0\x80\xaf"), 0xfffd);     /* overlong */
	CHECK_INT(first("\xed\xa0\x80"), 0xfffd);     /* a surrogate */
	CHECK_INT(first("\xf4\x90\x80\x80"), 0xfffd); /* above U+10FFFF */
}

/* The first and last of each length are characters; those below in a longer form are not. */
TEST(the_shortest_form_only)
{
	static const struct {
		const char *bytes;
		uint32_t code;
	} some[] = {
		{"\xc2\x80", 0x80},
		{"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800},
		{"\xed\x9f\xbf", 0xd7ff},
		{"\xee\x80\x80", 0xe000},
		{"\xef\xbf\xbf", 0xffff},
		{"\xf0\x90\x80\x80", 0x10000},
		{"\xf4\x8f\xbf\xbf", 0x10ffff},
		{"\xc0\x80", 0xfffd},
		{"\xc1\xbf", 0xfffd},
		{"\xe0\x80\x80", 0xfffd},
		{"\xe0\x9f\xbf", 0xfffd},
		{"\xf0\x80\x80\xaf", 0xfffd},
		{"\xf0\x8f\xbf\xbf", 0xfffd},
		{"\xed\xbf\xbf", 0xfffd},
		{"\xf5\x80\x80\x80", 0xfffd},
		{"\xf8\x88\x80\x80\x80", 0xfffd},
	};

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		const char *s = some[i].bytes;
		uint32_t c = utf8_next(&s);

		if (c != some[i].code)
			FAIL("row %zu is U+%04X, expected U+%04X", i, c, some[i].code);
		CHECK_INT(s - some[i].bytes, c == 0xfffd ? 1 : (long long)strlen(some[i].bytes));
	}
}

/* Of n bytes, whatever comes after them; the sanitizer build sees a look beyond. */
TEST(a_copy_is_utf8)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *copy;
	} row[] = {
		{"aé…😀", 10, "aé…😀"},
		{"", 0, ""},
		{"\xff\xc3(\xe2\x82", 5, "\uFFFD\uFFFD(\uFFFD\uFFFD"},
		{"a\0b", 3, "a\uFFFDb"},
		{"é", 1, "\uFFFD"},                        /* its second byte is not ours */
		{"\xed\xa0\x80", 3, "\uFFFD\uFFFD\uFFFD"}, /* a surrogate */
	};

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		char *own = malloc(row[i].n + 1), *copy;
		bool replaced = false;

		memcpy(own, row[i].bytes, row[i].n);
		own = realloc(own, row[i].n ? row[i].n : 1);
		copy = utf8_copy(own, row[i].n, &replaced);
		CHECK_STR(copy, row[i].copy);
		CHECK_INT(replaced, strstr(row[i].copy, "\uFFFD") != NULL);
		free(copy);
		free(own);
	}
}

TEST(encodes_what_it_decodes)
{
	static const uint32_t some[] = {1,      0x7f,   0x80,    0x7ff,    0x800,
					0xfffd, 0xffff, 0x10000, 0x10ffff, 0x2800};

	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		char out[5];
		const char *s = out;
		int n = utf8_put(out, some[i]);

		CHECK_INT(utf8_next(&s), some[i]);
		CHECK_INT(s - out, n);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
