/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/roff.h"

#include "test.h"

#include <stdlib.h>

static char *text;
static size_t len;

static FILE *begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &len);
}

TEST(roff_escapes)
{
	FILE *f = begin();

	roff_text(f, ".a 'b-c\\\n'd\n.e `--f`");
	fclose(f);
	CHECK_STR(text, "\\&.a 'b\\-c\\e\n\\&'d\n\\&.e \\fB\\-\\-f\\fR");
}

TEST(roff_page)
{
	FILE *f = begin();

	roff_begin(f, "a-b", 5, "Do it.");
	roff_line(f, ".B ", "-x");
	fclose(f);
	CHECK_STR(text, ".TH A-B 5 \"\" \"miust " MIUST_VERSION
			"\"\n.ad l\n.SH NAME\na\\-b \\- do it\n.B \\-x\n");
	free(text);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
