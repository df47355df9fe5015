/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/argv.h"

#include "test.h"

/* The words of a line with | after each; an error's sentence. Valid until the next call. */
static const char *words(const char *line)
{
	static struct str out;
	struct argv a = {0};
	struct err e = {0};

	str_reset(&out);
	if (argv_read(&a, line, &e)) {
		CHECK_INT(a.n, 0);
		CHECK(!a.word);
		str_add(&out, e.text);
		return out.s;
	}
	for (int i = 0; i < a.n; i++)
		str_addf(&out, "%s|", a.word[i]);
	CHECK(a.n == 0 || !a.word[a.n]);
	argv_free(&a);
	return str_text(&out);
}

TEST(words_are_cut_at_spaces)
{
	CHECK_STR(words("end run  notify\ta "), "end|run|notify|a|");
	CHECK_STR(words("  "), "");
	CHECK_STR(words(""), "");
}

TEST(quotes_keep_what_is_between_them)
{
	CHECK_STR(words("a 'b  c' d"), "a|b  c|d|");
	CHECK_STR(words("a \"it's \\\"so\\\" \\n\" d"), "a|it's \"so\" \\n|d|");
	CHECK_STR(words("'a\\'"), "a\\|");
	CHECK_STR(words("a'b'\"c\"d"), "abcd|");
	CHECK_STR(words("'' x \"\""), "|x||");
	CHECK_STR(words("a\\ b \\' \\\\"), "a b|'|\\|");
}

TEST(nothing_is_expanded)
{
	CHECK_STR(words("$(touch x) `y` $HOME * ~ a>b ; | & #"),
		  "$(touch|x)|`y`|$HOME|*|~|a>b|;|||&|#|");
}

TEST(what_is_not_closed_is_an_error)
{
	CHECK_STR(words("a 'b c"), "the quote before b c is not closed");
	CHECK_STR(words("a \"b\\\""), "the quote before b\\\" is not closed");
	CHECK_HAS(words("a b\\"), "a backslash is the last character");
}

TEST(a_written_line_reads_back)
{
	const char *line = "end run a 'b  c' '' \"it's\" \\$x ü";
	struct argv a = {0}, b = {0};
	struct str text = {0};
	struct err e = {0};

	REQUIRE(!argv_read(&a, line, &e));
	argv_line(&a, &text);
	REQUIRE(!argv_read(&b, text.s, &e));
	CHECK_INT(b.n, a.n);
	for (int i = 0; i < a.n && i < b.n; i++)
		CHECK_STR(b.word[i], a.word[i]);
	argv_free(&b);
	argv_copy(&b, &a);
	CHECK_INT(b.n, 8);
	argv_free(&a);
	argv_free(&b);
	str_free(&text);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
