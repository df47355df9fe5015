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
