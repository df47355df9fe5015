/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/plain.h"

#include "base/utf8.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>

#define REPLACED "\xef\xbf\xbd"

/* A text as str_add_plain has it; valid until the next call. */
static const char *plain(const char *text)
{
	static struct str b;

	str_reset(&b);
	str_add_plain(&b, text);
	return str_text(&b);
}

static const char *quoted(const char *word)
{
	static struct str b;

	str_reset(&b);
	str_add_quoted(&b, word);
	return str_text(&b);
}

TEST(text_stays_as_it_is)
{
	const char *same[] = {"",
			      "Ses01F_impro01_F000",
			      "größer als 5 €, „ja“",
			      "日本語",
			      "e\u0301",
			      "\U0001f600",
			      REPLACED,
			      "\u00a0\u00e9",
			      "\u2764\ufe0f",
			      "\u0627\u0644"};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		CHECK_STR(plain(same[i]), same[i]);
}

TEST(no_control_character_is_left)
{
	for (uint32_t c = 1; c < 0xa0; c++) {
		char text[5];

		if (c == 0x20)
			c = 0x7f;
		utf8_put(text, c);
		if (plain_cp1252(c))
			CHECK(plain_char(c) == plain_cp1252(c) && plain_char(c) > 0xa0);
		else
			CHECK_STR(plain(text), REPLACED);
	}
	CHECK_STR(plain("\033]0;owned\a"), REPLACED "]0;owned" REPLACED);
	CHECK_STR(plain("\xc2\x9b"
			"31m"),
		  "\u203a31m");
}

TEST(no_format_character_is_left)
{
	const char *hidden[] = {"\u200b", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069",
				"\ufeff", "\u2028", "\u061c", "\u2060", "\u00ad", "\U000e0041"};

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		CHECK_STR(plain(hidden[i]), REPLACED);
	CHECK_STR(plain("exe.\u202egnp"), "exe." REPLACED "gnp");
}

TEST(bytes_that_are_no_text)
{
	CHECK_STR(plain("a\x9b"
			"31m"),
		  "a" REPLACED "31m");
	CHECK_STR(plain("\xc2"), REPLACED);
	CHECK_STR(plain("\xc0\x9b"), REPLACED REPLACED);              /* overlong U+001B */
	CHECK_STR(plain("\xe0\x82\x9b"), REPLACED REPLACED REPLACED); /* overlong U+009B */
	CHECK_STR(plain("\xed\xa0\x80"), REPLACED REPLACED REPLACED); /* a surrogate */
	CHECK_STR(plain("\xf4\x90\x80\x80"), REPLACED REPLACED REPLACED REPLACED);
}

TEST(what_cp1252_means)
{
	CHECK_STR(plain("it\xc2\x92s"), "it’s");
	CHECK_STR(plain("\xc2\x93so\xc2\x94 \xc2\x85 \xc2\x97 \xc2\x80"), "“so” … — €");
	CHECK_INT(plain_cp1252(0x9f), 0x178);
	CHECK_INT(plain_cp1252(0x81), 0);
	CHECK_INT(plain_cp1252(0x92), 0x2019);
	CHECK_INT(plain_cp1252('a'), 0);
	CHECK_INT(plain_cp1252(0xa0), 0);
}

TEST(texts_as_they_were_meant)
{
	struct str b = {0};

	CHECK_INT(str_add_cp1252(&b, "it\xc2\x92s \xc2\x93so\xc2\x94"), 3);
	CHECK_STR(str_text(&b), "it’s “so”");
	str_reset(&b);
	CHECK_INT(str_add_cp1252(&b, "\033 \xc2\x81 it’s\n"), 0); /* what has no meaning stays */
	CHECK_STR(str_text(&b), "\033 \xc2\x81 it’s\n");
	str_free(&b);
}

TEST(quotes_only_where_they_are_needed)
{
	CHECK_STR(quoted("sessions/demo-20261128-120000"), "sessions/demo-20261128-120000");
	CHECK_STR(quoted("train.optimizer.lr=5e-4"), "train.optimizer.lr=5e-4");
	CHECK_STR(quoted(""), "''");
	CHECK_STR(quoted("my data's/run 1"), "'my data'\\''s/run 1'");
	CHECK_STR(quoted("'"), "''\\'''");
	CHECK_STR(quoted("~/x"), "'~/x'");
	CHECK_STR(quoted("größe"), "'größe'");
	for (int c = 1; c < 0x80; c++) {
		const char word[] = {'a', (char)c, '\0'};
		bool safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			    (c >= 'a' && c <= 'z') || strchr("_@%+=:,./-", c);

		CHECK((quoted(word)[0] == 'a') == safe);
	}
}

/* A shell gives every word back as it was. */
TEST(a_shell_reads_the_word_back)
{
	const char *word[] = {"my data's/run 1",
			      "'",
			      "''",
			      "a\\b",
			      "$HOME `id` $(id)",
			      "* ? [a-z]",
			      "a\nb",
			      "!x",
			      "\"",
			      "größe; rm -rf x",
			      "#x",
			      ""};

	for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
		char *command = str_format("printf '%%s.' %s", quoted(word[i]));
		char got[64] = "", want[64];
		FILE *f = popen(command, "r");
		size_t n = fread(got, 1, sizeof got - 1, f);

		got[n] = '\0';
		snprintf(want, sizeof want, "%s.", word[i]);
		CHECK_INT(pclose(f), 0);
		CHECK_STR(got, want);
		free(command);
	}
}

/* What arrives when `pieces` are written one after the other. */
static const char *streamed(const char *const *pieces, int n)
{
	static char got[256];
	int why = 0;
	FILE *to = tmpfile(), *f = plain_stream(fileno(to), &why);

	for (int i = 0; i < n; i++) {
		fputs(pieces[i], f);
		CHECK_INT(fflush(f), 0);
	}
	CHECK_INT(fclose(f), 0);
	CHECK_INT(why, 0);
	rewind(to);
	got[fread(got, 1, sizeof got - 1, to)] = '\0';
	fclose(to);
	return got;
}

TEST(a_stream_keeps_lines_and_tabs)
{
	const char *table[] = {"id\tWA\n", "\033[31m\rx\t\"a\nb\"\n"};

	CHECK_STR(streamed(table, 2), "id\tWA\n" REPLACED "[31m" REPLACED "x\t\"a\nb\"\n");
}

/* A buffer may end within a character. */
TEST(a_stream_joins_what_was_cut)
{
	const char *cut[] = {"a\xe2", "\x80", "\x99s \xf0\x9f\x98", "\x80 \xc2", "\x9b\0631m"};
	const char *broken[] = {"\xe2\x80", "x", "\xc2"};

	CHECK_STR(streamed(cut, 5), "a’s \U0001f600 \u203a31m");
	CHECK_STR(streamed(broken, 3), REPLACED REPLACED "x");
}

TEST(a_stream_says_that_it_cannot_write)
{
	int why = 0;
	FILE *f = plain_stream(-1, &why);

	fputs("x", f);
	CHECK_INT(why, 0);
	CHECK_INT(fflush(f), EOF);
	CHECK_INT(why, EBADF);
	CHECK(ferror(f));
	fclose(f);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
